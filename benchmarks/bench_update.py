"""Changing an index next to building it: one report added, one removed, all checked.

python benchmarks/bench_update.py [--size 10000]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import generate
import machine

from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.index.builder import build_index, change_index
from jeugdzoek.index.check import check_index

ROUNDS = 5


def main() -> None:
    """Print one JSON object: seconds, and what a change costs as a share of a build."""
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
    found = {
        "passages": size,
        "build_s": round(build, 2),
        "add_s": round(add, 3),
        "remove_s": round(remove, 3),
        "add_share": f"1/{build / add:.0f}",
        "remove_share": f"1/{build / remove:.0f}",
        "check_mb_per_s": round(size_mb / check),
    }
    sys.stdout.write(json.dumps({**machine.describe(), **found}, indent=1) + "\n")


def seconds(call: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """Return the median time of `call`, which is told the number of its round."""
    times = []
    for number in range(rounds):
        start = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - start)
    return median(times)


if __name__ == "__main__":
    main()
