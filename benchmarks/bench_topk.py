"""The best 10 (100, 200) by words: touched passages and thresholds next to looking at every passage.

    python benchmarks/bench_topk.py [--sizes 1000,10000,100000] [--queries 300]

One field, head words in half of the queries. The last columns say how many bytes of postings and sums a query touches,
and what reading these takes at the measured speed of memory.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import generate
import machine
import numpy as np
import results
import timing
from numpy.typing import NDArray

from jeugdzoek.index.counting import count_terms
from jeugdzoek.index.keyword import STEM
from jeugdzoek.index.postings import Postings, write_postings
from jeugdzoek.index.segment import rounded_lengths
from jeugdzoek.search import bm25
from jeugdzoek.search.expansion import Alternative, Group

KS = (10, 100, 200)
BYTES_A_SUM = 8
"""A float32 that is read and written."""


def compiled(size: int, folder: Path) -> Postings:
    """Return the postings of `size` generated passages."""
    documents = [text.split(" ") for text in generate.terms(size, "heads")]
    lengths = np.array([len(terms) for terms in documents], dtype=np.int64)
    write_postings(folder, STEM, count_terms(documents, rounded_lengths(lengths)))
    return Postings(folder, STEM, size)


def bytes_touched(postings: Postings, terms: list[str]) -> int:
    """Return the bytes of postings and sums that a query of `terms` reads and writes, at least."""
    each = postings.docs.itemsize + postings.impacts.itemsize + BYTES_A_SUM
    return each * sum(postings.frequency(term) for term in set(terms))


def every_passage(postings: Postings, terms: list[str], k: int) -> NDArray[np.int64]:
    """Return the best `k` by a sum for every passage of the index: what one writes first."""
    sums = np.zeros(postings.passages, dtype=np.float32)
    for term in set(terms):
        row = postings.terms.get(term)
        if row is not None:
            part = slice(postings.ptr[row], postings.ptr[row + 1])
            sums[postings.docs[part]] += postings.impacts[part]
    best = np.argpartition(sums, len(sums) - k)[len(sums) - k :]
    return best[np.argsort(-sums[best])]


def bench(size: int, queries: list[str], speed: float) -> list[results.Row]:
    """Measure one size; prints as it goes."""
    with tempfile.TemporaryDirectory() as folder:
        postings = compiled(size, Path(folder))
    planner = bm25.Planner({STEM: postings})
    allowed = np.random.default_rng(generate.SEED).random(size) < 0.1
    asked = [query.split(" ") for query in queries]
    touched = float(np.median([bytes_touched(postings, terms) for terms in asked]))

    def groups(terms: list[str]) -> list[Group]:
        return [(Alternative(STEM, (term,), 1.0, typed=True),) for term in dict.fromkeys(terms)]

    def best(k: int, allowed: NDArray[np.bool_] | None, terms: list[str]) -> object:
        return bm25.rank(planner.plan(groups(terms)), k, allowed)

    calls: dict[str, Callable[[list[str]], object]] = {f"best {k}": partial(best, k, None) for k in KS}
    calls["best 10, one passage in ten allowed"] = partial(best, 10, allowed)
    calls["best 10, every passage looked at"] = partial(every_passage, postings, k=10)
    print(f"\n## {size:,} passages, {len(postings.docs):,} postings, {touched / 1e6:.2f} MB touched by a median query")
    limit = touched / speed * 1000
    key = {"operation": "top-k", "corpus": "heads", "passages": size}
    rows = [
        {**key, "system": name, **timing.time_calls(call, asked)[0], "bytes": touched, "limit": limit}
        for name, call in calls.items()
    ]
    print(results.times(rows, "limit"))
    return rows


def main() -> None:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--queries", type=int, default=300)
    options = parser.parse_args()
    speed = timing.bandwidth()
    print(f"{machine.summary()}; memory read at {speed / 1e9:.1f} GB/s")
    queries = generate.queries(options.queries, "heads")
    rows = [row for size in options.sizes.split(",") for row in bench(int(size), queries, speed)]
    results.save("topk", rows, bytes_per_second=speed)


if __name__ == "__main__":
    main()
