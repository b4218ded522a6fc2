"""Whether anything found is really about the query.

Six signals of the query and the first passages, weighed by a logistic regression. docs/fusion.md
tells how it was calibrated and what it cannot see; ``benchmarks/calibrate.py`` fits it again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.embedding.loading import BUNDLED, load_encoder
from jeugdzoek.search.backend import Candidates, Mode
from jeugdzoek.search.closeness import WordVectors

LOOKED_AT = 3
"""Passages looked at, the first ones."""
PASSAGES = 237
"""In the index it was calibrated on."""
FEWEST = 156
"""In the smallest one; of smaller ones nothing is known."""


class Signals(NamedTuple):
    """What speaks for an answer, and what against it.

    A passage comes near a word by meaning, as far as the cosine of its nearest word, and by
    keyword, as far as its score for the word makes up what one occurrence would give.

    Parameters
    ----------
    covered
        How near the passage that comes nearest comes to the words of the query: the mean of
        both ways, weighted by the square of each word's rarity.
    weakest
        How near a passage comes to the word it comes least near to, at best, by the better way.
    rarest
        How near a passage comes to the rarest word, at best, by the better way.
    named
        1 where the query names something the index does not hold, else 0.
    words
        Natural logarithm of the number of words.
    cosine
        Highest cosine of a passage to the query.
    """

    covered: float
    weakest: float
    rarest: float
    named: float
    words: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signals, and the sum from which there is an answer.

    Parameters
    ----------
    weights
        In the order of `Signals`.
    least
        The sum that an answer needs in an index of `PASSAGES` passages.
    growth
        What it needs more for each time the passages are e times as many: the more there are,
        the nearer the nearest comes, about the query or not.
    """

    weights: tuple[float, ...]
    least: float
    growth: float

    def holds(self, signals: Signals, passages: int) -> bool:
        """Tell whether the weighted sum of `signals` is enough in an index of so many `passages`."""
        needed = self.least + self.growth * math.log(max(FEWEST, passages) / PASSAGES)
        return sum(w * v for w, v in zip(self.weights, signals, strict=True)) >= needed


CALIBRATED: dict[Mode, Calibration] = {
    "hybrid": Calibration((7.6, 7.93, 1.61, -3.87, 2.71, 11.84), least=11.31, growth=0.72),
    "keyword": Calibration((9.1, 7.47, 1.35, -2.87, 2.37, 0.0), least=7.74, growth=0.32),
    "semantic": Calibration((6.48, 10.24, 1.3, -3.89, 2.37, 9.31), least=9.2, growth=0.51),
}
"""Fitted by ``benchmarks/calibrate.py``. That of keyword mode knows no cosine: it also judges where another
model than the bundled one gave them, whose cosines lie elsewhere."""


def measure(candidates: Candidates, first: Sequence[int], texts: Sequence[str]) -> Signals:
    """Return the signals of a query's candidates, the best of which stand at the positions `first` and have `texts`."""
    words = candidates.subjects
    cosine = float(candidates.semantic.max(initial=0.0))
    if not words or not texts:
        return Signals(0.0, 0.0, 0.0, 0.0, 0.0, cosine)
    rarity = np.array([subject.rarity for subject in words])
    weights = rarity**2 / (rarity @ rarity)
    near = np.maximum(_word_vectors().closeness([subject.word for subject in words], texts), 0)
    matched = _matched(candidates, first, rarity)
    best = np.maximum(near, matched)
    return Signals(
        float((weights @ (near + matched)).max()) / 2,
        float(best.min(axis=0).max()),
        float(best[rarity.argmax()].max()),
        float(any(subject.named for subject in words)),
        math.log(len(words)),
        cosine,
    )


def _matched(candidates: Candidates, first: Sequence[int], rarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return words × passages at `first`: the keyword score of each word as a share of its rarity, at most 1."""
    if candidates.rows is None:
        return np.zeros((len(rarity), len(first)))
    numbers = np.array([subject.number for subject in candidates.subjects])
    of_word = numbers[:, None] == np.array(candidates.expansion.words)
    shares: NDArray[np.float64] = np.minimum(1, of_word @ candidates.rows[:, first] / rarity[:, None])
    return shares


def is_confident(candidates: Candidates, first: Sequence[int], texts: Sequence[str], mode: Mode) -> bool:
    """Tell whether anything among the candidates is really about the query.

    Parameters
    ----------
    candidates
        What was found.
    first
        Positions of the first `LOOKED_AT` passages of the answer, best first.
    texts
        Their texts.
    mode
        The mode they were ranked in.
    """
    if not texts:
        return False
    calibration = CALIBRATED[mode if candidates.model == BUNDLED else "keyword"]
    return calibration.holds(measure(candidates, first, texts), candidates.passages)


@cache
def _word_vectors() -> WordVectors:
    return WordVectors(load_encoder(BUNDLED))
