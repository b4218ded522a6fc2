"""The compiled loops against their twins in numpy, and what they refuse."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jeugdzoek.search import kernel
from jeugdzoek.search.topk import (
    Groups,
    Sums,
    WeightedPostings,
    best_of_sums,
    rows_in_numpy,
    scores_of_groups,
    sums_in_numpy,
)

PASSAGES = 50

needs_kernel = pytest.mark.skipif(kernel.COMPILED is None, reason="built without a C compiler")


@st.composite
def postings(draw: st.DrawFn) -> WeightedPostings:
    docs = sorted(draw(st.sets(st.integers(0, PASSAGES - 1), min_size=1)))
    # few different values, so that there are many ties
    impacts = draw(st.lists(st.sampled_from([0.25, 0.3, 1.1]), min_size=len(docs), max_size=len(docs)))
    weight = draw(st.sampled_from([0.2, 0.65, 1.0]))
    return np.array(docs, dtype=np.uint32), np.array(impacts, dtype=np.float32), weight


groups = st.lists(st.lists(postings(), min_size=1, max_size=4).map(tuple), max_size=5).map(tuple)
filters = st.none() | st.lists(st.booleans(), min_size=PASSAGES, max_size=PASSAGES).map(np.array)


def assert_same(one: Sums, other: Sums) -> None:
    assert one.total == other.total
    for mine, theirs in ((one.ids, other.ids), (one.scores, other.scores)):
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()


@needs_kernel
@settings(max_examples=300, deadline=None)
@given(groups, st.integers(0, 2 * PASSAGES), filters)
def test_sums_are_those_of_numpy_to_the_last_bit(wanted: Groups, k: int, allowed: np.ndarray | None) -> None:
    compiled = best_of_sums(wanted, k, PASSAGES, allowed=allowed)
    assert_same(compiled, sums_in_numpy(wanted, k, PASSAGES, floor=0.0, allowed=allowed))


@needs_kernel
@pytest.mark.parametrize("k", [0, 1, 10, 300, 5000])
@pytest.mark.parametrize("allowed", [None, np.arange(20_000) % 3 > 0], ids=["all", "two of three"])
@pytest.mark.parametrize("values", [2, 1000])
@pytest.mark.parametrize("share", [0.03, 0.4], ids=["few touched", "many touched"])
def test_of_many_passages_the_same_are_kept(k: int, allowed: np.ndarray | None, values: int, share: float) -> None:
    """So many that most are put aside again on the way, with few different sums and with many."""
    rng = np.random.default_rng(k + values)

    def drawn(share: float) -> WeightedPostings:
        docs = np.flatnonzero(rng.random(20_000) < share).astype(np.uint32)
        return docs, (rng.integers(1, values + 1, len(docs)) / values).astype(np.float32), 0.7

    wanted = ((drawn(share),), (drawn(share / 4), drawn(share / 2)))
    assert_same(
        best_of_sums(wanted, k, 20_000, allowed=allowed),
        sums_in_numpy(wanted, k, 20_000, floor=0.0, allowed=allowed),
    )


@needs_kernel
@settings(max_examples=100, deadline=None)
@given(groups, st.integers(1, 12))
def test_a_bound_that_holds_changes_nothing(wanted: Groups, k: int) -> None:
    everything = best_of_sums(wanted, PASSAGES, PASSAGES)
    bound = float(everything.scores[k - 1]) if len(everything.ids) >= k else 0.0
    assert_same(best_of_sums(wanted, k, PASSAGES, bound=bound), best_of_sums(wanted, k, PASSAGES))


@needs_kernel
@settings(max_examples=200, deadline=None)
@given(groups, st.sets(st.integers(0, PASSAGES - 1)).map(sorted))
def test_scores_of_passages_are_those_of_numpy(wanted: Groups, ids: list[int]) -> None:
    asked = np.array(ids, dtype=np.int64)
    compiled = scores_of_groups(wanted, asked)
    assert compiled.tobytes() == rows_in_numpy(wanted, asked, np.zeros_like(compiled)).tobytes()
    assert scores_of_groups(((), *wanted), asked)[1:].tobytes() == compiled.tobytes()


@needs_kernel
def test_rows_that_do_not_fit_are_refused() -> None:
    assert kernel.COMPILED is not None
    ids = np.array([0, 2])
    for rows in (np.zeros((1, 3), dtype=np.float32), np.zeros((2, 2), dtype=np.float32)):
        with pytest.raises(ValueError, match="unequal"):
            kernel.COMPILED.scores_of_groups(((ONE,),), ids, rows)
    with pytest.raises(TypeError):
        kernel.COMPILED.scores_of_groups(((ONE,),), ids.astype(np.int32), np.zeros((1, 2), dtype=np.float32))


@pytest.fixture(params=["compiled", "numpy"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "compiled" and kernel.COMPILED is None:
        pytest.skip("built without a C compiler")
    if request.param == "numpy":
        monkeypatch.setattr(kernel, "COMPILED", None)


ONE: WeightedPostings = (np.array([0, 2], dtype=np.uint32), np.array([1, 3], dtype=np.float32), 1.0)


@pytest.mark.usefixtures("loops")
@pytest.mark.parametrize("many", [1, 2])
def test_postings_outside_the_index_are_refused_and_leave_nothing_behind(many: int) -> None:
    beyond = np.array([1, 3], dtype=np.uint32), np.array([1, 1], dtype=np.float32), 1.0
    with pytest.raises(IndexError):
        best_of_sums(((ONE,), (beyond,) * many), 2, 3)
    found = best_of_sums(((ONE,),), 2, 3)
    assert found.ids.tolist() == [2, 0]
    assert found.scores.tolist() == [3, 1]


@pytest.mark.usefixtures("loops")
def test_threads_do_not_share_their_sums() -> None:
    docs = np.arange(60_000, dtype=np.uint32)
    wanted = tuple(((docs, np.full(len(docs), value, dtype=np.float32), 1.0),) for value in (1, 2))
    answers: list[Sums] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(best_of_sums(wanted, 5, len(docs)) for _ in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    for answer in answers:
        assert answer.ids.tolist() == [0, 1, 2, 3, 4]
        assert answer.scores.tolist() == [3] * 5


WRONG = [
    ("a list", [(ONE,)]),
    ("a group that is a list", ([ONE],)),
    ("no weight", ((ONE[:2],),)),
    ("a weight in words", (((ONE[0], ONE[1], "veel"),),)),
    ("passages of 64 bits", (((ONE[0].astype(np.int64), ONE[1], 1.0),),)),
    ("impacts of 64 bits", (((ONE[0], ONE[1].astype(np.float64), 1.0),),)),
    ("fewer impacts", (((ONE[0], ONE[1][:1], 1.0),),)),
    ("every second passage", (((np.arange(4, dtype=np.uint32)[::2], ONE[1], 1.0),),)),
    ("bytes off their place", (((np.frombuffer(bytes(9), dtype=np.uint32, offset=1), ONE[1], 1.0),),)),
    ("no arrays", (((None, None, 1.0),),)),
]


@needs_kernel
@pytest.mark.parametrize("wanted", [wrong for _, wrong in WRONG], ids=[name for name, _ in WRONG])
def test_what_is_not_postings_is_refused(wanted: Groups) -> None:
    with pytest.raises((TypeError, ValueError, BufferError)):
        best_of_sums(wanted, 2, 3)
    assert best_of_sums(((ONE,),), 1, 3).ids.tolist() == [2]


@needs_kernel
@pytest.mark.parametrize("argument", range(1, 7))
def test_arrays_of_other_sizes_or_kinds_are_refused(argument: int) -> None:
    assert kernel.COMPILED is not None
    floats = [np.zeros(n, dtype=np.float32) for n in (3, 3, 2)]
    good = [((ONE,),), *floats[:2], 0.0, np.ones(3, dtype=bool), np.zeros(2, dtype=np.int64), floats[2]]
    assert kernel.COMPILED.best_of_sums(*good) == (2, 2)
    bad = "x" if argument == 3 else np.zeros(7, dtype=good[argument].dtype)  # type: ignore[union-attr]
    with pytest.raises((TypeError, ValueError)):
        kernel.COMPILED.best_of_sums(*good[:argument], bad, *good[argument + 1 :])
    with pytest.raises(TypeError):
        kernel.COMPILED.best_of_sums(*good[:argument])


@needs_kernel
def test_arrays_that_may_not_be_written_are_refused() -> None:
    assert kernel.COMPILED is not None
    sums = np.frombuffer(bytes(12), dtype=np.float32)
    rest = (0.0, None, np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.float32))
    with pytest.raises((BufferError, ValueError)):
        kernel.COMPILED.best_of_sums(((ONE,),), sums, np.zeros(3, dtype=np.float32), *rest)
