"""Building an index next to plain Whoosh on the same passages, each in a process of its own, one after the other.

    python benchmarks/bench_build.py [--sizes 10000,100000] [--rounds 3]

Plain Whoosh has one field with ``LanguageAnalyzer("nl")`` and positions; jeugdzoek has its four fields, Whoosh's index
of them, compiled postings, vectors and texts, and forces all of it to disk. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import generate
import machine
from whoosh.analysis import LanguageAnalyzer
from whoosh.fields import ID, TEXT, Schema
from whoosh.filedb.filestore import FileStorage

from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.index.builder import build_index

WHOOSH_MB = 512


def build_ours(size: int, folder: Path) -> dict[str, float]:
    """Build an index of `size` generated passages, and return the seconds of each stage."""
    encoder, reports = load_encoder(), list(generate.reports(size))
    began = {"reading": time.perf_counter()}

    def progress(stage: str, _done: int, _total: int) -> None:
        began.setdefault(stage, time.perf_counter())

    processor = time.process_time()
    build_index(reports, folder / "index", encoder=encoder, progress=progress)
    processor = time.process_time() - processor
    end = time.perf_counter()
    stages = {
        "reading_s": began["analysing"] - began["reading"],
        "cutting_counting_encoding_s": began["keywords"] - began["analysing"],
        "keywords_s": began["writing"] - began["keywords"],
        "publishing_s": end - began["writing"],
    }
    return {"seconds": sum(stages.values()), "processor_s": processor, **stages}


def build_whoosh(size: int, folder: Path) -> dict[str, float]:
    """Build a plain Whoosh index of the same passages."""
    texts = list(generate.passages(size))
    start, processor = time.perf_counter(), time.process_time()
    schema = Schema(id=ID(stored=True), body=TEXT(analyzer=LanguageAnalyzer("nl")))
    writer = FileStorage(str(folder)).create_index(schema).writer(limitmb=WHOOSH_MB)
    for number, text in enumerate(texts):
        writer.add_document(id=str(number), body=text)
    writer.commit()
    return {"seconds": time.perf_counter() - start, "processor_s": time.process_time() - processor}


BUILDERS = {"jeugdzoek": build_ours, "whoosh": build_whoosh}


def measure(name: str, size: int) -> dict[str, float]:
    """Build in a process of its own, and return what it says."""
    command = [sys.executable, __file__, "--only", name, "--sizes", str(size)]
    made: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return made


def bench(size: int, rounds: int) -> dict[str, Any]:
    """Return the medians of all rounds, the order of the two turned round each time."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in BUILDERS}
    for number in range(rounds):
        for name in list(BUILDERS)[:: -1 if number % 2 else 1]:
            runs[name].append(measure(name, size))
    found: dict[str, Any] = {
        name: {key: round(median(run[key] for run in made), 2) for key in made[0]} for name, made in runs.items()
    }
    ratios = [slow["seconds"] / fast["seconds"] for slow, fast in zip(runs["whoosh"], runs["jeugdzoek"], strict=True)]
    return {"passages": size, **found, "times_faster": round(median(ratios), 2)}


def main() -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000", help="passages, with commas between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=BUILDERS, help="build once, here, and print its seconds and peak memory")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    if options.only:
        with tempfile.TemporaryDirectory() as folder:
            found: dict[str, Any] = {**BUILDERS[options.only](sizes[0], Path(folder))}
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    else:
        found = {**machine.describe(), "results": [bench(size, options.rounds) for size in sizes]}
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
