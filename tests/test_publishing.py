"""Publishing: what fails before the switch undoes itself, what fails after it is a warning."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import IndexDamagedError, IndexMissingError, IndexSpaceError, Report
from jeugdzoek.index import generations as module
from jeugdzoek.index.check import check_index
from jeugdzoek.index.generations import generations, read_current, writing
from jeugdzoek.index.locking import writer_lock
from jeugdzoek.index.rollback import roll_back

NEW = Report("nieuw", "Een nieuw verslag over zwemles.")


def names(root: Path) -> list[str]:
    return [path.name for path in generations(root)]


def counted(root: Path) -> int:
    with jeugdzoek.open(root) as index:
        return int(index.info()["reports"])


def failing_fsync(monkeypatch: pytest.MonkeyPatch, at: int, number: int = errno.EIO) -> None:
    """Let the `at`-th fsync of a folder that holds an index fail."""
    original, calls = module.fsync_folder, [0]

    def fsync(path: Path) -> None:
        calls[0] += 1
        if calls[0] == at:
            raise OSError(number, os.strerror(number), str(path))
        original(path)

    monkeypatch.setattr(module, "fsync_folder", fsync)


def test_an_error_between_rename_and_switch_takes_the_generation_back(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "i"
    with jeugdzoek.build(small, root) as index:
        with monkeypatch.context() as patch:
            failing_fsync(patch, 1)
            with pytest.raises(OSError, match="Input/output"):
                index.add([NEW])
        assert sorted(path.name for path in root.iterdir()) == ["CURRENT", "LOCK", "gen-000001"]
        assert index.add([NEW]).added == 1


def test_an_error_after_the_switch_is_a_warning(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "i"
    with jeugdzoek.build(small, root) as index:
        with monkeypatch.context() as patch:
            failing_fsync(patch, 2)
            assert "a power cut now may undo it" in index.add([NEW]).warnings[0]
        with monkeypatch.context() as patch:
            patch.setattr(module, "remove", lambda path: os.stat(path / "nergens"))
            (warning,) = index.add([Report("meer", "Meer.")]).warnings
        assert "older generations were not all removed" in warning
    assert counted(root) == len(small) + 2


def test_a_full_disk_at_the_switch_leaves_the_index_as_it_was(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "i"
    with jeugdzoek.build(small, root) as index:
        with monkeypatch.context() as patch:
            failing_fsync(patch, 1, errno.ENOSPC)
            with pytest.raises(IndexSpaceError, match="as it was before"):
                index.add([NEW])
        assert names(root) == ["gen-000001"]


def test_a_damaged_pointer_does_not_keep_the_lock(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    index = jeugdzoek.build(small, root)
    (root / "CURRENT").write_text("onzin")
    for _ in range(2):
        with pytest.raises(IndexDamagedError, match="CURRENT"):
            index.add([NEW])
    index.close()


def test_rollback_finds_its_way_without_a_pointer(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    (root / "CURRENT").unlink()
    with writing(root):
        assert roll_back(root).folder.name == "gen-000001"
    assert counted(root) == len(small)


def test_rollback_never_returns_to_a_damaged_generation(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small[:1], root).close()
    jeugdzoek.build(small, root).close()
    (generations(root)[0] / "vectors.npy").write_bytes(b"kapot")
    with pytest.raises(IndexMissingError, match=r"vectors\.npy: has 5 bytes"):
        roll_back(root)
    assert counted(root) == len(small)


def test_a_generation_that_was_rolled_back_from_is_not_rolled_back_to(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small[:1], root).close()
    with jeugdzoek.build(small, root):
        roll_back(root)
        jeugdzoek.build(small[:2], root).close()
        assert names(root) == ["gen-000001", "gen-000002", "gen-000003"], "gen-000002 is still held"
        roll_back(root)
    assert counted(root) == 1


def test_indexing_again_mends_a_damaged_index_and_says_so(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    (read_current(root).folder / "keys.npy").unlink()
    with jeugdzoek.build(small, root) as index:
        assert index.summary is not None
        assert "keys.npy" in index.summary.warnings[0]
        assert index.summary.reports == len(small)
    check_index(root)


def test_damage_in_a_large_index_is_never_carried_over(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "i"
    monkeypatch.setattr("jeugdzoek.index.reader.VERIFY_BELOW", 0)
    with jeugdzoek.build(small, root) as index:
        vectors = read_current(root).folder / "vectors.npy"
        data = bytearray(vectors.read_bytes())
        data[-3] ^= 1
        vectors.write_bytes(data)
        jeugdzoek.open(root).close()
        with pytest.raises(IndexDamagedError, match="vectors"):
            index.add([NEW])


def test_a_planted_link_is_never_written_through(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    precious = tmp_path / "kostbaar"
    precious.write_text("blijft")
    for name in ("CURRENT.tmp", "tmp-000002"):
        (root / name).symlink_to(precious)
    jeugdzoek.build([*small, NEW], root).close()
    (root / "LOCK").unlink()
    (root / "LOCK").symlink_to(precious)
    with pytest.raises(OSError, match="LOCK"):
        jeugdzoek.build(small, root)
    assert precious.read_text() == "blijft"


@pytest.mark.parametrize("plant", ["whoosh/_MAIN_99.toc", "reports.sqlite-wal", "postings/extra/x"])
def test_a_file_that_is_not_in_the_manifest_is_refused(tmp_path: Path, small: list[Report], plant: str) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    path = read_current(root).folder / plant
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    with pytest.raises(IndexDamagedError, match="not in the manifest"):
        jeugdzoek.open(root)


def test_only_what_a_dead_writer_left_is_swept(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    own = ("tmp-notes", "brief.tmp", "tmp-1", "gen-x")
    for name in own:
        (root / name).mkdir(parents=True)
    (root / "tmp-000009" / "whoosh").mkdir(parents=True)
    jeugdzoek.build(small, root).close()
    assert sorted(path.name for path in root.iterdir()) == sorted([*own, "CURRENT", "LOCK", "gen-000001"])


def test_a_pipe_or_a_link_in_the_place_of_a_file_is_refused(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    folder = read_current(root).folder
    for name in ("READERS", "manifest.json", "keys.npy", "whoosh", "../CURRENT"):
        path = folder / name
        path.rename(tmp_path / "weg")
        for plant in (lambda path=path: os.mkfifo(path), lambda path=path: path.symlink_to(tmp_path / "weg")):
            plant()
            with pytest.raises(IndexDamagedError, match=r"is not a|Not a directory"):
                jeugdzoek.open(root)
            path.unlink()
        (tmp_path / "weg").rename(path)
    assert counted(root) == len(small)


def test_a_server_keeps_what_it_has_when_the_new_generation_is_damaged(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "i"
    monkeypatch.setattr("jeugdzoek.search.live.LOOK_EVERY", -1.0)
    with jeugdzoek.build(small, root) as index:
        jeugdzoek.build([*small, NEW], root).close()
        (read_current(root).folder / "keys.npy").write_bytes(b"kapot")
        assert len(index.search("wachttijd", mode="keyword")) > 0
        assert "keys.npy" in str(index.info()["problem"])


def test_the_last_report_can_be_removed_and_another_added(tmp_path: Path, small: list[Report]) -> None:
    with jeugdzoek.build(small[:1], tmp_path / "i") as index:
        index.remove([small[0].id])
        assert index.info()["reports"] == 0
        assert [len(index.search("pleegouders", mode=mode)) for mode in jeugdzoek.search.backend.MODES] == [0, 0, 0]
        index.add([NEW])
        assert [hit.report.id for hit in index.search("zwemles")] == ["nieuw"]
    check_index(tmp_path / "i")


def test_an_index_on_read_only_media_is_searched(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    real_open, real_file = os.open, io.open

    def refuse(path: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    def open_(path: str, flags: int, *rest: int, **more: int) -> int:
        return refuse(path) if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else real_open(path, flags, *rest, **more)

    def open_file(path: str, mode: str = "r", *rest: object, **more: object) -> object:
        return refuse(path) if set(mode) & set("wax+") else real_file(path, mode, *rest, **more)

    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(io, "open", open_file)
    monkeypatch.setattr("builtins.open", open_file)
    with jeugdzoek.open(root) as index:
        assert [hit.report.id for hit in index.search('"wachttijd voor de jeugd-ggz"')] == ["ggz"]
        check_index(root)
        with pytest.raises(OSError, match="Read-only"):
            index.add([NEW])


def test_another_process_that_writes_is_named(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    hold = (
        "import sys, pathlib; from jeugdzoek.index.locking import writer_lock\n"
        "with writer_lock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "held\n"
        told = rf"process {writer.pid} on \S+ \(since 20\d\d-.*\) is writing"
        with pytest.raises(jeugdzoek.IndexLockedError, match=told), writer_lock(root, wait=0.1):
            pass
        writer.communicate("")
    with writer_lock(root, wait=0.1):
        assert (root / "LOCK").read_text().startswith("{")
