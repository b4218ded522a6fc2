"""Writes the store of a new generation; what has not changed is copied from row to row inside SQLite."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.layout import AGAIN
from jeugdzoek.index.store import SCHEMA, uri_of

SOUND_REPORT = " AND ".join(
    [f"typeof({name}) = 'text'" for name in ("id", "title", "audience", "metadata", "hash", "text")]
    + [f"typeof({name}) IN ('text', 'null')" for name in ("date", "place", "source")]
)
SOUND_PASSAGE = " AND ".join(
    [f"typeof({name}) = 'integer'" for name in ("number", "start", "end")]
    + [f"typeof({name}) = 'text'" for name in ("heading", "text")]
)
"""What must be true of a row that is carried over unread."""
CARRY_REPORTS = f"""
INSERT INTO main.reports
SELECT number + :number, id, title, date, place, audience, source, metadata, hash, text FROM old.reports
WHERE number >= :first AND number < :end AND {SOUND_REPORT} ORDER BY number"""
CARRY_PASSAGES = f"""
INSERT INTO main.passages
SELECT ordinal + :ordinal, report + :number, number, start, end, heading, text FROM old.passages
WHERE ordinal >= :start AND ordinal < :stop AND report >= :first AND report < :end AND {SOUND_PASSAGE}
ORDER BY ordinal"""


class StoreWriter:
    """Writes the store of a generation, reports in the order of their keys.

    Parameters
    ----------
    path
        File to make.
    before
        Store to carry rows over from.
    """

    def __init__(self, path: Path, before: Path | None = None) -> None:
        self._path = path
        self._before = before or path
        self.reports = self.passages = 0
        self._connection = sqlite3.connect(uri_of(path, "rwc"), uri=True, isolation_level=None)
        self._connection.text_factory = bytes
        try:
            with self._failing():
                self._connection.execute("PRAGMA trusted_schema=OFF")
                if before:
                    self._connection.execute("ATTACH ? AS old", (uri_of(before, "ro&immutable=1"),))
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

    def carry(self, reports: range, passages: range) -> None:
        """Take over rows of the store before as they are, with the numbers they get here.

        Raises
        ------
        IndexDamagedError
            When one is missing or has a value of another kind.
        """
        moved = {"number": self.reports - reports.start, "ordinal": self.passages - passages.start}
        bounds = {"first": reports.start, "end": reports.stop, "start": passages.start, "stop": passages.stop}
        found = 0
        with self._failing():
            for statement in (CARRY_REPORTS, CARRY_PASSAGES):
                try:
                    found += self._connection.execute(statement, {**moved, **bounds}).rowcount
                except sqlite3.OperationalError:
                    raise
                except sqlite3.DatabaseError as error:
                    raise IndexDamagedError(self._before, f"cannot be read ({error}); {AGAIN}") from error
        if found != len(reports) + len(passages):
            raise IndexDamagedError(self._before, f"misses rows, or has some that cannot be; {AGAIN}")
        self.reports += len(reports)
        self.passages += len(passages)

    def finish(self) -> tuple[str, ...]:
        """Close the file, and return the audiences that occur, sorted."""
        with self._failing():
            found = self._connection.execute("SELECT DISTINCT audience FROM main.reports").fetchall()
            self._connection.execute("COMMIT")
        self.close()
        try:
            return tuple(sorted(row[0].decode() for row in found))
        except UnicodeDecodeError as error:
            raise IndexDamagedError(self._before, f"has an audience that is no text; {AGAIN}") from error

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._connection.close()

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            with self._failing():
                places = ",".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO main.{table} VALUES ({places})", rows)

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
