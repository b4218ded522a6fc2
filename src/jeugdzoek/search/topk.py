"""The best k of many, exactly, with ties in order of passage."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
WeightedPostings = tuple[Ids, Scores, float]
SLACK = 1e-5
"""Share a bound may lie above a score it bounds, from float32 rounding."""

_scratch = threading.local()


def best(ids: Ids, scores: Scores, k: int) -> tuple[Ids, Scores]:
    """Return the `k` highest of `scores` with their `ids`, best first, ties by id.

    Parameters
    ----------
    ids, scores
        One score per id, in any order; no id twice.
    k
        How many, at most.
    """
    if len(ids) > k > 0:
        cut = np.partition(scores, len(scores) - k)[len(scores) - k]
        kept = np.flatnonzero(scores >= cut)
        ids, scores = ids[kept], scores[kept]
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order]


def distinct(ids: Ids) -> Ids:
    """Return `ids` rising, none twice (numpy's own `unique` first imports masked arrays, 15 ms)."""
    ordered = np.sort(ids)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


def best_of_sums(
    groups: Sequence[Sequence[WeightedPostings]],
    k: int,
    passages: int,
    *,
    bound: float = 0.0,
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[Ids, Scores, int]:
    """Add up groups of postings, of each group the best, and return the best sums.

    Parameters
    ----------
    groups
        In each (ordinals, impacts, weight) of its alternatives; no ordinal twice within one.
    k
        How many passages, at most.
    passages
        Number of passages in the index.
    bound
        A lower bound of the k-th best sum: passages below it are not looked at.
        Ignored where `allowed` is given, as it then may be too high.
    allowed
        Passages that may be found; all when None.

    Returns
    -------
    (ids, scores, total)
        Best first, and how many passages have any of the terms.
    """
    sums, best_of_group = _zeros(passages)
    try:
        for group in groups:
            _add(group, sums, best_of_group)
        if allowed is not None:
            touched = np.flatnonzero((sums > 0) & allowed)
            return (*best(touched, sums[touched], k), len(touched))
        total = int(np.count_nonzero(sums))
        floor = bound * (1 - SLACK)
        high = [ids[sums[ids] >= floor] for group in groups for ids, _, _ in group]
        found = distinct(np.concatenate(high)) if high else np.zeros(0, dtype=np.int64)
        return (*best(found, sums[found], k), total)
    finally:
        for group in groups:
            for ids, _, _ in group:
                sums[ids] = best_of_group[ids] = 0.0


def _add(group: Sequence[WeightedPostings], sums: Scores, best_of_group: Scores) -> None:
    """Add the best alternative of `group` to the sums; `best_of_group` is all zero before and after."""
    if len(group) == 1:
        ids, impacts, weight = group[0]
        sums[ids] += impacts * np.float32(weight)
        return
    for ids, impacts, weight in group:
        best_of_group[ids] = np.maximum(best_of_group[ids], impacts * np.float32(weight))
    for ids, _, _ in group:
        sums[ids] += best_of_group[ids]
        best_of_group[ids] = 0.0


def _zeros(passages: int) -> tuple[Scores, Scores]:
    """Return this thread's two accumulators, all zero; who takes them gives them back so."""
    pair: tuple[Scores, Scores] | None = getattr(_scratch, "pair", None)
    if pair is None or len(pair[0]) != passages:
        pair = (np.zeros(passages, dtype=np.float32), np.zeros(passages, dtype=np.float32))
        _scratch.pair = pair
    return pair
