"""Building an index (analysis, both halves, synced to disk) next to plain Whoosh with its own Dutch analyser.

    python benchmarks/bench_build.py [--sizes 1000,10000]

Each build runs in a process of its own, so that its peak memory is known (without that of processes it starts). The
passages are those of the bundled reports, mixed until there are enough, one a report.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
import results
import texts

SCRIPTS = {
    "jeugdzoek": """
from jeugdzoek import Report, build
def make(passages, folder):
    build([Report(f"r{i:07d}", text) for i, text in enumerate(passages)], folder).close()
""",
    'Whoosh, LanguageAnalyzer("nl")': """
from whoosh.analysis import LanguageAnalyzer
from whoosh.fields import ID, TEXT, Schema
from whoosh.filedb.filestore import FileStorage
def make(passages, folder):
    schema = Schema(id=ID(stored=True), body=TEXT(analyzer=LanguageAnalyzer("nl"), phrase=False))
    writer = FileStorage(folder).create_index(schema).writer(limitmb=512)
    for number, text in enumerate(passages):
        writer.add_document(id=str(number), body=text)
    writer.commit()
""",
}
MAIN = """
import json, sys, time
passages = json.load(open(sys.argv[1]))
start = time.perf_counter()
make(passages, sys.argv[2])
took = time.perf_counter() - start
peak = [int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")][0]
print(json.dumps([took, peak / 1024]))
"""


def bench(size: int) -> list[results.Row]:
    """Measure one size; prints as it goes."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "passages.json")
        source.write_text(json.dumps(list(texts.enough(texts.load(None)[0], size))))
        for system, code in SCRIPTS.items():
            into = Path(name, system.split(",")[0])
            into.mkdir()
            command = [sys.executable, "-c", code + MAIN, str(source), str(into)]
            took, peak = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            stored = sum(path.stat().st_size for path in into.rglob("*") if path.is_file()) / 1e6
            row = {"operation": "build", "corpus": "text", "passages": size, "system": system}
            rows.append({**row, "median": took * 1000, "seconds": took, "peak_mb": peak, "index_mb": stored})
    print(f"\n## {size:,} passages")
    names = ("seconds", "peak_mb", "index_mb")
    titles = ("system", "seconds", "peak MB", "index MB")
    print(results.table(titles, [[row["system"], *(results.number(row[name]) for name in names)] for row in rows]))
    return rows


def main() -> None:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    print(machine.summary())
    results.save("build", [row for size in sizes for row in bench(size)])


if __name__ == "__main__":
    main()
