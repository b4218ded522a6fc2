"""The Dutch analyser, pinned by tables word → terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.stemming import stem
from jeugdzoek.analysis.wordlists import read_words

analyzer = Analyzer()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Jeugd-ggz", ["jeugd", "ggz"]),
        ("i.h.k.v. de Wmo", ["ihkv", "de", "wmo"]),
        ("thema's van ggz'ers", ["thema's", "van", "ggz'ers"]),
        ("geëvalueerde coördinatie", ["geevalueerde", "coordinatie"]),
        ("uit\u00adhuis\u200bplaatsing", ["uithuisplaatsing"]),
        ("Éen 13-jarige, 18+!", ["een", "13", "jarige", "18"]),
        ("IJsland Ĳssel ﬁets", ["ijsland", "ijssel", "fiets"]),
        ("", []),
        ("… — !", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [term.word for term in analyzer.terms(text)] == words


@pytest.mark.parametrize(
    "forms",
    [
        "gezin gezinnen", "kind kinderen", "huis huizen", "plan plannen", "lid leden", "stad steden", "thema thema's",
        "jeugdige jeugdigen", "gemeente gemeenten", "pleegkind pleegkinderen", "brief brieven", "bedrijf bedrijven",
        "wachtlijst wachtlijsten", "uithuisplaatsing uithuisplaatsingen", "school scholen",
        "mogelijkheid mogelijkheden",
        "klasgenoot klasgenoten", "lezing lezingen", "vroeg vroege", "verlagen verlaagt", "uitgave uitgaven",
        "raadslid raadsleden", "begeleiding begeleidingen", "zocht zoeken", "geholpen helpen", "visie visies",
    ],
)  # fmt: skip
def test_forms_of_a_word_share_a_stem(forms: str) -> None:
    assert len({analyzer.term(form).stem for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words",
    [
        "begeleiding beleid", "gemeente mening", "gezin zin", "geweld wel", "huis thuis", "school schuld",
        "houding houden", "lezing lezen", "zitting zitten", "leger leeg", "gegevens geven", "meeting meten",
        "uitvaart uitvoeren", "genieten niet", "geen gêne", "verlagen verlegen", "vroeg vragen", "geleden lijden",
        "buurt buur", "grootte groot", "uitgaven uitgeven",
    ],
)  # fmt: skip
def test_other_words_do_not(words: str) -> None:
    one, other = (analyzer.term(word).word for word in words.split())
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["veertien", "verschillende", "aanvullende", "koppelen", "oorzaken", "cultuur"])
def test_words_that_only_look_like_compounds_stay_whole(word: str) -> None:
    assert analyzer.term(word).pieces == ()


def test_negations_are_no_stop_words() -> None:
    assert not {"niet", "geen"} & read_words("stopwords.txt")
    assert {"de", "wij", "zullen", "tijdens"} <= read_words("stopwords.txt")


@given(st.text(max_size=200))
def test_offsets_point_at_the_word(text: str) -> None:
    for token in analyzer.analyze(text):
        assert text[token.start : token.end] == token.term.surface


@given(st.text(max_size=60))
def test_terms_hold_no_white_space_and_are_never_empty(text: str) -> None:
    for term in analyzer.terms(text):
        assert term.word
        assert not any(c.isspace() for c in term.word + term.stem)


def test_the_fingerprint_follows_the_steps() -> None:
    assert Analyzer().fingerprint == analyzer.fingerprint
    assert Analyzer(analyzer.steps[:-1]).fingerprint != analyzer.fingerprint


def test_a_trace_shows_every_step() -> None:
    assert [name for name, _ in analyzer.trace("Gezinnen")] == ["normalise", "stop", "split", "stem"]
    assert analyzer.trace("Gezinnen")[-1][1].stem == "gezin"
