"""Nearest passages by meaning: every vector scored exactly, next to a look at levels and codes first.

    python benchmarks/bench_dense.py [--text FILE.jsonl.xz] [--sizes 1000,10000,100000] [--queries 300] [--tried]

FILE holds one JSON object a line: `t` title, `h` heading, `x` text; its headings are the
queries. Without it the passages of corpus/reports are taken, cut and mixed until there are
enough, and their headings and titles. `--tried` measures what was tried besides.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import machine
import numpy as np
import results
import texts
import timing
from numpy.typing import NDArray

from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.index import codes as coding
from jeugdzoek.index.codes import Codes, make_codes
from jeugdzoek.search import dense

KS = (10, 200)
"""Passages asked for: what a page shows, and what fusion asks of each half."""
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "1 in 400 left, 3 times as many as asked for": {"SHARE": 400, "SHORTLIST": 3},
    "1 in 100 left, 10 times as many as asked for": {"SHARE": 100, "SHORTLIST": 10},
    "weights of 1 bit": {"MOST_WEIGHT": 1, "LARGEST": 1.0},
}

Vectors = NDArray[np.float32]
Found = tuple[NDArray[np.int64], NDArray[np.float32]]
Call = Callable[[Vectors], Found]


def timed(call: Call, queries: Vectors) -> tuple[dict[str, float], list[NDArray[np.int64]]]:
    """Return what the calls took and the ids they found."""
    times, found = timing.time_calls(call, list(queries))
    return times, [ids for ids, _ in found]


def recall(found: Sequence[NDArray[np.int64]], wanted: Sequence[NDArray[np.int64]]) -> float:
    """Return the mean share of `wanted` that was found."""
    pairs = zip(found, wanted, strict=True)
    return float(np.mean([len(np.intersect1d(one, other)) / len(other) for one, other in pairs]))


def bytes_touched(codes: Codes, vectors: Vectors, k: int) -> int:
    """Return the bytes a query reads on the fast path, at least."""
    if codes.words is None:
        return int(codes.levels.nbytes + k * vectors[0].nbytes)
    many = max(dense.LEAST, dense.SHORTLIST * k, len(vectors) // dense.SHARE)
    return int(codes.words.nbytes + many * codes.levels[0].nbytes + k * vectors[0].nbytes)


def paths(
    vectors: Vectors, codes: Codes, queries: Vectors, k: int, variants: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield what was measured of the exact product and of each variant."""

    def exact(query: Vectors) -> Found:
        return dense.nearest(vectors, query, k)

    def coded(query: Vectors) -> Found:
        return dense.nearest(vectors, query, k, None, codes)

    times, wanted = timed(exact, queries)
    yield {"path": "exact", "k": k, **times, "recall": 1.0, "bytes": vectors.nbytes}
    for name in variants:
        with mock.patch.multiple(dense, **{"SHARE": dense.SHARE} | VARIANTS[name]):
            times, found = timed(coded, queries)
            touched = bytes_touched(codes, vectors, k)
        yield {"path": f"codes, {name}", "k": k, **times, "recall": recall(found, wanted), "bytes": touched}


def bench(vectors: Vectors, queries: Vectors, speed: float, variants: Sequence[str]) -> list[results.Row]:
    """Measure one size; prints as it goes."""
    start = time.perf_counter()
    codes = make_codes(vectors, with_words=len(vectors) > coding.ABOVE)
    made = time.perf_counter() - start
    words = 0 if codes.words is None else codes.words.nbytes
    sizes = {"vectors": vectors.nbytes, "levels": codes.levels.nbytes, "codes": words}
    print(f"\n## {len(vectors):,} passages × {vectors.shape[1]} dimensions")
    print("size in MB: " + ", ".join(f"{n} {s / 1e6:.1f}" for n, s in sizes.items()) + f"; codes made in {made:.2f} s")
    print(f"{'path':40} {'k':>4} {'median ms':>10} {'p99 ms':>9} {'recall':>7} {'MB read':>8} {'ms at full speed':>17}")
    rows = [row for k in KS for row in paths(vectors, codes, queries, k, variants)]
    for row in rows:
        print(
            f"{row['path']:40} {row['k']:4} {row['median']:10.3f} {row['p99']:9.3f} {row['recall']:7.4f} "
            f"{row['bytes'] / 1e6:8.1f} {row['bytes'] / speed * 1000:17.3f}"
        )
    key = {"operation": "dense", "corpus": "text", "passages": len(vectors), "dimensions": vectors.shape[1]}
    for row in rows:
        row |= {**key, **sizes, "made_s": made, "system": f"{row['path']}, k = {row['k']}"}
        row["limit"] = row["bytes"] / speed * 1000
    return rows


def main() -> None:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--tried", action="store_true")
    options = parser.parse_args()
    speed = timing.bandwidth()
    print(machine.summary())
    print(f"memory is read at {speed / 1e9:.1f} GB/s; indexes have codes above {coding.ABOVE:,} passages")
    found, asked = texts.load(options.text)
    rng = np.random.default_rng(texts.SEED)
    found = [found[i] for i in rng.permutation(len(found))]
    asked = [asked[i] for i in rng.permutation(len(asked))[: options.queries]]
    print(f"{len(found):,} texts of {options.text.name if options.text else 'corpus/reports'}, {len(asked)} queries")
    queries = load_encoder().encode_queries(asked)
    sizes = [int(size) for size in options.sizes.split(",")]
    vectors = texts.encoded(texts.enough(found, max(sizes)))
    variants = list(VARIANTS) if options.tried else ["as it is"]
    rows = [row for size in sizes for row in bench(vectors[:size], queries, speed, variants)]
    results.save("dense", rows, bytes_per_second=speed)


if __name__ == "__main__":
    main()
