"""The first result of a fresh process on the command line, next to starting Python and importing numpy.

python benchmarks/bench_cold.py [--size 1000] [--rounds 10]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial

import generate
import indexed
import machine
import numpy as np
import results
import timing

CLI = "import sys; from jeugdzoek.cli.main import main; sys.exit(main(sys.argv[1:]))"


def run(arguments: list[str]) -> None:
    """Run a fresh Python to its end."""
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def main() -> None:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1000, help="passages")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    query = generate.queries(1)[0]
    search = ["-c", CLI, "search", query, "--index", str(indexed.folder(options.size)), "--json"]
    commands = {
        "python -c pass": ["-c", "pass"],
        "python -c 'import numpy'": ["-c", "import numpy"],
        "jeugdzoek search --mode keyword": [*search, "--mode", "keyword"],
        "jeugdzoek search": search,
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(options.rounds + 1):
        for name, command in commands.items():
            took = timing.seconds(partial(run, command))
            if turn:  # the first time byte-compiles and fills the cache of files
                times[name].append(took * 1000)
    base = float(np.median(times["python -c 'import numpy'"]))
    key = {"operation": "cold start", "corpus": "zipf", "passages": options.size}
    rows = [{**key, "system": name, **timing.summary(found)} for name, found in times.items()]
    for row in rows:
        row["ratio"] = row["median"] / base
    print(machine.summary())
    print(results.times(rows, "ratio"))
    results.save("cold", rows)


if __name__ == "__main__":
    main()
