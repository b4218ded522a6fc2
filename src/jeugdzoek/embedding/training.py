"""The recipe of the bundled model: Dutch text in, a ``StaticEmbedding`` folder out.

``python -m jeugdzoek.embedding.training DATA OUTPUT`` (``make model``) runs it. It
needs numpy and tokenizers alone, and about three CPU minutes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from jeugdzoek.embedding.contrastive import Floats, Ids, TrainingSettings, train
from jeugdzoek.embedding.pairs import Pair, training_pairs, vocabulary_texts
from jeugdzoek.embedding.static import FINGERPRINT, MODULE, TOKENIZER, WEIGHTS, folder_fingerprint

PIECES = 16_000
UNKNOWN = "[UNK]"
LEVELS = 127
CLIP_QUANTILE = 0.9999
LIBRARY = "sentence_transformers.models"


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
    three of four bytes become predictable and the file packs to a third.
    """
    largest = float(np.quantile(np.abs(weights), CLIP_QUANTILE))
    step = 2.0 ** np.ceil(np.log2(largest / levels))
    rounded: Floats = (np.clip(np.round(weights / step), -levels, levels) * step).astype(np.float32)
    return rounded


def save_model(folder: Path, tokenizer: Tokenizer, weights: NDArray[np.float32]) -> None:
    """Write a folder that ``SentenceTransformer(folder)`` and `StaticEncoder` load."""
    (folder / MODULE).mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / MODULE / TOKENIZER), pretty=False)
    safetensors.numpy.save_file({"embedding.weight": weights}, folder / MODULE / WEIGHTS)
    modules = [
        {"idx": 0, "name": "0", "path": MODULE, "type": f"{LIBRARY}.StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": f"{LIBRARY}.Normalize"},
    ]
    _write_json(folder / "modules.json", modules)
    _write_json(folder / "config_sentence_transformers.json", {"prompts": {}, "similarity_fn_name": "cosine"})
    (folder / FINGERPRINT).write_text(folder_fingerprint(folder) + "\n")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def encode_pairs(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> list[tuple[Ids, Ids]]:
    """Return `pairs` as piece ids; a pair with an empty side is left out."""
    sides = []
    for side in (0, 1):
        encodings = tokenizer.encode_batch([pair[side] for pair in pairs], add_special_tokens=False)
        sides.append([np.array(e.ids, dtype=np.int64) for e in encodings])
    return [(query, passage) for query, passage in zip(*sides, strict=True) if len(query) and len(passage)]


def train_model(data: Path, output: Path, settings: TrainingSettings) -> Iterator[str]:
    """Run the whole recipe, yielding a line of progress now and then."""
    started = time.monotonic()
    tokenizer = train_tokenizer(vocabulary_texts(data))
    yield f"{tokenizer.get_vocab_size()} word pieces"
    pairs = encode_pairs(tokenizer, training_pairs(data, settings.seed))
    yield f"{len(pairs)} pairs"
    rng = np.random.default_rng(settings.seed)
    shape = (tokenizer.get_vocab_size(), settings.dimensions)
    weights = rng.normal(0, 0.1, shape).astype(np.float32)
    losses: list[float] = []
    train(weights, pairs, settings, lambda step, steps, loss: losses.append(loss))
    yield f"loss {np.mean(losses[:20]):.3f} → {np.mean(losses[-20:]):.3f} in {len(losses)} steps"
    save_model(output, tokenizer, quantise(weights))
    yield f"written to {output} after {time.monotonic() - started:.0f} s"


def main(arguments: Sequence[str]) -> int:
    """Train from the folder named first into the folder named second."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m jeugdzoek.embedding.training DATA OUTPUT\n")
        return 2
    for line in train_model(Path(arguments[0]), Path(arguments[1]), TrainingSettings()):
        sys.stderr.write(line + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
