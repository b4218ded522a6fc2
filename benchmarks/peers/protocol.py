"""What every peer speaks: one JSON object a line on standard input, one answer a line on standard output.

    {"do": "build", "data": FOLDER, "into": FOLDER}            -> versions, seconds, peak_mb
    {"do": "open", "from": FOLDER, "variant": NAME}            -> versions, seconds
    {"do": "search", "data": FOLDER, "k": 10, "seconds": 8}    -> ms, ids, first_ms, memory_mb
    {"do": "nearest", "data": FOLDER, "k": 10, "queries": 50}  -> ids

An answer that starts with ``{"error":`` says why there is none. A data folder holds ``passages.txt`` (one passage a
line, its terms joined by blanks), ``queries.txt`` (the same) and, for hybrid search, ``vectors.npy`` and
``query_vectors.npy``: every peer gets the same terms and the same vectors. Time is taken around `Peer.search` alone.
Only the standard library is used here, as this file runs in the environment of each peer.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

WARM = 20
FEWEST = 20
"""Queries answered before the clock may end a round."""

Answer = dict[str, Any]


class NotHereError(Exception):
    """What was asked for does not exist in this version or on this machine."""


class Peer(Protocol):
    """A search engine: builds an index in a folder, opens it and answers queries."""

    def versions(self) -> dict[str, str]:
        """Return name → version of what searches."""
        ...

    def build(self, data: Path, into: Path) -> None:
        """Make an index of the passages (and vectors) in `data` in the folder `into`, which exists."""
        ...

    def open(self, folder: Path, variant: str) -> None:
        """Open what `build` made."""
        ...

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find the best `k` passages; this call is timed."""
        ...

    def ids(self, found: Any) -> list[int]:
        """Return what `search` found as line numbers of the passages; not timed."""
        ...


def serve(peer: Peer) -> None:
    """Answer what is asked on standard input until it ends; nothing else is printed there."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = HANDLERS[asked["do"]](peer, asked)
        except NotHereError as error:
            answer = {"error": str(error)}
        except Exception as error:  # whatever a peer raises is its answer, and the run goes on
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        out.write(json.dumps(answer) + "\n")
        out.flush()


def passages(data: Path) -> Iterator[str]:
    """Yield the passages in `data`, terms joined by blanks."""
    with (data / "passages.txt").open(encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")


def passage_terms(data: Path) -> list[list[str]]:
    """Return the terms of each passage in `data`, one object for each different term."""
    intern = sys.intern
    return [[intern(term) for term in passage.split(" ")] for passage in passages(data)]


def array(data: Path, name: str) -> Any:
    """Return the array `name` of `data`, float32, or None where there is none."""
    path = data / f"{name}.npy"
    if not path.exists():
        return None
    import numpy as np

    return np.load(path)


def _queries(asked: Answer) -> list[tuple[list[str], Any]]:
    data = Path(asked["data"])
    texts = (data / "queries.txt").read_text(encoding="utf-8").splitlines()
    vectors = array(data, "query_vectors")
    return [(text.split(" "), None if vectors is None else vectors[i]) for i, text in enumerate(texts)]


def _build(peer: Peer, asked: Answer) -> Answer:
    start = time.perf_counter()
    peer.build(Path(asked["data"]), Path(asked["into"]))
    took = time.perf_counter() - start
    return {"versions": peer.versions(), "seconds": took, "peak_mb": memory_mb("VmHWM")}


def _open(peer: Peer, asked: Answer) -> Answer:
    start = time.perf_counter()
    peer.open(Path(asked["from"]), asked["variant"])
    return {"versions": peer.versions(), "seconds": time.perf_counter() - start}


def _search(peer: Peer, asked: Answer) -> Answer:
    k, queries = asked["k"], _queries(asked)
    first = _timed(peer, *queries[0], k)[0]
    until = time.perf_counter() + asked["seconds"]
    for terms, vector in queries[:WARM]:
        if time.perf_counter() < until:
            peer.search(terms, vector, k)
    times, found = [], []
    gc.disable()
    for terms, vector in queries:
        took, answer = _timed(peer, terms, vector, k)
        times.append(took)
        found.append(answer)
        if len(times) >= FEWEST and time.perf_counter() > until:
            break
    gc.enable()
    return {"first_ms": first, "ms": times, "ids": [peer.ids(answer) for answer in found], "memory_mb": memory_mb()}


def _timed(peer: Peer, terms: list[str], vector: Any, k: int) -> tuple[float, Any]:
    start = time.perf_counter()
    found = peer.search(terms, vector, k)
    return (time.perf_counter() - start) * 1000, found


def _nearest(peer: Any, asked: Answer) -> Answer:
    return {"ids": [peer.nearest(vector, asked["k"]) for _, vector in _queries(asked)[: asked["queries"]]]}


def memory_mb(kind: str = "VmRSS") -> float:
    """Return the memory of this process that is in RAM, in MB; the most it ever was with ``VmHWM``."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) / 1024
    return 0.0


HANDLERS: dict[str, Callable[[Any, Answer], Answer]] = {
    "build": _build,
    "open": _open,
    "search": _search,
    "nearest": _nearest,
}
