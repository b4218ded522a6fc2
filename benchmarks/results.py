"""Where figures go: JSON files of rows, printed as tables and compared with one another.

A row says what was measured (`operation`, `corpus`, `passages`, `system`) and what came out: `median` and `p99` in
milliseconds, or `seconds`, and whatever else belongs to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import machine

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "benchmarks" / "results"
LATEST = FOLDER / "latest"
"""Every operation's last rows; what docs/performance.md is filled from."""

Row = dict[str, Any]
Run = dict[str, Any]
"""What a file holds: `operation`, `time`, `machine`, `rows`."""
KEY = ("operation", "corpus", "passages", "system")


def save(operation: str, rows: Sequence[Row], target: Path | None = None, **more: Any) -> Path:
    """Write `rows` with machine, versions and commit, as a file of its own and as the latest of `operation`.

    Parameters
    ----------
    operation
        What was measured; names the file.
    rows
        What came out.
    target
        Another file than one named after the time.
    more
        What else to write down.
    """
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    content = {"operation": operation, "time": stamp, "machine": machine.describe(), **more, "rows": list(rows)}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path = target or FOLDER / f"{operation}-{stamp}.json"
    for place in (path, LATEST / f"{operation}.json"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    print(f"\nsaved to {shown}")
    return path


def load(path: Path) -> Run:
    """Read what `save` wrote."""
    content: Run = json.loads(path.read_text(encoding="utf-8"))
    return content


def key(row: Row) -> tuple[str, ...]:
    """Return what tells one row from another."""
    return tuple(str(row.get(name, "")) for name in KEY)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; columns after the first are right-aligned."""
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def times(rows: Sequence[Row], *more: str) -> str:
    """Return median, 99th percentile and what else is named of each of `rows`, as a table."""
    titles = ["", "median ms", "p99 ms", *more]
    names = ("median", "p99", *more)
    return table(titles, [[row["system"], *(number(row.get(name)) for name in names)] for row in rows])


def number(value: float | None) -> str:
    """Return `value` with two or three significant digits; a dash for None."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    if value < 0.01:
        return f"{value:.4f}"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
