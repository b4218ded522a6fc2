import numpy as np
from numpy.typing import NDArray

def best_of_sums(
    groups: tuple[tuple[tuple[NDArray[np.uint32], NDArray[np.float32], float], ...], ...],
    sums: NDArray[np.float32],
    best: NDArray[np.float32],
    floor: float,
    allowed: NDArray[np.bool_] | None,
    ids: NDArray[np.int64],
    scores: NDArray[np.float32],
    /,
) -> tuple[int, int]: ...
def best_rows(
    vectors: NDArray[np.float32],
    query: NDArray[np.float32],
    ids: NDArray[np.int64] | None,
    allowed: NDArray[np.bool_] | None,
    levels: NDArray[np.int8] | None,
    steps: NDArray[np.float32] | None,
    found: NDArray[np.int64],
    scores: NDArray[np.float32],
    /,
) -> int: ...
def cosines(
    vectors: NDArray[np.float32],
    query: NDArray[np.float32],
    ids: NDArray[np.int64] | None,
    scores: NDArray[np.float32],
    /,
) -> None: ...
def fuse(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    keys: NDArray[np.int64],
    ceiling: float,
    weight: float,
    place: float,
    report: float,
    scores: NDArray[np.float64],
    order: NDArray[np.int64],
    /,
) -> None: ...
def scores_of_groups(
    groups: tuple[tuple[tuple[NDArray[np.uint32], NDArray[np.float32], float], ...], ...],
    ids: NDArray[np.int64],
    rows: NDArray[np.float32],
    /,
) -> None: ...
def shortlist(
    words: NDArray[np.uint64],
    signs: NDArray[np.uint64],
    masks: NDArray[np.uint64],
    allowed: NDArray[np.bool_] | None,
    many: int,
    ids: NDArray[np.int64],
    /,
) -> int: ...
