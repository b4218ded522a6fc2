"""Texts and details of reports and passages, in SQLite.

Written once into a temporary generation, afterwards only read (``mode=ro``,
``immutable=1``), so it needs no journal and no locks.
"""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jeugdzoek.corpus.passages import Passage
from jeugdzoek.corpus.report import Report
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
CARRIED = "id, title, date, place, audience, source, metadata, hash, text"
SOUND_REPORT = " AND ".join(
    [f"typeof({name}) = 'text'" for name in ("id", "title", "audience", "metadata", "hash", "text")]
    + [f"typeof({name}) IN ('text', 'null')" for name in ("date", "place", "source")]
)
SOUND_PASSAGE = " AND ".join(
    [f"typeof({name}) = 'integer'" for name in ("number", "start", "end")]
    + [f"typeof({name}) = 'text'" for name in ("heading", "text")]
)
"""What must be true of a row that is carried over unread."""
CHUNK = 500

Row = tuple[Any, ...]


class StoreWriter:
    """Writes the store of a generation, reports in the order of their keys.

    Parameters
    ----------
    path
        File to make.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.reports = self.passages = 0
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            with self._failing():
                # Nobody reads the file before it is forced to disk and published.
                self._connection.execute("PRAGMA journal_mode=OFF")
                self._connection.execute("PRAGMA synchronous=OFF")
                self._connection.executescript(SCHEMA)
                self._connection.execute("BEGIN")
        except BaseException:
            self._connection.close()
            raise

    def add(self, reports: Sequence[tuple[Report, str, Sequence[Passage]]]) -> None:
        """Add reports: (report, hash, passages)."""
        rows = [_row(self.reports + n, report, digest) for n, (report, digest, _) in enumerate(reports)]
        self._insert("reports", rows)
        parts = [(self.reports + n, p) for n, (_, _, passages) in enumerate(reports) for p in passages]
        self._insert(
            "passages",
            [
                (self.passages + n, number, p.number, p.start, p.end, p.heading, p.text)
                for n, (number, p) in enumerate(parts)
            ],
        )
        self.reports += len(rows)
        self.passages += len(parts)

    def carry(self, old: Store, reports: range, passages: range) -> None:
        """Take over rows of another store as they are, with the numbers they get here.

        Raises
        ------
        IndexDamagedError
            When one is missing or has a value of another kind.
        """
        moved = self.reports - reports.start, self.passages - passages.start
        found = self._insert("reports", old.report_rows(reports, moved[0]))
        found += self._insert("passages", old.passage_rows(reports, passages, moved[0], moved[1]))
        if found != len(reports) + len(passages):
            raise IndexDamagedError(old.path, f"misses rows, or has some that cannot be; {AGAIN}")
        self.reports += len(reports)
        self.passages += len(passages)

    def finish(self) -> tuple[str, ...]:
        """Close the file, and return the audiences that occur, sorted."""
        with self._failing():
            found = self._connection.execute("SELECT DISTINCT audience FROM reports").fetchall()
            self._connection.execute("COMMIT")
        self.close()
        return tuple(sorted(row[0] for row in found))

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._connection.close()

    def _insert(self, table: str, rows: Iterable[tuple[object, ...]]) -> int:
        with self._failing():
            places = "?,?,?,?,?,?,?,?,?,?" if table == "reports" else "?,?,?,?,?,?,?"
            return max(0, self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows).rowcount)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            number = errno.ENOSPC if "full" in str(error) else errno.EIO
            raise OSError(number, str(error), str(self._path)) from error


def _row(number: int, report: Report, content_hash: str) -> tuple[object, ...]:
    metadata = json.dumps(dict(report.metadata), ensure_ascii=False, sort_keys=True)
    details = (report.title, report.date, report.place, report.audience, report.source)
    return (number, report.id, *details, metadata, content_hash, report.text)


class Store:
    """The texts of one generation.

    Parameters
    ----------
    path
        What `write_store` wrote.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
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

    def report_rows(self, numbers: range, moved: int) -> Iterator[Row]:
        """Yield the rows of some reports for `StoreWriter.carry`, `moved` added to their numbers."""
        return self._each(
            f"SELECT number + ?, {CARRIED} FROM reports WHERE number >= ? AND number < ? AND {SOUND_REPORT} "
            "ORDER BY number",
            (moved, numbers.start, numbers.stop),
        )

    def passage_rows(self, reports: range, ordinals: range, moved: int, shifted: int) -> Iterator[Row]:
        """Yield the rows of some passages, `moved` added to their reports and `shifted` to their ordinals."""
        return self._each(
            "SELECT ordinal + ?, report + ?, number, start, end, heading, text FROM passages WHERE ordinal >= ? "
            f"AND ordinal < ? AND report >= ? AND report < ? AND {SOUND_PASSAGE} ORDER BY ordinal",
            (shifted, moved, ordinals.start, ordinals.stop, reports.start, reports.stop),
        )

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
