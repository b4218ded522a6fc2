"""Old term counts + changes → the counts a fresh build would give."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.postings import TermCounts

Ints = NDArray[np.int64]
GONE = -1
LOW = 32
"""Bits for a passage, below those for the row of a term."""


def merge_counts(old: TermCounts, old_to_new: Ints, added: TermCounts, added_to_new: Ints, passages: int) -> TermCounts:
    """Return the counts of the passages kept from `old` together with those `added`.

    Parameters
    ----------
    old, added
        Counts over their own ordinals.
    old_to_new, added_to_new
        New ordinal of each of their passages, rising; `GONE` for a passage left out.
    passages
        Number of passages afterwards.

    Notes
    -----
    Passages keep their order, so that postings do: the few that are new are inserted
    among the many that stay, and nothing is sorted.
    """
    terms, old_rows, added_rows = _union(old.terms, added.terms)
    keys, counts = _moved(old, old_rows, old_to_new)
    new_keys, new_counts = _moved(added, added_rows, added_to_new)
    at = np.searchsorted(keys, new_keys)
    keys, counts = np.insert(keys, at, new_keys), np.insert(counts, at, new_counts)
    lengths = np.zeros(passages, dtype=np.int64)
    for part, to_new in ((old, old_to_new), (added, added_to_new)):
        lengths[to_new[to_new != GONE]] = part.lengths[to_new != GONE]
    frequency = np.bincount(keys >> LOW, minlength=len(terms))
    if not frequency.all():
        terms = [terms[row] for row in np.flatnonzero(frequency).tolist()]
    ptr = np.concatenate(([0], np.cumsum(frequency[frequency > 0])))
    docs = (keys & ((1 << LOW) - 1)).astype(np.uint32)
    return TermCounts(terms, ptr, docs, counts, lengths, int(counts.sum(dtype=np.int64)))


def _moved(part: TermCounts, rows: Ints, to_new: Ints) -> tuple[Ints, NDArray[np.uint16]]:
    """Return the postings that stay as rising numbers, row before new passage, with their counts."""
    new = to_new[part.docs]
    kept = new != GONE
    return (np.repeat(rows, np.diff(part.ptr)) << LOW | new)[kept], part.counts[kept]


def _union(old: Sequence[str], added: Sequence[str]) -> tuple[list[str], Ints, Ints]:
    """Return the terms of both, sorted, and the row of each of `old` and `added` among them."""
    at = np.array([bisect_left(old, term) for term in added], dtype=np.int64)
    fresh = np.array(
        [place == len(old) or old[place] != term for place, term in zip(at.tolist(), added, strict=True)],
        dtype=np.bool_,
    )
    terms: list[str] = []
    before = 0
    for place, row in zip(at[fresh].tolist(), np.flatnonzero(fresh).tolist(), strict=True):
        terms += old[before:place]
        terms.append(added[row])
        before = place
    terms += old[before:]
    old_rows = np.arange(len(old)) + np.searchsorted(at[fresh], np.arange(len(old)), side="right")
    added_rows = at + np.where(fresh, np.cumsum(fresh) - 1, np.searchsorted(at[fresh], at, side="right"))
    return terms, old_rows, added_rows
