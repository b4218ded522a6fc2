"""Seeded passages and queries with the shape of text: Zipf-like words, a few heads in nearly every passage."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.corpus.report import Report

SEED = 2026
VOCABULARY = 50_000
EXPONENT = 1.05
PASSAGE_WORDS = (60, 110)
QUERY_WORDS = (2, 5)
HEADS = 20
ONSETS = ["b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z"]
VOWELS = ["a", "e", "i", "o", "u", "aa", "ee", "oo"]
CODAS = ["", "l", "m", "n", "r", "k", "p", "t"]


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


def passages(count: int) -> Iterator[str]:
    """Yield `count` passages of 60 to 110 words, the same for every run."""
    rng = np.random.default_rng(SEED)
    words = np.array([make_word(i) for i in range(VOCABULARY)])
    cumulated = np.cumsum(probabilities())
    for _ in range(count):
        length = int(rng.integers(*PASSAGE_WORDS))
        chosen = np.minimum(np.searchsorted(cumulated, rng.random(length)), VOCABULARY - 1)
        yield " ".join(words[chosen].tolist()).capitalize() + "."


def reports(count: int) -> Iterator[Report]:
    """Yield `count` reports of one passage each."""
    for number, text in enumerate(passages(count)):
        yield Report(id=f"r{number:07d}", title=f"Verslag {number}", text=text)


def queries(count: int) -> list[str]:
    """Return `count` queries of 2 to 5 words: mostly mid-frequency words, now and then a head word."""
    rng = np.random.default_rng(SEED + 1)
    chances = np.sqrt(probabilities())
    chances /= chances.sum()
    made = []
    for _ in range(count):
        length = int(rng.integers(QUERY_WORDS[0], QUERY_WORDS[1] + 1))
        chosen = rng.choice(VOCABULARY, size=length, replace=False, p=chances).tolist()
        if rng.random() < 0.3:
            chosen[0] = int(rng.integers(0, HEADS))
        made.append(" ".join(make_word(i) for i in chosen))
    return made
