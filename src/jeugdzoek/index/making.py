"""The files of a generation that is being made: texts, vectors and counted terms batch by batch, then keywords."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.embedding.encoder import Vectors
from jeugdzoek.index.arrays import ArrayWriter, open_array, write_array
from jeugdzoek.index.codes import write_codes
from jeugdzoek.index.counting import TermCounter
from jeugdzoek.index.documents import to_encode, to_title
from jeugdzoek.index.encoding import Encoding
from jeugdzoek.index.keys import passage_key
from jeugdzoek.index.keyword import FIELDS, KeywordWriter, to_rewrite
from jeugdzoek.index.layout import KEYS, POSTINGS, REPORT_OF, STORE, VECTORS, WHOOSH, WHOOSH_DOCS
from jeugdzoek.index.merging import GONE, merge_counts
from jeugdzoek.index.ordering import Item, Kept
from jeugdzoek.index.postings import read_counts, write_postings
from jeugdzoek.index.reader import Reader
from jeugdzoek.index.storing import StoreWriter
from jeugdzoek.index.worker import Prepared

AT_ONCE = 4096
"""Passages counted at a time when segments are written again."""

Ints = NDArray[np.int64]
Fresh = tuple[Report, str, Sequence[Passage]]


class TextsWriter:
    """Writes texts, keys and vectors, and counts the terms of fresh passages.

    Parameters
    ----------
    folder
        The temporary generation.
    old
        The generation to carry over from, or None.
    analyzer
        Of the terms.
    encoding
        Of the vectors.
    dimensions
        Of a vector.
    """

    def __init__(
        self, folder: Path, old: Reader | None, analyzer: Analyzer, encoding: Encoding, dimensions: int
    ) -> None:
        self._folder = folder
        self._old = old
        self._encoding = encoding
        self.counter = TermCounter(analyzer)
        self._open = ExitStack()
        self._thread = self._open.enter_context(ThreadPoolExecutor(1))
        self._store = self._open.enter_context(
            closing(StoreWriter(folder / STORE, old.folder / STORE if old else None))
        )
        self._vectors = self._open.enter_context(closing(ArrayWriter(folder / VECTORS, "<f4", dimensions)))
        self._keys: list[Ints] = []
        self._report_of: list[NDArray[np.int32]] = []
        self._fresh: list[range] = []
        self.sizes: list[int] = []

    @property
    def reports(self) -> int:
        """Reports written so far."""
        return self._store.reports

    @property
    def passages(self) -> int:
        """Passages written so far."""
        return self._store.passages

    @property
    def fresh(self) -> Ints:
        """Ordinals of the fresh passages, rising."""
        return np.fromiter((ordinal for part in self._fresh for ordinal in part), dtype=np.int64)

    def take_in(self, batch: Sequence[Item], prepared: Sequence[Prepared]) -> None:
        """Write reports that follow each other: count and encode the fresh, as `prepared`, and carry over the rest."""
        reports = [item for item in batch if isinstance(item, Report)]
        fresh = [(r, digest, _passages(r, spans)) for r, (digest, spans) in zip(reports, prepared, strict=True)]
        both = [(report, passage) for report, _, passages in fresh for passage in passages]
        # The encoder's own code runs beside the counting, which is Python.
        encoded = self._thread.submit(self._encoding.encode, [to_encode(*pair) for pair in both])
        self.counter.add([passage.text for _, passage in both], [to_title(*pair) for pair in both])
        vectors = encoded.result()
        waiting = iter(fresh)
        start = 0
        for kind, items in groupby(batch, key=type):
            if kind is Kept:
                for item in items:
                    self._carry(item)
                continue
            rows = [next(waiting) for _ in items]
            end = start + sum(len(passages) for _, _, passages in rows)
            self._add(rows, vectors[start:end])
            start = end

    def _add(self, rows: Sequence[Fresh], vectors: Vectors) -> None:
        sizes = [len(passages) for _, _, passages in rows]
        keys = [passage_key(report.id, passage.number) for report, _, passages in rows for passage in passages]
        self._fresh.append(range(self.passages, self.passages + len(keys)))
        self._place(np.array(keys, dtype=np.int64), np.repeat(np.arange(len(rows)), sizes), vectors)
        self._store.add(rows)
        self.sizes += sizes

    def _carry(self, item: Item) -> None:
        if self._old is None or not isinstance(item, Kept):
            raise TypeError(item)
        part = slice(item.passages.start, item.passages.stop)
        report_of = self._old.report_of[part] - item.reports.start
        self._place(self._old.keys[part], report_of, self._old.vectors[part])
        self._store.carry(item.reports, item.passages)
        self.sizes.append(len(item.passages))

    def _place(self, keys: Ints, report_of: NDArray[np.integer], vectors: Vectors) -> None:
        self._keys.append(keys)
        self._report_of.append((report_of + self.reports).astype(np.int32))
        self._vectors.append(vectors)

    def finish(self) -> tuple[str, ...]:
        """Write what is left, and return the audiences that occur."""
        self._vectors.finish()
        write_codes(self._folder, open_array(self._folder / VECTORS, "<f4", dimensions=2))
        write_array(self._folder / KEYS, np.concatenate([np.zeros(0, dtype=np.int64), *self._keys]))
        write_array(self._folder / REPORT_OF, np.concatenate([np.zeros(0, dtype=np.int32), *self._report_of]))
        return self._store.finish()

    def close(self) -> None:
        """Let go of the files, finished or not."""
        self._encoding.stop()
        self._open.close()


def _passages(report: Report, spans: Sequence[tuple[int, int, str]]) -> list[Passage]:
    text = report.text
    return [Passage(report.id, n, start, end, text[start:end], name) for n, (start, end, name) in enumerate(spans)]


def write_keywords(
    folder: Path, old: Reader | None, moved: Ints, counter: TermCounter, fresh: Ints, passages: int
) -> None:
    """Write postings and the Whoosh index.

    Parameters
    ----------
    folder
        The temporary generation.
    old
        The generation to carry over from; None when nothing of it stays.
    moved
        New ordinal of each of its passages, or `GONE`.
    counter
        Has counted the fresh passages.
    fresh
        Their ordinals.
    passages
        In the new generation.
    """
    (folder / POSTINGS).mkdir()
    (folder / WHOOSH).mkdir()
    docs = _carried_docs(old, moved) if old else np.zeros(0, dtype=np.int32)
    again = _count_again(old, docs, counter) if old else np.zeros(0, dtype=np.int64)
    written = np.concatenate((fresh, moved[again])).astype(np.int32)
    added = np.concatenate((fresh, np.full(len(again), GONE)))
    before = old.folder / WHOOSH if old else None
    report_of = open_array(folder / REPORT_OF, "<i4", passages)
    with closing(KeywordWriter(folder / WHOOSH, len(written), before, docs)) as keywords:
        for field in sorted(FIELDS):  # as whoosh has them
            counts = counter.take(field)
            keywords.add(field, counts)
            same_terms = None
            if old:
                known = read_counts(old.folder / POSTINGS, field, old.manifest.passages)
                counts = merge_counts(known, moved, counts, added, passages)
                same_terms = old.folder / POSTINGS if counts.terms == known.terms else None
            write_postings(folder / POSTINGS, field, counts, report_of, before=same_terms)
        write_array(folder / WHOOSH_DOCS, keywords.finish(written))


def _carried_docs(old: Reader, moved: Ints) -> NDArray[np.int32]:
    docs = np.full(len(old.whoosh_docs), GONE, dtype=np.int32)
    alive = old.whoosh_docs >= 0
    docs[alive] = moved[old.whoosh_docs[alive]]
    return docs


def _count_again(old: Reader, docs: NDArray[np.int32], counter: TermCounter) -> Ints:
    """Count the passages of segments that are written again, take these out of `docs`, and return old ordinals."""
    numbers = to_rewrite(old.folder / WHOOSH, docs)
    docs[numbers] = GONE
    ordinals = np.sort(old.whoosh_docs[numbers]).astype(np.int64)
    for start in range(0, len(ordinals), AT_ONCE):
        found = old.store.passages(ordinals[start : start + AT_ONCE].tolist())
        reports = old.store.numbered(sorted({number for number, _ in found.values()}))
        parts = [found[ordinal] for ordinal in ordinals[start : start + AT_ONCE].tolist()]
        counter.add([p.text for _, p in parts], [to_title(reports[number], p) for number, p in parts])
    return ordinals
