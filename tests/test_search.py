"""Queries, fusion, snippets, hits: from what was typed to what is shown."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jeugdzoek
from jeugdzoek import Filters, Index, QueryError, Report, ReportMissingError, Snippet
from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.search.filtering import _in_range
from jeugdzoek.search.query import LONGEST, MOST_TERMS, parse
from jeugdzoek.search.snippets import WHOLE, WINDOW, Snippets


def ids(hits: jeugdzoek.Hits) -> list[str]:
    return [hit.report.id for hit in hits]


@pytest.mark.parametrize(
    ("text", "words", "phrases", "excluded"),
    [
        ("wachttijd jeugd-ggz", ["wachttijd", "jeugd-ggz"], [], []),
        ('"niet thuis" wonen', ["wonen"], ["niet thuis"], []),
        ('„niet thuis” -school -"jeugd ggz"', [], ["niet thuis"], ["school", "jeugd ggz"]),
        ("- -- \" ''", [], [], []),
        ('kind "zonder einde', ["kind", "zonder", "einde"], [], []),
        ("18- en 18+", ["18-", "en", "18+"], [], []),
        ("  ", [], [], []),
    ],
)
def test_a_query_is_taken_apart(text: str, words: list[str], phrases: list[str], excluded: list[str]) -> None:
    query = parse(text)
    assert (list(query.words), list(query.phrases), list(query.excluded)) == (words, phrases, excluded)


@given(st.text(alphabet='ab"-*~()[]^:/\\\0\ud800 \n', max_size=3000))
def test_no_query_is_too_much(text: str) -> None:
    query = parse(text)
    assert len(query.text) <= LONGEST
    assert len(query.words) + len(query.phrases) + len(query.excluded) <= MOST_TERMS


HOSTILE = [
    "NOT NOT x",
    "x^0",
    "(" * 2000,
    "a" * 100_000,
    "**",
    '"' * 999,
    "\x00\x1b[31m",
    "kind AND",
    "[a TO z]",
    "-kind",
    "'; DROP",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("mode", jeugdzoek.search.backend.MODES)
def test_hostile_queries_only_find_or_do_not_find(corpus_index: Index, text: str, mode: str) -> None:
    hits = corpus_index.search(text, mode=mode)  # type: ignore[arg-type]
    assert hits.took_ms < 5000
    assert len(hits) <= 10


def make(text: str, query: str) -> Snippet:
    analyzer = Analyzer()
    return Snippets(analyzer, {term.stem for term in analyzer.terms(query) if term.stem}).make(text)


def test_a_snippet_marks_every_form_of_the_word() -> None:
    snippet = make("Het gezin wacht. Gezinnen wachten.", "gezinnen")
    assert [snippet.text[a:b] for a, b in snippet.spans] == ["gezin", "Gezinnen"]


def test_a_long_passage_is_cut_around_its_matches() -> None:
    text = "Begin hier. " + "Vulwoord staat er. " * 40 + "De verwijsindex stopt. " + "Slotwoord staat er. " * 40
    snippet = make(text, "verwijsindex")
    assert "verwijsindex" in snippet.text
    assert len(snippet.text.split()) <= WINDOW
    assert (snippet.cut_before, snippet.cut_after) == (True, True)
    assert snippet.text in text


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from("ab <>&\"'é\n.🙂K"), max_size=600), st.sampled_from(["a", "b ab", "K"]))
def test_snippets_escape_and_point_right(text: str, query: str) -> None:
    snippet = make(text, query)
    assert snippet.text in text
    assert all(0 <= a < b <= len(snippet.text) for a, b in snippet.spans)
    bare = snippet.to_html().replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare
    assert snippet.text in html.unescape(bare)


def test_a_terminal_obeys_nothing_of_a_report() -> None:
    shown = make("Kop \x1b[2J\x07 kind\u202e om", "kind").to_terminal()
    assert re.findall(r"\x1b\[\d*[A-Za-z]", shown) == ["\x1b[1m", "\x1b[0m"]
    assert "\x07" not in shown
    assert len("woord " * WHOLE) > 0


def test_phrases_and_exclusions(tmp_path: Path, small: list[Report]) -> None:
    with jeugdzoek.build(small, tmp_path / "i") as index:
        assert ids(index.search('"lang op geld"')) == ["pleeg"]
        assert ids(index.search('"op lang geld"')) == []
        assert "school" not in ids(index.search("kinderen ouders -leerplichtambtenaar"))
        assert set(ids(index.search("beekdal wachten thuis", limit=9))) <= {"pleeg", "ggz", "school"}


def test_filters_decide_before_anything_is_scored(tmp_path: Path, small: list[Report]) -> None:
    with jeugdzoek.build(small, tmp_path / "i") as index:
        everything = "wachttijd vergoeding school gezin"
        assert set(ids(index.search(everything, filters=Filters(place="beekdal")))) == {"pleeg", "school"}
        assert set(ids(index.search(everything, filters=Filters(since="2022")))) == {"ggz", "school"}
        assert set(ids(index.search(everything, filters=Filters(since="2021-06", until="2022-01-10")))) == {
            "pleeg",
            "ggz",
        }
        with pytest.raises(QueryError, match="no date"):
            index.search("kind", filters=Filters(since="gisteren"))


@pytest.mark.parametrize("mode", jeugdzoek.search.backend.MODES)
def test_nobody_sees_what_is_not_for_them(tmp_path: Path, small: list[Report], mode: str) -> None:
    with jeugdzoek.build(small, tmp_path / "i") as index:
        public = index.search("vertrouwelijk verslag wachttijd", mode=mode)  # type: ignore[arg-type]
        assert "intern" not in ids(public)
        assert ids(index.search("vertrouwelijk verslag", mode=mode, audience="team"))[0] == "intern"  # type: ignore[arg-type]
        with pytest.raises(ReportMissingError):
            index.report("intern")
        assert index.report("intern", audience="team").place == "Veenrode"


@pytest.mark.parametrize(
    ("date", "since", "until", "fits"),
    [
        ("2023-05-16", "2023-05-16", "2023-05-16", True),
        ("2023-05-16", "2023-05-17", None, False),
        ("2023-05-16", None, "2023-05", True),
        ("2023-05", "2023-05-20", None, True),
        ("2023", None, "2022", False),
        (None, "2020", None, False),
        (None, None, None, True),
    ],
)
def test_dates_are_compared_as_far_as_both_go(
    date: str | None, since: str | None, until: str | None, fits: bool
) -> None:
    assert _in_range(date, since, until) is fits


def test_wrong_arguments_are_said(corpus_index: Index) -> None:
    with pytest.raises(QueryError, match="hybrid, keyword, semantic"):
        corpus_index.search("kind", mode="fuzzy")  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="1 to 1000"):
        corpus_index.search("kind", limit=0)


def test_an_answer_is_the_same_every_time(corpus_index: Index) -> None:
    first, second = (corpus_index.search("wachten op hulp", limit=20) for _ in range(2))
    assert [h.to_dict() for h in first] == [h.to_dict() for h in second]


def test_hits_say_where_they_stand(corpus_index: Index) -> None:
    for hit in corpus_index.search("pleegouders", limit=5):
        report = corpus_index.report(hit.report.id)
        assert report.text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert replace(report, text="") == hit.report


def test_a_search_without_words_finds_nothing(corpus_index: Index) -> None:
    hits = corpus_index.search("  … -kind ")
    assert (len(hits), hits.confident, hits.total) == (0, False, 0)


def test_a_query_of_stop_words_still_looks(corpus_index: Index) -> None:
    assert len(corpus_index.search("wat is dit", mode="keyword")) > 0


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("terugplaatsing bij moeder", "interview-terugplaatsing-mirjam"),
        ("gezinshuis De Korenmijt", "op-bezoek-in-gezinshuis-de-korenmijt"),
        ("afbouw gesloten jeugdhulp", "derde-gesloten-groep-klaverhagen"),
        ("jonge mantelzorgers", "nieuwsbrief-steunpunt-jonge-zorgers-mei"),
    ],
)
def test_named_queries_find_the_report_one_would_expect(corpus_index: Index, query: str, first: str) -> None:
    assert first in ids(corpus_index.search(query, limit=3))


def test_many_searches_give_what_each_gives_alone(corpus_index: Index) -> None:
    queries = ["wachttijd jeugd-ggz", "pleegzorg", "", "wat kost een plek in een gezinshuis?"] * 5
    together = corpus_index.search_many(queries, limit=4, mode="keyword")
    alone = [corpus_index.search(query, limit=4, mode="keyword") for query in queries]
    assert [[(hit.passage.id, hit.score) for hit in hits] for hits in together] == [
        [(hit.passage.id, hit.score) for hit in hits] for hits in alone
    ]
    with pytest.raises(QueryError, match="limit"):
        corpus_index.search_many(queries, limit=0)
