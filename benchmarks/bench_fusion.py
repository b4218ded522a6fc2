"""From candidates of both halves to an order: the weighted sum as built, and reciprocal ranks.

python benchmarks/bench_fusion.py [--queries 300]
"""

from __future__ import annotations

import argparse

import generate
import machine
import numpy as np
import results
import timing

from jeugdzoek.index.keys import NUMBER_BITS
from jeugdzoek.search.backend import Candidates
from jeugdzoek.search.fusion import FusionSettings, fuse, order_by, reciprocal_ranks

CANDIDATES = (100, 400, 2000)
LIMIT = 10
PASSAGES_A_REPORT = 4


def candidates(count: int, rng: np.random.Generator) -> Candidates:
    """Return `count` candidates with random scores, a few of each report."""
    numbers = np.arange(count, dtype=np.int64)
    keys = (numbers // PASSAGES_A_REPORT << NUMBER_BITS) + numbers % PASSAGES_A_REPORT
    keyword, semantic = rng.random((2, count), dtype=np.float32)
    return Candidates(keys, keyword * np.float32(20), semantic, 25.0, count)


def bench(count: int, queries: int) -> list[results.Row]:
    """Measure one number of candidates; prints as it goes."""
    rng = np.random.default_rng(generate.SEED)
    made = [candidates(count, rng) for _ in range(queries)]
    settings = FusionSettings()

    def weighted(found: Candidates) -> object:
        return fuse(found, "hybrid", settings).order[:LIMIT]

    def ranked(found: Candidates) -> object:
        return order_by(reciprocal_ranks(found))[:LIMIT]

    key = {"operation": "fusion", "corpus": "random scores", "passages": count}
    calls = {"weighted sum with report share": weighted, "reciprocal ranks": ranked}
    print(f"\n## {count:,} candidates")
    rows = [{**key, "system": name, **timing.time_calls(call, made)[0]} for name, call in calls.items()]
    print(results.times(rows))
    return rows


def main() -> None:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=300)
    queries = parser.parse_args().queries
    print(machine.summary())
    results.save("fusion", [row for count in CANDIDATES for row in bench(count, queries)])


if __name__ == "__main__":
    main()
