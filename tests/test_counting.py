"""Counting terms as numbers, chunk by chunk, against counting them as words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.tokens import split_words
from jeugdzoek.index import counting
from jeugdzoek.index.counting import TermCounter, count_terms
from jeugdzoek.index.keyword import FIELDS, PART, STEM, TITLE, WORD
from jeugdzoek.index.postings import TermCounts
from jeugdzoek.index.segment import rounded_lengths

ANALYZER = Analyzer()
WORDS = [
    "Jeugdhulpaanbieders",
    "de",
    "wachtlijsten",
    "i.h.k.v.",
    "gezinnen,",
    "één",
    "…",
    "niet",
    "pleegouders",
    "Kind",
]
texts = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
passages = st.lists(st.tuples(texts, texts), min_size=1, max_size=12)


def as_words(text: str, title: str) -> dict[str, list[str]]:
    """The slow twin: the terms of one passage, field by field."""
    terms, above = ANALYZER.terms(text), ANALYZER.terms(title)
    return {
        WORD: [term.word for term in terms],
        STEM: [term.stem for term in terms if term.stem],
        PART: [part for term in terms for part in term.parts],
        TITLE: list(dict.fromkeys(found for term in above if term.stem for found in (term.stem, *term.parts))),
    }


def same(one: TermCounts, other: TermCounts) -> None:
    assert one.terms == other.terms
    assert one.total == other.total
    for name in ("ptr", "docs", "counts", "lengths"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


@settings(max_examples=60, deadline=None)
@given(passages, st.integers(1, 5))
def test_chunks_of_numbers_count_as_words_do(found: list[tuple[str, str]], size: int) -> None:
    counter = TermCounter(ANALYZER)
    for start in range(0, len(found), size):
        part = found[start : start + size]
        counter.add([text for text, _ in part], [title for _, title in part])
    documents = [as_words(*passage) for passage in found]
    for field in FIELDS:
        terms = [document[field] for document in documents]
        expected = count_terms(terms, rounded_lengths(np.array([len(part) for part in terms])))
        counted = counter.take(field)
        same(counted, expected)
        if field == WORD:
            assert counted.positions is not None
            assert expected.positions is not None
            assert counted.positions.tolist() == expected.positions.tolist()


def test_a_word_is_analysed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    analyzer = Analyzer()
    monkeypatch.setattr(analyzer, "term", lambda word: asked.append(word) or ANALYZER.term(word))
    counter = TermCounter(analyzer)
    for _ in range(3):
        counter.add(["de wachtlijsten en de wachttijden"], ["wachtlijsten"])
    assert asked == ["de", "wachtlijsten", "en", "wachttijden"]


@settings(max_examples=300, deadline=None)
@given(st.text(st.one_of(st.sampled_from("aé.'’-\u200b\u0301 \t\n\x1c\x85\xa0\u2003_1"), st.characters())))
def test_no_word_depends_on_what_is_beyond_a_blank(text: str) -> None:
    assert [word for run in text.split() for word in split_words(run)] == split_words(text)


def test_positions_say_where_each_occurrence_stands() -> None:
    counts = count_terms([["kind", "hulp", "kind"], [], ["hulp"]], np.array([3, 0, 1]))
    assert counts.terms == ["hulp", "kind"]
    assert (counts.docs.tolist(), counts.counts.tolist()) == ([0, 2, 0], [1, 1, 2])
    assert counts.positions is not None
    assert counts.positions.tolist() == [1, 0, 0, 2]


def test_a_term_is_counted_as_often_as_two_bytes_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 3)
    counts = count_terms([["kind"] * 5 + ["hulp"]], np.array([6]))
    assert (counts.counts.tolist(), counts.total) == ([1, 3], 4)
    assert counts.positions is not None
    assert counts.positions.tolist() == [5, 0, 1, 2]
