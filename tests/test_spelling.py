"""Typing errors: what is corrected, and what is left alone."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.dictionary import is_dutch
from jeugdzoek.analysis.lexicon import dutch_lexicon
from jeugdzoek.analysis.spelling import Speller, edit_distance
from jeugdzoek.analysis.thesaurus import dutch_thesaurus
from jeugdzoek.analysis.wordlists import read_words
from jeugdzoek.corpus.reading import read
from jeugdzoek.corpus.report import Report

REPORTS = Path(__file__).parent.parent / "corpus" / "reports"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
analyzer = Analyzer()
words = st.text(alphabet="abcdeijnst", min_size=1, max_size=12)


@pytest.fixture(scope="module")
def vocabulary() -> Counter[str]:
    counts: Counter[str] = Counter()
    for report in read(REPORTS):
        assert isinstance(report, Report)
        counts.update({term.word for term in analyzer.terms(report.text) if term.word.isalpha()})
    return counts


def is_plausible(word: str, count: int) -> bool:
    return count >= 3 or is_dutch(analyzer.term(word))


@pytest.fixture(scope="module")
def speller(vocabulary: Counter[str]) -> Speller:
    return Speller(vocabulary, is_plausible)


MEANT = {
    "jeugdreclasering": "jeugdreclassering", "vertouwenspersoon": "vertrouwenspersoon", "leerpligt": "leerplicht",
    "acceptatiepligt": "acceptatieplicht", "pleegzrog": "pleegzorg", "wachtlijts": "wachtlijst",
    "schoolmaatschapelijk": "schoolmaatschappelijk", "praktijkondersteunner": "praktijkondersteuner",
    "crisisdeinst": "crisisdienst", "vechtscheding": "vechtscheiding", "eetstoornisen": "eetstoornis",
    "prjis": "prijs", "ablie": "balie",
}  # fmt: skip


@pytest.mark.parametrize("typed", MEANT)
def test_typing_errors_lead_to_the_word_meant(vocabulary: Counter[str], typed: str) -> None:
    speller = Speller(vocabulary | Counter(MEANT.values()), is_plausible)
    assert speller.corrections(typed)[0].word == MEANT[typed]


def with_one_error(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    kind = rng.choice(("lost", "added", "other", "swapped"))
    if kind == "lost":
        return word[:at] + word[at + 1 :]
    if kind == "added":
        return word[:at] + rng.choice(LETTERS) + word[at:]
    if kind == "other":
        return word[:at] + rng.choice(LETTERS) + word[at + 1 :]
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def share_found(speller: Speller, words: Collection[str], seed: int) -> float:
    """Spoil each of `words` by one letter: the share that is led back. Only what became another word is not counted."""
    rng = random.Random(seed)
    tried = found = 0
    for word in words:
        typed = analyzer.term(with_one_error(word, rng))
        if typed.word not in dutch_lexicon() and typed.word not in words:
            tried += 1
            meant = () if is_dutch(typed) else speller.corrections(typed.word)
            found += analyzer.term(word).stem in {typed.stem, *(analyzer.term(c.word).stem for c in meant)}
    assert tried > 0.9 * len(words)
    return found / tried


def test_more_than_nine_in_ten_words_with_one_wrong_letter_are_found(
    speller: Speller, vocabulary: Counter[str]
) -> None:
    known = sorted(w for w in vocabulary if len(w) >= 5 and is_dutch(analyzer.term(w)))
    assert share_found(speller, random.Random(7).sample(known, 500), 7) >= 0.93


@pytest.mark.parametrize("compounds", [True, False])
def test_so_they_are_among_words_no_cost_was_chosen_on(compounds: bool, vocabulary: Counter[str]) -> None:
    words = sorted(dutch_thesaurus().words() - set(vocabulary))
    known = [w for w in words if len(w) >= 5 and is_dutch(analyzer.term(w))]
    speller = Speller(vocabulary | Counter(known), is_plausible)
    kind = [w for w in known if bool(analyzer.term(w).pieces) == compounds]
    assert len(kind) > 3000
    assert share_found(speller, random.Random(3).sample(kind, 500), 3) >= 0.9


def test_dutch_words_and_compounds_are_known_and_so_never_corrected() -> None:
    for word in ("adoptie", "bekostiging", "kinderopvangtoeslag", "jeugdhulpregio", "stottertherapie", "18"):
        assert is_dutch(analyzer.term(word)), word


def test_names_are_never_corrected() -> None:
    assert {"antwerpen", "overijssel", "praag", "mohamed", "jansen"} <= read_words("names.txt")
    assert not [name for name in read_words("names.txt") if name.isalpha() and not is_dutch(analyzer.term(name))]


def test_an_error_that_stands_in_a_text_is_never_suggested() -> None:
    counts = {"jeugdhulp": 9, "jeugdhullp": 2}
    speller = Speller(counts, is_plausible)
    assert [c.word for c in speller.corrections("jeugdhuulp")] == ["jeugdhulp"]


def test_an_empty_vocabulary_has_no_corrections() -> None:
    assert Speller({}, lambda _word, _count: True).corrections("leerpligt") == ()


@given(words, words)
def test_the_distance_is_symmetric_zero_for_the_same_word_and_bounded(one: str, other: str) -> None:
    distance = edit_distance(one, other, math.inf)
    assert distance == pytest.approx(edit_distance(other, one, math.inf))
    assert (distance == 0) == (one == other)
    assert distance <= len(one) + len(other) + 1


@given(words, words, st.floats(0.1, 4))
@example("acec", "beiaa", 4.0)
def test_a_limit_changes_nothing_but_when_to_stop(one: str, other: str, limit: float) -> None:
    exact = edit_distance(one, other, math.inf)
    assert edit_distance(one, other, limit) == (exact if exact <= limit else math.inf)


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ("leid lijd", "leid leed"), ("plicht pligt", "plicht plint"), ("bed bet", "bed beg"),
        ("hulp hlup", "hulp hurp"),
    ],
)  # fmt: skip
def test_errors_of_sound_are_nearer_than_others(near: str, far: str) -> None:
    one, other = near.split(), far.split()
    assert edit_distance(*one, math.inf) < edit_distance(*other, math.inf)
