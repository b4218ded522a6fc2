"""The Whoosh index; no file but this one and `jeugdzoek.index.segment` imports whoosh.

Passages arrive as lists of terms, so Whoosh never analyses text, and user text never
reaches its query parser. It answers what compiled postings cannot: phrases. It is
also their slow twin: `KeywordIndex.rank` scores the same terms by Whoosh's own
searcher, and tests hold the two together.

Whoosh's files hold pickles. While this module reads, whoosh's unpickling goes through
the allow-list of `jeugdzoek.index.unpickling`; other users of whoosh in the same
process are left alone.
"""

from __future__ import annotations

import pickle
import threading
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.files import link_or_copy
from jeugdzoek.index.layout import AGAIN
from jeugdzoek.index.postings import TermCounts
from jeugdzoek.index.segment import NAME, POSTINGS, REST, Segment
from jeugdzoek.index.unpickling import RefusedPickleError, safe_load, safe_loads

Ordinals = NDArray[np.int64]

WORD = "word"
STEM = "stem"
PART = "part"
TITLE = "title"
FIELDS = (WORD, STEM, PART, TITLE)
"""Words as written; stems of the words with a subject; parts of compounds; stems and parts of title and heading."""

MOST_SEGMENTS = 8
DELETED = -1

_reading: ContextVar[bool] = ContextVar("jeugdzoek_reads_whoosh", default=False)


def _schema() -> Any:
    from whoosh.analysis import SpaceSeparatedTokenizer
    from whoosh.fields import TEXT, Schema

    analyzer = SpaceSeparatedTokenizer()
    return Schema(**{name: TEXT(analyzer=analyzer, phrase=name == WORD, stored=False) for name in FIELDS})


def _while_reading(original: Callable[..., Any], safe: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def load(*args: Any, **kwargs: Any) -> Any:
        return safe(args[0]) if _reading.get() else original(*args, **kwargs)

    return load


@cache
def _install_guard() -> None:
    """Route every place where whoosh unpickles through a check of `_reading`."""
    from whoosh import columns, formats, index
    from whoosh.codec import plaintext, whoosh3
    from whoosh.filedb import structfile
    from whoosh.util import loading

    for module in (columns, formats, plaintext, whoosh3):
        module.loads = _while_reading(module.loads, safe_loads)
    structfile.load_pickle = _while_reading(structfile.load_pickle, safe_load)
    index.pickle = types.SimpleNamespace(
        loads=_while_reading(pickle.loads, safe_loads), dumps=pickle.dumps, PicklingError=pickle.PicklingError
    )
    loading.RenamingUnpickler.load = _while_reading(loading.RenamingUnpickler.load, _refuse)


def _refuse(_unpickler: object) -> Any:
    raise RefusedPickleError("the index has an old whoosh format that jeugdzoek never wrote")


@contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    """Read whoosh's files through the allow-list; whatever goes wrong there is damage."""
    _install_guard()
    token = _reading.set(True)
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) or error.errno is None:
            raise IndexDamagedError(folder, f"misses a file of the keyword index ({error}); {AGAIN}") from error
        raise
    except Exception as error:  # whoosh raises all kinds on damaged files
        reason = f"is not a keyword index ({type(error).__name__}: {error}); {AGAIN}"
        raise IndexDamagedError(folder, reason) from error
    finally:
        _reading.reset(token)


def _open(folder: Path) -> Any:
    from whoosh.filedb.filestore import FileStorage
    from whoosh.index import FileIndex

    return FileIndex(FileStorage(str(folder), supports_mmap=True), schema=_schema())


def write_keyword(folder: Path, fields: Mapping[str, TermCounts]) -> None:
    """Write a new Whoosh index of counted terms (field → counts) into the empty `folder`."""
    documents = len(next(iter(fields.values())).lengths)
    with closing(KeywordWriter(folder, documents)) as writer:
        for field, counts in sorted(fields.items()):  # as whoosh has them
            writer.add(field, counts)
        writer.finish(np.arange(documents, dtype=np.int32))


class KeywordWriter:
    """Writes the Whoosh folder of a new generation: segments carried over from the one before, and a new one.

    Parameters
    ----------
    folder
        Empty.
    documents
        How many the new segment will hold.
    before
        The Whoosh folder to carry over from, or None.
    docs
        For each of its document numbers the passage it holds in the new generation, or `DELETED`.
    """

    def __init__(
        self, folder: Path, documents: int, before: Path | None = None, docs: NDArray[np.int32] | None = None
    ) -> None:
        self._folder = folder
        toc = _read_toc(before) if before else None
        self._generation = toc.generation + 1 if toc else 1
        self._kept: list[Any] = []
        self._docs: list[NDArray[np.int32]] = []
        if toc is not None and before is not None and docs is not None:
            for segment, part in zip(toc.segments, _by_segment(toc.segments, docs), strict=True):
                if (part != DELETED).any():
                    self._carry(before, segment, part)
        self._segment = Segment(folder, self._generation, documents)

    def _carry(self, before: Path, segment: Any, docs: NDArray[np.int32]) -> None:
        for path in sorted(before.glob(f"{segment.segment_id()}.*")):
            link_or_copy(path, self._folder / path.name)
        for number in np.flatnonzero(docs == DELETED).tolist():
            segment.delete_document(number)
        self._kept.append(segment)
        self._docs.append(docs)

    def add(self, field: str, counts: TermCounts) -> None:
        """Write the terms of `field` in the new documents; where they stand, for `WORD` alone."""
        self._segment.add(field, counts if field == WORD else replace(counts, positions=None))

    def finish(self, docs: NDArray[np.int32]) -> NDArray[np.int32]:
        """Write what is left, `docs` being the passages of the new segment; return those of all segments."""
        from whoosh.filedb.filestore import FileStorage
        from whoosh.index import TOC

        made = self._segment.finish()
        if len(docs):
            self._kept.append(made)
            self._docs.append(docs)
        else:
            for ending in (POSTINGS, REST):
                (self._folder / made.make_filename(ending)).unlink()
        TOC(_schema(), self._kept, self._generation).write(FileStorage(str(self._folder)), NAME)
        return np.concatenate([np.zeros(0, dtype=np.int32), *self._docs]).astype(np.int32)

    def close(self) -> None:
        """Let go of the file that is being written."""
        self._segment.close()


def to_rewrite(before: Path, docs: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the documents of `before` that are better written again than carried over, as rising document numbers.

    Parameters
    ----------
    before
        A Whoosh folder.
    docs
        For each of its document numbers the passage it holds in the new generation, or `DELETED`.

    Notes
    -----
    A segment of which a third is deleted is written again. Of too many segments the smallest
    are, up to one that is larger than all before it: a document is written again as often as the
    index doubles.
    """
    parts = _by_segment(_read_toc(before).segments, docs)
    alive = [int((part != DELETED).sum()) for part in parts]
    again = {row for row, part in enumerate(parts) if 3 * (len(part) - alive[row]) > len(part)}
    rest = sorted(set(range(len(parts))) - again, key=lambda row: (alive[row], -row))
    if len(rest) >= MOST_SEGMENTS:
        merged = sum(alive[row] for row in again)
        while rest and (len(rest) > MOST_SEGMENTS // 2 or alive[rest[0]] <= merged):
            merged += alive[rest[0]]
            again.add(rest.pop(0))
    numbers = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.flatnonzero(np.isin(numbers, sorted(again)) & (docs != DELETED))


def _by_segment(segments: Sequence[Any], docs: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    return np.split(docs, np.cumsum([segment.doc_count_all() for segment in segments])[:-1])


def _read_toc(folder: Path) -> Any:
    with _guarded(folder):
        return _open(folder)._read_toc()


class KeywordIndex:
    """A Whoosh index opened for reading.

    Parameters
    ----------
    folder
        What `write_keyword` wrote.
    docs
        For each of Whoosh's document numbers the ordinal of the passage it holds.
    """

    def __init__(self, folder: Path, docs: NDArray[np.int32]) -> None:
        self._folder = folder
        self._docs = docs.astype(np.int64)
        self._lock = threading.Lock()  # whoosh's matchers share the places in its files
        with _guarded(folder):
            self._searcher = _open(folder).searcher()
            if self._searcher.doc_count_all() != len(docs):
                raise ValueError(f"{self._searcher.doc_count_all()} documents instead of {len(docs)}")

    def close(self) -> None:
        """Close Whoosh's files."""
        self._searcher.close()

    def count(self) -> int:
        """Return how many documents there are that were not deleted."""
        return int(self._searcher.doc_count())

    def phrase(self, words: Sequence[str]) -> Ordinals:
        """Return the ordinals of the passages where `words` follow each other, rising."""
        from whoosh.query import Phrase, Term

        query = Term(WORD, words[0]) if len(words) == 1 else Phrase(WORD, list(words))
        with self._lock, _guarded(self._folder):
            numbers = np.fromiter(self._searcher.docs_for_query(query), dtype=np.int64)
        return np.unique(self._docs[numbers])

    def rank(self, terms: Sequence[tuple[str, str, float]], limit: int) -> list[tuple[int, float]]:
        """Rank passages by Whoosh's own BM25F.

        Parameters
        ----------
        terms
            (field, term, weight), no pair of field and term twice.
        limit
            Passages wanted.

        Returns
        -------
        list of (ordinal, score)
            Best first; ties by ordinal.
        """
        from whoosh.query import Or, Term

        query = Or([Term(field, text, boost=weight) for field, text, weight in terms])
        with self._lock, _guarded(self._folder):
            found = self._searcher.search(query, limit=None)
            ranked = [(int(self._docs[number]), float(score)) for score, number in found.top_n]
        return sorted(ranked, key=lambda hit: (-hit[1], hit[0]))[:limit]
