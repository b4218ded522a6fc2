"""The query path, stage by stage, next to plain Whoosh on the same passages and queries.

    python benchmarks/bench_query.py [--sizes 1000,10000,100000] [--queries 300]

Indexes are made once and kept in indexes/bench-*; results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import generate
import machine
import numpy as np
from whoosh.fields import ID, TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.query import Or, Term

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.index.builder import build_index
from jeugdzoek.index.keyword import STEM
from jeugdzoek.index.reader import open_current
from jeugdzoek.search import bm25, dense
from jeugdzoek.search.backend import Filters, Mode
from jeugdzoek.search.confidence import LOOKED_AT, is_confident
from jeugdzoek.search.expansion import Alternative, Expansion
from jeugdzoek.search.fusion import FusionSettings, order_by, weighted_sum
from jeugdzoek.search.local import LocalBackend
from jeugdzoek.search.query import parse
from jeugdzoek.search.searcher import POOL, search

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 10

Call = Callable[[str], object]


def time_calls(call: Call, queries: Sequence[str]) -> dict[str, float]:
    """Return median and 99th percentile of one warm call each, in milliseconds."""
    for query in queries[:20]:
        call(query)
    gc.disable()
    times = []
    for query in queries:
        start = time.perf_counter()
        call(query)
        times.append((time.perf_counter() - start) * 1000)
    gc.enable()
    return {"median": float(np.median(times)), "p99": float(np.percentile(times, 99))}


def jeugdzoek_index(size: int) -> tuple[LocalBackend, float]:
    """Return the index of `size` passages, and the seconds it took to build (0 when it was there)."""
    folder = ROOT / "indexes" / f"bench-{size}"
    start = time.perf_counter()
    summary = None
    if not (folder / "CURRENT").exists():
        summary = build_index(generate.reports(size), folder)
    took = time.perf_counter() - start if summary else 0.0
    return LocalBackend(open_current(folder)[0], Analyzer()), took


def whoosh_index(size: int, analyzer: Analyzer) -> tuple[Any, float]:
    """Return a searcher on a plain Whoosh index of the same stems, and the seconds it took to build."""
    folder = ROOT / "indexes" / f"bench-whoosh-{size}"
    start = time.perf_counter()
    if (folder / "done").exists():
        return FileIndex(FileStorage(str(folder))).searcher(), 0.0
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    schema = Schema(id=ID(stored=True), body=TEXT(phrase=False))
    writer = FileStorage(str(folder)).create_index(schema).writer(limitmb=512)
    for number, text in enumerate(generate.passages(size)):
        writer.add_document(id=str(number), body=[term.stem for term in analyzer.terms(text) if term.stem])
    writer.commit()
    (folder / "done").touch()
    return FileIndex(FileStorage(str(folder))).searcher(), time.perf_counter() - start


def stages(backend: LocalBackend) -> dict[str, Call]:
    """Return name → call, for each stage of the path and for the whole."""
    reader, analyzer = backend.reader, backend.analyzer
    fusion = FusionSettings()
    encode = backend.queries.encoder.encode_queries

    def expand(query: str) -> Expansion:
        return backend.expand.__wrapped__(query, True)

    def stems_only(query: str) -> object:
        stems = dict.fromkeys(term.stem for term in analyzer.terms(query) if term.stem)
        return bm25.rank(reader.postings, [(Alternative(STEM, (stem,), 1.0),) for stem in stems], LIMIT)

    def fuse(query: str) -> object:
        found = cached[query]
        return order_by(weighted_sum(found, "hybrid", fusion), found.keys)[:LIMIT]

    def whole(mode: Mode) -> Call:
        return lambda query: search(
            backend, analyzer, parse(query), limit=LIMIT, mode=mode, filters=Filters(), fusion=fusion
        )

    queries = generate.queries(300)
    cached = {query: backend.candidates(parse(query), "hybrid", POOL, Filters()) for query in queries}
    vectors = {query: encode([query])[0] for query in queries}

    def confident(query: str) -> object:
        return is_confident(cached[query], texts[query], "hybrid")

    def first_texts(query: str) -> list[str]:
        keys = cached[query].keys[:LOOKED_AT].tolist()
        return [passage.text for _, passage in backend.fetch(keys).values()]

    texts = {query: first_texts(query) for query in queries}
    return {
        "parse": parse,
        "expand": expand,
        "keyword top 10, stems": stems_only,
        "keyword top 10, all fields": lambda query: bm25.rank(reader.postings, expand(query).groups, LIMIT),
        "encode": lambda query: encode([query]),
        "nearest 10, exact": lambda query: dense.nearest(reader.vectors, vectors[query], LIMIT),
        "candidates, both halves": lambda query: backend.candidates(parse(query), "hybrid", POOL, Filters()),
        "fuse": fuse,
        "confident": confident,
        "fetch 10": lambda query: backend.fetch(cached[query].keys[:LIMIT].tolist()),
        "whole, keyword": whole("keyword"),
        "whole, hybrid": whole("hybrid"),
    }


def bench(size: int, queries: Sequence[str]) -> dict[str, Any]:
    """Measure one size; prints as it goes."""
    backend, built = jeugdzoek_index(size)
    searcher, built_whoosh = whoosh_index(size, backend.analyzer)
    files = backend.reader.manifest.files
    kinds = {"whoosh": "whoosh/", "postings": "postings/", "vectors": "vectors", "texts": "reports.sqlite"}
    sizes = {kind: sum(s for name, (s, _) in files.items() if name.startswith(start)) for kind, start in kinds.items()}
    print(f"\n## {size:,} passages")
    print("size in MB: " + ", ".join(f"{kind} {count / 1e6:.1f}" for kind, count in sizes.items()))
    if built:
        print(f"built in {built:.1f} s; plain Whoosh, one field: {built_whoosh:.1f} s")

    def plain_whoosh(query: str) -> object:
        stems = dict.fromkeys(term.stem for term in backend.analyzer.terms(query) if term.stem)
        return searcher.search(Or([Term("body", stem) for stem in stems]), limit=LIMIT, optimize=False)

    calls = {"plain Whoosh": plain_whoosh, **stages(backend)}
    times = {name: time_calls(call, queries) for name, call in calls.items()}
    base = times["plain Whoosh"]["median"]
    print(f"{'stage':28} {'median ms':>10} {'p99 ms':>10} {'Whoosh / it':>12}")
    for name, row in times.items():
        print(f"{name:28} {row['median']:10.3f} {row['p99']:10.3f} {base / row['median']:11.1f}×")
    return {"passages": size, "bytes": sizes, "build_s": built, "whoosh_build_s": built_whoosh, "ms": times}


def main() -> int:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--queries", type=int, default=300)
    options = parser.parse_args()
    where = machine.describe()
    print(", ".join(f"{name} {value}" for name, value in where.items()))
    queries = generate.queries(options.queries)
    results = [bench(int(size), queries) for size in options.sizes.split(",")]
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    target = ROOT / "benchmarks" / "results" / f"query-{stamp}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"machine": where, "results": results}, indent=1) + "\n")
    print(f"\nsaved to {target.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
