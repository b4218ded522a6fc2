"""The data files of this layer: one entry a line, ``#`` starts a comment line."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parent / "data"


def read_lines(name: str) -> list[str]:
    """Return the entries of ``corpus/data/<name>``, without comments and blank lines."""
    text = (DATA / name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
