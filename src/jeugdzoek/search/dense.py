"""The meaning half: the passages whose vectors point the same way.

Up to 20,000 passages the query is multiplied with every vector. Above, the codes of the
vectors (`jeugdzoek.index.codes`) are looked through twice for a shortlist, and what is on
it is scored exactly: scores are always exact, only who is on the list is approximate.
docs/design.md has what else was tried.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.codes import ABOVE, Codes, Words, pack
from jeugdzoek.search import kernel
from jeugdzoek.search.topk import Ids, Scores, best

Allowed = NDArray[np.bool_]
Distances = NDArray[np.unsignedinteger[Any]]

SHORTLIST = 400
"""Passages scored exactly, at least; four times as many as asked for when that is more."""
FIRST_SHARE = 8
"""One in so many passages is left by the first, coarse look."""
WEIGHT_BITS = 3
LARGEST_WEIGHT = 2.25
"""Times the root mean square of a query's weights: what is larger counts as this."""
STRONG = 0.5
"""Times the root mean square: dimensions with a smaller weight are left out of the first look."""
FEW = 4
"""One in so many passages allowed is few enough to multiply these rows only."""
ROUNDING = 1e-5
"""How far two float32 products of the same unit vectors may lie apart."""
SAMPLED = 8
FEW_SAMPLED = 8
"""So many of a sample more than its share, so that the guess is seldom too high."""
BLOCK = 1 << 16
ROWS = 4096
ALONE = 300_000
"""Numbers a product may read: for more, BLAS starts threads, which on a busy machine wait for each other."""
LARGEST_SHORT = np.iinfo(np.uint16).max


def nearest(
    vectors: NDArray[np.float32],
    query: NDArray[np.float32],
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
    if codes is not None and many > ABOVE and query.any():
        ids = shortlist(codes, query, max(SHORTLIST, 4 * k), allowed)
    elif allowed is not None and many < len(vectors) // FEW:
        ids = np.flatnonzero(allowed)
    else:
        ids = _best_products(_products(vectors, query), k, allowed)
    return best(ids, cosines_at(vectors, query, ids), k)


def cosines_at(vectors: NDArray[np.float32], query: NDArray[np.float32], ids: Ids) -> Scores:
    """Return the cosine of `query` to each of the rows `ids`; the same whichever others are asked for."""
    scores = np.empty(len(ids), dtype=np.float32)
    for start in range(0, len(ids), ROWS):
        # A BLAS product may round a row differently next to other rows.
        scores[start : start + ROWS] = np.einsum("ij,j->i", vectors[ids[start : start + ROWS]], query)
    return scores


def shortlist(codes: Codes, query: NDArray[np.float32], many: int, allowed: Allowed | None = None) -> Ids:
    """Return about `many` passages, rising, whose codes are nearest to `query`; ties at the cut stay.

    A first look compares the upper bits in the dimensions that matter to the query, a
    second one both bits, weighted by what each dimension counts for.

    Parameters
    ----------
    codes
        Of all passages.
    query
        Of the dimensions of the vectors, not all zero.
    many
        How many, at least, where there are so many.
    allowed
        Passages that may be on it; all when None.
    """
    weights = query * codes.spread[1]
    size = np.abs(weights)
    unit = np.sqrt(np.mean(weights * weights)) or np.float32(1)
    signs = pack((weights > 0)[None])[0]
    upper = codes.words[: len(signs)]
    first = distances(upper, signs, pack((size >= STRONG * unit)[None]))
    if allowed is not None:
        first[~allowed] = np.iinfo(first.dtype).max
    passages = len(first) if allowed is None else int(np.count_nonzero(allowed))
    ids = _nearest_of(first, max(4 * many, passages // FIRST_SHARE))
    if allowed is not None:
        ids = ids[allowed[ids]]
    top = (1 << WEIGHT_BITS) - 1
    levels = np.minimum(np.rint(size * (top / (LARGEST_WEIGHT * unit))), top).astype(np.uint8)
    planes = pack(np.stack([levels >> bit & 1 for bit in range(WEIGHT_BITS)]).astype(np.bool_))
    none = np.zeros_like(planes[:1])
    # A step in the upper bit is two levels, in the lower bit one.
    masks = np.hstack([np.vstack([none, planes]), np.vstack([planes, none])])
    second = distances(codes.words.take(ids, axis=1), np.tile(signs, 2), masks)
    kept: Ids = ids[_nearest_of(second, many)]
    return kept


def distances(words: Words, signs: Words, masks: Words) -> Distances:
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
    largest = 2 ** len(masks) * len(signs) * 64
    if kernel.COMPILED is None or largest >= LARGEST_SHORT:
        return distances_in_numpy(words, signs, masks)
    total = np.empty(words.shape[1], dtype=np.uint16)
    kernel.COMPILED.distances(words, signs, masks, total)
    return total


def distances_in_numpy(words: Words, signs: Words, masks: Words) -> Distances:
    """Do what the compiled loop does."""
    largest = 2 ** len(masks) * len(signs) * 64
    total: Distances = np.zeros(words.shape[1], dtype=np.uint16 if largest < LARGEST_SHORT else np.uint32)
    for start in range(0, words.shape[1], BLOCK):
        part = total[start : start + BLOCK]
        differs = words[:, start : start + BLOCK] ^ signs[:, None]
        for bit, row in enumerate(masks[::-1]):
            if bit:
                part <<= 1
            for word, mask in zip(differs, row, strict=True):
                if mask:
                    part += np.bitwise_count(word & mask)
    return total


def _nearest_of(found: Distances, many: int) -> Ids:
    """Return the places of the `many` lowest of `found`, and of all that tie with the last of them."""
    if len(found) <= many:
        return np.arange(len(found))
    low, high = int(found.min()), int(found.max())
    while low < high:  # few values: a handful of counts is quicker than a histogram
        middle = (low + high) // 2
        if np.count_nonzero(found <= middle) < many:
            low = middle + 1
        else:
            high = middle
    return np.flatnonzero(found <= high)


def _products(vectors: NDArray[np.float32], query: NDArray[np.float32]) -> Scores:
    scores = np.empty(len(vectors), dtype=np.float32)
    rows = max(1, ALONE // max(1, len(query)))
    for start in range(0, len(vectors), rows):
        np.matmul(vectors[start : start + rows], query, out=scores[start : start + rows])
    return scores


def _best_products(scores: Scores, k: int, allowed: Allowed | None) -> Ids:
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
    sample = scores[::SAMPLED]
    wanted = k // SAMPLED * 3 // 2 + FEW_SAMPLED
    if wanted < len(sample) // 4:
        guess = np.partition(sample, len(sample) - wanted)[len(sample) - wanted]
        better = scores[scores >= guess]
        if len(better) >= k:
            scores = better
    return np.float32(np.partition(scores, len(scores) - k)[len(scores) - k])
