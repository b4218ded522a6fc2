"""Whoosh's segments, written from counted terms, against those of Whoosh's own writer."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jeugdzoek.index import segment
from jeugdzoek.index.counting import count_terms
from jeugdzoek.index.keyword import (
    FIELDS,
    MOST_SEGMENTS,
    STEM,
    TITLE,
    WORD,
    KeywordIndex,
    KeywordWriter,
    _schema,
    to_rewrite,
    write_keyword,
)
from jeugdzoek.index.postings import TermCounts
from jeugdzoek.index.segment import rounded_lengths

WORDS = ["kind", "hulp", "gezin", "één", "ggz", "x" * 80]
Documents = list[list[str]]
documents = st.lists(st.lists(st.sampled_from(WORDS), max_size=30), min_size=1, max_size=40)


def counted(texts: Documents) -> TermCounts:
    return count_terms(texts, rounded_lengths(np.array([len(terms) for terms in texts], dtype=np.int64)))


def by_whoosh(folder: Path, texts: Documents) -> KeywordIndex:
    """The slow twin: an index that Whoosh's own writer made, document by document."""
    from whoosh.filedb.filestore import FileStorage

    folder.mkdir()
    writer = FileStorage(str(folder)).create_index(_schema()).writer()
    for terms in texts:
        writer.add_document(**{field: list(terms) for field in FIELDS})
    writer.commit()
    return KeywordIndex(folder, np.arange(len(texts), dtype=np.int32))


def ours(folder: Path, texts: Documents) -> KeywordIndex:
    folder.mkdir()
    write_keyword(folder, dict.fromkeys(FIELDS, counted(texts)))
    return KeywordIndex(folder, np.arange(len(texts), dtype=np.int32))


def postings(index: KeywordIndex) -> list[object]:
    """All that Whoosh finds in an index: terms, what it knows of each, and postings with what stands in them."""
    found: list[object] = []
    reader = index._searcher.reader()
    for field, text in reader.all_terms():
        info = reader.term_info(field, text)
        known = (info.weight(), info.doc_frequency(), info.min_length(), info.max_length(), info.max_weight())
        matcher = reader.postings(field, text)
        rows = []
        while matcher.is_active():
            block = (matcher.block_min_length(), matcher.block_max_length(), matcher.block_max_weight())
            rows.append((matcher.id(), matcher.weight(), block, matcher.value()))
            matcher.next()
        found.append((field, text, known, info.min_id(), info.max_id(), rows))
    lengths = [[reader.doc_field_length(n, field) for n in range(reader.doc_count_all())] for field in FIELDS]
    return [*found, lengths, [reader.field_length(field) for field in FIELDS]]


@settings(max_examples=60, deadline=None)
@given(documents)
def test_a_segment_reads_as_what_whoosh_writes(tmp_path_factory: pytest.TempPathFactory, texts: Documents) -> None:
    folder = tmp_path_factory.mktemp("twin")
    slow, fast = by_whoosh(folder / "slow", texts), ours(folder / "fast", texts)
    assert postings(fast) == postings(slow)
    for word in WORDS:
        terms = [(STEM, word, 1.0), (TITLE, word, 0.25)]
        assert fast.rank(terms, 50) == slow.rank(terms, 50)
    for one, other in pairwise(WORDS):
        for words in ([one], [one, other], [other, one, other]):
            assert fast.phrase(words).tolist() == slow.phrase(words).tolist()
    slow.close()
    fast.close()


def test_long_postings_are_cut_into_blocks_as_whoosh_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jeugdzoek.index.postings.AT_ONCE", 700)
    texts = [["kind"] * (1 + n % 3) + ["hulp"] * (n % 2) + [f"w{n}"] for n in range(600)]
    texts[300] = ["ver", *["weg"] * 400, "kind"]
    texts[301:303] = [["kind"] * 255, ["hulp", *["weg"] * 299, "hulp"] * 2]
    slow, fast = by_whoosh(tmp_path / "slow", texts), ours(tmp_path / "fast", texts)
    assert postings(fast) == postings(slow)
    slow.close()
    fast.close()


def test_the_same_terms_give_the_same_bytes(tmp_path: Path) -> None:
    texts = [["kind", "hulp", "kind"], ["gezin"]]
    for name in ("een", "twee"):
        ours(tmp_path / name, texts).close()
    one, other = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("een", "twee"))
    assert one == other


def added(folder: Path, before: Path, docs: list[int], texts: Documents, passages: list[int]) -> KeywordIndex:
    folder.mkdir()
    writer = KeywordWriter(folder, len(texts), before, np.array(docs, dtype=np.int32))
    for field in sorted(FIELDS):
        writer.add(field, counted(texts))
    held = writer.finish(np.array(passages, dtype=np.int32))
    return KeywordIndex(folder, held)


def test_a_segment_is_carried_over_without_what_was_deleted(tmp_path: Path) -> None:
    ours(tmp_path / "a", [["kind"], ["kind", "hulp"], ["gezin"]]).close()
    index = added(tmp_path / "b", tmp_path / "a", [0, -1, 1], [["kind", "zorg"]], [2])
    assert index.count() == 3
    assert index.phrase(["kind"]).tolist() == [0, 2]
    assert index.phrase(["hulp"]).tolist() == []
    index.close()
    assert {path.suffix for path in (tmp_path / "b").iterdir()} == {".toc", segment.POSTINGS, segment.REST}


def test_a_segment_of_whooshs_own_writer_is_carried_over_too(tmp_path: Path) -> None:
    by_whoosh(tmp_path / "a", [["kind"], ["hulp"]]).close()
    (tmp_path / "a" / "MAIN_WRITELOCK").unlink(missing_ok=True)
    index = added(tmp_path / "b", tmp_path / "a", [0, 1], [["kind", "zorg"]], [2])
    assert index.phrase(["kind"]).tolist() == [0, 2]
    index.close()


def test_an_index_without_documents_can_be_opened(tmp_path: Path) -> None:
    ours(tmp_path / "a", [["kind"]]).close()
    index = added(tmp_path / "b", tmp_path / "a", [-1], [], [])
    assert (index.count(), index.phrase(["kind"]).tolist()) == (0, [])
    index.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), min_size=1, max_size=12))
def test_few_segments_are_kept_and_few_documents_written_again(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[tuple[int, int]]
) -> None:
    docs: list[int] = []
    folder = tmp_path_factory.mktemp("empty")
    ours(folder / "0", [["kind"]]).close()
    docs, last = [0], folder / "0"
    for step, (size, deleted) in enumerate(sizes, start=1):
        docs = [-1 if place < deleted else passage for place, passage in enumerate(docs)]
        again = to_rewrite(last, np.array(docs, dtype=np.int32)).tolist()
        passages = [*(docs[place] for place in again), *range(1000 * step, 1000 * step + size)]
        docs = [-1 if place in again else passage for place, passage in enumerate(docs)]
        index = added(folder / str(step), last, docs, [["kind"]] * len(passages), passages)
        docs, last = index._docs.tolist(), folder / str(step)
        assert index.phrase(["kind"]).tolist() == sorted(passage for passage in docs if passage >= 0)
        assert len(index._searcher.leaf_searchers()) <= MOST_SEGMENTS
        index.close()


def test_the_field_with_positions_is_the_one_of_words_as_written(tmp_path: Path) -> None:
    counts = counted([["kind", "hulp"]])
    (tmp_path / "w").mkdir()
    write_keyword(tmp_path / "w", {WORD: counts})
    index = KeywordIndex(tmp_path / "w", np.zeros(1, dtype=np.int32))
    assert index.phrase(["kind", "hulp"]).tolist() == [0]
    assert index.phrase(["hulp", "kind"]).tolist() == []
    index.close()
