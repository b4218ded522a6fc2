"""The compiled loops against their twins in numpy, and what they refuse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jeugdzoek.search import kernel
from jeugdzoek.search.dense import distances_in_numpy
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


words = st.integers(0, 2**64 - 1)


@needs_kernel
@settings(max_examples=200, deadline=None)
@given(st.integers(1, 8), st.integers(1, 3), st.integers(0, 30), st.data())
def test_distances_are_those_of_numpy(width: int, planes: int, codes: int, data: st.DataObject) -> None:
    assert kernel.COMPILED is not None

    def drawn(rows: int, columns: int) -> np.ndarray:
        size = rows * columns
        return np.array(data.draw(st.lists(words, min_size=size, max_size=size)), dtype="<u8").reshape(rows, columns)

    held, signs, masks = drawn(width, codes), drawn(1, width)[0], drawn(planes, width)
    total = np.empty(codes, dtype=np.uint16)
    kernel.COMPILED.distances(held, signs, masks, total)
    assert total.tolist() == distances_in_numpy(held, signs, masks).tolist()


@needs_kernel
def test_codes_that_do_not_fit_are_refused() -> None:
    assert kernel.COMPILED is not None
    good = [np.zeros((2, 5), dtype="<u8"), np.zeros(2, dtype="<u8"), np.zeros((1, 2), dtype="<u8")]
    total = np.zeros(5, dtype=np.uint16)
    kernel.COMPILED.distances(*good, total)
    for place, shape in ((0, (2, 4)), (1, (3,)), (2, (3,))):
        bad = np.zeros(shape, dtype="<u8")
        with pytest.raises(ValueError, match="unequal"):
            kernel.COMPILED.distances(*good[:place], bad, *good[place + 1 :], total)
    for place in range(3):
        with pytest.raises(TypeError):
            kernel.COMPILED.distances(*good[:place], good[place].astype(np.int32), *good[place + 1 :], total)
    with pytest.raises(TypeError):
        kernel.COMPILED.distances(*good, np.zeros(5, dtype=np.uint8))
    wide = np.zeros(1024, dtype="<u8")
    with pytest.raises(ValueError, match="unequal"):
        kernel.COMPILED.distances(np.zeros((1024, 5), dtype="<u8"), wide, wide, total)


COMPILER = shutil.which("gcc")
ASAN = (
    subprocess.run([COMPILER, "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    if COMPILER
    else ""
)
HEADERS = Path(sysconfig.get_paths()["include"])
SOURCE = Path(__file__).parent.parent / "src" / "jeugdzoek" / "search" / "_kernel.c"


@needs_kernel
@pytest.mark.skipif(
    not (sys.platform == "linux" and Path(ASAN).is_absolute() and (HEADERS / "Python.h").exists()),
    reason="no gcc with sanitizers, or no headers of Python",
)
def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    """All tests above once more, with a kernel that watches its own memory and arithmetic."""
    library = tmp_path / f"_kernel{sysconfig.get_config_var('EXT_SUFFIX')}"
    flags = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-ffp-contract=off"]
    assert COMPILER
    command = [COMPILER, *flags, "-fPIC", "-shared", f"-I{HEADERS}", str(SOURCE), "-o", str(library)]
    subprocess.run([*command, "-Wall", "-Wextra", "-Werror"], check=True, timeout=120)
    program = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("jeugdzoek.search._kernel", {str(library)!r})
kernel = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kernel)
import jeugdzoek.search
sys.modules["jeugdzoek.search._kernel"] = jeugdzoek.search._kernel = kernel
from jeugdzoek.search.kernel import COMPILED
assert COMPILED is kernel
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-k", "not sanitizers", {str(__file__)!r}]))
"""
    # Python itself never gives back all it took: only what is read or written wrongly counts.
    settings_of_asan = {"LD_PRELOAD": ASAN, "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
    environment = {**os.environ, **settings_of_asan}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        cwd=SOURCE.parents[3],
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
