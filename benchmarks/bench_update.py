"""Changing an index next to building it: one report added, one removed, all checked.

python benchmarks/bench_update.py [--size 10000]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import generate
import machine
import results
import timing

from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.index.builder import build_index, change_index
from jeugdzoek.index.check import check_index

ROUNDS = 5


def main() -> None:
    """Run the benchmark and save its results: times, and what a change costs as a share of a build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000, help="passages")
    size = parser.parse_args().size
    reports, encoder = list(generate.reports(size)), load_encoder()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "index")
        build = seconds(lambda _: build_index(reports, root, encoder=encoder), rounds=1)
        new = [Report(f"nieuw{number}", reports[number].text) for number in range(ROUNDS)]
        add = seconds(lambda number: change_index(root, add=[new[number]], encoder=encoder))
        remove = seconds(lambda number: change_index(root, remove=[new[number].id], encoder=encoder))
        check = seconds(lambda _: check_index(root))
        size_mb = check_index(root).bytes / 1e6
    key = {"operation": "update", "corpus": "zipf", "passages": size}
    took = {"build": build, "add one report": add, "remove one report": remove, "check all": check}
    rows = [{**key, "system": name, "median": value * 1000, "ratio": value / build} for name, value in took.items()]
    print(f"{machine.summary()}\nchecked at {size_mb / check:.0f} MB/s")
    print(results.times(rows, "ratio"))
    results.save("update", rows, check_mb_per_s=size_mb / check)


def seconds(call: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """Return the median time of `call`, which is told the number of its round."""
    numbers = iter(range(rounds))
    return timing.seconds(lambda: call(next(numbers)), rounds)


if __name__ == "__main__":
    main()
