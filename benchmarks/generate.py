"""Seeded passages, queries and vectors with the shape of real ones, the same for every run.

Two kinds of text: ``zipf``, words by Zipf's law alone, and ``heads``, the same plus the words that stand in a large
share of the passages of a collection about one subject (``heads.tsv``: *jeugdhulp* in 40 % of them), which
every other query asks for too. Long postings are what makes a search slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.corpus.report import Report

SEED = 2026
VOCABULARY = 50_000
EXPONENT = 1.05
PASSAGE_WORDS = (60, 110)
QUERY_WORDS = (2, 5)
HEADS = 20
ASKED_HEADS = 0.5
ONSETS = ["b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z"]
VOWELS = ["a", "e", "i", "o", "u", "aa", "ee", "oo"]
CODAS = ["", "l", "m", "n", "r", "k", "p", "t"]
DIMENSIONS = 256
CLUSTERS = 400
CLUSTER_SPREAD = 1.0
"""Length of what sets a vector apart from the centre of its cluster, whose length is 1."""

Vectors = NDArray[np.float32]


def make_word(number: int) -> str:
    """Return a pronounceable word, another one for every number."""
    syllables = []
    number += len(ONSETS)
    while number:
        number, onset = divmod(number, len(ONSETS))
        number, vowel = divmod(number, len(VOWELS))
        syllables.append(ONSETS[onset] + VOWELS[vowel] + CODAS[(onset + vowel) % len(CODAS)])
    return "".join(syllables)


def probabilities() -> NDArray[np.float64]:
    """Return how often each word of the vocabulary occurs (Zipf–Mandelbrot)."""
    weights = 1.0 / (np.arange(VOCABULARY) + 2.7) ** EXPONENT
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def heads() -> tuple[list[str], NDArray[np.float64]]:
    """Return the head words and in which share of the passages each stands."""
    lines = (Path(__file__).parent / "heads.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [word for word, _ in rows], np.array([float(share) for _, share in rows])


def terms(count: int, corpus: str = "zipf") -> Iterator[str]:
    """Yield `count` passages of 60 to 110 words, joined by blanks; those of `heads` have head words besides."""
    rng = np.random.default_rng(SEED)
    words = np.array([make_word(i) for i in range(VOCABULARY)])
    cumulated = np.cumsum(probabilities())
    head_words, shares = heads()
    for _ in range(count):
        length = int(rng.integers(*PASSAGE_WORDS))
        chosen = np.minimum(np.searchsorted(cumulated, rng.random(length)), VOCABULARY - 1)
        passage = words[chosen].tolist()
        if corpus == "heads":
            passage += [head_words[i] for i in np.flatnonzero(rng.random(len(shares)) < shares)]
        yield " ".join(passage)


def passages(count: int) -> Iterator[str]:
    """Yield `count` passages of the kind `zipf`, each as a sentence."""
    for passage in terms(count):
        yield passage.capitalize() + "."


def reports(count: int) -> Iterator[Report]:
    """Yield `count` reports of one passage each."""
    for number, text in enumerate(passages(count)):
        yield Report(id=f"r{number:07d}", title=f"Verslag {number}", text=text)


def queries(count: int, corpus: str = "zipf") -> list[str]:
    """Return `count` queries of 2 to 5 words: mostly mid-frequency words, now and then a head word."""
    rng = np.random.default_rng(SEED + 1)
    chances = np.sqrt(probabilities())
    chances /= chances.sum()
    head_words, shares = heads()
    made = []
    for _ in range(count):
        length = int(rng.integers(QUERY_WORDS[0], QUERY_WORDS[1] + 1))
        chosen = rng.choice(VOCABULARY, size=length, replace=False, p=chances).tolist()
        if rng.random() < 0.3:
            chosen[0] = int(rng.integers(0, HEADS))
        query = [make_word(i) for i in chosen]
        if corpus == "heads" and rng.random() < ASKED_HEADS:
            query[0] = str(rng.choice(head_words, p=shares / shares.sum()))
        made.append(" ".join(query))
    return made


def vectors(count: int, asked: int) -> tuple[Vectors, Vectors]:
    """Return unit vectors of `count` passages in clusters, and of `asked` queries near some of them."""
    rng = np.random.default_rng(SEED + 2)
    centres = _unit(rng.standard_normal((CLUSTERS, DIMENSIONS), dtype=np.float32))
    made = [_around(centres, number, rng) for number in (asked, count)]
    return made[1], made[0]


def _around(centres: Vectors, count: int, rng: np.random.Generator) -> Vectors:
    noise = rng.standard_normal((count, DIMENSIONS), dtype=np.float32) * np.float32(CLUSTER_SPREAD / DIMENSIONS**0.5)
    return _unit(centres[rng.integers(0, CLUSTERS, count)] + noise)


def _unit(rows: Vectors) -> Vectors:
    made: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made
