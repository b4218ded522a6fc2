"""Two scores, one order: the rules of fusion, on numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jeugdzoek.search.backend import Candidates
from jeugdzoek.search.fusion import (
    FusionSettings,
    order_by,
    reciprocal_places,
    reciprocal_ranks,
    semantic_weight,
    weighted_sum,
    with_report,
)
from jeugdzoek.search.subjects import Subject

EASY = FusionSettings()


def candidates(keyword: list[float], semantic: list[float], ceiling: float = 10.0) -> Candidates:
    keys = np.arange(len(keyword), dtype=np.int64)
    return Candidates(keys, np.array(keyword, np.float32), np.array(semantic, np.float32), ceiling, len(keyword))


def test_a_sum_weighs_shares_of_the_ceiling() -> None:
    scores = weighted_sum(candidates([5, 0], [0.2, 0.8]), "hybrid", FusionSettings(semantic=0.25, place=0))
    assert scores.tolist() == pytest.approx([0.75 * 0.5 + 0.25 * 0.2, 0.25 * 0.8])


def test_meaning_takes_over_where_words_match_next_to_nothing() -> None:
    weak = candidates([0.4, 0.0], [0.0, 0.7], ceiling=40)
    assert order_by(weighted_sum(weak, "hybrid", EASY)).tolist() == [1, 0]


def test_a_rare_exact_word_is_not_outranked_by_a_vague_neighbour() -> None:
    found = candidates([8.0, 0.0], [0.1, 0.6])
    assert order_by(weighted_sum(found, "hybrid", EASY)).tolist() == [0, 1]


def test_single_modes_keep_their_own_order() -> None:
    found = candidates([1, 3, 2], [0.3, 0.1, 0.2])
    assert order_by(weighted_sum(found, "keyword", EASY)).tolist() == [1, 2, 0]
    assert order_by(weighted_sum(found, "semantic", EASY)).tolist() == [0, 2, 1]


def test_ties_are_broken_by_key() -> None:
    found = candidates([1, 1, 1], [0, 0, 0])
    assert order_by(weighted_sum(found, "hybrid", EASY)).tolist() == [0, 1, 2]


@given(st.lists(st.tuples(st.floats(0, 9, width=32), st.floats(-1, 1, width=32)), min_size=1, max_size=20))
def test_fusion_never_lowers_a_passage_that_is_better_in_both_halves(pairs: list[tuple[float, float]]) -> None:
    found = candidates([k for k, _ in pairs], [s for _, s in pairs])
    for scores in (weighted_sum(found, "hybrid", EASY), reciprocal_ranks(found)):
        for i, (k, s) in enumerate(pairs):
            for j, (k2, s2) in enumerate(pairs):
                if k > k2 and s > s2:
                    assert scores[i] >= scores[j]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 9)), min_size=1, max_size=30))
def test_a_report_lifts_its_passages_and_never_changes_which_report_is_first(rows: list[tuple[int, float]]) -> None:
    rows.sort(key=lambda row: row[0])
    keys = np.array([(report << 16) + i for i, (report, _) in enumerate(rows)], dtype=np.int64)
    scores = np.array([score for _, score in rows])
    lifted = with_report(scores, keys, 0.25)
    best = {report: max(s for r, s in rows if r == report) for report, _ in rows}
    assert lifted.tolist() == pytest.approx([score + 0.25 * best[report] for report, score in rows])
    assert max(lifted) == pytest.approx(1.25 * max(scores))


def test_places_go_by_score_then_by_key_and_no_score_has_none() -> None:
    assert reciprocal_places(np.array([0.5, 2.0, 0.5, 0.0, -1.0])).tolist() == [1 / 2, 1, 1 / 3, 0, 0]
    assert reciprocal_places(np.zeros(0)).tolist() == []


def test_what_both_halves_put_first_stays_first() -> None:
    found = candidates([5.0, 4.9, 1.0], [0.50, 0.1, 0.50], ceiling=10)
    for weight in (0.0, 0.3, 0.7, 1.0):
        scores = weighted_sum(found, "hybrid", FusionSettings(semantic=weight, unknown=weight))
        assert order_by(scores)[0] == 0


def test_first_in_one_half_beats_second_in_both_where_the_sums_are_near() -> None:
    found = candidates([5.0, 4.0, 4.2], [0.30, 0.55, 0.50], ceiling=10)
    without = weighted_sum(found, "hybrid", FusionSettings(place=0))
    assert order_by(without).tolist() == [1, 2, 0]
    assert order_by(weighted_sum(found, "hybrid", EASY)).tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("matched", "weight"),
    [([1.0, 1.0], 0.3), ([0.0, 0.0], 0.7), ([1.0, 0.0], 0.4), ([0.5, 0.5], 0.5), ([], 0.3)],
)
def test_meaning_weighs_more_where_the_index_lacks_words(matched: list[float], weight: float) -> None:
    words = [Subject(f"w{i}", rarity, m) for i, (rarity, m) in enumerate(zip((3.0, 1.0), matched, strict=False))]
    found = replace(candidates([1], [1]), subjects=tuple(words))
    assert semantic_weight(found, FusionSettings(semantic=0.3, unknown=0.7)) == pytest.approx(weight)
