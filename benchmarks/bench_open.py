"""Opening an index in a fresh process, the first answer, and the memory it then takes.

python benchmarks/bench_open.py [--sizes 1000,10000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

import generate
import indexed
import machine
import numpy as np
import results

from jeugdzoek.index.reader import open_current

CODE = """
import json, sys, time
import numpy, jeugdzoek.opening
from pathlib import Path
def rss(): return [int(l.split()[1]) / 1024 for l in Path("/proc/self/status").open() if l.startswith("VmRSS:")][0]
before, start = rss(), time.perf_counter()
index = jeugdzoek.open(sys.argv[1])
opened = time.perf_counter()
index.search(sys.argv[2], mode=sys.argv[3])
first = time.perf_counter()
for query in json.loads(sys.argv[4]):
    index.search(query, mode=sys.argv[3])
print(json.dumps([(opened - start) * 1000, (first - opened) * 1000, rss() - before]))
"""
MODES = ("keyword", "hybrid")


def bench(size: int, rounds: int) -> list[results.Row]:
    """Measure one size; prints as it goes."""
    folder = indexed.folder(size)
    queries = generate.queries(50)
    files = open_current(folder)[0].manifest.files
    touched = sum(count for name, (count, _) in files.items() if name.startswith(("postings/", "vectors", "codes")))
    rows = []
    for mode in MODES:
        command = [sys.executable, "-c", CODE, str(folder), queries[0], mode, json.dumps(queries)]
        found = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(rounds)]
        opened, first, memory = np.median(found, axis=0).tolist()
        row = {"operation": "open", "corpus": "zipf", "passages": size, "system": mode}
        rows.append({**row, "median": opened, "first_ms": first, "memory_mb": memory, "arrays_mb": touched / 1e6})
    print(f"\n## {size:,} passages, arrays of {touched / 1e6:.1f} MB")
    names = ("median", "first_ms", "memory_mb")
    titles = ("mode", "open ms", "first answer ms", "memory MB more than after imports")
    print(results.table(titles, [[row["system"], *(results.number(row[name]) for name in names)] for row in rows]))
    return rows


def main() -> None:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine.summary())
    results.save("open", [row for size in options.sizes.split(",") for row in bench(int(size), options.rounds)])


if __name__ == "__main__":
    main()
