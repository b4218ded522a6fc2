"""What a query becomes: forms, parts, related words, corrections, each in its place."""

from __future__ import annotations

import pytest

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.compiling import compile_thesaurus
from jeugdzoek.analysis.dictionary import is_dutch
from jeugdzoek.analysis.spelling import Speller
from jeugdzoek.analysis.thesaurus import Relation, Thesaurus
from jeugdzoek.index.keyword import PART, STEM, TITLE, WORD
from jeugdzoek.search.expansion import AFTER_CORRECTION, Alternative, Expander, Group, Weights

ANALYZER = Analyzer()
WEIGHTS = Weights()
PAIRS: list[tuple[str, Relation, str]] = [
    ("juf", "same", "leerkracht"),
    ("juf", "near", "meester voor de klas"),
    ("opvang", "narrower", "crisisopvang"),
    ("in de knel", "same", "loyaliteitsconflict"),
    ("vergoeding", "near", "declaratie"),
    ("ots", "same", "ondertoezichtstelling"),
    ("uhp", "same", "uithuisplaatsing"),
    ("ots", "near", "maatregel"),
    ("kjp", "near", "psychiatrie"),
]
THESAURUS = Thesaurus(compile_thesaurus(PAIRS, ANALYZER))
INDEX = {
    STEM: {"leerkracht", "school", "verwijsindex", "pleegzorg", "vergoed", "kind"},
    PART: {"zorg"},
    TITLE: set(),
    WORD: set(),
}


def expander(thesaurus: Thesaurus | None = THESAURUS, *, corrects: bool = True) -> Expander:
    speller = Speller({"pleegzorg": 3, "vergoeding": 2}, lambda _word, _count: True)
    return Expander(
        ANALYZER,
        thesaurus,
        holds=lambda field, term: term in INDEX[field],
        speller=(lambda: speller) if corrects else None,
        is_word=is_dutch,
    )


def alternatives(query: str, **options: bool) -> list[Alternative]:
    return [a for group in expander(**options).expand(query).groups for a in group]


def group_of(query: str, stem: str) -> Group:
    return next(g for g in expander().expand(query).groups if g[0] == Alternative(STEM, (stem,), 1.0, typed=True))


def test_a_word_is_looked_for_as_typed_in_all_its_forms_and_in_titles() -> None:
    found = alternatives("scholen")
    assert Alternative(STEM, ("school",), WEIGHTS.stem, typed=True) in found
    assert Alternative(WORD, ("scholen",), WEIGHTS.word, typed=True) in found
    assert Alternative(TITLE, ("school",), WEIGHTS.title, typed=True) in found
    assert Alternative(PART, ("school",), WEIGHTS.inside) in found


def test_every_part_of_a_compound_has_a_group_of_its_own() -> None:
    groups = expander().expand("pleegzorgvergoeding").groups
    for part in ("pleeg", "zorg", "vergoed", "pleegzorg", "zorgvergoed"):
        assert any(g[0] == Alternative(STEM, (part,), WEIGHTS.parts) for g in groups), part


def test_words_typed_apart_are_looked_for_as_one_where_the_index_has_it() -> None:
    assert Alternative(STEM, ("verwijsindex",), WEIGHTS.joined) in alternatives("verwijs index")
    assert not [a for a in alternatives("school kind") if a.texts == ("schoolkind",)]


def test_related_words_stand_in_the_group_of_the_typed_one_and_weigh_less() -> None:
    group = group_of("juf", "juf")
    assert Alternative(STEM, ("leerkracht",), WEIGHTS.same) in group
    assert Alternative(STEM, ("meester", "klas"), WEIGHTS.near) in group
    assert all(a.weight < WEIGHTS.stem for a in group[1:])


def test_kinds_weigh_more_than_what_they_are_kinds_of() -> None:
    assert Alternative(STEM, ("crisisopvang",), WEIGHTS.narrower) in group_of("opvang", "opvang")
    assert Alternative(STEM, ("opvang",), WEIGHTS.broader) in group_of("crisisopvang", "crisisopvang")


def test_an_expression_has_a_group_beside_its_words() -> None:
    groups = expander().expand("kind zit in de knel").groups
    assert (Alternative(STEM, ("loyaliteitsconflict",), WEIGHTS.same),) in [group[:1] for group in groups]


def test_an_unknown_word_is_corrected_and_the_typed_form_still_counts() -> None:
    found = expander().expand("pleegzrog")
    assert found.corrections == (("pleegzrog", "pleegzorg"),)
    group = group_of("pleegzrog", "pleegzrog")
    assert any(a.field == STEM and a.texts == ("pleegzorg",) and 0.7 < a.weight < WEIGHTS.stem for a in group)
    assert found.corrected("Pleegzrog nu") == "pleegzorg nu"


def test_what_is_related_to_a_correction_weighs_less_still() -> None:
    group = group_of("vergoedign", "vergoedign")
    assert Alternative(STEM, ("declaratie",), AFTER_CORRECTION * WEIGHTS.near) in group


@pytest.mark.parametrize("word", ["school", "adoptie", "ridderkerk", "jeugdhulpregio", "18", "crisisopvang", "juf"])
def test_known_words_are_never_corrected(word: str) -> None:
    assert expander().expand(word).corrections == ()


def test_without_thesaurus_and_speller_only_what_was_typed_is_looked_for() -> None:
    plain = expander(None, corrects=False).expand("juf pleegzrog")
    assert {a.texts for group in plain.groups for a in group} == {("juf",), ("pleegzrog",)}
    assert (plain.related, plain.corrections) == ((), ())


def test_stop_words_count_only_where_there_is_nothing_else() -> None:
    assert expander().expand("wat is dit").groups == tuple(
        (Alternative(WORD, (word,), 1.0, typed=True),) for word in ("wat", "is", "dit")
    )
    assert not [a for a in alternatives("wat is school") if a.texts == ("wat",)]


def test_only_related_words_the_index_holds_are_shown() -> None:
    assert expander().expand("juf").related == ("leerkracht",)


def test_a_word_typed_twice_counts_once() -> None:
    assert expander().expand("school school").groups == expander().expand("school").groups


def test_every_group_names_the_typed_word_it_stands_for() -> None:
    found = expander().expand("school in de knel")
    named = {group[0].texts[0]: word for group, word in zip(found.groups, found.words, strict=True)}
    assert named["school"] == 0
    assert named["knel"] == 1
    assert named["loyaliteitsconflict"] == -1


@pytest.mark.parametrize(
    ("query", "encoded"),
    [
        ("OTS zonder voogd", "ondertoezichtstelling zonder voogd"),
        ("juf zoekt hulp", "juf zoekt hulp"),  # a Dutch word stays, whatever is the same
        ("KJP tekort", "KJP tekort"),  # near is not the same
        ("pleegzrog uhp", "pleegzorg uithuisplaatsing"),
        ("OTS EN JUF", "OTS EN JUF"),  # capitals all over say nothing
        ("uhps", "uhps"),  # not inside another word
    ],
)
def test_the_meaning_half_gets_abbreviations_spelled_out(query: str, encoded: str) -> None:
    assert expander().expand(query).spelled_out(query) == encoded
