"""Nearest passages by meaning: the exact product next to the shortlist by codes.

    python benchmarks/bench_dense.py [--text FILE.jsonl.xz] [--sizes 1000,10000,100000] [--queries 300] [--tried]

FILE holds one JSON object a line: `t` title, `h` heading, `x` text; its headings are the
queries. Without it the passages of corpus/reports are taken, cut and mixed until there are
enough, and their headings and titles. `--tried` measures what was tried besides.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import lzma
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from unittest import mock

import machine
import numpy as np
from numpy.typing import NDArray

from jeugdzoek.corpus.passages import cut_into_passages
from jeugdzoek.corpus.reading import read
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.index import codes as coding
from jeugdzoek.index.codes import Codes, make_codes
from jeugdzoek.search import dense

ROOT = Path(__file__).resolve().parent.parent
SEED = 2026
KS = (10, 200)
"""Passages asked for: what a page shows, and what fusion asks of each half."""
ENCODED_AT_ONCE = 20_000
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "first look with all dimensions": {"STRONG": 0.0},
    "weights of 2 bits": {"WEIGHT_BITS": 2},
    "first look leaves 1 in 16": {"FIRST_SHARE": 16},
    "first look leaves 1 in 32": {"FIRST_SHARE": 32},
    "no first look": {"FIRST_SHARE": 1},
    "shortlist of 200": {"SHORTLIST": 200},
    "shortlist of 1600": {"SHORTLIST": 1600},
}

Vectors = NDArray[np.float32]
Found = tuple[NDArray[np.int64], NDArray[np.float32]]
Call = Callable[[Vectors], Found]


def from_file(path: Path) -> tuple[list[str], list[str]]:
    """Return the texts to encode and the queries of the file at `path`."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = ["\n".join(part for part in (row["t"], row["h"], row["x"]) if part) for row in rows]
    return list(dict.fromkeys(texts)), list(dict.fromkeys(row["h"] for row in rows if row["h"]))


def from_corpus() -> tuple[list[str], list[str]]:
    """Return the passages of the bundled reports, and their titles and headings."""
    reports = [item for item in read(ROOT / "corpus" / "reports") if isinstance(item, Report)]
    passages = [passage for report in reports for passage in cut_into_passages(report)]
    queries = [report.title for report in reports] + [passage.heading for passage in passages if passage.heading]
    return [passage.text for passage in passages], list(dict.fromkeys(queries))


def enough(texts: Sequence[str], count: int) -> Iterator[str]:
    """Yield `count` texts: those there are, then mixtures of a half of one and a half of another."""
    yield from texts[:count]
    rng = np.random.default_rng(SEED)
    halves = [(text[: len(text) // 2], text[len(text) // 2 :]) for text in texts]
    for one, other in rng.integers(0, len(texts), (max(0, count - len(texts)), 2)):
        yield f"{halves[one][0]} {halves[other][1]}"


def encoded(texts: Iterator[str]) -> Vectors:
    """Return the vectors of `texts` by the bundled model."""
    encoder = load_encoder()
    parts = []
    while part := list(itertools.islice(texts, ENCODED_AT_ONCE)):
        parts.append(encoder.encode_passages(part))
    return np.concatenate(parts)


def time_calls(call: Call, queries: Vectors) -> tuple[dict[str, float], list[NDArray[np.int64]]]:
    """Return median and 99th percentile of one warm call each, in milliseconds, and the ids found."""
    for query in queries[:10]:
        call(query)
    gc.disable()
    times, found = [], []
    for query in queries:
        start = time.perf_counter()
        ids, _ = call(query)
        times.append((time.perf_counter() - start) * 1000)
        found.append(ids)
    gc.enable()
    return {"median": float(np.median(times)), "p99": float(np.percentile(times, 99))}, found


def recall(found: Sequence[NDArray[np.int64]], wanted: Sequence[NDArray[np.int64]]) -> float:
    """Return the mean share of `wanted` that was found."""
    pairs = zip(found, wanted, strict=True)
    return float(np.mean([len(np.intersect1d(one, other)) / len(other) for one, other in pairs]))


def bandwidth() -> float:
    """Return the bytes a second that one thread reads of an array larger than any cache."""
    array = np.ones(1 << 26, dtype=np.uint64)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        array.max()
        times.append(time.perf_counter() - start)
    return array.nbytes / min(times)


def bytes_touched(codes: Codes, vectors: Vectors, k: int) -> int:
    """Return the bytes a query reads on the fast path, at least."""
    passages, many = len(vectors), max(dense.SHORTLIST, 4 * k)
    kept = min(passages, max(4 * many, passages // dense.FIRST_SHARE))
    return int(codes.words.nbytes // 2 + codes.words[:, :kept].nbytes + many * vectors[0].nbytes)


def paths(
    vectors: Vectors, codes: Codes, queries: Vectors, k: int, variants: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield what was measured of the exact product and of each variant."""

    def exact(query: Vectors) -> Found:
        return dense.nearest(vectors, query, k)

    def coded(query: Vectors) -> Found:
        return dense.nearest(vectors, query, k, None, codes)

    times, wanted = time_calls(exact, queries)
    yield {"path": "exact", "k": k, **times, "recall": 1.0, "bytes": vectors.nbytes}
    for name in variants:
        with mock.patch.multiple(dense, ABOVE=0, **VARIANTS[name]):
            times, found = time_calls(coded, queries)
            touched = bytes_touched(codes, vectors, k)
        yield {"path": f"codes, {name}", "k": k, **times, "recall": recall(found, wanted), "bytes": touched}


def bench(vectors: Vectors, queries: Vectors, speed: float, variants: Sequence[str]) -> dict[str, Any]:
    """Measure one size; prints as it goes."""
    start = time.perf_counter()
    codes = make_codes(vectors)
    made = time.perf_counter() - start
    sizes = {"vectors": vectors.nbytes, "codes": codes.words.nbytes + codes.spread.nbytes}
    print(f"\n## {len(vectors):,} passages × {vectors.shape[1]} dimensions")
    print("size in MB: " + ", ".join(f"{n} {s / 1e6:.1f}" for n, s in sizes.items()) + f"; codes made in {made:.2f} s")
    print(f"{'path':40} {'k':>4} {'median ms':>10} {'p99 ms':>9} {'recall':>7} {'MB read':>8} {'ms at full speed':>17}")
    rows = [row for k in KS for row in paths(vectors, codes, queries, k, variants)]
    for row in rows:
        print(
            f"{row['path']:40} {row['k']:4} {row['median']:10.3f} {row['p99']:9.3f} {row['recall']:7.4f} "
            f"{row['bytes'] / 1e6:8.1f} {row['bytes'] / speed * 1000:17.3f}"
        )
    return {"passages": len(vectors), "dimensions": vectors.shape[1], "bytes": sizes, "made_s": made, "paths": rows}


def main() -> int:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--tried", action="store_true")
    options = parser.parse_args()
    where, speed = machine.describe(), bandwidth()
    print(", ".join(f"{name} {value}" for name, value in where.items()))
    print(f"memory is read at {speed / 1e9:.1f} GB/s; indexes have codes above {coding.ABOVE:,} passages")
    texts, asked = from_file(options.text) if options.text else from_corpus()
    rng = np.random.default_rng(SEED)
    texts = [texts[i] for i in rng.permutation(len(texts))]
    asked = [asked[i] for i in rng.permutation(len(asked))[: options.queries]]
    print(f"{len(texts):,} texts of {options.text.name if options.text else 'corpus/reports'}, {len(asked)} queries")
    queries = load_encoder().encode_queries(asked)
    sizes = [int(size) for size in options.sizes.split(",")]
    vectors = encoded(enough(texts, max(sizes)))
    variants = list(VARIANTS) if options.tried else ["as it is"]
    results = [bench(vectors[:size], queries, speed, variants) for size in sizes]
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    target = ROOT / "benchmarks" / "results" / f"dense-{stamp}.json"
    target.write_text(json.dumps({"machine": where, "bytes_per_second": speed, "results": results}, indent=1) + "\n")
    print(f"\nsaved to {target.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
