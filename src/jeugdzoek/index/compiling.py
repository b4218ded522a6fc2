"""Writes all files of one generation, from fresh reports and the generation before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.passages import cut_into_passages
from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.embedding.encoder import Encoder, Vectors
from jeugdzoek.errors import SourceError
from jeugdzoek.index.arrays import write_array
from jeugdzoek.index.check import SMOKE_QUERIES, self_check
from jeugdzoek.index.codes import write_codes
from jeugdzoek.index.documents import to_encode, to_terms
from jeugdzoek.index.encoding import encode, forget_kept, vectors_of
from jeugdzoek.index.files import link_or_copy, require_room
from jeugdzoek.index.generations import Published, new_generation, publish
from jeugdzoek.index.keys import MOST_PASSAGES, passage_key, report_key
from jeugdzoek.index.keyword import FIELDS, rounded_lengths, update_keyword, write_keyword
from jeugdzoek.index.layout import (
    FORMAT,
    KEYS,
    POSTINGS,
    REPORT_OF,
    STORE,
    VECTORS,
    WHOOSH,
    WHOOSH_DOCS,
    Manifest,
)
from jeugdzoek.index.merging import GONE, merge_counts
from jeugdzoek.index.models import record_of
from jeugdzoek.index.postings import count_terms, read_counts, write_postings
from jeugdzoek.index.reader import Reader
from jeugdzoek.index.store import write_store

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, of how many)."""

Documents = list[dict[str, list[str]]]
BYTES_PER_CHARACTER = 12
ROOM = 1.2


@dataclass(frozen=True, slots=True)
class Parts:
    """What turns reports into an index.

    Parameters
    ----------
    analyzer, encoder
        For the two halves.
    masked
        What the manifest records.
    progress
        Called with (stage, done, of how many).
    """

    analyzer: Analyzer
    encoder: Encoder
    masked: bool
    progress: Progress | None

    def report(self, stage: str, done: int, total: int) -> None:
        """Tell how far `stage` is."""
        if self.progress:
            self.progress(stage, done, total)


@dataclass(frozen=True, slots=True)
class _Row:
    """A report of the new generation: `old` is its number before, or None when fresh."""

    report: Report
    hash: str
    passages: Sequence[Passage]
    old: int | None


@dataclass(frozen=True, slots=True)
class _Order:
    """New ordinals of the passages carried over and of the fresh ones."""

    rows: Sequence[_Row]
    old_to_new: NDArray[np.int64]
    fresh_to_new: NDArray[np.int64]
    passages: int


def compile_generation(
    root: Path, old: Reader | None, kept: Sequence[int], fresh: Sequence[Report], parts: Parts, previous: int
) -> Published:
    """Write and publish a new generation of the index at `root`.

    Parameters
    ----------
    root
        The index folder; the writer lock is held.
    old
        The generation to carry over from, or None.
    kept
        Numbers of its reports that stay as they are.
    fresh
        New and changed reports.
    parts
        Analyser, encoder, …
    previous
        Number of the generation to roll back to; 0 for none.
    """
    kept_bytes = sum(size for size, _ in old.manifest.files.values()) if old else 0
    require_room(root, int(ROOM * (kept_bytes + BYTES_PER_CHARACTER * sum(len(r.text) for r in fresh))))
    order = _order(_rows(old, kept, fresh), old)
    with new_generation(root) as folder:
        fresh_rows = [row for row in order.rows if row.old is None]
        documents = _analyse(fresh_rows, parts)
        _write_postings(folder, old, order, documents)
        vectors = _vectors(old, order, _encode(root, old, fresh_rows, parts))
        write_array(folder / VECTORS, vectors)
        write_codes(folder, vectors)
        parts.report("keywords", 0, 0)
        _write_whoosh(folder, old, order, documents)
        parts.report("writing", 0, 0)
        _write_texts(folder, order)
        manifest = _manifest(order, parts, previous)
        published = publish(folder, manifest, lambda made: self_check(made, parts.analyzer, SMOKE_QUERIES))
    forget_kept(root)
    return published


def _rows(old: Reader | None, kept: Sequence[int], fresh: Sequence[Report]) -> list[_Row]:
    rows = [_Row(r, r.content_hash(), cut_into_passages(r)[:MOST_PASSAGES], None) for r in fresh]
    if old and kept:
        wanted = set(kept)
        for number, (report, content_hash, passages) in enumerate(old.store.everything()):
            if number in wanted:
                rows.append(_Row(report, content_hash, passages, number))
    rows.sort(key=lambda row: report_key(row.report.id))
    for one, other in pairwise(rows):
        if report_key(one.report.id) == report_key(other.report.id):
            raise SourceError(other.report.id, f"has the same key as {one.report.id}; give one of the two another id")
    return rows


def _order(rows: Sequence[_Row], old: Reader | None) -> _Order:
    old_to_new = np.full(old.manifest.passages if old else 0, GONE, dtype=np.int64)
    fresh_to_new: list[int] = []
    ordinal = 0
    for row in rows:
        news = range(ordinal, ordinal + len(row.passages))
        if row.old is None or old is None:
            fresh_to_new += news
        else:
            first = int(np.searchsorted(old.report_of, row.old))
            old_to_new[first : first + len(news)] = news
        ordinal += len(news)
    return _Order(rows, old_to_new, np.array(fresh_to_new, dtype=np.int64), ordinal)


def _analyse(rows: Sequence[_Row], parts: Parts) -> Documents:
    documents: Documents = []
    for done, row in enumerate(rows, start=1):
        documents += [to_terms(parts.analyzer, row.report, passage) for passage in row.passages]
        parts.report("analysing", done, len(rows))
    return documents


def _encode(root: Path, old: Reader | None, rows: Sequence[_Row], parts: Parts) -> Vectors:
    texts = [to_encode(row.report, passage) for row in rows for passage in row.passages]
    before = vectors_of(old, parts.encoder, {row.report.id for row in rows}) if old else {}
    return encode(root, texts, parts.encoder, before, parts.report)


def _vectors(old: Reader | None, order: _Order, fresh: Vectors) -> Vectors:
    merged = np.zeros((order.passages, fresh.shape[1]), dtype=np.float32)
    merged[order.fresh_to_new] = fresh
    carried = order.old_to_new != GONE
    if old is not None and carried.any():
        merged[order.old_to_new[carried]] = old.vectors[carried]
    return merged


def _write_postings(folder: Path, old: Reader | None, order: _Order, documents: Documents) -> None:
    (folder / POSTINGS).mkdir()
    for field in FIELDS:
        terms = [document[field] for document in documents]
        sizes = np.fromiter((len(part) for part in terms), dtype=np.int64, count=len(terms))
        counts = count_terms(terms, rounded_lengths(sizes))
        before = read_counts(old.folder / POSTINGS, field, old.manifest.passages) if old else count_terms([], sizes[:0])
        merged = merge_counts(before, order.old_to_new, counts, order.fresh_to_new, order.passages)
        write_postings(folder / POSTINGS, field, merged)


def _write_whoosh(folder: Path, old: Reader | None, order: _Order, documents: Documents) -> None:
    target = folder / WHOOSH
    target.mkdir()
    if old is None or not (order.old_to_new != GONE).any():
        write_keyword(target, documents)
        write_array(folder / WHOOSH_DOCS, order.fresh_to_new.astype(np.int32))
        return
    for path in sorted((old.folder / WHOOSH).iterdir()):
        link_or_copy(path, target / path.name)
    before = old.whoosh_docs
    alive = before >= 0
    moved = np.full(len(before), GONE, dtype=np.int32)
    moved[alive] = order.old_to_new[before[alive]]
    after = update_keyword(target, moved, documents)
    added = after <= -2
    after[added] = order.fresh_to_new[-2 - after[added]]
    write_array(folder / WHOOSH_DOCS, after)


def _write_texts(folder: Path, order: _Order) -> None:
    keys = [passage_key(row.report.id, number) for row in order.rows for number in range(len(row.passages))]
    report_of = np.repeat(np.arange(len(order.rows)), [len(row.passages) for row in order.rows])
    write_array(folder / KEYS, np.array(keys, dtype=np.int64))
    write_array(folder / REPORT_OF, report_of.astype(np.int32))
    write_store(folder / STORE, [(row.report, row.hash, row.passages) for row in order.rows])


def _manifest(order: _Order, parts: Parts, previous: int) -> Manifest:
    return Manifest(
        format=FORMAT,
        version=version("jeugdzoek"),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        analyzer=parts.analyzer.fingerprint,
        encoder=record_of(parts.encoder),
        reports=len(order.rows),
        passages=order.passages,
        audiences=tuple(sorted({row.report.audience for row in order.rows})),
        masked=parts.masked,
        previous=previous,
    )
