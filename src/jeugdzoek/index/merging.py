"""Old term counts + changes → the counts a fresh build would give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.postings import TermCounts

GONE = -1


def merge_counts(
    old: TermCounts, old_to_new: NDArray[np.int64], added: TermCounts, added_to_new: NDArray[np.int64], passages: int
) -> TermCounts:
    """Return the counts of the passages kept from `old` together with those `added`.

    Parameters
    ----------
    old, added
        Counts over their own ordinals.
    old_to_new, added_to_new
        New ordinal of each of their passages; `GONE` for a passage left out.
    passages
        Number of passages afterwards.
    """
    terms = sorted(set(old.terms) | set(added.terms))
    row_of = {term: row for row, term in enumerate(terms)}
    rows, docs, counts = [], [], []
    lengths = np.zeros(passages, dtype=np.int64)
    for part, to_new in ((old, old_to_new), (added, added_to_new)):
        row = np.repeat(np.array([row_of[term] for term in part.terms], dtype=np.int64), np.diff(part.ptr))
        new = to_new[part.docs] if len(part.docs) else part.docs
        kept = new != GONE
        rows.append(row[kept])
        docs.append(new[kept])
        counts.append(part.counts[kept])
        lengths[to_new[to_new != GONE]] = part.lengths[to_new != GONE]
    return _sorted(terms, np.concatenate(rows), np.concatenate(docs), np.concatenate(counts), lengths)


def _sorted(
    terms: list[str],
    rows: NDArray[np.int64],
    docs: NDArray[np.int64],
    counts: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> TermCounts:
    order = np.argsort(rows * max(1, len(lengths)) + docs, kind="stable")
    frequency = np.bincount(rows, minlength=len(terms))
    alive = np.flatnonzero(frequency)
    ptr = np.concatenate(([0], np.cumsum(frequency[alive]))).astype(np.int64)
    return TermCounts(
        [terms[row] for row in alive.tolist()], ptr, docs[order], counts[order], lengths, int(counts.sum())
    )
