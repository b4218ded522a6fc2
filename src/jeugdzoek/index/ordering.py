"""The order of a new generation: reports that stay and fresh ones, merged by their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.corpus.report import Report
from jeugdzoek.errors import SourceError
from jeugdzoek.index.keys import NUMBER_BITS, report_key
from jeugdzoek.index.reader import Reader


@dataclass(frozen=True, slots=True)
class Kept:
    """Reports of the generation before that stay and follow each other.

    Parameters
    ----------
    ids
        Of the reports.
    reports, passages
        Their old numbers and ordinals.
    """

    ids: Sequence[str]
    reports: range
    passages: range


Item = Kept | Report


def in_order(old: Reader | None, kept: Sequence[int], fresh: Sequence[Report]) -> list[Item]:
    """Return what a new generation holds, in the order of its keys.

    Parameters
    ----------
    old
        The generation before, or None.
    kept
        Numbers of its reports that stay.
    fresh
        New and changed reports.

    Raises
    ------
    SourceError
        When two reports have the same key.
    """
    ids = list(old.store.hashes()) if old and kept else []
    numbers = np.array(sorted(kept), dtype=np.int64)
    bounds = np.searchsorted(old.report_of, np.arange(len(ids) + 1)) if old else np.zeros(1, dtype=np.int64)
    before = _keys(old, ids, bounds)[numbers] if old else numbers
    keys = np.concatenate((before, np.array([report_key(report.id) for report in fresh], dtype=np.int64)))
    order = np.argsort(keys, kind="stable")
    for place in np.flatnonzero(np.diff(keys[order]) == 0).tolist():
        rows = order[place : place + 2].tolist()
        one, other = (ids[numbers[r]] if r < len(numbers) else fresh[r - len(numbers)].id for r in rows)
        raise SourceError(other, f"has the same key as {one}; give one of the two another id")
    sources = np.concatenate((numbers, -1 - np.arange(len(fresh))))[order]
    ends = np.flatnonzero((np.diff(sources) != 1) | (sources[1:] < 0) | (sources[:-1] < 0)) + 1
    items: list[Item] = []
    for run in np.split(sources, ends) if len(sources) else []:
        first, end = int(run[0]), int(run[-1]) + 1
        if first < 0:
            items.append(fresh[-1 - first])
        else:
            items.append(Kept(ids[first:end], range(first, end), range(int(bounds[first]), int(bounds[end]))))
    return items


def _keys(old: Reader, ids: Sequence[str], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the key of every report of `old`: its first passage has it; without one it follows from the id."""
    keys = np.zeros(len(ids), dtype=np.int64)
    some = np.flatnonzero(np.diff(bounds))
    keys[some] = old.keys[bounds[some]] >> NUMBER_BITS << NUMBER_BITS
    for number in np.flatnonzero(np.diff(bounds) == 0).tolist():
        keys[number] = report_key(ids[number])
    return keys


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield `items` in parts with `size` fresh reports each, at most."""
    start = fresh = 0
    for place, item in enumerate(items):
        if isinstance(item, Report):
            if fresh == size:
                yield items[start:place]
                start, fresh = place, 0
            fresh += 1
    if start < len(items):
        yield items[start:]


def old_to_new(items: Sequence[Item], sizes: Sequence[int], passages: int, gone: int) -> NDArray[np.int64]:
    """Return the new ordinal of each of the `passages` old ones.

    Parameters
    ----------
    items
        In order.
    sizes
        Passages of each.
    passages
        How many there were.
    gone
        Stands for a passage that did not stay.
    """
    moved = np.full(passages, gone, dtype=np.int64)
    ordinal = 0
    for item, size in zip(items, sizes, strict=True):
        if isinstance(item, Kept):
            moved[item.passages.start : item.passages.stop] = np.arange(ordinal, ordinal + size)
        ordinal += size
    return moved
