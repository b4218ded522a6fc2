"""Figures into docs/performance.md: the tables between its markers, and the plot.

    python benchmarks/report.py [--results benchmarks/results/latest] [--page docs/performance.md]

Needs the extra ``bench`` (matplotlib). What no run has measured yet is left out and named.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import plot
import results

PAGE = results.ROOT / "docs" / "performance.md"
BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
WIDTH = 120
LIMIT = "memory's limit ms"
CORPORA = {"heads": "generated, with head words", "zipf": "generated, Zipf's law alone", "text": "real passages"}

Rows = list[results.Row]
Run = results.Run


def peers(run: Run) -> str:
    """Return a table for each operation, corpus and size, and what was left out."""
    parts = []
    for (operation, corpus, size), rows in groupby(run["rows"], lambda row: results.key(row)[:3]):
        parts += [
            f"**{operation}, {int(size):,} passages** ({CORPORA[corpus]})",
            "",
            _peers_of(list(rows), operation),
            "",
        ]
    out = [f"- {what}: {why}" for what, why in run.get("left_out", {}).items()]
    return "\n".join([*parts, "Left out of this run:", "", *(out or ["- nothing"])])


def _peers_of(rows: Rows, operation: str) -> str:
    found = "same ten" if operation == "keyword" else "recall@10"
    titles = ("", "median ms", "p99 ms", "× jeugdzoek", found, "first ms", "open ms", "build s", "index MB", "RAM MB")
    names = ("median", "p99", "ratio", "recall", "first_ms", "open_ms", "build_s", "index_mb", "memory_mb")
    ordered = sorted(rows, key=lambda row: row["median"])
    return results.table(
        titles, [[row["system"], *(results.number(row.get(name)) for name in names)] for row in ordered]
    )


def wins(run: Run) -> str:
    """Return a line for each peer that anywhere answered faster than jeugdzoek, with its share of the time."""
    faster: dict[tuple[str, str], list[str]] = {}
    for row in run["rows"]:
        if (row.get("ratio") or 1) < 1 and not row["system"].startswith("jeugdzoek"):
            where = f"{row['ratio']:.2f} at {row['passages']:,} ({CORPORA[row['corpus']]})"
            faster.setdefault((row["operation"], row["system"]), []).append(where)
    lines = [f"- {operation}, **{system}**: {', '.join(found)}" for (operation, system), found in faster.items()]
    return "\n".join(
        ["Median as a share of jeugdzoek's:", "", *lines] if lines else ["None answered faster at the median."]
    )


def stages(run: Run) -> str:
    """Return one table of medians (99th percentiles) for all sizes of a run."""
    sizes = sorted({row["passages"] for row in run["rows"]})
    by_system: dict[str, dict[int, results.Row]] = {}
    for row in run["rows"]:
        by_system.setdefault(row["system"], {})[row["passages"]] = row
    cells = [[system, *(_cell(found.get(size)) for size in sizes)] for system, found in by_system.items()]
    return results.table(("median (p99) ms", *(f"{size:,}" for size in sizes)), cells)


def _cell(row: results.Row | None) -> str:
    if row is None:
        return "–"
    p99 = f" ({results.number(row['p99'])})" if "p99" in row else ""
    return results.number(row["median"]) + p99


def columns(**titles: str) -> Callable[[Run], str]:
    """Return a function that makes a table with a line for each row of a run; `titles` are its columns."""

    def make(run: Run) -> str:
        lines = [[row["system"], *(_figure(row, name) for name in titles)] for row in run["rows"]]
        return results.table(("", *titles.values()), lines)

    return make


def _figure(row: results.Row, name: str) -> str:
    return f"{row[name]:,}" if name == "passages" else results.number(row.get(name))


def machine(run: Run) -> str:
    """Return where and with what the comparison ran."""
    parts = [f"{name} {value}" for name, value in run["machine"].items() if name not in ("jeugdzoek",)]
    versions: dict[str, str] = {}
    for row in run["rows"]:
        versions |= row["versions"]
    compared = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return textwrap.fill(f"{', '.join(parts)}. Compared: {compared}.", WIDTH)


MAKERS: dict[str, tuple[str, Callable[[Run], str]]] = {
    "machine": ("peers", machine),
    "peers": ("peers", peers),
    "wins": ("peers", wins),
    "query": ("query", stages),
    "topk": ("topk", columns(passages="passages", median="median ms", p99="p99 ms", limit=LIMIT)),
    "dense": (
        "dense",
        columns(passages="passages", median="median ms", p99="p99 ms", recall="recall", limit=LIMIT),
    ),
    "fusion": ("fusion", stages),
    "snippets": ("snippets", stages),
    "open": (
        "open",
        columns(passages="passages", median="open ms", first_ms="first ms", memory_mb="RAM MB", arrays_mb="arrays MB"),
    ),
    "build": ("build", columns(passages="passages", seconds="seconds", peak_mb="peak MB", index_mb="index MB")),
    "update": ("update", columns(passages="passages", median="ms", ratio="share of a build")),
    "analysis": ("analysis", columns(words_per_s="words a second")),
    "cold": ("cold", columns(passages="passages", median="median ms", p99="p99 ms", ratio="× import numpy")),
}
"""Block → the run it is made from, and how."""


def filled(page: str, folder: Path) -> str:
    """Return `page` with its blocks made anew from the runs in `folder`; those of other operations stay."""

    def block(match: re.Match[str]) -> str:
        operation, make = MAKERS[match.group(2)]
        path = folder / f"{operation}.json"
        if not path.exists():
            print(f"{operation}: not measured; its table stays as it was")
            return match.group()
        return f"{match.group(1)}\n{make(results.load(path))}\n\n{match.group(4)}"

    return BLOCK.sub(block, page)


def main() -> None:
    """Fill the page and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=results.LATEST)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    options.page.write_text(filled(options.page.read_text(encoding="utf-8"), options.results), encoding="utf-8")
    drawn = plot.draw(results.load(options.results / "peers.json")["rows"], options.page.with_suffix(".svg"))
    print(f"wrote {options.page} and {drawn}")


if __name__ == "__main__":
    main()
