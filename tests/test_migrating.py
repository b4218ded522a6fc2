"""Older formats: read as they are, or brought to the present one from the texts they hold."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import IndexFormatError, Report
from jeugdzoek.cli.main import main
from jeugdzoek.index import compiling, layout, reader, rewriting
from jeugdzoek.index.check import check_index
from jeugdzoek.index.rewriting import migrate_index

FIXTURES = Path(__file__).parent / "fixtures"
spec = importlib.util.spec_from_file_location("make_index", FIXTURES / "make_index.py")
assert spec
assert spec.loader
make_index = importlib.util.module_from_spec(spec)
sys.modules["make_index"] = make_index
spec.loader.exec_module(make_index)


def next_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this jeugdzoek be one that writes the format after the present one."""
    number = layout.FORMAT + 1
    for module in (layout, reader, compiling, rewriting):
        monkeypatch.setattr(module, "FORMAT", number)


@pytest.mark.parametrize("fixture", [*sorted(FIXTURES.glob("format-*")), None], ids=lambda p: p.name if p else "new")
def test_every_released_format_can_still_be_used(fixture: Path | None, tmp_path: Path) -> None:
    root = make_index.write(tmp_path) if fixture is None else Path(shutil.copytree(fixture, tmp_path / fixture.name))
    migrate_index(root)
    check_index(root)
    with jeugdzoek.open(root) as index:
        assert [hit.report.id for hit in index.search("pleegouders", mode="keyword")] == ["pleeg"]
        assert index.report("intern", audience="team").metadata == {"n": 1}
        assert sum(path.stat().st_size for path in root.rglob("*")) < 200_000


def test_an_older_format_is_refused_until_it_is_migrated(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    next_format(monkeypatch)
    with pytest.raises(IndexFormatError, match=rf"jeugdzoek migrate --index {root}"):
        jeugdzoek.open(root)
    assert main(["migrate", "--index", str(root)]) == 0
    assert "format 1 became 2 in gen-000002 (4 reports)" in capsys.readouterr().out
    with jeugdzoek.open(root) as index:
        assert index.info()["format"] == 2
        assert [hit.report.id for hit in index.search("leerplichtambtenaar", mode="keyword")] == ["school"]
    assert main(["migrate", "--index", str(root)]) == 0
    assert "up to date" in capsys.readouterr().out


def test_another_analyser_is_brought_up_to_date_too(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "i"
    with monkeypatch.context() as patch:
        patch.setattr("jeugdzoek.analysis.analyzer.Analyzer.fingerprint", "oud", raising=False)
        jeugdzoek.build(small, root).close()
    with pytest.raises(IndexFormatError, match=f"run: jeugdzoek migrate --index {root}"):
        jeugdzoek.open(root)
    assert migrate_index(root).changed
    jeugdzoek.open(root).close()
