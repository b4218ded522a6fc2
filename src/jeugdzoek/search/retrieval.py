"""Both halves of an index → the passages worth ranking, with the exact score each half gives them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.codes import Codes
from jeugdzoek.search import bm25, dense
from jeugdzoek.search.bm25 import Plan
from jeugdzoek.search.topk import Ids, Scores, distinct


class Meaning(NamedTuple):
    """What the meaning half looks for.

    Parameters
    ----------
    query
        Unit vector.
    vectors
        passages × dimensions, unit rows.
    codes
        Of the vectors.
    """

    query: NDArray[np.float32]
    vectors: NDArray[np.float32]
    codes: Codes


class Retrieved(NamedTuple):
    """Passages and their scores.

    Parameters
    ----------
    ids
        Ordinals, rising.
    rows
        What every group of the query (rows) gives each of them (columns); added up, its keyword score.
    semantic
        Cosine of each; 0 without a meaning half.
    total
        How many passages matched.
    """

    ids: Ids
    rows: Scores
    semantic: Scores
    total: int


def retrieve(plan: Plan, words: int, meaning: Meaning | None, k: int, allowed: NDArray[np.bool_] | None) -> Retrieved:
    """Return the best `words` passages by keyword and the best `k` by meaning, all with both scores.

    Parameters
    ----------
    plan
        The words of the query, looked up.
    words
        Passages of the keyword half, at most; 0 leaves it out.
    meaning
        None leaves the meaning half out.
    k
        Passages of the meaning half, at most.
    allowed
        Passages that may be found; all when None.
    """
    found = bm25.rank(plan, words, allowed)
    if meaning is None:
        ids = distinct(found.ids)
        return Retrieved(ids, bm25.rows_at(plan, ids), np.zeros(len(ids), dtype=np.float32), found.total)
    near, _ = dense.nearest(meaning.vectors, meaning.query, k, allowed, meaning.codes)
    ids = distinct(np.concatenate((found.ids, near)))
    semantic = dense.cosines_at(meaning.vectors, meaning.query, ids)
    total = max(found.total, len(near)) if words else len(near)
    return Retrieved(ids, bm25.rows_at(plan, ids), semantic, total)
