"""Texts and details of reports and passages, in SQLite.

Written once into a temporary generation, afterwards only read (``mode=ro``,
``immutable=1``), so it needs no journal and no locks.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.layout import AGAIN

SCHEMA = """
CREATE TABLE reports (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, date TEXT, place TEXT,
  audience TEXT NOT NULL, source TEXT, metadata TEXT NOT NULL, hash TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (
  ordinal INTEGER PRIMARY KEY, report INTEGER NOT NULL, number INTEGER NOT NULL,
  start INTEGER NOT NULL, end INTEGER NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL);
"""
TABLES = {statement.strip() for statement in SCHEMA.split(";") if statement.strip()}
REPORT_COLUMNS = "id, text, title, date, place, audience, source, metadata"
CHUNK = 500

Row = tuple[Any, ...]


def uri_of(path: Path, mode: str) -> str:
    """Return how SQLite opens the file at `path`; `mode` is ``ro&immutable=1`` or ``rwc``."""
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


class Store:
    """The texts of one generation.

    Parameters
    ----------
    path
        What `jeugdzoek.index.storing.StoreWriter` wrote.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(uri_of(path, "ro&immutable=1"), uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        self._hashes: dict[str, tuple[int, str, str | None]] | None = None
        try:
            self._connection.execute("PRAGMA trusted_schema=OFF")
            # Views and triggers of a stranger's file would run whatever they hold.
            found = self._rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
            if {row[0] for row in found} != TABLES:
                raise IndexDamagedError(path, "is not a store of reports; do not use this folder")
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def reports(self) -> Iterator[Report]:
        """Yield every report, in order; what stands in the passages is not looked at."""
        for row in self._each(f"SELECT {REPORT_COLUMNS} FROM reports ORDER BY number"):
            with self._damage():
                report = _report(row)
            yield report

    def hashes(self) -> dict[str, tuple[int, str, str | None]]:
        """Return report id → (number, hash, source), in order."""
        if self._hashes is None:
            rows = self._rows("SELECT id, number, hash, source FROM reports ORDER BY number")
            self._hashes = {row[0]: (row[1], row[2], row[3]) for row in rows}
        return self._hashes

    def counts(self) -> tuple[int, int]:
        """Return how many reports and passages there are, seeing that they are numbered through from 0."""
        found = []
        for table, column in (("reports", "number"), ("passages", "ordinal")):
            (row,) = self._rows(f"SELECT count(*), min({column}), max({column}) FROM {table}")
            found.append(row[0] if row in ((0, None, None), (row[0], 0, row[0] - 1)) else -1)
        return found[0], found[1]

    def report(self, report_id: str) -> Report | None:
        """Return the report with this id, or None."""
        rows = self._rows(f"SELECT {REPORT_COLUMNS} FROM reports WHERE id = ?", (report_id,))
        with self._damage():
            return _report(rows[0]) if rows else None

    def numbered(self, numbers: Sequence[int]) -> dict[int, Report]:
        """Return report number → report, without its text (which may be long); all must exist."""
        columns = REPORT_COLUMNS.replace("text,", "'',")
        rows = self._many(f"SELECT {columns}, number FROM reports WHERE number IN ", numbers)
        with self._damage():
            return {row[8]: _report(row) for row in rows}

    def passages(self, ordinals: Sequence[int]) -> dict[int, tuple[int, Passage]]:
        """Return ordinal → (report number, passage); all must exist."""
        rows = self._many(
            "SELECT p.ordinal, p.report, r.id, p.number, p.start, p.end, p.text, p.heading "
            "FROM passages p JOIN reports r ON r.number = p.report WHERE p.ordinal IN ",
            ordinals,
        )
        with self._damage():
            return {row[0]: (_number(row[1]), _passage(row[2:])) for row in rows}

    def details(self) -> list[tuple[str | None, str | None, str]]:
        """Return (date, place, audience) of every report, in order."""
        rows = self._rows("SELECT date, place, audience FROM reports ORDER BY number")
        with self._damage():
            return [(_text_or_none(date), _text_or_none(place), _text(audience)) for date, place, audience in rows]

    def _many(self, query: str, numbers: Sequence[int]) -> list[tuple]:  # type: ignore[type-arg]
        rows = []
        for start in range(0, len(numbers), CHUNK):
            chunk = [int(n) for n in numbers[start : start + CHUNK]]
            rows += self._rows(f"{query}({','.join('?' * len(chunk))})", tuple(chunk))
        if len(rows) != len(set(numbers)):
            raise IndexDamagedError(self.path, "misses rows that the arrays speak of; index again")
        return rows

    def _each(self, query: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
        """Yield rows one by one; for writers, who have the store to themselves."""
        with self._damage():
            cursor = self._connection.execute(query, values)
        while True:
            with self._damage():
                rows = cursor.fetchmany(CHUNK)
            if not rows:
                return
            yield from rows

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._damage(), self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """Name the file when SQLite cannot read it, or a value in it is of another kind."""
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError, OverflowError, RecursionError) as error:
            reason = f"cannot be read ({type(error).__name__}: {error}); {AGAIN}"
            raise IndexDamagedError(self.path, reason) from error


def _passage(row: Sequence[object]) -> Passage:
    report_id, number, start, end, text, heading = row
    return Passage(_text(report_id), _number(number), _number(start), _number(end), _text(text), _text(heading))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text should be")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} where a number should be")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _report(row: Sequence[object]) -> Report:
    report_id, text, title, date, place, audience, source, metadata = row[:8]
    found = json.loads(_text(metadata))
    if not isinstance(found, dict):
        raise TypeError("metadata that is no object")
    return Report(
        id=_text(report_id),
        text=_text(text),
        title=_text(title),
        date=_text_or_none(date),
        place=_text_or_none(place),
        audience=_text(audience),
        source=_text_or_none(source),
        metadata=found,
    )
