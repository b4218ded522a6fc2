"""The thesaurus: sound as data, looked up the right way, never drowning what was typed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import Report
from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.compiling import compile_thesaurus, read_thesaurus
from jeugdzoek.analysis.thesaurus import Related, Thesaurus, dutch_thesaurus
from jeugdzoek.analysis.wordlists import data_bytes
from jeugdzoek.errors import ThesaurusError

WRITTEN = Path(__file__).parent.parent / "wordlists" / "thesaurus.tsv"
analyzer = Analyzer()
PAIRS = read_thesaurus(WRITTEN)


def related(text: str) -> dict[str, str]:
    return {r.text: r.relation for match in dutch_thesaurus().matches(analyzer.terms(text)) for r in match.related}


def test_it_is_as_large_as_it_says() -> None:
    assert len({head for head, _, _ in PAIRS}) >= 5000


def test_no_pair_is_there_twice_or_both_ways() -> None:
    pairs = Counter(frozenset((head, term)) for head, _, term in PAIRS)
    assert not [sorted(pair) for pair, count in pairs.items() if count > 1 or len(pair) < 2]


def test_every_term_survives_the_analyser() -> None:
    terms = {term for head, _, other in PAIRS for term in (head, other)}
    assert not [term for term in terms if not analyzer.terms(term)]


def test_every_line_is_sorted_and_clean() -> None:
    lines = [line for line in WRITTEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    heads = [line.split("\t")[0] for line in lines]
    assert heads == sorted(heads, key=lambda head: (head.lower(), head))
    assert not [line for line in lines if line != line.strip() or "  " in line]


def test_what_is_looked_up_is_what_was_written() -> None:
    """Fails after a change of the thesaurus or the stemming: run wordlists/compile_thesaurus.py."""
    lines = data_bytes("thesaurus.txt").splitlines(keepends=True)
    assert b"".join(line for line in lines if not line.startswith(b"#")) == compile_thesaurus(PAIRS, analyzer)


def test_every_term_is_found_by_halving() -> None:
    lines = data_bytes("thesaurus.txt").decode().splitlines()
    keys = [line.split("\t")[0] for line in lines if not line.startswith("#")]
    assert not [key for key in keys[::7] if not dutch_thesaurus().related(key)]
    assert dutch_thesaurus().related("nergens te vinden") == ()


@pytest.mark.parametrize(
    ("typed", "found", "relation"),
    [
        ("ots", "ondertoezichtstelling", "same"), ("ondertoezichtstelling", "ots", "same"),
        ("huisdokters", "huisarts", "same"), ("juf", "leerkracht", "same"), ("AMK", "veilig thuis", "near"),
        ("bureau jeugdzorg", "bjz", "same"), ("tussen wal en schip", "buiten de boot", "near"),
    ],
)  # fmt: skip
def test_words_of_the_field_belong_together(typed: str, found: str, relation: str) -> None:
    assert any(found in text and kind == relation for text, kind in related(typed).items()), related(typed)


def test_the_longest_term_is_taken() -> None:
    matches = list(dutch_thesaurus().matches(analyzer.terms("de raad voor de kinderbescherming belt")))
    assert (1, 5) in [(match.first, match.last) for match in matches]


def test_ambiguous_abbreviations_count_in_capitals_only() -> None:
    assert "openbaar ministerie" in related("het OM belt")
    assert "openbaar ministerie" not in related("om de hoek")
    assert not [r for r in related("de zin van het leven") if "zorginstituut" in r]


@pytest.mark.parametrize(
    "word",
    ["niet", "geen", "vier", "mee", "zit", "vragen", "blijven", "nodig", "vast", "vrij", "kort", "leeg", "lezen",
     "houden", "geven", "laatste", "stellen", "twintig", "duurt", "zak"],
)  # fmt: skip
def test_common_words_are_not_taken_for_words_that_only_share_their_stem(word: str) -> None:
    """*Niet* is no form of *genieten*, *vier* none of *vieren*, *mee* is not MEE."""
    foreign = {"plezier", "schaamte", "feest", "sociaal pedagogische dienst", "rechtszitting", "voormalig", "permanent",
               "deelnemer", "ramadan", "seksualiteit", "snijden in", "soldaat", "presentatie", "attitude", "informatie",
               "onlangs", "man en vrouw", "jongvolwassene", "kostbaar", "eindexamen"}  # fmt: skip
    assert not foreign & related(word).keys()


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("vanaf welke leeftijd", "leeftijdsgrens"), ("wie betaalt", "vergoeding"),
        ("hoe lang duurt", "doorlooptijd"), ("waar kan ik terecht", "loket"), ("hoeveel", "aantal"),
    ],
)  # fmt: skip
def test_questions_name_what_answers_them(asked: str, answered: str) -> None:
    assert answered in related(asked)


def test_narrower_and_broader_are_each_others_inverse() -> None:
    text = compile_thesaurus([("pleegzorg", "narrower", "crisispleegzorg")], analyzer)
    thesaurus = Thesaurus(text)
    assert thesaurus.related("pleegzorg") == (Related("crisispleegzorg", ("crisispleegzorg",), "narrower"),)
    assert thesaurus.related("crisispleegzorg") == (Related("pleegzorg", ("pleegzorg",), "broader"),)


@pytest.mark.parametrize(
    "line", ["alleen een woord", "a\tlike\tb", "a\tsame\t", "a\tsame\tb;;c", "a\tsame\t1 2 3 4 5 6 7"]
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "eigen.tsv"
    path.write_text(f"# kop\nhuisdokter\tsame\thuisarts\n{line}\n")
    with pytest.raises(ThesaurusError, match=r"line 3: .*"):
        read_thesaurus(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ThesaurusError, match="cannot be read"):
        read_thesaurus(tmp_path / "nergens.tsv")


def test_a_portal_adds_words_of_its_own(tmp_path: Path, small: list[Report]) -> None:
    (tmp_path / "eigen.tsv").write_text("knooppunt\tsame\tleerplichtambtenaar\njuf\tsame\tpleegouder\n")
    jeugdzoek.build(small, tmp_path / "i").close()
    with jeugdzoek.open(tmp_path / "i") as index:
        assert len(index.search("knooppunt", mode="keyword")) == 0
    with jeugdzoek.open(tmp_path / "i", thesaurus=tmp_path / "eigen.tsv") as index:
        hits = index.search("knooppunt", mode="keyword")
        assert ([hit.report.id for hit in hits], hits.related) == (["school"], ("leerplichtambtenaar",))
        assert "pleeg" in {hit.report.id for hit in index.search("juf", mode="keyword")}


def test_related_words_can_be_left_out(tmp_path: Path, small: list[Report]) -> None:
    with jeugdzoek.build(small, tmp_path / "i") as index:
        assert index.search("telefoneren", mode="keyword").related == ("bellen",)
        without = index.search("telefoneren", mode="keyword", related=False)
        assert (len(without), without.related) == (0, ())
        assert index.search("leerplichtambtenaarr", mode="keyword").did_you_mean == "leerplichtambtenaar"
        assert index.search("leerplichtambtenaarr", mode="keyword", related=False).did_you_mean is None
