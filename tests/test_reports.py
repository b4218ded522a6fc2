"""A report asked as a whole: what its other passages add to one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jeugdzoek.index.keys import NUMBER_BITS
from jeugdzoek.search.reports import COVERED, REPORT, with_report_words


def scores(rows: list[list[float]], words: list[int], reports: list[int]) -> list[float]:
    keys = np.array([(report << NUMBER_BITS) + i for i, report in enumerate(reports)], dtype=np.int64)
    found: list[float] = with_report_words(np.array(rows, np.float32), words, keys).tolist()
    return found


def test_alone_a_passage_with_every_word_scores_their_sum() -> None:
    assert scores([[2], [3]], [0, 1], [1]) == pytest.approx([5])


def test_words_in_another_passage_of_the_report_count_in_part() -> None:
    with_both, with_one = scores([[2, 0, 2], [0, 3, 0]], [0, 1], [1, 1, 2])[::2]
    assert with_both == pytest.approx((1 - REPORT) * 2 + REPORT * 5)
    assert with_one == pytest.approx(2 * (1 + COVERED / 2) / (1 + COVERED))


def test_two_words_beat_one_that_scores_as_much() -> None:
    both, one = scores([[2, 4], [2, 0]], [0, 1], [1, 2])
    assert both > one


def test_a_word_found_in_any_of_its_groups_is_covered_and_groups_of_no_word_are_not_missed() -> None:
    assert scores([[0], [3], [0]], [0, 0, -1], [1]) == pytest.approx([3])


def test_a_passage_without_any_word_stays_at_nothing() -> None:
    assert scores([[2, 0]], [0], [1, 1]) == pytest.approx([2, 0])


@pytest.mark.parametrize(("groups", "passages"), [(0, 2), (2, 0), (0, 0)])
def test_without_passages_or_groups_there_is_nothing_to_add(groups: int, passages: int) -> None:
    rows = np.zeros((groups, passages), np.float32)
    assert with_report_words(rows, [0] * groups, np.arange(passages)).tolist() == [0] * passages


@given(st.lists(st.lists(st.floats(0, 9, width=32), min_size=6, max_size=6), min_size=1, max_size=5), st.data())
def test_no_score_exceeds_the_best_of_every_group(rows: list[list[float]], data: st.DataObject) -> None:
    reports = sorted(data.draw(st.lists(st.integers(0, 3), min_size=6, max_size=6)))
    words = sorted(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    assert max(scores(rows, words, reports)) <= sum(map(max, rows)) * (1 + 1e-5)
