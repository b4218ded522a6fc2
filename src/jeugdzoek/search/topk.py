"""The best k of many, exactly, with ties in order of passage."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.search import kernel

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
WeightedPostings = tuple[NDArray[np.uint32], Scores, float]
"""Passages (rising), the impact on each, and the factor on it."""
Groups = tuple[tuple[WeightedPostings, ...], ...]

SLACK = 1e-5
"""Share a bound may lie above a score it bounds, from float32 rounding."""
NONE = np.zeros(0, dtype=np.int64)

_scratch = threading.local()


class Sums(NamedTuple):
    """What `best_of_sums` finds.

    Parameters
    ----------
    ids, scores
        The best, best first.
    total
        How many passages have any of the terms.
    """

    ids: Ids
    scores: Scores
    total: int


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
    groups: Groups,
    k: int,
    passages: int,
    *,
    bound: float = 0.0,
    allowed: NDArray[np.bool_] | None = None,
) -> Sums:
    """Add up groups of postings, of each group the best, and return the best sums.

    Parameters
    ----------
    groups
        The postings of the alternatives of each; no passage twice within one.
    k
        How many passages, at most.
    passages
        Number of passages in the index.
    bound
        A lower bound of the k-th best sum: passages below it are not looked at.
        Ignored where `allowed` is given, as it then may be too high.
    allowed
        Passages that may be found; all when None.

    Raises
    ------
    IndexError
        When there is a passage number that is too high.
    """
    floor = 0.0 if allowed is not None else bound * (1 - SLACK)
    if kernel.COMPILED is None:
        return sums_in_numpy(groups, k, passages, floor=floor, allowed=allowed)
    ids, scores = np.empty(k, dtype=np.int64), np.empty(k, dtype=np.float32)
    count, total = kernel.COMPILED.best_of_sums(groups, *_zeros(passages), floor, allowed, ids, scores)
    return Sums(ids[:count], scores[:count], total)


def sums_in_numpy(groups: Groups, k: int, passages: int, *, floor: float, allowed: NDArray[np.bool_] | None) -> Sums:
    """Do what the compiled loop does, to the last bit; passages with less than `floor` are not looked at."""
    # Twice as fast to index with, and worth converting what a query touches.
    as_ids = [[(docs.astype(np.int64), impacts, weight) for docs, impacts, weight in group] for group in groups]
    sums, best_of_group = _zeros(passages)
    try:
        for group in as_ids:
            _add(group, sums, best_of_group)
        touched = [ids for group in as_ids for ids, _, _ in group]
        if allowed is not None:
            found = np.flatnonzero((sums != 0) & allowed)
            total = len(found)
        else:
            total = int(np.count_nonzero(sums))
            high = [ids[sums[ids] >= floor] for ids in touched]
            found = distinct(np.concatenate(high)) if high else NONE
        ids, scores = best(found, sums[found], k)
        for part in touched:
            sums[part] = 0.0
        return Sums(ids, scores, total)
    except BaseException:
        del _scratch.pair  # no longer all zero
        raise


def _add(group: Sequence[tuple[Ids, Scores, float]], sums: Scores, best_of_group: Scores) -> None:
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


def scores_of_groups(groups: Groups, ids: Ids) -> Scores:
    """Return what each of `groups` (rows) gives each of the passages `ids` (columns, rising, none twice)."""
    rows = np.zeros((len(groups), len(ids)), dtype=np.float32)
    if kernel.COMPILED is None:
        return rows_in_numpy(groups, ids, rows)
    kernel.COMPILED.scores_of_groups(groups, ids, rows)
    return rows


def rows_in_numpy(groups: Groups, ids: Ids, rows: Scores) -> Scores:
    """Do what the compiled loop does: raise `rows`, all zero, to the scores."""
    for best, group in zip(rows, groups, strict=True):
        for docs, impacts, weight in group:
            at = np.minimum(np.searchsorted(docs, ids), len(docs) - 1)
            here = np.where(docs[at] == ids, impacts[at], np.float32(0)) * np.float32(weight)
            np.maximum(best, here, out=best)
    return rows
