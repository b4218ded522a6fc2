"""Passages: exact offsets, readable length, whole sentences."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jeugdzoek.corpus.blocks import count_words
from jeugdzoek.corpus.boilerplate import is_boilerplate
from jeugdzoek.corpus.passages import MOST_WORDS, cut_into_passages
from jeugdzoek.corpus.reading import read
from jeugdzoek.corpus.report import Report
from jeugdzoek.corpus.sentences import sentence_spans

REPORTS = Path(__file__).parent.parent / "corpus" / "reports"
SENTENCE = "De wethouder zegt dat het team in de wijk elke week een uur vrij houdt voor nieuwe vragen."

pieces = st.sampled_from(
    [SENTENCE, "Kort.", "Wachten", "- een punt in een lijst", "## Kop", "Lees meer", "\n", "\n\n", " ",
     "o.a. dr. Jansen", "woord " * 170, "a,b;c", "Vraag?", "1. eerst", "\u00ad", "🙂 Één", "Dit hoort bij:", "\t"]
)  # fmt: skip


def sentences(text: str) -> list[str]:
    return [text[a:b] for a, b in sentence_spans(text, 0, len(text))]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(pieces, st.text(max_size=40)), max_size=40))
def test_offsets_are_exact_and_passages_never_too_long(parts: list[str]) -> None:
    report = Report("r", " ".join(parts))
    passages = cut_into_passages(report)
    for number, passage in enumerate(passages):
        assert report.text[passage.start : passage.end] == passage.text
        assert passage.number == number
        assert count_words(passage.text) <= MOST_WORDS
    assert all(a.end <= b.start for a, b in pairwise(passages))


@settings(max_examples=100, deadline=None)
@given(st.lists(pieces, max_size=30))
def test_no_word_is_lost_except_boilerplate(parts: list[str]) -> None:
    report = Report("r", "\n\n".join(parts))
    kept = sum(count_words(passage.text) for passage in cut_into_passages(report))
    lines = [line for line in report.text.split("\n") if not is_boilerplate(line)]
    assert kept == sum(count_words(line) for line in lines)


def test_bundled_reports_cut_into_60_to_110_words() -> None:
    lengths = [count_words(p.text) for r in read(REPORTS) if isinstance(r, Report) for p in cut_into_passages(r)]
    assert sum(50 <= n <= 110 for n in lengths) >= 0.9 * len(lengths)


@pytest.mark.parametrize(
    "text",
    [
        "Dhr. J. Jansen sprak o.a. over i.h.k.v. beleid.",
        "Het team (zie p. 31) is er t/m vrijdag.",
        "Mevr. De Wit en drs. Bos waren er.",
        "Dat kost ca. 3 mln. Euro per jaar.",
    ],
)
def test_abbreviations_end_no_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_sentences_end_where_they_end() -> None:
    text = 'Hij kwam in 2015. Zij zei: "Ik ga." Toen was het stil! Echt? Ja.'
    assert sentences(text) == ["Hij kwam in 2015.", 'Zij zei: "Ik ga."', "Toen was het stil!", "Echt?", "Ja."]


def test_a_heading_stays_with_what_follows_and_names_it() -> None:
    text = f"{' '.join([SENTENCE] * 5)}\n\nWachtlijst\n\n{' '.join([SENTENCE] * 5)}"
    first, second = cut_into_passages(Report("r", text))
    assert second.text.startswith("Wachtlijst\n\nDe wethouder")
    assert (first.heading, second.heading) == ("", "Wachtlijst")


def test_a_list_stays_with_the_line_that_announces_it() -> None:
    items = "\n".join(f"- punt {i} gaat over de hulp aan gezinnen in de wijk" for i in range(6))
    text = f"{' '.join([SENTENCE] * 4)}\n\nAfgesproken is:\n{items}"
    passages = cut_into_passages(Report("r", text))
    assert not any(passage.text.endswith("is:") for passage in passages)


def test_boilerplate_belongs_to_no_passage() -> None:
    text = f"Ga naar de inhoud\n\n{SENTENCE}\n\nDeel dit bericht\n\n{SENTENCE}\n\nNaar boven"
    shown = " ".join(passage.text for passage in cut_into_passages(Report("r", text)))
    assert "Deel dit" not in shown
    assert "Ga naar" not in shown


@pytest.mark.parametrize(
    "line", ["skip to Main Content", "Home | Nieuws | Contact", "Lees meer", "Naar boven", "Wij gebruiken cookies"]
)
def test_menu_lines_are_boilerplate(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize(
    "line", ["Lees meer over ons team en hoe wij gezinnen helpen met geld.", "Nieuws uit de wijk", "Wachten"]
)
def test_text_lines_are_not(line: str) -> None:
    assert not is_boilerplate(line)
