"""The meaning half: the passages whose vectors point the same way.

The coarse copies of the vectors (`jeugdzoek.index.codes`) say which may be among the best, and
these are scored exactly. What is left out by levels cannot be: up to 20,000 passages the answer
is that of multiplying the query with every vector. Above, a look at the codes first leaves one
passage in two hundred: of these the answer is exact. docs/design.md has what else was tried.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.codes import ABOVE, Codes, Words, pack
from jeugdzoek.search import kernel
from jeugdzoek.search.topk import Ids, Scores, best

Vectors = NDArray[np.float32]
Allowed = NDArray[np.bool_]

SHARE = 200
"""One in so many passages is left by a look at the codes."""
SHORTLIST = 5
"""And for each passage asked for at least so many,"""
LEAST = 400
"""and so many in any case."""
MOST_WEIGHT = 3
"""A dimension of a query weighs 0 to 3 in that look."""
LARGEST = 2.0
"""Times the root mean square of a query's weights: from here on a dimension weighs most."""
FEW = 4
"""One in so many passages allowed is few enough to look at these only."""
SIGNS = np.array([0, 0])
MASKS = np.array([[3, 1], [1, 2], [2, 3]])
"""For upper and lower words: a step in the upper bit is two levels, in the lower bit one."""
ROUNDING = 1e-5
"""How far two float32 products of the same unit vectors may lie apart."""
TOGETHER, SAMPLED = 8, 128
"""A sample of codes is so many of so many; as in the compiled loop."""
STEP, SPARE = 8, 8
"""A sample of scores is every eighth, and of it so many more than its share, so that the guess is seldom too high."""
BLOCK = 64
"""Codes that the compiled loop compares at a time; it wants room for so many more."""
PART = 1 << 16
ROWS = 4096
LANES = 16
"""Sums that run side by side in an exact cosine; as many in the compiled loop."""
ALONE = 300_000
"""Numbers a product may read: for more, BLAS starts threads, which on a busy machine wait for each other."""


def nearest(
    vectors: Vectors,
    query: Vectors,
    k: int,
    allowed: Allowed | None = None,
    codes: Codes | None = None,
) -> tuple[Ids, Scores]:
    """Return the `k` rows of `vectors` with the highest cosine to `query`, best first, ties by row.

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
    codes
        Codes of `vectors`; the search is exact without.

    Returns
    -------
    (ids, scores)
        With the exact cosine of each.
    """
    many = len(vectors) if allowed is None else int(np.count_nonzero(allowed))
    ids = None
    if codes and codes.words is not None and many > ABOVE and query.any():
        ids = shortlist(codes, query, max(LEAST, SHORTLIST * k, many // SHARE), allowed)
    elif allowed is not None and many < len(vectors) // FEW:
        ids = np.flatnonzero(allowed)
    return best_rows(vectors, query, k, ids, allowed if ids is None else None, codes)


def cosines_at(vectors: Vectors, query: Vectors, ids: Ids) -> Scores:
    """Return the cosine of `query` to each of the rows `ids`; the same whichever others are asked for.

    A BLAS product may round a row differently next to other rows, so this adds in an order of its own.
    """
    scores = np.empty(len(ids), dtype=np.float32)
    if kernel.COMPILED is None or not len(ids):
        return cosines_in_numpy(vectors, query, ids, scores)
    kernel.COMPILED.cosines(vectors, query, ids, scores)
    return scores


def cosines_in_numpy(vectors: Vectors, query: Vectors, ids: Ids, scores: Scores) -> Scores:
    """Do what the compiled loop does, to the last bit: `LANES` sums side by side, then halves of them added."""
    padded = np.zeros(-(-len(query) // LANES) * LANES, dtype=np.float32)
    padded[: len(query)] = query
    for start in range(0, len(ids), ROWS):
        rows = vectors[ids[start : start + ROWS]]
        if len(padded) > len(query):
            rows = np.pad(rows, ((0, 0), (0, len(padded) - len(query))))
        sums = (rows * padded).reshape(len(rows), -1, LANES).sum(axis=1)
        while sums.shape[1] > 1:
            half = sums.shape[1] // 2
            sums = sums[:, :half] + sums[:, half:]
        scores[start : start + ROWS] = sums[:, 0]
    return scores


def best_rows(
    vectors: Vectors,
    query: Vectors,
    k: int,
    ids: Ids | None = None,
    allowed: Allowed | None = None,
    codes: Codes | None = None,
) -> tuple[Ids, Scores]:
    """Return the `k` rows with the highest cosine, best first, ties by row, and these cosines.

    Parameters
    ----------
    vectors, query, k
        As in `nearest`.
    ids
        The rows to choose from, rising; all when None.
    allowed
        Where all are chosen from, those that may be found; all when None.
    codes
        Of `vectors`: quicker, with the same answer.
    """
    if kernel.COMPILED is None:
        return best_rows_in_numpy(vectors, query, k, ids, allowed)
    most = min(k, len(vectors) if ids is None else len(ids))
    found, scores = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.float32)
    levels, steps = (codes.levels, codes.steps) if codes else (None, None)
    count = kernel.COMPILED.best_rows(vectors, query, ids, allowed, levels, steps, found, scores)
    return found[:count], scores[:count]


def best_rows_in_numpy(
    vectors: Vectors, query: Vectors, k: int, ids: Ids | None, allowed: Allowed | None
) -> tuple[Ids, Scores]:
    """Do what the compiled loop does; only what a fast product puts near the best is scored exactly."""
    if ids is None:
        ids = _near_best(_products(vectors, query), k, allowed)
    else:
        ids = ids[_near_best(vectors[ids] @ query, k, None)]
    return best(ids, cosines_in_numpy(vectors, query, ids, np.empty(len(ids), dtype=np.float32)), k)


def shortlist(codes: Codes, query: Vectors, many: int, allowed: Allowed | None = None) -> Ids:
    """Return about `many` passages, rising: those whose codes are nearest to `query`.

    Parameters
    ----------
    codes
        Of all passages, with words.
    query
        Of the dimensions of the vectors, not all zero.
    many
        How many, where there are so many; a sample tells how far these lie. Never more than twice as many.
    allowed
        Passages that may be on it; all when None.
    """
    if codes.words is None or codes.spread is None:
        raise ValueError("there are no codes to look through")
    weights = query * codes.spread[1]
    per_unit = MOST_WEIGHT / LARGEST / np.sqrt(weights @ weights / len(weights))
    levels = np.minimum(np.rint(np.abs(weights) * per_unit), MOST_WEIGHT).astype(np.uint8)
    # Which way each dimension points, the lower and the upper bit of its weight, and nothing.
    bits = np.zeros((4, len(weights)), dtype=np.bool_)
    bits[:3] = weights > 0, levels & 1, levels & 2
    words = pack(bits)
    signs, masks = words[SIGNS].ravel(), words[MASKS].reshape(len(MASKS), -1)
    if kernel.COMPILED is None:
        return shortlist_in_numpy(codes.words, signs, masks, many, allowed)
    ids = np.empty(2 * many + BLOCK, dtype=np.int64)
    return ids[: kernel.COMPILED.shortlist(codes.words, signs, masks, allowed, many, ids)]


def shortlist_in_numpy(words: Words, signs: Words, masks: Words, many: int, allowed: Allowed | None) -> Ids:
    """Do what the compiled loop does."""
    far = distances(words, signs, masks)
    is_sampled = np.arange(len(far)) % SAMPLED < TOGETHER
    found = np.ones(len(far), dtype=np.bool_) if allowed is None else allowed
    sample, passages = far[is_sampled & found], int(np.count_nonzero(found))
    if len(sample) and many < passages:
        place = min(len(sample) * many // passages, len(sample) - 1)
        found = found & (far <= np.partition(sample, place)[place])
    return np.flatnonzero(found)[: 2 * many]


def distances(words: Words, signs: Words, masks: Words) -> NDArray[np.uint32]:
    """Return for each column of `words` the weighted number of bits in which it differs from `signs`.

    Parameters
    ----------
    words
        w × passages.
    signs
        w words.
    masks
        b × w: a bit of row i counts 2**i where it is set in that row.
    """
    total = np.zeros(words.shape[1], dtype=np.uint32)
    for start in range(0, words.shape[1], PART):
        part = total[start : start + PART]
        differs = words[:, start : start + PART] ^ signs[:, None]
        for row in masks[::-1]:
            part <<= 1
            for word, mask in zip(differs, row, strict=True):
                if mask:
                    part += np.bitwise_count(word & mask)
    return total


def _products(vectors: Vectors, query: Vectors) -> Scores:
    scores = np.empty(len(vectors), dtype=np.float32)
    rows = max(1, ALONE // max(1, len(query)))
    for start in range(0, len(vectors), rows):
        np.matmul(vectors[start : start + rows], query, out=scores[start : start + rows])
    return scores


def _near_best(scores: Scores, k: int, allowed: Allowed | None) -> Ids:
    """Return the ids of the `k` best of `scores`, and of all that may tie with the last of them."""
    if allowed is not None:
        scores = np.where(allowed, scores, -np.inf).astype(np.float32)
    if len(scores) > k > 0:
        cut = _kth_best(scores, k)
        scores_from = max(cut - ROUNDING, np.finfo(np.float32).min)
        return np.flatnonzero(scores >= scores_from)
    return np.flatnonzero(scores > -np.inf)


def _kth_best(scores: Scores, k: int) -> np.float32:
    """Return the k-th best of `scores`; from a guess by every eighth of them only what is better is sorted out."""
    sample = scores[::STEP]
    wanted = k // STEP * 3 // 2 + SPARE
    if wanted < len(sample) // 4:
        guess = np.partition(sample, len(sample) - wanted)[len(sample) - wanted]
        better = scores[scores >= guess]
        if len(better) >= k:
            scores = better
    return np.float32(np.partition(scores, len(scores) - k)[len(scores) - k])
