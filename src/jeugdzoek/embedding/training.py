"""The recipe of the bundled model: Dutch text in, a ``StaticEmbedding`` folder out.

``python -m jeugdzoek.embedding.training DATA WRITTEN OUTPUT`` (``make model``) runs it. It
needs numpy and tokenizers alone, and some ten CPU minutes. General Dutch comes first, the
language of the field second; figures on topics held out are printed after each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from jeugdzoek.analysis.compiling import read_thesaurus
from jeugdzoek.embedding.contrastive import Floats, Ids, LazyAdam, TrainingSettings, ranks_of, train
from jeugdzoek.embedding.encoder import Vectors
from jeugdzoek.embedding.pairs import (
    FIELD,
    Pair,
    Written,
    general_pairs,
    laws,
    related_pairs,
    split,
    spoken,
    written,
    written_pairs,
)
from jeugdzoek.embedding.static import save_model, unit_means

PIECES = 16_000
UNKNOWN = "[UNK]"
LEVELS = 31
CLIP_QUANTILE = 0.9999
FIRST = TrainingSettings(dimensions=256, epochs=2)
SECOND = TrainingSettings(dimensions=256, epochs=6, batch_size=512, learning_rate=0.01)


def train_tokenizer(texts: Iterable[str], pieces: int = PIECES) -> Tokenizer:
    """Learn a WordPiece vocabulary from `texts`: lower case, accents folded."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=pieces, special_tokens=[UNKNOWN], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def quantise(weights: Floats, levels: int = LEVELS) -> Floats:
    """Round `weights` to `levels` steps either side of zero, a power of two apart.

    The values stay float32, so every reader computes with the same numbers, but
    most of every four bytes becomes predictable and the file packs to a quarter.
    """
    largest = float(np.quantile(np.abs(weights), CLIP_QUANTILE))
    step = 2.0 ** np.ceil(np.log2(largest / levels))
    rounded: Floats = (np.clip(np.round(weights / step), -levels, levels) * step).astype(np.float32)
    return rounded


def encode_pairs(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> tuple[list[tuple[Ids, Ids]], list[int]]:
    """Return `pairs` as piece ids, and their groups; a pair with an empty side is left out."""
    sides = []
    for side in (0, 1):
        encodings = tokenizer.encode_batch([pair[side] for pair in pairs], add_special_tokens=False)
        sides.append([np.array(e.ids, dtype=np.int64) for e in encodings])
    kept = [i for i, (query, passage) in enumerate(zip(*sides, strict=True)) if len(query) and len(passage)]
    return [(sides[0][i], sides[1][i]) for i in kept], [pairs[i].group for i in kept]


def vocabulary_texts(data: Path, related: Sequence[tuple[str, str, str]], rows: Sequence[Written]) -> Iterator[str]:
    """Yield the texts the word pieces are learned from; the field's own words count most."""
    yield from (text for _, text in laws(data) if FIELD.search(text))
    for sentence in spoken(data):
        yield from (sentence,) * 3
    for head, _, term in related:
        yield from (f"{head} {term}",) * 10
    for row in rows:
        yield from (" ".join((row.passage, *(query for _, query in row.queries))),) * 10


def train_model(data: Path, own: Path, output: Path) -> Iterator[str]:
    """Run the whole recipe, yielding a line of progress now and then.

    Parameters
    ----------
    data
        Folder with the general Dutch text.
    own
        Folder of the project: ``training/`` and ``wordlists/thesaurus.tsv``.
    output
        Folder to write.
    """
    started = time.monotonic()
    related = read_thesaurus(own / "wordlists" / "thesaurus.tsv")
    rows, held_out = split(written(own / "training"))
    tokenizer = train_tokenizer(vocabulary_texts(data, related, rows))
    yield f"{tokenizer.get_vocab_size()} word pieces, {len(rows)} written passages, {len(held_out)} held out"
    lexical = related_pairs(related, FIRST.seed)
    general = encode_pairs(tokenizer, [*general_pairs(data, FIRST.seed), *lexical])
    field = encode_pairs(tokenizer, [*written_pairs(rows, FIRST.seed), *lexical])
    weights = random_weights(tokenizer)
    yield f"random vectors: {figures(tokenizer, weights, held_out)}"
    for name, (pairs, groups), stage in (("general", general, FIRST), ("field", field, SECOND)):
        losses = train(LazyAdam(weights), pairs, stage, groups=groups)
        yield f"{name}: {len(pairs)} pairs, loss {np.mean(losses[:20]):.3f} → {np.mean(losses[-20:]):.3f}"
        yield f"{name}: {figures(tokenizer, weights, held_out)}"
    passages = [
        pair[1] for pairs, groups in (general, field) for pair, group in zip(pairs, groups, strict=True) if group >= 0
    ]
    weights *= inverse_document_frequency(passages, len(weights))[:, None]
    yield f"idf: {figures(tokenizer, weights, held_out)}"
    weights = quantise(weights)
    yield f"rounded: {figures(tokenizer, weights, held_out)}"
    save_model(output, tokenizer, weights)
    yield f"written to {output} after {time.monotonic() - started:.0f} s"


def inverse_document_frequency(texts: Sequence[Ids], pieces: int) -> Floats:
    """Return log(n / df) of each of `pieces`, df being how many of the n `texts` hold it, at least 1."""
    counts = np.zeros(pieces, dtype=np.int64)
    for ids in texts:
        counts[np.unique(ids)] += 1
    return np.log(len(texts) / np.maximum(counts, 1)).astype(np.float32)


def random_weights(tokenizer: Tokenizer) -> Floats:
    """Return a random vector for every piece: where training starts, and the control of what it brings."""
    shape = (tokenizer.get_vocab_size(), FIRST.dimensions)
    return np.random.default_rng(FIRST.seed).normal(0, 0.1, shape).astype(np.float32)


def figures(tokenizer: Tokenizer, weights: Floats, rows: Sequence[Written]) -> str:
    """Return mean reciprocal rank and recall@10 per type of query, each passage among all of `rows`."""
    passages = _encode(tokenizer, weights, [row.passage for row in rows])
    ranks: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        vectors = _encode(tokenizer, weights, [text for _, text in row.queries])
        places = ranks_of(vectors, passages, np.full(len(vectors), number))
        for (kind, _), rank in zip(row.queries, places.tolist(), strict=True):
            ranks.setdefault(kind, []).append(rank)
    parts = []
    for kind, found in sorted(ranks.items()):
        values = np.array(found)
        parts.append(f"{kind} {np.mean(1 / values):.3f}/{np.mean(values <= 10):.3f}")
    return ", ".join(parts)


def _encode(tokenizer: Tokenizer, weights: Floats, texts: Sequence[str]) -> Vectors:
    pieces = [e.ids for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    return unit_means(weights, pieces)


def main(arguments: Sequence[str]) -> int:
    """Train from the folders named first and second into the folder named third."""
    if len(arguments) != 3:
        sys.stderr.write("usage: python -m jeugdzoek.embedding.training DATA PROJECT OUTPUT\n")
        return 2
    data, own, output = (Path(argument) for argument in arguments)
    for line in train_model(data, own, output):
        sys.stderr.write(line + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
