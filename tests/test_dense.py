"""Dense search at size: the shortlist by codes next to the exact product."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import jeugdzoek
from jeugdzoek import Report
from jeugdzoek.embedding.encoder import unit_rows
from jeugdzoek.index import codes as coding
from jeugdzoek.index.check import check_index
from jeugdzoek.index.codes import make_codes, pack
from jeugdzoek.index.generations import read_current
from jeugdzoek.search import dense
from jeugdzoek.search.dense import cosines_at, distances, nearest, shortlist

Vectors = NDArray[np.float32]


def clustered(seed: int, passages: int = 30_000, dimensions: int = 96) -> tuple[Vectors, Vectors]:
    """Return unit rows around 300 centres, all off the origin, and 20 queries like them."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(300, dimensions)) + 0.5
    rows = centres[rng.integers(0, 300, passages + 20)] + rng.normal(size=(passages + 20, dimensions))
    unit = unit_rows(rows.astype(np.float32))
    return unit[:-20], unit[-20:]


@pytest.fixture
def from_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let codes be made and used from ten passages on."""
    for module in (coding, dense):
        monkeypatch.setattr(module, "ABOVE", 10)


@pytest.fixture
def many() -> list[Report]:
    """Forty reports of one passage."""
    words = ["kind", "hulp", "geld", "thuis", "school", "wachten"]
    return [Report(f"r{i}", f"Verslag {i} over {words[i % 6]} en {words[i // 6 % 6]}.") for i in range(40)]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([64, 96, 200]))
def test_the_shortlist_holds_nearly_all_of_the_best_and_its_scores_are_exact(seed: int, dimensions: int) -> None:
    vectors, queries = clustered(seed, dimensions=dimensions)
    codes = make_codes(vectors, with_words=True)
    found = 0
    for query in queries:
        slow, slow_scores = nearest(vectors, query, 10)
        fast, scores = nearest(vectors, query, 10, codes=codes)
        found += len(np.intersect1d(slow, fast))
        of_slow = dict(zip(slow.tolist(), slow_scores.tolist(), strict=True))
        shared = [(of_slow[i], s) for i, s in zip(fast.tolist(), scores.tolist(), strict=True) if i in of_slow]
        assert all(one == other for one, other in shared)
    assert found >= 0.99 * 10 * len(queries)


def test_among_the_shortlist_the_answer_is_that_of_the_slow_twin() -> None:
    vectors, queries = clustered(1)
    codes = make_codes(vectors, with_words=True)
    for query in queries[:5]:
        listed = np.zeros(len(vectors), dtype=np.bool_)
        listed[shortlist(codes, query, dense.LEAST)] = True
        slow = nearest(vectors, query, 10, listed)
        fast = nearest(vectors, query, 10, codes=codes)
        again = nearest(vectors, query, 10, codes=make_codes(vectors.copy(), with_words=True))
        for one, other in ((slow, fast), (fast, again)):
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])


@given(st.integers(1, 130), st.integers(0, 2**32 - 1))
def test_a_code_is_the_level_of_each_dimension(dimensions: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(7, dimensions)).astype(np.float32)
    codes = make_codes(vectors, with_words=True)
    assert codes.words is not None
    assert codes.spread is not None
    words = codes.words.shape[0] // 2
    assert words == -(-dimensions // 64)
    for passage in range(7):
        for d in range(dimensions):
            upper, lower = (int(codes.words[half * words + d // 64, passage]) >> d % 64 & 1 for half in (0, 1))
            off, deviation = vectors[passage, d] - codes.spread[0, d], codes.spread[1, d]
            level = 3 if off >= deviation else 2 if off >= 0 else 1 if off > -deviation else 0
            assert 2 * upper + lower == level


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 50), st.integers(0, 2**32 - 1))
def test_distances_are_weighted_counts_of_bits(words: int, bits: int, passages: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, signs, masks = (
        rng.integers(0, 2**64, size=shape, dtype=np.uint64) for shape in ((words, passages), words, (bits, words))
    )
    expected = []
    for passage in range(passages):
        differs = [int(columns[word, passage]) ^ int(signs[word]) for word in range(words)]
        counts = [
            2**i * (d & int(m)).bit_count() for i, row in enumerate(masks) for d, m in zip(differs, row, strict=True)
        ]
        expected.append(sum(counts))
    assert distances(columns, signs, masks).tolist() == expected


@given(st.integers(1, 130), st.integers(0, 2**32 - 1))
def test_a_number_lies_at_most_half_a_step_beside_its_level(dimensions: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(7, dimensions)).astype(np.float32)
    vectors[3] = 0
    codes = make_codes(vectors, with_words=True)
    assert codes.levels.dtype == np.int8
    off = np.abs(vectors - codes.levels * codes.steps[:, None])
    assert (off <= codes.steps[:, None] * 0.5001).all()


def test_words_are_padded_with_zeros() -> None:
    assert pack(np.ones((1, 70), dtype=np.bool_)).tolist() == [[2**64 - 1, 2**6 - 1]]


@pytest.mark.parametrize("few", [True, False])
def test_a_filter_is_never_broken_and_few_passages_are_searched_exactly(few: bool) -> None:
    vectors, queries = clustered(2)
    codes = make_codes(vectors, with_words=True)
    allowed = np.random.default_rng(3).random(len(vectors)) < (0.01 if few else 0.8)
    for query in queries[:5]:
        slow, slow_scores = nearest(vectors, query, 10, allowed)
        fast, scores = nearest(vectors, query, 10, allowed, codes)
        assert allowed[fast].all()
        assert len(np.intersect1d(slow, fast)) >= (10 if few else 9)
        if few:
            np.testing.assert_array_equal(scores, slow_scores)


def test_asking_for_more_than_the_shortlist_takes_keeps_to_the_filter() -> None:
    vectors, queries = clustered(6)
    allowed = np.arange(len(vectors)) % 4 != 1
    slow, _ = nearest(vectors, queries[0], 4000, allowed)
    fast, _ = nearest(vectors, queries[0], 4000, allowed, make_codes(vectors, with_words=True))
    assert allowed[fast].all()
    assert len(np.intersect1d(slow, fast)) > 0.999 * 4000


def test_nothing_allowed_finds_nothing() -> None:
    vectors, queries = clustered(2)
    ids, scores = nearest(
        vectors, queries[0], 10, np.zeros(len(vectors), dtype=np.bool_), make_codes(vectors, with_words=True)
    )
    assert (len(ids), len(scores)) == (0, 0)


def test_ties_are_in_order_of_passage_on_both_paths() -> None:
    vectors, queries = clustered(4)
    vectors[[17, 5000, 29_999]] = queries[0]
    for codes in (None, make_codes(vectors, with_words=True)):
        assert nearest(vectors, queries[0], 3, codes=codes)[0].tolist() == [17, 5000, 29_999]


def test_a_query_the_model_knows_nothing_of_is_answered_in_order() -> None:
    vectors, _ = clustered(4)
    nothing = np.zeros(vectors.shape[1], dtype=np.float32)
    assert nearest(vectors, nothing, 3, codes=make_codes(vectors, with_words=True))[0].tolist() == [0, 1, 2]


def test_a_cosine_does_not_depend_on_what_else_is_asked_for() -> None:
    vectors, queries = clustered(5)
    everything = cosines_at(vectors, queries[0], np.arange(len(vectors)))
    for ids in (np.array([7]), np.array([3, 29_999]), np.arange(0, len(vectors), 3)):
        np.testing.assert_array_equal(cosines_at(vectors, queries[0], ids), everything[ids])


def test_an_index_of_that_size_has_codes_and_finds_the_same(
    tmp_path: Path, many: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    with jeugdzoek.build(many, tmp_path / "exact") as exact, monkeypatch.context() as patch:
        for module in (coding, dense):
            patch.setattr(module, "ABOVE", 10)
        with jeugdzoek.build(many, tmp_path / "coded") as coded:
            files = [{path.name for path in read_current(tmp_path / i).folder.iterdir()} for i in ("exact", "coded")]
            assert files[1] - files[0] == {"codes.npy", "spread.npy"}
            for query in ("verslag 7", "hulp thuis", "geld"):
                found = [
                    [(hit.passage.id, hit.score) for hit in index.search(query, mode="semantic")]
                    for index in (exact, coded)
                ]
                assert found[0] == found[1]
    check_index(tmp_path / "coded")


def test_codes_follow_every_change(tmp_path: Path, many: list[Report], from_few: None) -> None:
    with jeugdzoek.build(many, tmp_path / "edited") as edited:
        edited.remove(["r7"])
        edited.add([Report("nieuw", "Een nieuw verslag over wonen.")])
    kept = [report for report in many if report.id != "r7"]
    jeugdzoek.build([*kept, Report("nieuw", "Een nieuw verslag over wonen.")], tmp_path / "fresh").close()
    for name in ("codes.npy", "spread.npy"):
        edited_bytes, fresh_bytes = (
            (read_current(tmp_path / i).folder / name).read_bytes() for i in ("edited", "fresh")
        )
        assert edited_bytes == fresh_bytes
