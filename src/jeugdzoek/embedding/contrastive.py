"""Contrastive training of a static embedding, in numpy.

The loss is the symmetric InfoNCE over a batch (in-batch negatives; van den Oord
et al. 2018, https://arxiv.org/abs/1807.03748): every query must find its own
passage among the batch's passages, and the other way round. Only the rows of
pieces that occur in a batch are touched, with Adam's moments kept per row ("lazy"
Adam), which makes a CPU minute enough where a dense optimiser takes many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How long and how fast to train.

    Parameters
    ----------
    dimensions
        Length of a vector.
    batch_size
        Pairs a step; all other passages of the batch are negatives.
    epochs
        Times over all pairs.
    scale
        Factor on the cosines before the softmax (inverse temperature).
    learning_rate
        Adam's, falling linearly to a tenth.
    longest
        Pieces of a text that are used.
    seed
        Of all randomness.
    """

    dimensions: int = 128
    batch_size: int = 1024
    epochs: int = 3
    scale: float = 20.0
    learning_rate: float = 0.02
    longest: int = 160
    seed: int = 20


@dataclass(frozen=True, slots=True)
class Bag:
    """Texts of a batch as pieces: all ids in a row, and where each text begins.

    Parameters
    ----------
    ids
        Piece ids of all texts, one after the other.
    starts
        Offset of each text in `ids`.
    lengths
        Pieces of each text, at least 1.
    """

    ids: Ids
    starts: Ids
    lengths: Ids

    @classmethod
    def of(cls, texts: Sequence[Ids], longest: int) -> Bag:
        """Return the bag of `texts`, each cut after `longest` pieces."""
        cut = [ids[:longest] for ids in texts]
        lengths = np.array([len(ids) for ids in cut], dtype=np.int64)
        starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
        return cls(np.concatenate(cut), starts, lengths)

    def means(self, rows: Floats) -> Floats:
        """Return the mean vector of each text, given the vector of each piece (len(ids) × d)."""
        return np.divide(_sums(rows, self.starts), self.lengths[:, None], dtype=np.float32)


class Optimiser(Protocol):
    """Anything that holds weights and moves some of their rows."""

    weights: Floats
    """Pieces × dimensions, changed in place."""

    def step(self, rows: Ids, gradient: Floats, rate: float) -> None:
        """Move `rows` (unique) of the weights against their `gradient`."""
        ...


class LazyAdam:
    """Adam (Kingma & Ba 2015) on the rows that a batch touches.

    Parameters
    ----------
    weights
        Changed in place, pieces × dimensions.
    """

    def __init__(self, weights: Floats) -> None:
        self.weights = weights
        self._first = np.zeros_like(weights)
        self._second = np.zeros_like(weights)
        self._steps = np.zeros(len(weights), dtype=np.float32)

    def step(self, rows: Ids, gradient: Floats, rate: float) -> None:
        """Move `rows` (unique) of the weights against their `gradient`."""
        self._steps[rows] += 1
        first = 0.9 * self._first[rows] + 0.1 * gradient
        second = 0.999 * self._second[rows] + 0.001 * gradient**2
        self._first[rows], self._second[rows] = first, second
        steps = self._steps[rows][:, None]
        first, second = first / (1 - 0.9**steps), second / (1 - 0.999**steps)
        self.weights[rows] -= rate * first / (np.sqrt(second) + 1e-8)


def train(
    optimiser: Optimiser,
    pairs: Sequence[tuple[Ids, Ids]],
    settings: TrainingSettings,
    *,
    groups: Sequence[int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[float]:
    """Train on pairs of texts that belong together.

    Parameters
    ----------
    optimiser
        Holds the weights and changes them in place.
    pairs
        (query, passage) as piece ids, neither empty.
    settings
        Batch size, epochs, rate, …
    groups
        A number per pair; pairs of the same number are never each other's negatives.
        By default each pair has its own.
    progress
        Called with (steps done, of how many).

    Returns
    -------
    list of float
        The loss of each step.
    """
    rng = np.random.default_rng(settings.seed)
    per_epoch = max(1, len(pairs) // settings.batch_size)
    steps = per_epoch * settings.epochs
    losses: list[float] = []
    numbers = np.arange(len(pairs)) if groups is None else np.asarray(groups)
    for done in range(steps):
        if done % per_epoch == 0:
            order = rng.permutation(len(pairs))
        at = done % per_epoch * settings.batch_size
        chosen = order[at : at + settings.batch_size]
        rate = settings.learning_rate * (1 - 0.9 * done / steps)
        losses.append(step(optimiser, [pairs[i] for i in chosen], numbers[chosen], settings, rate))
        if progress:
            progress(done + 1, steps)
    return losses


def step(
    optimiser: Optimiser, batch: Sequence[tuple[Ids, Ids]], groups: Ids, settings: TrainingSettings, rate: float
) -> float:
    """Take one step on a `batch` of pairs and return its loss; `groups` as in `train`."""
    bags = [Bag.of([pair[side] for pair in batch], settings.longest) for side in (0, 1)]
    unit, norms = zip(*(_forward(optimiser.weights, bag) for bag in bags), strict=True)
    loss, gradients = info_nce(unit[0], unit[1], settings.scale, groups)
    through = [
        (g - (g * u).sum(axis=1, keepdims=True) * u) / n / bag.lengths[:, None].astype(np.float32)
        for bag, u, n, g in zip(bags, unit, norms, gradients, strict=True)
    ]
    lengths = np.concatenate([bag.lengths for bag in bags])
    texts = np.repeat(np.arange(len(lengths)), lengths)
    touched, summed = _sum_by_id(np.concatenate([bag.ids for bag in bags]), texts, np.concatenate(through))
    optimiser.step(touched, summed, rate)
    return loss


def _forward(weights: Floats, bag: Bag) -> tuple[Floats, Floats]:
    means = bag.means(weights[bag.ids])
    norms = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6).astype(np.float32)
    return means / norms, norms


def info_nce(
    queries: Floats, passages: Floats, scale: float, groups: Ids | None = None
) -> tuple[float, tuple[Floats, Floats]]:
    """Return the symmetric InfoNCE loss of unit rows and its gradients by both sides.

    Parameters
    ----------
    queries, passages
        n × d each; row i of one belongs to row i of the other.
    scale
        Factor on the cosines.
    groups
        Rows of the same number are not each other's negatives.
    """
    n = len(queries)
    scores = scale * (queries @ passages.T)
    if groups is not None:
        scores[(groups[:, None] == groups) & ~np.eye(n, dtype=np.bool_)] = -np.inf
    rows = np.exp(scores - scores.max(axis=1, keepdims=True))
    columns = np.exp(scores - scores.max(axis=0, keepdims=True))
    rows /= rows.sum(axis=1, keepdims=True)
    columns /= columns.sum(axis=0, keepdims=True)
    diagonal = np.arange(n)
    loss = (
        -float(np.log(rows[diagonal, diagonal] + 1e-12).mean() + np.log(columns[diagonal, diagonal] + 1e-12).mean()) / 2
    )
    slope = (rows + columns) / (2 * n)
    slope[diagonal, diagonal] -= 1 / n
    slope = (slope * scale).astype(np.float32)
    return loss, (slope @ passages, slope.T @ queries)


def ranks_of(queries: Floats, passages: Floats, own: Ids) -> Ids:
    """Return at which place, from 1, each query finds the passage whose row `own` names."""
    scores = queries @ passages.T
    mine = scores[np.arange(len(queries)), own]
    ranks: Ids = 1 + (scores > mine[:, None]).sum(axis=1)
    return ranks


def _sum_by_id(ids: Ids, texts: Ids, rows: Floats) -> tuple[Ids, Floats]:
    """Return the ids once each, and for each the sum of the `rows` of the `texts` it stands in."""
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return ordered[starts], _sums(rows[texts[order]], starts)


def _sums(rows: Floats, starts: Ids) -> Floats:
    """Return the sum of the `rows` from each of `starts` to the next: ``reduceat``, which takes ten times as long."""
    sums = np.empty((len(starts), rows.shape[1]), dtype=np.float32)
    bounds = [*starts.tolist(), len(rows)]
    for number, (start, end) in enumerate(pairwise(bounds)):
        np.add.reduce(rows[start:end], axis=0, out=sums[number])
    return sums
