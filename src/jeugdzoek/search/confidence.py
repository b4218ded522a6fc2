"""Whether anything found is really about the query.

Five signals of the first passages, weighed by a logistic regression. docs/fusion.md tells
how it was calibrated and what it cannot see; ``benchmarks/calibrate.py`` fits it again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache

import numpy as np

from jeugdzoek.embedding.loading import BUNDLED, load_encoder
from jeugdzoek.search.backend import Candidates, Mode
from jeugdzoek.search.closeness import WordVectors

LOOKED_AT = 3
"""Passages looked at, the first ones."""
PASSAGES = 237
"""In the index it was calibrated on."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for an answer.

    Parameters
    ----------
    covered
        How near the passage that comes nearest comes to the words of the query, as the mean
        cosine of each to the passage's nearest word, weighted by the square of its rarity.
    weakest
        How near a passage comes to the word it comes least near to, at best.
    occurs
        Weight of the best match in the index for the rarest word of the query.
    words
        Natural logarithm of the number of words.
    cosine
        Highest cosine of a passage to the query.
    """

    covered: float
    weakest: float
    occurs: float
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

    weights: tuple[float, float, float, float, float]
    least: float
    growth: float

    def holds(self, signals: Signals, passages: int) -> bool:
        """Tell whether the weighted sum of `signals` is enough in an index of so many `passages`."""
        values: tuple[float, ...] = astuple(signals)
        needed = self.least + self.growth * max(0.0, math.log(max(1, passages) / PASSAGES))
        return sum(w * v for w, v in zip(self.weights, values, strict=True)) >= needed


CALIBRATED: dict[Mode, Calibration] = {
    "hybrid": Calibration((6.98, 4.86, 1.59, 1.15, 12.12), least=8.94, growth=0.48),
    "semantic": Calibration((6.37, 9.32, 1.22, 1.15, 10.44), least=8.27, growth=0.63),
    "keyword": Calibration((6.44, 7.22, 1.33, 1.34, 0.0), least=6.24, growth=0.11),
}
"""Fitted by ``benchmarks/calibrate.py``. That of keyword mode knows no cosine: it also judges where another
model than the bundled one gave them, whose cosines lie elsewhere."""


def measure(candidates: Candidates, texts: Sequence[str]) -> Signals:
    """Return the signals of a query's candidates, the first of which have `texts`."""
    words = candidates.subjects
    cosine = float(candidates.semantic.max(initial=0.0))
    if not words or not texts:
        return Signals(0.0, 0.0, 0.0, 0.0, cosine)
    near = _word_vectors().closeness([subject.word for subject in words], texts)
    rarity = np.array([subject.rarity for subject in words]) ** 2
    rarest = max(words, key=lambda subject: subject.rarity)
    return Signals(
        float((rarity @ near).max() / rarity.sum()),
        float(near.min(axis=0).max()),
        rarest.matched,
        math.log(len(words)),
        cosine,
    )


def is_confident(candidates: Candidates, texts: Sequence[str], mode: Mode) -> bool:
    """Tell whether anything among the candidates is really about the query.

    Parameters
    ----------
    candidates
        What was found.
    texts
        The first `LOOKED_AT` passages of the answer, best first.
    mode
        The mode they were ranked in.
    """
    if not texts:
        return False
    calibration = CALIBRATED[mode if candidates.model == BUNDLED else "keyword"]
    return calibration.holds(measure(candidates, texts), candidates.passages)


@cache
def _word_vectors() -> WordVectors:
    return WordVectors(load_encoder(BUNDLED))
