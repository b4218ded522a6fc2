"""Passage keys: the same number for a passage in every index and every backend.

The high 47 bits hash the report id, the low 16 bits count its passages, so a
report's passages follow each other and ties are broken the same way everywhere.
"""

from __future__ import annotations

import hashlib

NUMBER_BITS = 16
MOST_PASSAGES = 1 << NUMBER_BITS


def report_key(report_id: str) -> int:
    """Return the key of a report's first passage: 63 bits, the low 16 zero."""
    digest = hashlib.sha256(report_id.encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> (64 - 47)) << NUMBER_BITS


def passage_key(report_id: str, number: int) -> int:
    """Return the key of passage `number` of a report."""
    return report_key(report_id) | number
