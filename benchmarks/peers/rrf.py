"""Reciprocal rank fusion as one writes it by hand, for peers that bring no fusion of their own."""

from __future__ import annotations

from collections.abc import Iterable

POOL = 100
"""Passages taken from each half."""
K = 60


def fuse(*lists: Iterable[int], k: int) -> list[int]:
    """Return the `k` best ids of several ranked lists (Cormack et al. 2009)."""
    scores: dict[int, float] = {}
    for ids in lists:
        for rank, number in enumerate(ids, start=1):
            scores[number] = scores.get(number, 0.0) + 1 / (K + rank)
    return sorted(scores, key=scores.__getitem__, reverse=True)[:k]
