"""Arrays, keys, postings, Whoosh: each part, and the fast path against its slow twin."""

from __future__ import annotations

import gc
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.arrays import ArrayWriter, open_array, write_array
from jeugdzoek.index.counting import count_terms
from jeugdzoek.index.keys import passage_key, report_key
from jeugdzoek.index.keyword import FIELDS, KeywordIndex, write_keyword
from jeugdzoek.index.merging import GONE, merge_counts
from jeugdzoek.index.segment import rounded_lengths
from jeugdzoek.index.unpickling import RefusedPickleError, safe_loads

WORDS = ["kind", "hulp", "gezin", "school", "wacht", "geld", "zorg", "thuis"]
documents = st.lists(st.lists(st.sampled_from(WORDS), max_size=30), min_size=1, max_size=40)


def test_keys_keep_a_report_together_and_in_order() -> None:
    keys = [passage_key("verslag", n) for n in range(5)]
    assert keys == sorted(keys)
    assert len({key >> 16 for key in keys}) == 1
    assert all(0 <= key < 2**63 for key in keys)
    assert report_key("a") != report_key("b")


def test_arrays_come_back_as_they_went(tmp_path: Path) -> None:
    write_array(tmp_path / "a.npy", np.arange(6, dtype="<f4").reshape(2, 3))
    assert open_array(tmp_path / "a.npy", "<f4", 2, dimensions=2).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_an_array_written_row_by_row_is_the_same_file(tmp_path: Path) -> None:
    rows = np.arange(30, dtype="<f4").reshape(10, 3)
    write_array(tmp_path / "whole.npy", rows)
    writer = ArrayWriter(tmp_path / "parts.npy", "<f4", 3)
    for start in (0, 4, 4, 9):
        writer.append(rows[writer.rows : start])
    writer.append(rows[9:])
    writer.finish()
    assert (tmp_path / "parts.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


@pytest.mark.parametrize("damage", ["short", "type", "rows", "text", "objects", "link", "missing"])
def test_an_array_that_is_not_what_it_should_be_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.npy"
    write_array(path, np.arange(4, dtype="<f4"))
    if damage == "short":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "text":
        path.write_text("geen array")
    elif damage == "objects":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    elif damage == "link":
        path.rename(tmp_path / "b.npy")
        path.symlink_to(tmp_path / "b.npy")
    elif damage == "missing":
        path.unlink()
    with pytest.raises(IndexDamagedError):
        open_array(path, "<i8" if damage == "type" else "<f4", 5 if damage == "rows" else None)


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (eval, ("1/0",))


@pytest.mark.parametrize("thing", [Evil(), [Evil()], {"a": Evil()}, Path("x"), np.arange(3)])
def test_a_pickle_that_asks_for_anything_else_is_refused(thing: object) -> None:
    for protocol in range(5):
        with pytest.raises(RefusedPickleError):
            safe_loads(pickle.dumps(thing, protocol))


def test_plain_values_are_unpickled() -> None:
    for value in ((1, "a", b"\x80", None, 2.5), {1, 2}, {"a": [1]}):
        assert safe_loads(pickle.dumps(value, 2)) == value


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)  # whoosh's own
@pytest.mark.parametrize("name", ["_MAIN_1.toc", "seg"])
def test_a_planted_pickle_in_whooshs_folder_runs_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "whoosh"
    folder.mkdir()
    write_keyword(folder, dict.fromkeys(FIELDS, count_terms([["kind", "hulp"]], np.array([2]))))
    (victim,) = [path for path in folder.iterdir() if path.name == name or (name == "seg" and path.suffix == ".seg")]
    marker = tmp_path / "ran"
    payload = pickle.dumps(_Toucher(str(marker)), 2)
    data = victim.read_bytes()
    at = data.rfind(b"\x80\x02") if b"\x80\x02" in data else len(data) // 2
    victim.write_bytes(data[: max(at, 1)] + payload)
    with pytest.raises(IndexDamagedError):
        KeywordIndex(folder, np.zeros(1, dtype=np.int32)).phrase(["kind"])
    assert not marker.exists()
    gc.collect()  # whoosh leaves its file open when it cannot read it; let that be seen here, not in a later test


class _Toucher:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path(self.path),))  # type: ignore[return-value]


def test_other_users_of_whoosh_are_left_alone(tmp_path: Path) -> None:
    from whoosh.fields import STORED, TEXT, Schema
    from whoosh.index import create_in, open_dir

    test_plain_values_are_unpickled()
    rounded_lengths(np.array([1, 2]))
    writer = create_in(tmp_path, Schema(body=TEXT, thing=STORED)).writer()
    writer.add_document(body="kind", thing=Path("van een ander"))
    writer.commit()
    with open_dir(tmp_path).searcher() as searcher:
        assert list(searcher.all_stored_fields()) == [{"thing": Path("van een ander")}]


@settings(max_examples=60, deadline=None)
@given(documents, documents, st.data())
def test_merging_gives_what_counting_afresh_gives(
    old: list[list[str]], new: list[list[str]], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(old), max_size=len(old)))
    survivors = [terms for terms, keep in zip(old, kept, strict=True) if keep]
    to_new = np.full(len(old), GONE)
    to_new[np.flatnonzero(kept)] = np.arange(len(survivors))
    total = len(survivors) + len(new)
    lengths = [np.array([len(terms) for terms in part], dtype=np.int64) for part in (old, new, survivors + new)]
    merged = merge_counts(
        count_terms(old, lengths[0]), to_new, count_terms(new, lengths[1]), np.arange(len(survivors), total), total
    )
    fresh = count_terms(survivors + new, lengths[2])
    assert merged.terms == fresh.terms
    assert merged.total == fresh.total
    for name in ("ptr", "docs", "counts", "lengths"):
        assert getattr(merged, name).tolist() == getattr(fresh, name).tolist(), name


def test_phrases_are_words_in_a_row(tmp_path: Path) -> None:
    texts = [["kind", "thuis", "hulp"], ["thuis", "kind"], ["hulp"]]
    write_keyword(tmp_path, dict.fromkeys(FIELDS, count_terms(texts, np.array([len(terms) for terms in texts]))))
    whoosh = KeywordIndex(tmp_path, np.arange(len(texts), dtype=np.int32))
    assert whoosh.phrase(["kind", "thuis"]).tolist() == [0]
    assert whoosh.phrase(["hulp"]).tolist() == [0, 2]
    assert whoosh.phrase(["nergens", "te", "vinden"]).tolist() == []
    whoosh.close()
