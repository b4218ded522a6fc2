"""What a passage is worth by words, when its report is asked as a whole.

A question is seldom answered with all of its words in one passage: the subject stands in
one and the answer in another. So a report has a score of its own, in which of every group
the best of its passages counts, and it counts for more the more of the words typed stand
somewhere in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.keys import by_report

Rows = NDArray[np.float32]
REPORT = 0.2
"""Share of the report in the score of a passage; the rest is its own."""
COVERED = 0.75
"""How much more a report with every word typed counts than one with next to none."""


def with_report_words(rows: Rows, words: Sequence[int], keys: NDArray[np.int64]) -> Rows:
    """Return one score per passage: its own and that of its report, by the share of words the report has.

    ``((1 - REPORT) · own + REPORT · report) · (1 + COVERED · share) / (1 + COVERED)``; 0 where
    the passage itself has no word. Never more than the ceiling of the query.

    Parameters
    ----------
    rows
        Score of every group (rows) in every passage (columns), float32.
    words
        For every group the number of the typed word it stands for, rising; then -1 for none (see `Expansion`).
    keys
        Passage keys, int64, rising.
    """
    own: Rows = rows.sum(axis=0)
    if not rows.size:
        return own
    starts, of_report = by_report(keys)
    best = np.maximum.reduceat(rows, starts, axis=1)
    lift = _lift(best > 0, words)
    mixed = (lift * (1 - REPORT))[of_report] * own + (lift * best.sum(axis=0) * REPORT)[of_report]
    return np.where(own > 0, mixed, 0).astype(np.float32)


def _lift(found: NDArray[np.bool_], words: Sequence[int]) -> NDArray[np.float64]:
    """Return the factor of each report, at most 1, by the share of the typed words that any group finds in it."""
    typed = len(words) - words.count(-1)
    if not typed:
        return np.ones(found.shape[1])
    firsts = [i for i in range(typed) if i == 0 or words[i] != words[i - 1]]
    share = np.logical_or.reduceat(found[:typed], firsts, axis=0).sum(axis=0) / len(firsts)
    return np.asarray((1 + COVERED * share) / (1 + COVERED))
