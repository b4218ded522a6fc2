"""Whether an answer is one: the words of a query, their nearest words, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import jeugdzoek
from jeugdzoek import Index, Report
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.search import closeness
from jeugdzoek.search.backend import MODES, Candidates, Filters, Mode
from jeugdzoek.search.closeness import WordVectors
from jeugdzoek.search.confidence import CALIBRATED, FEWEST, PASSAGES, Calibration, Signals, is_confident, measure
from jeugdzoek.search.live import LiveFolder
from jeugdzoek.search.query import parse
from jeugdzoek.search.subjects import Subject, known_share


class Letters:
    """One dimension a letter: words are as near as the letters they share."""

    name = fingerprint = "letters"
    dimensions = 26

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded += texts
        rows = np.array([[text.count(chr(97 + i)) for i in range(26)] for text in texts], dtype=np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    encode_passages = encode_queries


def asked(folder: Path, text: str) -> Candidates:
    live = LiveFolder(folder)
    try:
        return live.backend().candidates(parse(text), "hybrid", 10, Filters())
    finally:
        live.close()


@pytest.fixture
def folder(small: list[Report], tmp_path: Path) -> Path:
    jeugdzoek.build(small, tmp_path / "i").close()
    return tmp_path / "i"


def test_the_subjects_are_the_typed_words_that_carry_meaning(folder: Path) -> None:
    words = asked(folder, "hoe lang wachten de pleegouders op een stamboom?").subjects
    assert [word.word for word in words] == ["lang", "wachten", "pleegouders", "stamboom"]
    here, nowhere = words[2], words[3]
    assert (here.matched, nowhere.matched) == (1.0, 0.0)
    assert nowhere.rarity == max(word.rarity for word in words)


def test_a_typing_error_is_judged_as_what_was_meant(folder: Path) -> None:
    assert [word.word for word in asked(folder, "leerplichtambtenar").subjects] == ["leerplichtambtenaar"]


def test_stop_words_are_subjects_where_there_is_nothing_else(folder: Path) -> None:
    assert [word.word for word in asked(folder, "de van").subjects] == ["de", "van"]


def test_known_words_count_by_their_rarity() -> None:
    assert known_share(()) == 1.0
    assert known_share([Subject("a", 3.0, 1.0), Subject("b", 1.0, 0.0)]) == 0.75


def test_the_nearest_word_of_each_text_counts() -> None:
    vectors = WordVectors(Letters())
    near = vectors.closeness(["kind", "bed"], ["Een Kind, kinderen.", "abc", "", "op"])
    assert near.shape == (2, 4)
    assert near[0, 0] == pytest.approx(1.0)
    assert near[1, 1] == pytest.approx(1 / 3, abs=1e-6)
    assert near[:, 2:].tolist() == [[0, 0], [0, 0]]


def test_a_word_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closeness, "REMEMBERED", 4)
    letters = Letters()
    vectors = WordVectors(letters)
    first = vectors.closeness(["kind"], ["kind bed"])
    assert sorted(letters.encoded) == ["bed", "kind"]
    vectors.closeness(["bed"], ["kind kind"])
    assert len(letters.encoded) == 2
    wide = vectors.closeness(["kind"], ["een twee drie vier vijf zes"])
    assert wide.shape == (1, 1)
    assert vectors.closeness(["kind"], ["kind bed"]).tolist() == first.tolist(), "forgotten words are encoded again"


def test_many_words_are_compared_as_few_are() -> None:
    vectors = WordVectors(Letters())
    words = [chr(97 + i) * 3 for i in range(20)]
    near = vectors.closeness(words, ["aaa bbb", "ttt"])
    assert near.argmax(axis=0).tolist() == [0, 19]
    assert near.sum() == pytest.approx(3.0)


def test_signals_of_nothing() -> None:
    none = np.zeros(0)
    nothing = Candidates(none.astype(np.int64), none.astype(np.float32), none.astype(np.float32), 1.0, 0)
    assert measure(nothing, [], []) == Signals(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert not is_confident(nothing, [], [], "hybrid")


def signals_of(folder: Path, text: str, passage: str) -> Signals:
    """What one passage of that text, the one of the report on pleegzorg, says of a query."""
    live = LiveFolder(folder)
    try:
        backend = live.backend()
        found = backend.candidates(parse(text), "hybrid", 10, Filters())
        reports = {key: report.id for key, (report, _) in backend.fetch(found.keys.tolist()).items()}
        position = next(at for at, key in enumerate(found.keys.tolist()) if reports[key] == "pleeg")
        return measure(found, [position], [passage])
    finally:
        live.close()


def test_a_word_is_near_by_keyword_or_by_meaning(folder: Path) -> None:
    by_keyword = signals_of(folder, "vergoeding pleegouders", "xyz")
    by_both = signals_of(folder, "vergoeding pleegouders", "vergoeding pleegouders")
    by_meaning = signals_of(folder, "leerplichtambtenaar", "leerplichtambtenaar")
    assert by_keyword.weakest > 0.5
    assert by_both.covered > by_keyword.covered
    assert by_meaning.rarest == pytest.approx(1.0), "the passage itself has no such word, only the text given"
    assert by_meaning.covered == pytest.approx(0.5, abs=0.01)


def test_the_least_near_word_and_the_rarest_one_count_by_themselves(folder: Path) -> None:
    signals = signals_of(folder, "vergoeding pleegouders schaatsen", "vergoeding pleegouders")
    assert signals.rarest == signals.weakest < signals.covered
    assert signals.words == pytest.approx(np.log(3))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("vergoeding in Xanderbroek", True),
        ("vergoeding in Beekdal", False),
        ("Xanderbroek vergoeding", False),
        ("Geen geld meer. Xanderen mag niet", False),
        ("vergoeding XVB", False),
        ("wachttijd eindhoven", True),
        ("vergoeding 1998", True),
        ("wachttijd voor vissers", False),
    ],
)
def test_a_name_the_index_does_not_hold_is_seen(folder: Path, text: str, named: bool) -> None:
    assert any(word.named for word in asked(folder, text).subjects) == named


def test_an_answer_needs_more_in_a_larger_index() -> None:
    calibration = Calibration((1.0, 0.0, 0.0, 0.0, 0.0, 0.0), least=0.5, growth=0.1)
    signals = Signals(0.55, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert calibration.holds(signals, 1)
    assert calibration.holds(signals, PASSAGES)
    assert not calibration.holds(signals, PASSAGES * 3)


def test_a_small_index_needs_less_but_no_less_than_was_measured() -> None:
    calibration = Calibration((1.0, 0.0, 0.0, 0.0, 0.0, 0.0), least=0.5, growth=1.0)
    less = Signals(0.5 + np.log(FEWEST / PASSAGES) + 0.01, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert not calibration.holds(less, PASSAGES)
    assert calibration.holds(less, FEWEST)
    assert not calibration.holds(less._replace(covered=less.covered - 0.02), 1)


def test_the_cosines_of_another_model_are_not_looked_at(folder: Path) -> None:
    found = asked(folder, "vergoeding pleegouders")
    texts = ["Een heel andere tekst."]
    far, sure = (replace(found, semantic=np.full_like(found.semantic, cosine)) for cosine in (0, 1))
    assert is_confident(sure, [0], texts, "hybrid") != is_confident(far, [0], texts, "hybrid")
    far, sure = (replace(each, model="another") for each in (far, sure))
    assert is_confident(sure, [0], texts, "hybrid") == is_confident(far, [0], texts, "hybrid")
    assert CALIBRATED["keyword"].weights[-1] == 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("limit", [1, 10])
def test_a_plain_question_has_an_answer_and_a_foreign_one_has_none(corpus_index: Index, mode: Mode, limit: int) -> None:
    assert corpus_index.search("wachttijd begeleide omgang", mode=mode, limit=limit).confident
    assert not corpus_index.search("hypotheekrente aftrekken tweede huis", mode=mode, limit=limit).confident


def test_words_are_read_by_the_bundled_model_in_microseconds() -> None:
    near = WordVectors(load_encoder()).closeness(["pleegouders"], ["pleegmoeder", "gemeentehuis"])
    assert near[0, 0] > near[0, 1]
