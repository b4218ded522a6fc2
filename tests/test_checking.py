"""Check: what bytes alone do not show. Every checksum here is right, the meaning is not."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import jeugdzoek
from jeugdzoek import IndexDamagedError, Report
from jeugdzoek.cli.main import main
from jeugdzoek.index import codes
from jeugdzoek.index.arrays import write_array
from jeugdzoek.index.check import check_index
from jeugdzoek.index.generations import generations, read_current


def reseal(root: Path) -> None:
    folder = read_current(root).folder
    row = json.loads((folder / "manifest.json").read_bytes())
    row["files"] = {name: None for name in row["files"] if (folder / name).exists()}
    for name in row["files"]:
        data = (folder / name).read_bytes()
        row["files"][name] = [len(data), hashlib.sha256(data).hexdigest()]
    seal(root, json.dumps(row).encode())


def seal(root: Path, manifest: bytes) -> None:
    folder, sha256 = read_current(root).folder, hashlib.sha256(manifest).hexdigest()
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "READERS").write_text(f"{sha256}\n")
    (root / "CURRENT").write_text(f"{folder.name} {sha256}\n")


def changed(path: Path, change: Callable[[np.ndarray], None]) -> None:
    array = np.load(path)
    change(array)
    write_array(path, array)


def test_a_resealed_index_is_whole(tmp_path: Path, small: list[Report]) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    reseal(tmp_path / "i")
    found = check_index(tmp_path / "i")
    assert found.samples == 4
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("vectors.npy", lambda a: a.fill(np.nan)),
        ("vectors.npy", lambda a: np.multiply(a, 2, out=a)),
        ("keys.npy", lambda a: a.fill(7)),
        ("keys.npy", lambda a: np.add(a, 1, out=a)),
        ("report_of.npy", lambda a: a.fill(0)),
        ("report_of.npy", lambda a: a.fill(99)),
        ("whoosh_docs.npy", lambda a: a.fill(0)),
        ("postings/word.docs.npy", lambda a: a.fill(3)),
        ("postings/word.docs.npy", lambda a: a.fill(99)),
        ("postings/word.ptr.npy", lambda a: a.put(1, 99)),
        ("postings/stem.impacts.npy", lambda a: a.fill(-1)),
        ("postings/stem.impacts.npy", lambda a: a.fill(np.inf)),
    ],
)
def test_what_cannot_be_is_named(
    tmp_path: Path, small: list[Report], name: str, change: Callable[[np.ndarray], None]
) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    changed(read_current(tmp_path / "i").folder / name, change)
    reseal(tmp_path / "i")
    with pytest.raises(IndexDamagedError):
        check_index(tmp_path / "i")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM passages WHERE ordinal = 2",
        "DELETE FROM reports WHERE number = 1",
        "UPDATE passages SET text = 'iets anders'",
        "CREATE VIEW extra AS SELECT 1",
        "CREATE TRIGGER extra AFTER INSERT ON reports BEGIN SELECT 1; END",
    ],
)
def test_a_changed_store_is_named(tmp_path: Path, small: list[Report], statement: str) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    connection = sqlite3.connect(read_current(tmp_path / "i").folder / "reports.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()
    reseal(tmp_path / "i")
    with pytest.raises(IndexDamagedError):
        check_index(tmp_path / "i")


def test_a_word_missing_from_either_form_of_the_keyword_half_is_named(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    terms = read_current(root).folder / "postings" / "word.terms"
    terms.write_text(terms.read_text().replace("pleegouders", "pleegouderz"))
    reseal(root)
    with pytest.raises(IndexDamagedError, match="misses a word"):
        check_index(root)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("codes.npy", np.zeros((4, 4), dtype=np.uint64)),
        ("codes.npy", np.zeros((4, 3), dtype=np.uint64)),
        ("codes.npy", np.zeros((4, 4), dtype=np.int64)),
        ("spread.npy", np.zeros((2, 5), dtype=np.float32)),
        ("spread.npy", np.full((2, 128), np.nan, dtype=np.float32)),
        ("spread.npy", None),
    ],
)
def test_codes_that_do_not_belong_to_the_vectors_are_named(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch, name: str, array: np.ndarray | None
) -> None:
    monkeypatch.setattr(codes, "ABOVE", 0)
    jeugdzoek.build(small, tmp_path / "i").close()
    path = read_current(tmp_path / "i").folder / name
    if array is None:
        path.unlink()
    else:
        write_array(path, array)
    reseal(tmp_path / "i")
    with pytest.raises(IndexDamagedError, match=r"codes\.npy|spread\.npy"):
        check_index(tmp_path / "i")


@pytest.mark.parametrize("name", ["../CURRENT", "/etc/passwd", "a/b/c", "keys.npy\n", "..", "a/..", ""])
def test_a_manifest_that_names_a_strange_file_is_refused(tmp_path: Path, small: list[Report], name: str) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    row = json.loads((read_current(tmp_path / "i").folder / "manifest.json").read_bytes())
    row["files"][name] = [1, "0" * 64]
    seal(tmp_path / "i", json.dumps(row).encode())
    with pytest.raises(IndexDamagedError, match="do not use this folder"):
        jeugdzoek.open(tmp_path / "i")


def test_a_damaged_generation_before_is_a_warning(
    tmp_path: Path, small: list[Report], capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small[:1], root).close()
    jeugdzoek.build(small, root).close()
    (generations(root)[0] / "vectors.npy").unlink()
    assert main(["check", "--index", str(root)]) == 0
    told = capsys.readouterr()
    assert "rollback cannot return to it" in told.err
    assert "vectors.npy" in told.err
    assert "gen-000002 is whole" in told.out
