"""What each ingredient of the bundled model's recipe brings, on the topics held out and in a search.

    python benchmarks/bench_model.py DATA [--seeds 20,21,22]

DATA as for ``make model``. Every row is trained from the same start of its seed; the word
pieces are those of the bundled model. Prints a markdown table per seed: mean reciprocal rank
of each type of query among the written passages held out, and nDCG@10 of semantic and hybrid mode
on the topics of corpus/ that weights may be chosen on (two of three). Ten minutes a seed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.compiling import read_thesaurus
from jeugdzoek.embedding.contrastive import Floats, Ids, LazyAdam, TrainingSettings, ranks_of, step, train
from jeugdzoek.embedding.encoder import Vectors
from jeugdzoek.embedding.loading import bundled_folder
from jeugdzoek.embedding.pairs import Pair, general_pairs, related_pairs, split, written, written_pairs
from jeugdzoek.embedding.static import read_model, unit_means
from jeugdzoek.embedding.training import FIRST, SECOND, vocabulary_texts
from jeugdzoek.evaluation.evaluate import evaluate
from jeugdzoek.evaluation.runs import run_topics
from jeugdzoek.evaluation.topics import read_qrels, read_topics
from jeugdzoek.opening import build

ROOT = Path(__file__).resolve().parent.parent
RELATED = read_thesaurus(ROOT / "wordlists" / "thesaurus.tsv")
ROWS, HELD_OUT = split(written(ROOT / "training"))
TYPES = ("paraphrase", "question", "situation", "keyword", "abbreviation")
COMMON = 16_000
"""Stems and parts in the analyser's vocabulary: as many as there are word pieces."""
NEAREST = 30
"""A hard negative is one of so many passages nearest to a query."""
WARM = 2
"""Epochs before negatives are mined."""
SMOOTHING = 1e-3
"""Of smooth inverse frequency (Arora et al. 2017)."""

Pieces = Callable[[Sequence[str]], list[Ids]]
Encoded = tuple[list[tuple[Ids, Ids]], list[int]]


TOKENIZER = read_model(bundled_folder()).tokenizer


def word_pieces(texts: Sequence[str]) -> list[Ids]:
    """Return the ids of the bundled model's word pieces."""
    return [np.array(e.ids, dtype=np.int64) for e in TOKENIZER.encode_batch(list(texts), add_special_tokens=False)]


class AnalyserTerms:
    """Stems and parts of compounds, the most common ones of the training text."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._analyzer = Analyzer()
        counts = Counter(term for text in texts for term in self._terms(text))
        self.ids = {term: number for number, (term, _) in enumerate(counts.most_common(COMMON))}

    def _terms(self, text: str) -> list[str]:
        return [part for term in self._analyzer.terms(text) if term.stem for part in (term.stem, *term.parts)]

    def __call__(self, texts: Sequence[str]) -> list[Ids]:
        """Return the ids of the terms of each text."""
        found = ([self.ids[term] for term in self._terms(text) if term in self.ids] for text in texts)
        return [np.array(ids, dtype=np.int64) for ids in found]


class Bags:
    """Encoder of bags of pieces, each with a vector."""

    name = "bags"
    fingerprint = "bags"

    def __init__(self, pieces: Pieces, weights: Floats) -> None:
        self._pieces, self._weights = pieces, weights
        self.dimensions = weights.shape[1]

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text."""
        return unit_means(self._weights, self._pieces(texts))

    encode_queries = encode_passages


class Importance:
    """Learns one factor per piece and leaves its direction as it is."""

    def __init__(self, weights: Floats) -> None:
        self.weights = weights
        self._start = weights.copy()
        self._adam = LazyAdam(np.zeros((len(weights), 1), dtype=np.float32))

    def step(self, rows: Ids, gradient: Floats, rate: float) -> None:
        """Move the factors of `rows`."""
        self._adam.step(rows, (gradient * self.weights[rows]).sum(axis=1, keepdims=True), rate)
        self.weights[rows] = np.exp(self._adam.weights[rows]) * self._start[rows]


def encoded(pieces: Pieces, pairs: Sequence[Pair]) -> Encoded:
    """Return `pairs` as ids, and their groups; a pair with an empty side is left out."""
    sides = [pieces(texts) for texts in ([pair.query for pair in pairs], [pair.passage for pair in pairs])]
    kept = [i for i, (query, passage) in enumerate(zip(*sides, strict=True)) if len(query) and len(passage)]
    return [(sides[0][i], sides[1][i]) for i in kept], [pairs[i].group for i in kept]


def frequencies(pairs: Encoded, pieces: int) -> Floats:
    """Return the share of the passages of `pairs` that hold each of the `pieces`."""
    counts = np.zeros(pieces, dtype=np.float32)
    for _, passage in pairs[0]:
        counts[np.unique(passage)] += 1
    return np.divide(counts, len(pairs[0]), dtype=np.float32)


def inverse(shares: Floats) -> Floats:
    """Return the logarithm of the inverse of `shares`, the idf of each piece."""
    idf: Floats = np.log(1 / np.maximum(shares, shares[shares > 0].min()))[:, None]
    return idf


def neighbours(bags: Bags) -> list[Ids]:
    """Return for each written passage others that are nearest to its queries."""
    passages = bags.encode_passages([row.passage for row in ROWS])
    found = []
    for number, row in enumerate(ROWS):
        scores = (bags.encode_queries([text for _, text in row.queries]) @ passages.T).max(axis=0)
        scores[number] = -np.inf
        found.append(np.argpartition(-scores, NEAREST)[:NEAREST])
    return found


def train_with_hard_negatives(weights: Floats, pairs: Encoded, pieces: Pieces, settings: TrainingSettings) -> None:
    """Train so that half of each batch are neighbours of the other half, mined before each epoch."""
    rng = np.random.default_rng(settings.seed)
    adam, groups = LazyAdam(weights), np.array(pairs[1])
    of_group = {group: np.flatnonzero(groups == group) for group in range(len(ROWS))}
    per_epoch, half = len(groups) // settings.batch_size, settings.batch_size // 2
    steps = per_epoch * settings.epochs
    for done in range(steps):
        epoch, at = divmod(done, per_epoch)
        if at == 0:
            order = rng.permutation(len(groups))
            near = neighbours(Bags(pieces, weights)) if epoch >= WARM else None
        chosen = order[at * settings.batch_size :][: settings.batch_size]
        if near:
            hard = [
                rng.choice(of_group[int(rng.choice(near[groups[i]]))]) if groups[i] >= 0 else j
                for i, j in zip(chosen[:half], chosen[half:], strict=True)
            ]
            chosen = np.concatenate((chosen[:half], hard))
        rate = settings.learning_rate * (1 - 0.9 * done / steps)
        step(adam, [pairs[0][i] for i in chosen], groups[chosen], settings, rate)


def settings_of(seed: int) -> tuple[TrainingSettings, TrainingSettings]:
    """Return the two stages of the recipe with another seed."""
    return tuple(  # type: ignore[return-value]
        TrainingSettings(s.dimensions, s.batch_size, s.epochs, s.scale, s.learning_rate, s.longest, seed)
        for s in (FIRST, SECOND)
    )


def variants(data: Path, seed: int) -> Iterator[tuple[str, Bags]]:
    """Yield name and encoder of each variant."""
    first, second = settings_of(seed)
    lexical = related_pairs(RELATED, seed)
    both = [*general_pairs(data, seed), *lexical], [*written_pairs(ROWS, seed), *lexical]
    general, field = (encoded(word_pieces, pairs) for pairs in both)
    start = random_start(TOKENIZER.get_vocab_size(), seed)
    idf = inverse(frequencies(general, len(start)))
    yield "random vectors (control)", Bags(word_pieces, start)
    yield "random vectors × idf (control)", Bags(word_pieces, start * idf)
    middle = start.copy()
    train(LazyAdam(middle), general[0], first, groups=general[1])
    built = middle.copy()
    train(LazyAdam(built), field[0], second, groups=field[1])
    yield "the recipe", Bags(word_pieces, built)
    shares = frequencies(field, len(start))[:, None]
    yield "× idf, after training", Bags(word_pieces, built * idf)
    yield "× smooth inverse frequency, after training", Bags(word_pieces, built * (SMOOTHING / (SMOOTHING + shares)))
    learned = built.copy()
    train(Importance(learned), field[0], second, groups=field[1])
    yield "a factor per piece learned besides, 6 epochs more", Bags(word_pieces, learned)
    longer = built.copy()
    train(LazyAdam(longer), field[0], second, groups=field[1])
    yield "6 epochs more, for comparison", Bags(word_pieces, longer)
    hard = middle.copy()
    train_with_hard_negatives(hard, field, word_pieces, second)
    yield "half of each batch mined", Bags(word_pieces, hard)
    terms = AnalyserTerms(vocabulary_texts(data, RELATED, ROWS))
    weights = random_start(len(terms.ids), seed)
    for pairs, stage in zip(both, (first, second), strict=True):
        ids, groups = encoded(terms, pairs)
        train(LazyAdam(weights), ids, stage, groups=groups)
    yield "stems and parts of compounds for word pieces", Bags(terms, weights)


def random_start(pieces: int, seed: int) -> Floats:
    """Return a random vector for each of `pieces`."""
    return np.random.default_rng(seed).normal(0, 0.1, (pieces, FIRST.dimensions)).astype(np.float32)


def reciprocal_ranks(bags: Bags) -> dict[str, float]:
    """Return type → mean reciprocal rank of the queries held out, ``all`` first."""
    passages = bags.encode_passages([row.passage for row in HELD_OUT])
    asked = [(number, kind, text) for number, row in enumerate(HELD_OUT) for kind, text in row.queries]
    vectors = bags.encode_queries([text for _, _, text in asked])
    values = 1 / ranks_of(vectors, passages, np.array([number for number, _, _ in asked]))
    kinds = np.array([kind for _, kind, _ in asked])
    return {"all": float(values.mean())} | {kind: float(values[kinds == kind].mean()) for kind in TYPES}


def searched(bags: Bags) -> list[float]:
    """Return nDCG@10 of semantic and hybrid mode on two thirds of the topics of corpus/."""
    corpus = ROOT / "corpus"
    topics = [topic for number, topic in enumerate(read_topics(corpus / "topics.jsonl")) if number % 3]
    judgments = read_qrels(corpus / "qrels.jsonl")
    with tempfile.TemporaryDirectory() as folder, build(corpus / "reports", folder, encoder=bags) as index:
        runs = (list(run_topics(index, topics, mode=mode)) for mode in ("semantic", "hybrid"))
        return [evaluate(run, judgments)["all"].ndcg for run in runs]


def main() -> int:
    """Print a table per seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", default="20,21,22")
    options = parser.parse_args()
    for seed in options.seeds.split(","):
        print(f"\nseed {seed}\n\n| | all | {' | '.join(TYPES)} | semantic | hybrid |")
        print("|---" * (len(TYPES) + 4) + "|")
        for name, bags in variants(options.data, int(seed)):
            values = [*reciprocal_ranks(bags).values(), *searched(bags)]
            print(f"| {name} | {' | '.join(f'{value:.3f}' for value in values)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
