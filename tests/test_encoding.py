"""What was encoded before is not encoded again, and nothing that was kept is believed blindly."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import jeugdzoek
from jeugdzoek import Report
from jeugdzoek.embedding.encoder import unit_rows
from jeugdzoek.index import encoding
from jeugdzoek.index.encoding import Encoding, Kept
from jeugdzoek.index.generations import read_current

Vectors = NDArray[np.float32]


class Slow:
    """Counts letters, remembers what it was given, and is cut off after a number of texts."""

    name = "slow"
    dimensions = 26

    def __init__(self, until: int = 10**9, fingerprint: str = "slow-1") -> None:
        self.fingerprint = fingerprint
        self.until = until
        self.seen: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if len(self.seen) + len(texts) > self.until:
            raise KeyboardInterrupt
        self.seen += texts
        rows = np.array([[t.lower().count(chr(97 + i)) for i in range(26)] for t in texts], dtype=np.float32)
        return unit_rows(rows.reshape(-1, 26))

    encode_queries = encode_passages


REPORTS = [Report(f"r{i}", f"Verslag {'abcdefghij'[i]} over {'kind' * i} en hulp.") for i in range(10)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write everything down, in steps of two passages."""
    monkeypatch.setattr(encoding, "WORTH_KEEPING", -1)
    monkeypatch.setattr(encoding, "QUICK", 0)
    monkeypatch.setattr(encoding, "AT_ONCE", 2)


def vectors(root: Path) -> Vectors:
    return np.load(read_current(root).folder / "vectors.npy")


def nothing(*_: object) -> None:
    pass


def test_an_interrupted_build_goes_on_where_it_was(tmp_path: Path) -> None:
    first, second = Slow(until=7), Slow()
    with pytest.raises(KeyboardInterrupt):
        jeugdzoek.build(REPORTS, tmp_path / "i", encoder=first)
    assert (len(first.seen), (tmp_path / "i" / "ENCODED").stat().st_mode & 0o777) == (6, 0o600)
    jeugdzoek.build(REPORTS, tmp_path / "i", encoder=second).close()
    assert len(second.seen) == 4
    assert not set(first.seen) & set(second.seen)
    assert not (tmp_path / "i" / "ENCODED").exists()
    jeugdzoek.build(REPORTS, tmp_path / "whole", encoder=Slow()).close()
    np.testing.assert_array_equal(vectors(tmp_path / "i"), vectors(tmp_path / "whole"))


def test_being_cut_off_again_and_again_still_ends(tmp_path: Path) -> None:
    seen = []
    for _ in range(10):
        encoder = Slow(until=3)
        try:
            jeugdzoek.build(REPORTS, tmp_path / "i", encoder=encoder).close()
        except KeyboardInterrupt:
            seen += encoder.seen
        else:
            break
    assert len(set(seen + encoder.seen)) == len(seen + encoder.seen) == 10


def test_another_model_believes_nothing_of_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        jeugdzoek.build(REPORTS, tmp_path / "i", encoder=Slow(until=7))
    other = Slow(fingerprint="slow-2")
    jeugdzoek.build(REPORTS, tmp_path / "i", encoder=other).close()
    assert len(other.seen) == 10


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damage_costs_time_and_changes_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    root = tmp_path_factory.mktemp("kept")
    texts = [f"tekst {letter}" for letter in "abcdefgh"]
    expected = Encoding(root, Slow(), {}, nothing).encode(texts)
    path = root / "ENCODED"
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[at:]
    else:
        whole[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    encoder = Slow()
    np.testing.assert_array_equal(Encoding(root, encoder, {}, nothing).encode(texts), expected)
    right = at // (len(path.read_bytes()) // len(texts))
    assert len(encoder.seen) == len(texts) - right
    again = Slow()
    Encoding(root, again, {}, nothing).encode(texts)
    assert again.seen == []


def test_vectors_of_another_length_than_one_are_not_believed(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "ENCODED", Slow())
    kept.add(["a", "b", "c"], np.array([[1.0] + [0.0] * 25, [np.nan] * 26, [1.0] + [0.0] * 25], dtype=np.float32))
    again = Kept(tmp_path / "ENCODED", Slow())
    assert [again.get(text) is not None for text in "abc"] == [True, False, False]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elders").write_bytes(b"van een ander")
    (tmp_path / "ENCODED").symlink_to(tmp_path / "elders")
    Encoding(tmp_path, Slow(), {}, nothing).encode(["a", "b"])
    assert (tmp_path / "elders").read_bytes() == b"van een ander"


def test_a_full_disk_does_not_stop_the_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert Encoding(tmp_path, Slow(), {}, nothing).encode(["a", "b", "c"]).any(axis=1).all()


def test_what_is_quick_is_not_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "WORTH_KEEPING", 10.0)
    Encoding(tmp_path, Slow(), {}, nothing).encode(["a", "b", "c"])
    assert list(tmp_path.iterdir()) == []
    clock = iter([0.0, 9.0, 11.0, 12.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    made = Encoding(tmp_path, Slow(), {}, nothing).encode(list("abcde"))
    again = Kept(tmp_path / "ENCODED", Slow())
    np.testing.assert_array_equal([again.get(text) for text in "abcde"], made)


def test_what_a_quick_model_made_is_neither_written_down_nor_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "QUICK", 1.0)
    monkeypatch.setattr(encoding, "MOST_WAITING", 3)
    made = Encoding(tmp_path, Slow(), {}, nothing)
    made.encode(list("abcdefgh"))
    assert list(tmp_path.iterdir()) == []
    assert len(made._unkept) <= 3


def test_a_changed_report_has_only_its_changed_passages_encoded(tmp_path: Path) -> None:
    parts = [f"# Kop {letter}\n\n" + f"Zin {letter} over jeugdhulp in de regio. " * 12 for letter in "abcde"]
    jeugdzoek.build([Report("lang", "\n\n".join(parts), "Titel")], tmp_path / "i", encoder=Slow()).close()
    parts[2] += "Nog een zin over pleegzorg."
    encoder = Slow()
    changed = Report("lang", "\n\n".join(parts), "Titel")
    jeugdzoek.build([changed], tmp_path / "i", encoder=encoder).close()
    assert len(encoder.seen) == 1
    assert "pleegzorg" in encoder.seen[0]
    jeugdzoek.build([changed], tmp_path / "fresh", encoder=Slow()).close()
    np.testing.assert_array_equal(vectors(tmp_path / "i"), vectors(tmp_path / "fresh"))


def test_the_same_text_is_encoded_once(tmp_path: Path) -> None:
    encoder = Slow()
    told: list[tuple[int, int]] = []
    known = {"c": np.ones(26, dtype=np.float32)}
    made = Encoding(tmp_path, encoder, known, lambda _, *n: told.append(n)).encode(["a", "b", "a", "c"])
    assert encoder.seen == ["a", "b"]
    np.testing.assert_array_equal(made[0], made[2])
    assert told == [(4, 4)]


def test_a_build_that_fails_does_not_wait_for_all_vectors(tmp_path: Path) -> None:
    encoder = Slow()
    encoding = Encoding(tmp_path, encoder, {}, lambda *_: encoding.stop())
    encoding.encode(list("abcdef"))
    assert encoder.seen == ["a", "b"]


def test_a_build_in_which_nothing_is_fresh_tells_no_lies(tmp_path: Path) -> None:
    assert Encoding(tmp_path, Slow(), {}, nothing).encode([]).shape == (0, 26)


def test_forgetting_leaves_nothing_that_was_kept(tmp_path: Path) -> None:
    root = tmp_path / "i"
    with jeugdzoek.build(REPORTS[:3], root) as index:
        with pytest.raises(KeyboardInterrupt):
            jeugdzoek.build(REPORTS, root, encoder=Slow(until=7))
        assert (root / "ENCODED").exists()
        done = index.forget(reports=["r1"])
    assert done.left == ()
    assert not (root / "ENCODED").exists()
