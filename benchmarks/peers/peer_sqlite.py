"""SQLite FTS5: a table without contents, merged into one segment, ordered by its own rank."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import protocol


class Fts5:
    """Search by ``MATCH … ORDER BY rank``."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {"sqlite": sqlite3.sqlite_version}

    def build(self, data: Path, into: Path) -> None:
        """Make the table."""
        connection = sqlite3.connect(into / "index.sqlite")
        connection.execute("CREATE VIRTUAL TABLE passages USING fts5(body, content='', tokenize='unicode61')")
        rows = enumerate(protocol.passages(data), start=1)
        connection.executemany("INSERT INTO passages(rowid, body) VALUES (?, ?)", rows)
        connection.execute("INSERT INTO passages(passages) VALUES ('optimize')")
        connection.commit()
        connection.close()

    def open(self, folder: Path, variant: str) -> None:
        """Open the table."""
        self.connection = sqlite3.connect(folder / "index.sqlite")

    def search(self, terms: list[str], vector: Any, k: int) -> list[tuple[int]]:
        """Find passages with any of `terms`."""
        match = " OR ".join(f'"{term}"' for term in terms)
        asked = "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?"
        return self.connection.execute(asked, (match, k)).fetchall()

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return [row - 1 for (row,) in found]


if __name__ == "__main__":
    protocol.serve(Fts5())
