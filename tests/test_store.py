"""The texts of a generation: written, carried over to the next, and read back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jeugdzoek.corpus.passages import cut_into_passages
from jeugdzoek.corpus.report import Report
from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.store import Store
from jeugdzoek.index.storing import StoreWriter

REPORTS = [Report(f"r{n}", f"Verslag {n} over hulp.", "Titel", audience="team" if n else "public") for n in range(4)]


def written(path: Path, reports: list[Report]) -> tuple[str, ...]:
    writer = StoreWriter(path)
    writer.add([(report, report.content_hash(), cut_into_passages(report)) for report in reports])
    return writer.finish()


def everything(path: Path) -> list[list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    rows = [connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ("reports", "passages")]
    connection.close()
    return rows


def test_reports_come_back_in_order_and_audiences_are_told(tmp_path: Path) -> None:
    assert written(tmp_path / "s", REPORTS) == ("public", "team")
    store = Store(tmp_path / "s")
    assert list(store.reports()) == REPORTS
    assert list(store.hashes()) == [report.id for report in REPORTS]
    store.close()


def test_reports_are_read_whatever_became_of_the_passages(tmp_path: Path) -> None:
    written(tmp_path / "s", REPORTS)
    with closing(sqlite3.connect(tmp_path / "s")) as connection, connection:
        connection.execute("UPDATE passages SET text = x'00', start = 'een'")
    store = Store(tmp_path / "s")
    assert list(store.reports()) == REPORTS
    store.close()


@pytest.mark.parametrize("bad", ["text = 5", "metadata = '['", "metadata = '[]'", "title = x'00'"])
def test_a_report_with_a_value_of_another_kind_is_damage(tmp_path: Path, bad: str) -> None:
    written(tmp_path / "s", REPORTS)
    with closing(sqlite3.connect(tmp_path / "s")) as connection, connection:
        connection.execute(f"UPDATE reports SET {bad} WHERE number = 2")
    store = Store(tmp_path / "s")
    if bad != "text = 5":  # a column of texts makes a text of it
        with pytest.raises(IndexDamagedError):
            list(store.reports())
    store.close()


def test_what_is_carried_over_is_what_would_be_written(tmp_path: Path) -> None:
    written(tmp_path / "old", [REPORTS[0], REPORTS[1], REPORTS[3]])
    writer = StoreWriter(tmp_path / "new", tmp_path / "old")
    writer.carry(range(1, 2), range(1, 2))
    writer.add([(REPORTS[2], REPORTS[2].content_hash(), cut_into_passages(REPORTS[2]))])
    writer.carry(range(2, 3), range(2, 3))
    assert (writer.reports, writer.passages) == (3, 3)
    assert writer.finish() == ("team",)
    written(tmp_path / "fresh", REPORTS[1:])
    assert everything(tmp_path / "new") == everything(tmp_path / "fresh")


@pytest.mark.parametrize(
    "bad",
    [
        "DELETE FROM passages WHERE ordinal = 1",
        "DELETE FROM reports WHERE number = 1",
        "UPDATE passages SET text = x'00' WHERE ordinal = 1",
        "UPDATE passages SET report = 7 WHERE ordinal = 1",
        "UPDATE reports SET title = x'00' WHERE number = 1",
    ],
)
def test_rows_that_cannot_be_are_not_carried_over(tmp_path: Path, bad: str) -> None:
    written(tmp_path / "old", REPORTS)
    with closing(sqlite3.connect(tmp_path / "old")) as connection, connection:
        connection.execute(bad)
    writer = StoreWriter(tmp_path / "new", tmp_path / "old")
    with pytest.raises(IndexDamagedError, match="old"):
        writer.carry(range(4), range(4))
    writer.close()


def test_an_audience_that_is_no_text_is_damage(tmp_path: Path) -> None:
    written(tmp_path / "old", REPORTS)
    with closing(sqlite3.connect(tmp_path / "old")) as connection, connection:
        connection.execute("UPDATE reports SET audience = CAST(x'ff' AS TEXT) WHERE number = 1")
    writer = StoreWriter(tmp_path / "new", tmp_path / "old")
    writer.carry(range(4), range(4))
    with pytest.raises(IndexDamagedError, match="audience"):
        writer.finish()


def test_carrying_over_leaves_the_store_before_as_it_was(tmp_path: Path) -> None:
    written(tmp_path / "old%20 store?", REPORTS)
    before = (tmp_path / "old%20 store?").read_bytes()
    writer = StoreWriter(tmp_path / "new", tmp_path / "old%20 store?")
    writer.carry(range(4), range(4))
    writer.finish()
    assert (tmp_path / "old%20 store?").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old%20 store?"]
