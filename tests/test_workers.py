"""Workers: the same index, however many there are and whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import jeugdzoek
from jeugdzoek import BuildSettings, Report
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.index import compiling, worker, workers
from jeugdzoek.index.builder import build_index
from jeugdzoek.index.generations import read_current
from jeugdzoek.index.workers import Workers, how_many

SOURCES = Path(jeugdzoek.__file__).parents[1]
REPORTS = [
    Report(
        f"r{n}",
        f"# Kop {n}\n\nVerslag {n} over jeugdhulp en wachtlijsten in gemeente nummer {n}. " * (1 + n % 4),
        "Titel",
    )
    for n in range(40)
]


def contents(root: Path) -> dict[str, bytes]:
    folder = read_current(root).folder
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: (folder / name).read_bytes() for name in names if name not in ("manifest.json", "READERS")}


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What is built without workers; with them a batch has 3 reports."""
    monkeypatch.setattr(compiling, "AT_ONCE", 3)
    build_index(REPORTS, tmp_path / "alone", settings=BuildSettings(workers=0))
    return contents(tmp_path / "alone")


@pytest.mark.parametrize("count", [1, 3])
def test_the_same_bytes_however_many_workers(tmp_path: Path, alone: dict[str, bytes], count: int) -> None:
    build_index(REPORTS, tmp_path / "i", settings=BuildSettings(workers=count))
    assert contents(tmp_path / "i") == alone


def test_workers_do_what_is_asked_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with_worker = Workers(1)
    monkeypatch.setattr(workers, "TASKS", {})  # so that nothing can be done here
    texts = ["Kinderen die wachten.", ""]
    try:
        encoder = load_encoder()
        made = with_worker.encoder(encoder).encode_passages(texts)
        np.testing.assert_array_equal(made, encoder.encode_passages(texts))
        rows = [workers.FIELDS(report) for report in REPORTS]
        assert with_worker.call("prepare", rows) == worker.prepare(rows)
    finally:
        with_worker.close()
    assert [process.returncode for process in with_worker._processes] == [-signal.SIGKILL]


def test_what_a_worker_that_died_had_to_do_is_done_here(
    tmp_path: Path, alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PROGRAM", "import sys; sys.stdin.buffer.read(1); sys.exit(3)")
    build_index(REPORTS, tmp_path / "i", settings=BuildSettings(workers=2))
    assert contents(tmp_path / "i") == alone


def test_no_worker_where_none_can_be_started(
    tmp_path: Path, alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python-that-is-not-there"))
    build_index(REPORTS, tmp_path / "i", settings=BuildSettings(workers=2))
    assert contents(tmp_path / "i") == alone


def test_an_error_in_a_worker_is_raised_here_as_it_is() -> None:
    with_worker = Workers(1)
    try:
        with pytest.raises(TypeError, match="positional"):
            with_worker.call("prepare", [("only", "two", *["more"] * 20)])
        with pytest.raises(jeugdzoek.EncoderError, match="no longer the model"):
            with_worker.call("encode", str(load_encoder().folder), "another", ["tekst"])  # type: ignore[attr-defined]
    finally:
        with_worker.close()


def test_workers_only_where_there_is_enough_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert how_many(None, 1000) == 0
    assert how_many(None, 10**8) == workers.MOST
    assert (how_many(3, 1000), how_many(-1, 10**8)) == (3, 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert how_many(None, 10**8) == 0
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert how_many(None, 10**8) == 1
    for program in ("uwsgi", "", None):
        monkeypatch.setattr(sys, "executable", program)
        assert how_many(None, 10**8) == 0


SCRIPT = """
    import sys
    from jeugdzoek import BuildSettings, Report
    from jeugdzoek.index import compiling
    from jeugdzoek.index.builder import build_index
    compiling.AT_ONCE = 4
    print("started", flush=True)
    text = "Verslag over jeugdhulp en wachtlijsten. " * 2000
    build_index([Report(f"r{n}", text) for n in range(int(sys.argv[2]))], __import__("pathlib").Path(sys.argv[1]),
                settings=BuildSettings(workers=2))
"""
"""A plain script, without a main guard."""


def start(tmp_path: Path, reports: int) -> subprocess.Popen[str]:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    (tmp_path / "json.py").write_text("raise SystemExit('the folder one is in was imported from')")
    (tmp_path / "own").mkdir()
    script.rename(tmp_path / "own" / "script.py")
    command = [sys.executable, str(tmp_path / "own" / "script.py"), str(tmp_path / "i"), str(reports)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    return subprocess.Popen(
        command, cwd=tmp_path, env=environment, text=True, stdout=-1, stderr=-1, start_new_session=True
    )


def test_a_plain_script_is_run_once_and_its_folder_is_not_imported_from(tmp_path: Path) -> None:
    with start(tmp_path, 12) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "started\n", "")
    assert read_current(tmp_path / "i")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_a_build_that_was_cut_off(tmp_path: Path, how: signal.Signals) -> None:
    with start(tmp_path, 400) as process:
        until = time.monotonic() + 60
        while len(started := children(process.pid)) < 2:
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.3)
        os.killpg(process.pid, how) if how == signal.SIGINT else process.kill()  # Ctrl-C reaches the whole group
        out, err = process.communicate(timeout=60)
    assert out == "started\n"
    assert err == "" or (how == signal.SIGINT and err.rstrip().endswith("KeyboardInterrupt"))
    while any(map(alive, started)):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert not (tmp_path / "i" / "CURRENT").exists()
