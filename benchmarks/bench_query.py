"""The query path, stage by stage, next to plain Whoosh on the same passages and queries.

    python benchmarks/bench_query.py [--sizes 1000,10000] [--queries 300]

Indexes are made once and kept in indexes/bench-*; results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import generate
import indexed
import machine
import results
import timing
from whoosh.fields import ID, TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.query import Or, Term

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.index.keyword import STEM
from jeugdzoek.search import bm25, dense
from jeugdzoek.search.backend import Filters, Mode
from jeugdzoek.search.confidence import LOOKED_AT, is_confident
from jeugdzoek.search.expansion import Alternative, Expansion
from jeugdzoek.search.fusion import FusionSettings, fuse
from jeugdzoek.search.local import LocalBackend
from jeugdzoek.search.query import parse
from jeugdzoek.search.searcher import POOL, search

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 10
FIRST = range(LOOKED_AT)

Call = Callable[[str], object]


def whoosh_index(size: int, analyzer: Analyzer) -> Any:
    """Return a searcher on a plain Whoosh index of the same stems; made when it is not there."""
    folder = ROOT / "indexes" / f"bench-whoosh-{size}"
    if (folder / "done").exists():
        return FileIndex(FileStorage(str(folder))).searcher()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    schema = Schema(id=ID(stored=True), body=TEXT(phrase=False))
    writer = FileStorage(str(folder)).create_index(schema).writer(limitmb=512)
    for number, text in enumerate(generate.passages(size)):
        writer.add_document(id=str(number), body=[term.stem for term in analyzer.terms(text) if term.stem])
    writer.commit()
    (folder / "done").touch()
    return FileIndex(FileStorage(str(folder))).searcher()


def stages(backend: LocalBackend) -> dict[str, Call]:
    """Return name → call, for each stage of the path and for the whole."""
    reader, analyzer = backend.reader, backend.analyzer
    fusion = FusionSettings()
    encode = backend.queries.encoder.encode_queries

    def expand(query: str) -> Expansion:
        return backend.expand.__wrapped__(query, True)

    def stems_only(query: str) -> object:
        stems = dict.fromkeys(term.stem for term in analyzer.terms(query) if term.stem)
        plan = backend.planner.plan([(Alternative(STEM, (stem,), 1.0),) for stem in stems])
        return bm25.rank(plan, LIMIT)

    def whole(mode: Mode) -> Call:
        return lambda query: search(
            backend, analyzer, parse(query), limit=LIMIT, mode=mode, filters=Filters(), fusion=fusion
        )

    queries = generate.queries(300)
    cached = {query: backend.candidates(parse(query), "hybrid", POOL, Filters()) for query in queries}
    vectors = {query: encode([query])[0] for query in queries}

    def confident(query: str) -> object:
        return is_confident(cached[query], FIRST, texts[query], "hybrid")

    def first_texts(query: str) -> list[str]:
        keys = cached[query].keys[:LOOKED_AT].tolist()
        return [passage.text for _, passage in backend.fetch(keys).values()]

    texts = {query: first_texts(query) for query in queries}
    return {
        "parse": parse,
        "expand": expand,
        "keyword top 10, stems": stems_only,
        "keyword top 10, all fields": lambda query: bm25.rank(backend.planner.plan(expand(query).groups), LIMIT),
        "encode": lambda query: encode([query]),
        "nearest 10, exact": lambda query: dense.nearest(reader.vectors, vectors[query], LIMIT),
        "candidates, both halves": lambda query: backend.candidates(parse(query), "hybrid", POOL, Filters()),
        "fuse": lambda query: fuse(cached[query], "hybrid", fusion),
        "confident": confident,
        "fetch 10": lambda query: backend.fetch(cached[query].keys[:LIMIT].tolist()),
        "whole, keyword": whole("keyword"),
        "whole, hybrid": whole("hybrid"),
    }


def bench(size: int, queries: Sequence[str]) -> list[results.Row]:
    """Measure one size; prints as it goes."""
    backend = indexed.backend(size)
    searcher = whoosh_index(size, backend.analyzer)
    files = backend.reader.manifest.files
    kinds = {"whoosh": "whoosh/", "postings": "postings/", "vectors": "vectors", "texts": "reports.sqlite"}
    sizes = {kind: sum(s for name, (s, _) in files.items() if name.startswith(start)) for kind, start in kinds.items()}
    print(f"\n## {size:,} passages")
    print("size in MB: " + ", ".join(f"{kind} {count / 1e6:.1f}" for kind, count in sizes.items()))

    def plain_whoosh(query: str) -> object:
        stems = dict.fromkeys(term.stem for term in backend.analyzer.terms(query) if term.stem)
        return searcher.search(Or([Term("body", stem) for stem in stems]), limit=LIMIT, optimize=False)

    key = {"operation": "query", "corpus": "zipf", "passages": size}
    calls = {"plain Whoosh": plain_whoosh, **stages(backend)}
    rows: list[results.Row] = [
        {**key, "system": name, **timing.time_calls(call, queries)[0]} for name, call in calls.items()
    ]
    for row in rows:
        row["Whoosh / it"] = rows[0]["median"] / row["median"]
    print(results.times(rows, "Whoosh / it"))
    return rows


def main() -> None:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--queries", type=int, default=300)
    options = parser.parse_args()
    print(machine.summary())
    queries = generate.queries(options.queries)
    results.save("query", [row for size in options.sizes.split(",") for row in bench(int(size), queries)])


if __name__ == "__main__":
    main()
