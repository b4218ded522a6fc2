"""The meaning half: the passages whose vectors point the same way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.search.topk import Ids, Scores, best


def nearest(
    vectors: NDArray[np.float32], query: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[Ids, Scores]:
    """Return the `k` rows of `vectors` with the highest cosine to `query`, exactly.

    Parameters
    ----------
    vectors
        passages × dimensions, unit rows.
    query
        Unit vector of the same dimensions.
    k
        How many, at most.
    allowed
        Passages that may be found; all when None.
    """
    scores = vectors @ query
    if allowed is None:
        ids = np.arange(len(scores))
        if len(scores) > k > 0:
            cut = np.partition(scores, len(scores) - k)[len(scores) - k]
            ids = np.flatnonzero(scores >= cut)
    else:
        ids = np.flatnonzero(allowed)
    return best(ids, scores[ids], k)


def cosines_at(vectors: NDArray[np.float32], query: NDArray[np.float32], ids: Ids) -> Scores:
    """Return the cosine of `query` to each of the rows `ids`."""
    scores: Scores = vectors[ids] @ query
    return scores
