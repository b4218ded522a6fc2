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
        build, build_cpu = seconds(lambda _: build_index(reports, root, encoder=encoder), rounds=1)
        new = [Report(f"nieuw{number}", reports[number].text) for number in range(ROUNDS)]
        add, add_cpu = seconds(lambda number: change_index(root, add=[new[number]], encoder=encoder))
        remove, remove_cpu = seconds(lambda number: change_index(root, remove=[new[number].id], encoder=encoder))
        check, _ = seconds(lambda _: check_index(root))
        size_mb = check_index(root).bytes / 1e6
    found = {
        "passages": size,
        "build_s": round(build, 2),
        "add_s": round(add, 3),
        "remove_s": round(remove, 3),
        "add_share": f"1/{build / add:.0f}",
        "remove_share": f"1/{build / remove:.0f}",
        "processor_s": {"build": round(build_cpu, 2), "add": round(add_cpu, 3), "remove": round(remove_cpu, 3)},
        "processor_add_share": f"1/{build_cpu / add_cpu:.0f}",
        "processor_remove_share": f"1/{build_cpu / remove_cpu:.0f}",
        "check_mb_per_s": round(size_mb / check),
    }
    sys.stdout.write(json.dumps({**machine.describe(), **found}, indent=1) + "\n")


def seconds(call: Callable[[int], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the median seconds of `call`, by the clock and of the processor; it is told the number of its round."""
    times, processor = [], []
    for number in range(rounds):
        start, worked = time.perf_counter(), time.process_time()
        call(number)
        times.append(time.perf_counter() - start)
        processor.append(time.process_time() - worked)
    return median(times), median(processor)


if __name__ == "__main__":
    main()
