"""The compiled loops over vectors and codes against their twins in numpy, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jeugdzoek.index.codes import Codes, levels_of
from jeugdzoek.search import kernel
from jeugdzoek.search.dense import (
    BLOCK,
    best_rows,
    best_rows_in_numpy,
    cosines_at,
    cosines_in_numpy,
    shortlist_in_numpy,
)

Vectors = NDArray[np.float32]

pytestmark = pytest.mark.skipif(kernel.COMPILED is None, reason="built without a C compiler")
seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int, passages: int, dimensions: int) -> tuple[Vectors, Vectors]:
    """Return vectors, some of them alike, and a query."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(passages, dimensions)).astype(np.float32)
    vectors[rng.integers(0, passages, passages // 2)] = vectors[0]
    return vectors, rng.normal(size=dimensions).astype(np.float32)


@settings(max_examples=150, deadline=None)
@given(seeds, st.integers(1, 60), st.integers(1, 70))
def test_cosines_are_those_of_numpy_to_the_last_bit(seed: int, passages: int, dimensions: int) -> None:
    vectors, query = drawn(seed, passages, dimensions)
    ids = np.random.default_rng(seed).integers(0, passages, 20)
    compiled = cosines_at(vectors, query, ids)
    assert compiled.tobytes() == cosines_in_numpy(vectors, query, ids, np.empty_like(compiled)).tobytes()
    np.testing.assert_allclose(compiled, vectors[ids].astype(np.float64) @ query, rtol=1e-4, atol=1e-5)


@settings(max_examples=150, deadline=None)
@given(seeds, st.integers(1, 60), st.integers(1, 40), st.integers(0, 70), st.sampled_from(["all", "some", "filter"]))
def test_the_best_rows_are_those_of_numpy(seed: int, passages: int, dimensions: int, k: int, which: str) -> None:
    vectors, query = drawn(seed, passages, dimensions)
    chosen = np.random.default_rng(seed).random(passages) < 0.5
    ids = np.flatnonzero(chosen) if which == "some" else None
    allowed = chosen if which == "filter" else None
    slow = best_rows_in_numpy(vectors, query, k, ids, allowed)
    for codes in (None, Codes(*levels_of(vectors), None, None)):
        for one, other in zip(best_rows(vectors, query, k, ids, allowed, codes), slow, strict=True):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes()


def test_a_cosine_below_zero_comes_after_none_at_all() -> None:
    vectors = np.array([[-1], [0], [-0.0], [-2], [3]], dtype=np.float32)
    ids, scores = best_rows(vectors, np.ones(1, dtype=np.float32), 5)
    assert ids.tolist() == [4, 1, 2, 0, 3]
    assert scores.tolist() == [3, 0, 0, -1, -2]


@settings(max_examples=150, deadline=None)
@given(seeds, st.integers(1, 3), st.integers(0, 1000), st.integers(0, 300), st.booleans())
def test_the_shortlist_is_that_of_numpy(seed: int, width: int, passages: int, many: int, filtered: bool) -> None:
    rng = np.random.default_rng(seed)

    def bits(*shape: int) -> NDArray[np.uint64]:
        return rng.integers(0, 2**64, size=shape, dtype=np.uint64)

    words, signs, masks = bits(width, passages), bits(width), bits(3, width)
    words[:, rng.random(passages) < 0.3] = words[:, :1]
    masks[1, 0] = 0
    allowed = rng.random(passages) < 0.6 if filtered else None
    ids = np.empty(2 * many + BLOCK, dtype=np.int64)
    assert kernel.COMPILED is not None
    found = kernel.COMPILED.shortlist(words, signs, masks, allowed, many, ids)
    assert ids[:found].tolist() == shortlist_in_numpy(words, signs, masks, many, allowed).tolist()


ROWS = [np.zeros((3, 4), dtype=np.float32), np.zeros(4, dtype=np.float32)]
PLACES = np.zeros(2, dtype=np.int64)
SCORES = np.zeros(2, dtype=np.float32)


@pytest.mark.parametrize("argument", range(8))
def test_rows_of_other_sizes_or_kinds_are_refused(argument: int) -> None:
    assert kernel.COMPILED is not None
    copies = [np.zeros((3, 4), dtype=np.int8), np.zeros(3, dtype=np.float32)]
    good = [*ROWS, None, np.ones(3, dtype=bool), *copies, PLACES, SCORES]
    assert kernel.COMPILED.best_rows(*good) == 2
    bad = [
        np.zeros(7, dtype=np.float32),
        SCORES,
        SCORES,
        np.ones(4, dtype=bool),
        copies[0][:2],
        SCORES,
        PLACES[:1],
        PLACES,
    ]
    with pytest.raises((TypeError, ValueError)):
        kernel.COMPILED.best_rows(*good[:argument], bad[argument], *good[argument + 1 :])
    with pytest.raises(TypeError):
        kernel.COMPILED.best_rows(*good[:argument])


@pytest.mark.parametrize("row", [-1, 3])
def test_a_row_that_is_not_there_is_refused(row: int) -> None:
    with pytest.raises(IndexError):
        cosines_at(*ROWS, np.array([0, row]))
    with pytest.raises(IndexError):
        best_rows(*ROWS, 1, np.array([row]))


def test_cosines_that_do_not_fit_are_refused() -> None:
    assert kernel.COMPILED is not None
    with pytest.raises(ValueError, match="unequal"):
        kernel.COMPILED.cosines(*ROWS, PLACES, np.zeros(3, dtype=np.float32))
    with pytest.raises(TypeError):
        kernel.COMPILED.cosines(*ROWS, PLACES)


@pytest.mark.parametrize("argument", range(6))
def test_codes_of_other_sizes_or_kinds_are_refused(argument: int) -> None:
    assert kernel.COMPILED is not None
    words = [np.zeros(shape, dtype=np.uint64) for shape in ((2, 5), (2,), (3, 2))]
    good = [*words, np.ones(5, dtype=bool), 2, np.zeros(100, dtype=np.int64)]
    assert kernel.COMPILED.shortlist(*good) == 5
    bad = [words[0][:1], words[1][:1], words[1][:1], np.ones(4, dtype=bool), -1, PLACES]
    with pytest.raises((TypeError, ValueError)):
        kernel.COMPILED.shortlist(*good[:argument], bad[argument], *good[argument + 1 :])
    with pytest.raises(TypeError):
        kernel.COMPILED.shortlist(*good[:argument])


def test_codes_too_wide_for_the_sums_are_refused() -> None:
    assert kernel.COMPILED is not None
    for width, planes in ((8192, 1), (1, 9)):
        wide = [np.zeros(shape, dtype=np.uint64) for shape in ((width, 2), (width,), (planes, width))]
        with pytest.raises(ValueError, match="unequal"):
            kernel.COMPILED.shortlist(*wide, None, 2, np.zeros(100, dtype=np.int64))
