"""Passage keys: the same number for a passage in every index and every backend.

The high 47 bits hash the report id, the low 16 bits count its passages, so a
report's passages follow each other and ties are broken the same way everywhere.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

NUMBER_BITS = 16
MOST_PASSAGES = 1 << NUMBER_BITS


def report_key(report_id: str) -> int:
    """Return the key of a report's first passage: 63 bits, the low 16 zero."""
    digest = hashlib.sha256(report_id.encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> (64 - 47)) << NUMBER_BITS


def passage_key(report_id: str, number: int) -> int:
    """Return the key of passage `number` of a report."""
    return report_key(report_id) | number


def by_report(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each report begins among rising passage `keys`, and which of these reports each key is of."""
    reports = keys >> NUMBER_BITS
    begins = np.ones(len(reports), dtype=np.bool_)
    np.not_equal(reports[1:], reports[:-1], out=begins[1:])
    return np.flatnonzero(begins), np.cumsum(begins) - 1
