"""How a call is timed, and how fast this machine reads memory."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
WARM = 20


def time_calls(call: Callable[[T], Any], queries: Sequence[T]) -> tuple[dict[str, float], list[Any]]:
    """Return median and 99th percentile of one warm call each, in milliseconds, and what the calls returned."""
    for query in queries[:WARM]:
        call(query)
    gc.disable()
    times, found = [], []
    for query in queries:
        start = time.perf_counter()
        answer = call(query)
        times.append((time.perf_counter() - start) * 1000)
        found.append(answer)
    gc.enable()
    return summary(times), found


def summary(times: Sequence[float]) -> dict[str, float]:
    """Return median and 99th percentile of `times`."""
    return {"median": float(np.median(times)), "p99": float(np.percentile(times, 99))}


def seconds(call: Callable[[], object], rounds: int = 1) -> float:
    """Return the median time of `call` in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def bandwidth() -> float:
    """Return the bytes a second that one thread reads of an array larger than any cache."""
    array = np.ones(1 << 26, dtype=np.uint64)
    return array.nbytes / min(seconds(array.max) for _ in range(5))
