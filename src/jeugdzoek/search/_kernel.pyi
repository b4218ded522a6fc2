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
def distances(
    words: NDArray[np.uint64],
    signs: NDArray[np.uint64],
    masks: NDArray[np.uint64],
    total: NDArray[np.uint16],
    /,
) -> None: ...
def scores_of_groups(
    groups: tuple[tuple[tuple[NDArray[np.uint32], NDArray[np.float32], float], ...], ...],
    ids: NDArray[np.int64],
    rows: NDArray[np.float32],
    /,
) -> None: ...
