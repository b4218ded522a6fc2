"""Forgetting: nothing of what was forgotten is left in any byte, and the proof can fail."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jeugdzoek
from jeugdzoek import Index, QueryError, Report, ReportMissingError
from jeugdzoek.cli.main import main
from jeugdzoek.index import forgetting
from jeugdzoek.index.check import check_index
from jeugdzoek.index.generations import generations, read_current
from jeugdzoek.index.traces import Traces
from jeugdzoek.search import live

SECRET = Report(
    "vrouwjanssen",
    "Mevrouw Quirijnsen-Zwartbol vertelt over de bijzondere kampeervakantie. Haar zoon heet Wolfert.",
    "Gesprek met Quirijnsen",
    "2022-03-04",
    "Zeldzaamdorp",
    metadata={"spreker": "Wolfert Quirijnsen"},
)


@pytest.fixture
def index(tmp_path: Path, small: list[Report]) -> Index:
    """Three generations, two of which hold the secret."""
    made = jeugdzoek.build([*small, SECRET], tmp_path / "i")
    made.add([Report("meer", "Een verslag over zwemles in Zeldzaamdorp.")])
    return made


def bytes_of(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file()).lower()


def test_a_forgotten_report_is_in_no_byte(index: Index, tmp_path: Path) -> None:
    old = read_current(tmp_path / "i").folder
    vector = np.load(old / "vectors.npy")[np.load(old / "report_of.npy") >= 0]
    done = index.forget(reports=["vrouwjanssen"])
    assert (done.reports, done.left, done.held, done.warnings) == (("vrouwjanssen",), (), (), ())
    assert done.needles > 10
    data = bytes_of(tmp_path / "i")
    for word in (b"quirijnsen", b"wolfert", b"kampeer", b"vrouwjanssen", SECRET.content_hash().encode()):
        assert word not in data
    new = np.load(read_current(tmp_path / "i").folder / "vectors.npy")
    assert len(new) == len(vector) - 1
    assert b"zeldzaamdorp" in data, "another report has it too"
    assert [path.name for path in generations(tmp_path / "i")] == [done.generation]
    assert len(index.search("kampeervakantie", mode="keyword")) == 0
    check_index(tmp_path / "i")


def test_a_forgotten_string_is_in_no_byte_and_the_rest_stays(index: Index, tmp_path: Path) -> None:
    done = index.forget(texts=["wolfert", "QUIRIJNSEN"])
    assert (done.changed, done.left) == (("vrouwjanssen",), ())
    report = index.report("vrouwjanssen")
    assert report.text.startswith("Mevrouw [verwijderd]-Zwartbol vertelt")
    assert report.metadata == {"spreker": "[verwijderd] [verwijderd]"}
    assert b"wolfert" not in bytes_of(tmp_path / "i")
    assert b"quirijnsen" not in bytes_of(tmp_path / "i")
    assert [hit.report.id for hit in index.search("kampeervakantie", mode="keyword")] == ["vrouwjanssen"]


def test_the_order_of_edits_does_not_show_after_forgetting(index: Index, tmp_path: Path, small: list[Report]) -> None:
    index.forget(reports=["vrouwjanssen", "meer"])
    with jeugdzoek.build(small, tmp_path / "vers") as fresh:
        for query in ("wachttijd hulp", "beekdal school"):
            assert [(h.passage.id, h.score) for h in index.search(query)] == [
                (h.passage.id, h.score) for h in fresh.search(query)
            ]


def test_a_report_that_only_an_older_generation_holds_is_forgotten_there(index: Index, tmp_path: Path) -> None:
    index.remove(["vrouwjanssen"])
    assert b"quirijnsen" in bytes_of(tmp_path / "i")
    assert index.forget(reports=["vrouwjanssen"]).left == ()
    assert b"quirijnsen" not in bytes_of(tmp_path / "i")
    with pytest.raises(ReportMissingError):
        index.forget(reports=["vrouwjanssen"])


def test_a_held_generation_is_named_and_goes_when_it_is_let_go(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_EVERY", 3600.0)  # else a slow machine lets the reader move on meanwhile
    root = tmp_path / "i"
    with jeugdzoek.open(root) as reader:
        held = read_current(root).folder
        done = index.forget(reports=["vrouwjanssen"])
        assert done.held == (held,)
        assert len(reader.search('"bijzondere kampeervakantie"')) == 1, "an open reader keeps what it has"
    index.remove(["meer"])
    assert b"quirijnsen" not in bytes_of(root)


def test_the_proof_fails_when_something_is_left(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "i" / "kladje").write_bytes(b"x" * 99 + zlib.compress(b"naam: Wolfert Quirijnsen, "))
    assert [path.name for path in index.forget(reports=["vrouwjanssen"]).left] == ["kladje"]
    monkeypatch.setattr(forgetting, "_remove_older", lambda _made, _warnings: [])
    index.add([SECRET])
    left = {path.parts[-2] + "/" + path.name for path in index.forget(reports=["vrouwjanssen"]).left}
    old = generations(tmp_path / "i")[-2].name
    assert {f"{old}/{name}" for name in ("reports.sqlite", "keys.npy", "vectors.npy")} <= left
    assert any(name.startswith("postings/") for name in left)
    assert any(name.startswith("whoosh/") for name in left)


def test_what_cannot_be_forgotten_is_said(index: Index) -> None:
    with pytest.raises(QueryError, match="too short"):
        index.forget(texts=["a b"])
    with pytest.raises(QueryError, match="in its id"):
        index.forget(texts=["janssen"])


def test_the_command_forgets_and_says_what_it_found(
    index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["forget", "--report", "vrouwjanssen", "--index", str(tmp_path / "i")]
    assert main([*arguments, "--json"]) == 3, "this process still reads the generation before"
    told = capsys.readouterr()
    assert json.loads(told.out)["reports"] == ["vrouwjanssen"]
    assert "a reader holds it" in told.err
    assert main(["forget"]) == 2


@given(st.binary(max_size=60), st.lists(st.binary(min_size=6, max_size=12), max_size=6))
def test_the_search_for_traces_agrees_with_looking_one_by_one(data: bytes, needles: list[bytes]) -> None:
    slow = any(needle.lower() in data.lower() for needle in needles)
    assert Traces(needles)._plainly(data) == slow
    for needle in needles:
        assert Traces([needle]).within(data + needle.upper())
        assert Traces([needle]).within(data + zlib.compress(b"x" + needle))
