"""Stems and compounds against lists that linguists drew up; every third line is held out."""

from __future__ import annotations

from pathlib import Path

import pytest

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.steps import Normalise, Split, Stem

GOLD = Path(__file__).parent / "gold"
# without the step that marks stop words: a stop word has a stem too
analyzer = Analyzer((Normalise(), Split(), Stem()))


def read_gold(name: str) -> list[tuple[str, str]]:
    lines = (GOLD / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(one, other) for one, other in rows]


def part(rows: list[tuple[str, str]], held_out: bool) -> list[tuple[str, str]]:
    """The third, sixth, ninth … line is held out."""
    return [row for number, row in enumerate(rows, start=1) if (number % 3 == 0) is held_out]


def same_stem(one: str, other: str) -> bool:
    return analyzer.term(one).stem == analyzer.term(other).stem


def pieces(word: str) -> list[str]:
    term = analyzer.term(word)
    return list(term.pieces) or [term.word]


def wanted(parts: str) -> list[str]:
    return [analyzer.term(piece).word for piece in parts.replace("(", "").replace(")", "").split("+")]


@pytest.mark.parametrize("held_out", [False, True])
def test_forms_of_a_word_share_a_stem(held_out: bool) -> None:
    rows = part(read_gold("stem-join.tsv"), held_out)
    missed = [f"{a}/{b}" for a, b in rows if not same_stem(a, b)]
    assert len(rows) >= 70
    assert len(missed) <= 0.03 * len(rows), missed


@pytest.mark.parametrize("held_out", [False, True])
def test_other_words_do_not(held_out: bool) -> None:
    rows = part(read_gold("stem-apart.tsv"), held_out)
    joined = [f"{a}/{b}" for a, b in rows if same_stem(a, b)]
    assert len(rows) >= 70
    assert len(joined) <= 0.02 * len(rows), joined


@pytest.mark.parametrize("held_out", [False, True])
def test_compounds_are_cut_where_a_searcher_wants_it(held_out: bool) -> None:
    rows = [row for row in part(read_gold("compounds.tsv"), held_out) if "+" in row[1]]
    wrong = [f"{parts}: {pieces(word)}" for word, parts in rows if pieces(word) != wanted(parts)]
    assert len(rows) >= 100
    assert len(wrong) <= 0.05 * len(rows), wrong


@pytest.mark.parametrize("held_out", [False, True])
def test_simple_words_and_names_stay_whole(held_out: bool) -> None:
    rows = [row for row in part(read_gold("compounds.tsv"), held_out) if "+" not in row[1]]
    cut = [f"{word}: {pieces(word)}" for word, _ in rows if len(pieces(word)) > 1]
    assert len(rows) >= 70
    assert len(cut) <= 0.02 * len(rows), cut
