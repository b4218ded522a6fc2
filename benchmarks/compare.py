"""Two runs side by side: the ratio of each median, and what has become slower.

    python benchmarks/compare.py BASE.json [NEW.json] [--worse 1.2]

NEW is the latest run of the same operation. Ends with 1 when a median is more than `--worse` times what it was.
On another machine, or one where others work too, only large ratios mean something.
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


def main() -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("new", type=Path, nargs="?")
    parser.add_argument("--worse", type=float, default=WORSE)
    options = parser.parse_args()
    base = results.load(options.base)
    new = results.load(options.new or results.LATEST / f"{base['operation']}.json")
    for name, value in base["machine"].items():
        if new["machine"].get(name) != value:
            print(f"{name}: {value} before, {new['machine'].get(name)} now")
    found = ratios(base["rows"], new["rows"])
    lines = [
        (
            what,
            results.number(before),
            results.number(now),
            f"{now / before:.2f}",
            "slower" * (now > options.worse * before),
        )
        for what, before, now in found
    ]
    print(results.table(("operation corpus passages system", "before ms", "now ms", "ratio", ""), lines))
    slower = sum(bool(line[-1]) for line in lines)
    print(f"\n{slower} of {len(lines)} rows more than {options.worse:g} times slower")
    return 1 if slower or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
