"""Two runs side by side: the ratio of each median, and what has become slower.

    python benchmarks/compare.py BASE [NEW] [--worse 1.2]

BASE and NEW are folders of runs; NEW is benchmarks/results/latest where it is not given. Ends with 1 when a median is
more than `--worse` times what it was. On another machine, or one where others work too, only large ratios mean
something.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import results

WORSE = 1.2


def ratios(base: list[results.Row], new: list[results.Row]) -> list[tuple[str, float, float]]:
    """Return (what, median before, median now) for every row that is in both."""
    before = {results.key(row): row["median"] for row in base}
    shared = [(results.key(row), row["median"]) for row in new if results.key(row) in before]
    return [(" ".join(key), before[key], median) for key, median in shared]


def compare(base: results.Run, new: results.Run, worse: float) -> tuple[int, int]:
    """Print the rows of both runs side by side; return how many there are and how many became slower."""
    for name, value in base["machine"].items():
        if new["machine"].get(name) != value:
            print(f"{name}: {value} before, {new['machine'].get(name)} now")
    lines = []
    for what, before, now in ratios(base["rows"], new["rows"]):
        slower = "slower" if now > worse * before else ""
        lines.append((what, results.number(before), results.number(now), f"{now / before:.2f}", slower))
    print(results.table(("operation corpus passages system", "before ms", "now ms", "ratio", ""), lines) + "\n")
    return len(lines), sum(bool(line[-1]) for line in lines)


def main() -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("new", type=Path, nargs="?", default=results.LATEST)
    parser.add_argument("--worse", type=float, default=WORSE)
    options = parser.parse_args()
    pairs = [(path, options.new / path.name) for path in sorted(options.base.glob("*.json"))]
    counts = [compare(results.load(one), results.load(other), options.worse) for one, other in pairs if other.exists()]
    rows, slower = sum(count for count, _ in counts), sum(count for _, count in counts)
    print(f"{slower} of {rows} rows more than {options.worse:g} times slower")
    return 1 if slower or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
