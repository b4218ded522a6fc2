"""Ranking by words: the compiled postings against Whoosh's own scores, but for what makes a word rare."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jeugdzoek.index.counting import count_terms
from jeugdzoek.index.keyword import FIELDS, PART, STEM, TITLE, KeywordIndex, write_keyword
from jeugdzoek.index.postings import K1, KTH, Postings, inverse_frequency, kth_best, write_postings
from jeugdzoek.index.segment import rounded_lengths
from jeugdzoek.search import bm25
from jeugdzoek.search.expansion import Alternative, Group
from jeugdzoek.search.topk import best

WORDS = ["kind", "hulp", "gezin", "school", "wacht", "geld", "zorg", "thuis"]
documents = st.lists(st.lists(st.sampled_from(WORDS), max_size=30), min_size=1, max_size=40)
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True)
alternatives = st.builds(
    Alternative,
    st.sampled_from([STEM, PART, TITLE]),
    st.lists(st.sampled_from([*WORDS, "nergens"]), min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from([0.2, 0.5, 1.0]),
    typed=st.just(False),
)
groups = st.lists(st.lists(alternatives, min_size=1, max_size=4).map(tuple), min_size=1, max_size=4)


def rarer(texts: list[list[str]], word: str) -> float:
    """Our idf of `word` over Whoosh's, where every passage is a report of its own; 1 for an unknown word."""
    known = sum(word in text for text in texts)
    return float(inverse_frequency(len(texts), known) / (np.log(len(texts) / (known + 1)) + 1)) if known else 1.0


def build_both(folder: Path, texts: list[list[str]]) -> tuple[KeywordIndex, dict[str, Postings]]:
    (folder / "whoosh").mkdir(parents=True)
    counts = count_terms(texts, rounded_lengths(np.array([len(terms) for terms in texts])))
    write_keyword(folder / "whoosh", dict.fromkeys(FIELDS, counts))
    opened = {}
    for field in FIELDS:
        write_postings(folder, field, counts)
        opened[field] = Postings(folder, field, len(texts))
    return KeywordIndex(folder / "whoosh", np.arange(len(texts), dtype=np.int32)), opened


@settings(max_examples=40, deadline=None)
@given(documents, words, st.integers(1, 12))
def test_compiled_postings_rank_as_whoosh_does(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], wanted: list[str], limit: int
) -> None:
    whoosh, postings = build_both(tmp_path_factory.mktemp("twin"), texts)
    terms = [(field, word, weight) for word in wanted for field, weight in ((STEM, 1.0), (TITLE, 0.25))]
    slow = whoosh.rank([(f, word, weight * rarer(texts, word)) for f, word, weight in terms], len(texts))
    whoosh.close()
    plan = bm25.Planner(postings).plan([(Alternative(f, (text,), w),) for f, text, w in terms])
    found = bm25.rank(plan, limit)
    ids, scores = found.ids, found.scores
    expected = dict(slow)
    assert found.total == len(slow)
    assert len(ids) == min(limit, len(slow))
    np.testing.assert_allclose(scores, [expected[i] for i in ids.tolist()], rtol=2e-6)
    # the same order, but for passages whose scores differ by less than float32 can tell
    np.testing.assert_allclose(scores, [score for _, score in slow[:limit]], rtol=2e-6)


def slow_score(whoosh: KeywordIndex, group: Group, texts: list[list[str]]) -> np.ndarray:
    """The best alternative of each passage; one of several words is their mean where all occur."""
    passages = len(texts)
    rows = np.zeros((len(group), passages))
    for row, alternative in zip(rows, group, strict=True):
        found = [
            dict(whoosh.rank([(alternative.field, word, rarer(texts, word))], passages)) for word in alternative.texts
        ]
        for passage in range(passages):
            if all(passage in scores for scores in found):
                row[passage] = alternative.weight * np.mean([scores[passage] for scores in found])
    return rows.max(axis=0)


@settings(max_examples=40, deadline=None)
@given(documents, groups, st.integers(1, 12))
def test_of_a_group_the_best_alternative_counts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], wanted: list[Group], limit: int
) -> None:
    whoosh, postings = build_both(tmp_path_factory.mktemp("groups"), texts)
    slow = sum(slow_score(whoosh, group, texts) for group in wanted)
    whoosh.close()
    assert isinstance(slow, np.ndarray)
    plan = bm25.Planner(postings).plan(wanted)
    found = bm25.rank(plan, limit)
    summed = bm25.rows_at(plan, np.arange(len(texts))).sum(axis=0)
    assert found.total == np.count_nonzero(slow)
    np.testing.assert_allclose(found.scores, slow[found.ids], rtol=5e-6)
    np.testing.assert_allclose(found.scores, np.sort(slow)[::-1][: min(limit, found.total)], rtol=5e-6)
    np.testing.assert_allclose(summed, slow, rtol=5e-6)
    assert summed[found.ids].tobytes() == found.scores.tobytes(), "ranking and looking up give the same bits"


def test_what_was_added_never_counts_for_more_than_what_was_typed(tmp_path: Path) -> None:
    texts = [["kind"], ["kind"], ["kind"], ["kroost"]]
    write_postings(tmp_path, STEM, count_terms(texts, np.ones(4, dtype=np.int64)))
    postings = {STEM: Postings(tmp_path, STEM, 4)}
    typed, added = Alternative(STEM, ("kind",), 1.0, typed=True), Alternative(STEM, ("kroost",), 0.9)
    found = bm25.rank(bm25.Planner(postings).plan([(typed, added)]), 4)
    assert found.ids.tolist() == [0, 1, 2, 3]
    assert found.scores[3] == pytest.approx(0.9 * found.scores[0], rel=1e-5)
    alone = bm25.rank(bm25.Planner(postings).plan([(added,)]), 4)
    assert alone.scores[0] > found.scores[0], "alone the rarer word would have counted for more"


def test_a_word_is_as_rare_as_the_reports_it_stands_in_are_few(tmp_path: Path) -> None:
    """*kind* stands in as many passages as *hulp*, but in one report instead of three."""
    texts = [["kind"], ["kind"], ["kind"], ["hulp"], ["hulp"], ["hulp"], ["zorg"]]
    write_postings(tmp_path, STEM, count_terms(texts, np.ones(7, dtype=np.int64)), np.array([0, 0, 0, 1, 2, 3, 3]))
    postings = Postings(tmp_path, STEM, 7, 4)
    assert list(postings.terms) == ["hulp", "kind", "zorg"]
    assert postings.ceilings / (K1 + 1) == pytest.approx(inverse_frequency(4, np.array([3, 1, 1])), rel=1e-6)


@given(st.integers(1, 10**6), st.data())
def test_no_word_is_worth_nothing_or_less(reports: int, data: st.DataObject) -> None:
    frequency = data.draw(st.integers(1, reports))
    assert 0 < inverse_frequency(reports, frequency) <= inverse_frequency(reports, 1)


@settings(max_examples=60, deadline=None)
@given(documents, words, st.data())
def test_filters_and_lookups_agree_with_ranking_everything(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], wanted: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("filter")
    write_postings(folder, "stem", count_terms(texts, np.array([len(t) for t in texts])))
    postings = {"stem": Postings(folder, "stem", len(texts))}
    terms = [(Alternative(STEM, (word,), 1.0, typed=True),) for word in wanted]
    plan = bm25.Planner(postings).plan(terms)
    everything = bm25.rank(plan, len(texts))
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))))
    kept = [i for i in everything.ids.tolist() if allowed[i]]
    found = bm25.rank(plan, 3, allowed)
    assert found.ids.tolist() == kept[:3]
    assert found.total == len(kept)
    assert all(score <= plan.ceiling * (1 + 1e-6) for score in everything.scores)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(1, 70))
def test_best_is_a_sort_cut_off(values: list[int], k: int) -> None:
    scores = np.array(values, dtype=np.float32)
    ids, found = best(np.arange(len(values)), scores, k)
    expected = sorted(range(len(values)), key=lambda i: (-values[i], i))[:k]
    assert ids.tolist() == expected
    assert found.tolist() == [values[i] for i in expected]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 260), min_size=1, max_size=8), st.integers(0, 99))
def test_the_kth_best_impacts_are_those_of_a_sort(sizes: list[int], seed: int) -> None:
    sizes = [size * (1 + 5 * (size > 200)) for size in sizes]  # some in many passages
    ptr = np.concatenate(([0], np.cumsum(sizes)))
    impacts = np.random.default_rng(seed).integers(1, 50, int(ptr[-1])).astype(np.float32) / 7
    best = kth_best(ptr, impacts)
    for row, (start, end) in enumerate(pairwise(ptr.tolist())):
        falling = np.sort(impacts[start:end])[::-1]
        assert best[row].tolist() == [falling[k - 1] if k <= len(falling) else 0 for k in KTH]
