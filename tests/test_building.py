"""Building, updating, publishing: what is there afterwards never depends on how it came to be."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jeugdzoek
from jeugdzoek import Index, IndexDamagedError, IndexLockedError, IndexMissingError, JeugdzoekError, Report, SourceError
from jeugdzoek.index import builder, compiling, making, worker
from jeugdzoek.index.check import check_index
from jeugdzoek.index.generations import generations, read_current
from jeugdzoek.index.keyword import MOST_SEGMENTS
from jeugdzoek.index.locking import no_readers, writer_lock
from jeugdzoek.index.rollback import roll_back

WORDS = ["kind", "hulp", "gezin", "school", "wachten", "geld", "zorg", "thuis", "pleegouders"]
QUERIES = ["kind hulp", "wachten geld thuis", '"gezin school"', "pleegouders -zorg"]

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)
FORGET = "vergeet"
edits = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.one_of(st.none(), st.just(FORGET), texts, texts)), min_size=1, max_size=12
)


def answers(index: Index) -> list[object]:
    found: list[object] = []
    for query in QUERIES:
        for mode in jeugdzoek.search.backend.MODES:
            hits = index.search(query, mode=mode, limit=20)
            found.append([(hit.passage.id, hit.score, hit.passage.text) for hit in hits])
    return found


@settings(max_examples=12, deadline=None)
@given(edits)
def test_edits_end_in_what_a_fresh_build_gives(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, str | None]]
) -> None:
    root = tmp_path_factory.mktemp("edits")
    state = {"start": "kind hulp gezin"}
    with jeugdzoek.build([Report("start", state["start"])], root / "edited") as edited:
        for name, text in script:
            if text is None:
                edited.remove([name])
                state.pop(name, None)
            elif text == FORGET:
                if name in state:
                    edited.forget(reports=[name])
                    del state[name]
            else:
                edited.add([Report(name, text)])
                state[name] = text
        with jeugdzoek.build([Report(name, text) for name, text in state.items()], root / "fresh") as fresh:
            assert answers(edited) == answers(fresh)
            assert edited.info()["terms"] == fresh.info()["terms"]
    check_index(root / "edited")


def contents(root: Path) -> dict[str, bytes]:
    folder = read_current(root).folder
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: (folder / name).read_bytes() for name in names if name not in ("manifest.json", "READERS")}


def test_the_same_reports_give_the_same_bytes_however_they_are_batched(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    jeugdzoek.build(small, tmp_path / "een").close()
    monkeypatch.setattr(compiling, "AT_ONCE", 2)
    jeugdzoek.build(small[::-1], tmp_path / "twee").close()
    assert contents(tmp_path / "een") == contents(tmp_path / "twee")


def test_many_small_changes_keep_few_segments_and_end_as_a_fresh_build(tmp_path: Path, small: list[Report]) -> None:
    more = [Report(f"klein{n}", f"Verslag {n} over zwemles en kind {n}.") for n in range(14)]
    with jeugdzoek.build(small, tmp_path / "i") as index, jeugdzoek.build([*small, *more], tmp_path / "f") as fresh:
        for report in more:
            index.add([report])
        segments = list((read_current(tmp_path / "i").folder / "whoosh").glob("*.seg"))
        assert len(segments) <= MOST_SEGMENTS
        for query in ("zwemles", '"zwemles en kind"', "wachttijd"):
            one, other = ([hit.passage.id for hit in found.search(query, limit=20)] for found in (index, fresh))
            assert one == other
    check_index(tmp_path / "i")


def test_what_did_not_change_is_not_written_again(tmp_path: Path, small: list[Report]) -> None:
    with jeugdzoek.build(small, tmp_path / "i") as index:
        before = {path.name: path.stat().st_ino for path in (tmp_path / "i" / "gen-000001" / "whoosh").iterdir()}
        index.add([Report("nieuw", "Nieuw verslag.")])
        after = {path.name: path.stat().st_ino for path in (tmp_path / "i" / "gen-000002" / "whoosh").iterdir()}
    assert {name for name in before if after.get(name) == before[name]} == {"MAIN_000001.seg", "MAIN_000001.pst"}


def test_the_words_of_a_field_are_carried_over_where_none_is_new(tmp_path: Path, small: list[Report]) -> None:
    with jeugdzoek.build(small, tmp_path / "i") as index:
        index.add([Report("nieuw", f"Eigenwoordje. {small[0].text}", small[0].title)])
        first, second = (
            {path.name: path.stat().st_ino for path in (generation / "postings").iterdir()}
            for generation in generations(tmp_path / "i")
        )
        assert index.search("eigenwoordje", mode="keyword")[0].report.id == "nieuw"
    names = ("terms", "ends.npy", "hashes.npy", "rows.npy")
    same = {name for name in first if first[name] == second[name]}
    assert same == {f"{field}.{name}" for field in ("part", "title") for name in names}
    check_index(tmp_path / "i")


def test_build_takes_in_changes_and_lets_go_of_what_vanished(tmp_path: Path) -> None:
    source = tmp_path / "bron"
    source.mkdir()
    for name in ("een", "twee", "drie"):
        (source / f"{name}.txt").write_text(f"Verslag {name} over jeugdhulp.")
    jeugdzoek.build(source, tmp_path / "i").close()
    (source / "een.txt").write_text("Verslag een over pleegzorg.")
    (source / "twee.txt").unlink()
    (source / "vier.txt").write_text("Verslag vier over school.")
    with jeugdzoek.build(source, tmp_path / "i") as index:
        done = index.summary
        assert done is not None
        assert (done.added, done.changed, done.removed, done.unchanged) == (1, 1, 1, 1)
        assert index.search("pleegzorg", mode="keyword")[0].report.id == "een"
        assert len(index.search("twee", mode="keyword")) == 0


def test_unchanged_reports_are_not_processed_again(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    before = generations(tmp_path / "i")
    cut: list[str] = []
    original = worker.cut_into_passages
    monkeypatch.setattr(worker, "cut_into_passages", lambda report: cut.append(report.id) or original(report))
    jeugdzoek.build(small, tmp_path / "i").close()
    assert cut == []
    assert generations(tmp_path / "i") == before, "nothing changed, so nothing is published"
    jeugdzoek.build([*small, Report("nieuw", "Een nieuw verslag.")], tmp_path / "i").close()
    assert cut == ["nieuw"]


def test_a_file_that_cannot_be_read_any_more_keeps_its_report(tmp_path: Path) -> None:
    source = tmp_path / "bron"
    source.mkdir()
    (source / "een.txt").write_text("Verslag over jeugdhulp.")
    (source / "twee.txt").write_text("Verslag over pleegzorg.")
    jeugdzoek.build(source, tmp_path / "i").close()
    (source / "twee.txt").write_bytes(b"\x00\x01")
    with jeugdzoek.build(source, tmp_path / "i") as index:
        assert index.report("twee").text == "Verslag over pleegzorg."
        assert index.summary is not None
        assert [Path(item.file).name for item in index.summary.skipped] == ["twee.txt"]


def test_an_empty_source_never_empties_an_index(tmp_path: Path, small: list[Report]) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    (tmp_path / "leeg").mkdir()
    with pytest.raises(SourceError, match="holds no report"):
        jeugdzoek.build(tmp_path / "leeg", tmp_path / "i")
    with jeugdzoek.open(tmp_path / "i") as index:
        assert index.info()["reports"] == len(small)


@pytest.mark.parametrize(
    ("module", "stage"),
    [
        *((making, name) for name in ("write_array", "write_codes", "merge_counts", "write_postings")),
        *((compiling, name) for name in ("write_keywords", "publish", "self_check")),
    ],
)
def test_a_build_that_fails_leaves_the_index_as_it_was(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch, module: ModuleType, stage: str
) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    before = sorted(path.name for path in (tmp_path / "i").iterdir())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, stage, full)
        with pytest.raises(jeugdzoek.IndexSpaceError, match=r"make room|Make room"):
            jeugdzoek.build([*small, Report("nieuw", "Nieuw.")], tmp_path / "i")
    assert sorted(path.name for path in (tmp_path / "i").iterdir()) == before
    with jeugdzoek.open(tmp_path / "i") as index:
        assert index.info()["reports"] == len(small)


def test_too_little_room_is_said_before_starting(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        f_bavail, f_frsize = 1, 512

    monkeypatch.setattr(os, "statvfs", lambda _path: Full())
    with pytest.raises(jeugdzoek.IndexSpaceError, match=r"needs about \d+ MB .* 0 MB free"):
        jeugdzoek.build(small, tmp_path / "i")


def test_leftovers_of_a_dead_writer_are_swept(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    (root / "tmp-000002").mkdir()
    (root / "tmp-000002" / "half.npy").write_bytes(b"x")
    (root / "gen-000007").mkdir()
    (root / "CURRENT.tmp").write_text("half")
    jeugdzoek.build([*small, Report("nieuw", "Nieuw.")], root).close()
    assert sorted(p.name for p in root.iterdir()) == ["CURRENT", "LOCK", "gen-000001", "gen-000002"]


def test_a_second_writer_is_told_who_writes(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    monkeypatch.setattr("jeugdzoek.index.locking.WAIT_SECONDS", 0.1)
    with (
        writer_lock(tmp_path / "i"),
        pytest.raises(IndexLockedError, match="writing"),
        writer_lock(tmp_path / "i", wait=0.1),
    ):
        pass


def test_a_held_generation_is_kept_until_let_go(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    reader = jeugdzoek.build(small, root)
    for number in range(3):
        jeugdzoek.build([*small, Report(f"nieuw{number}", "Nieuw.")], root).close()
    assert [g.name for g in generations(root)] == ["gen-000001", "gen-000003", "gen-000004"]
    reader.close()
    jeugdzoek.build(small, root).close()
    assert [g.name for g in generations(root)] == ["gen-000004", "gen-000005"]


def test_an_open_index_picks_up_what_another_published(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "i"
    with jeugdzoek.build(small, root) as index:
        jeugdzoek.build([*small, Report("nieuw", "Over zwemles.")], root).close()
        monkeypatch.setattr("jeugdzoek.search.live.LOOK_EVERY", 0.0)
        time.sleep(0.01)
        assert [hit.report.id for hit in index.search("zwemles", mode="keyword")] == ["nieuw"]


def test_rollback_returns_to_the_generation_before(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small[:1], root).close()
    with pytest.raises(IndexMissingError, match="no earlier"):
        roll_back(root)
    jeugdzoek.build(small, root).close()
    roll_back(root)
    with jeugdzoek.open(root) as index:
        assert index.info()["reports"] == 1


def test_every_changed_or_missing_file_is_named(tmp_path: Path, small: list[Report]) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    generation = read_current(root).folder
    for path in sorted(p for p in generation.rglob("*") if p.is_file() and p.name != "READERS"):
        good = path.read_bytes()
        assert good, f"{path.name} is empty"
        for bad in (good[:-1], good + b"x", good[:-1] + bytes([good[-1] ^ 1])):
            path.write_bytes(bad)
            with pytest.raises(IndexDamagedError, match=path.name):
                check_index(root)
        path.write_bytes(good)
    check_index(root)


def test_damage_is_found_at_the_first_open(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    monkeypatch.setattr("jeugdzoek.index.reader._verified", set())
    vectors = read_current(tmp_path / "i").folder / "vectors.npy"
    data = bytearray(vectors.read_bytes())
    data[-2] ^= 1
    vectors.write_bytes(data)
    with pytest.raises(IndexDamagedError, match="vectors"):
        jeugdzoek.open(tmp_path / "i")


@pytest.mark.parametrize(
    "pointer", ["", "gen-1", "../gen-000001 " + "0" * 64, "gen-000009 " + "0" * 64, "gen-000001 " + "0" * 64]
)
def test_a_pointer_to_nowhere_is_refused(tmp_path: Path, small: list[Report], pointer: str) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    (tmp_path / "i" / "CURRENT").write_text(pointer)
    with pytest.raises(IndexDamagedError):
        jeugdzoek.open(tmp_path / "i")


def test_a_newer_format_is_refused_clearly(tmp_path: Path, small: list[Report]) -> None:
    import hashlib

    jeugdzoek.build(small, tmp_path / "i").close()
    generation = read_current(tmp_path / "i").folder
    data = (generation / "manifest.json").read_bytes().replace(b'"format": 1', b'"format": 99')
    (generation / "manifest.json").write_bytes(data)
    (tmp_path / "i" / "CURRENT").write_text(f"{generation.name} {hashlib.sha256(data).hexdigest()}\n")
    with pytest.raises(jeugdzoek.IndexFormatError, match="newer jeugdzoek"):
        jeugdzoek.open(tmp_path / "i")


def test_there_is_no_index_yet(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nergens"):
        with pytest.raises(IndexMissingError, match="jeugdzoek index SOURCE"):
            jeugdzoek.open(path)


def test_files_are_for_the_owner_alone(tmp_path: Path, small: list[Report]) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    generation = read_current(tmp_path / "i").folder
    assert {path.stat().st_mode & 0o777 for path in generation.rglob("*")} == {0o600, 0o700}


def test_progress_is_told(tmp_path: Path, small: list[Report]) -> None:
    seen: list[str] = []
    builder.build_index(small, tmp_path / "i", progress=lambda stage, _done, _total: seen.append(stage))
    assert list(dict.fromkeys(seen)) == ["reading", "analysing", "encoding", "keywords", "writing"]


def test_all_errors_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(JeugdzoekError) as caught:
        jeugdzoek.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_old_generation_is_let_go_of_without_waiting_for_garbage_collection(
    tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jeugdzoek.search.live.LOOK_EVERY", 0.0)
    root = tmp_path / "i"
    gc.disable()
    try:
        with jeugdzoek.build(small, root) as index:
            index.search("leerplichtambtenaarr over jeugd-ggz")
            jeugdzoek.build([*small, Report("nieuw", "Over zwemles.")], root).close()
            time.sleep(0.01)
            assert index.search("zwemles", mode="keyword")[0].report.id == "nieuw"
            with no_readers(root / "gen-000001") as let_go:
                assert let_go
    finally:
        gc.enable()
