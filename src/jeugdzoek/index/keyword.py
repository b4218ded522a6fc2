"""The Whoosh index; the one file that imports whoosh.

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
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.layout import AGAIN
from jeugdzoek.index.unpickling import RefusedPickleError, safe_load, safe_loads

Ordinals = NDArray[np.int64]
Document = Mapping[str, Sequence[str]]

WORD = "word"
STEM = "stem"
PART = "part"
TITLE = "title"
FIELDS = (WORD, STEM, PART, TITLE)
"""Words as written; stems of the words with a subject; parts of compounds; stems and parts of title and heading."""

MEMORY_MB = 256
MOST_SEGMENTS = 8
DELETED = -1
WRITE_LOCK = "MAIN_WRITELOCK"
"""Left by whoosh's writer; the index has a lock of its own."""

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


@contextmanager
def _writer(index: Any) -> Iterator[Any]:
    """Yield a writer that lets go of its files when something fails before its commit."""
    writer = index.writer(limitmb=MEMORY_MB)
    try:
        yield writer
    except BaseException:
        with suppress(Exception):  # whoosh closes what it can; the folder is thrown away
            writer.cancel()
        raise


def write_keyword(folder: Path, documents: Iterable[Document]) -> None:
    """Write a new Whoosh index of `documents` (field → terms) into the empty `folder`."""
    from whoosh.filedb.filestore import FileStorage

    _install_guard()
    with _writer(FileStorage(str(folder)).create_index(_schema())) as writer:
        for document in documents:
            writer.add_document(**{name: list(document[name]) for name in FIELDS})
        writer.commit()
    (folder / WRITE_LOCK).unlink(missing_ok=True)


def update_keyword(folder: Path, docs: NDArray[np.int32], documents: Iterable[Document]) -> NDArray[np.int32]:
    """Delete and add documents in `folder`, a copy of an older index.

    Parameters
    ----------
    folder
        The copy; its files may be hard links, Whoosh never changes one in place.
    docs
        For each of Whoosh's document numbers the passage it holds, or `DELETED`.
    documents
        New ones, numbered after the old.

    Returns
    -------
    ndarray
        `docs` as it stands after any merging of segments, new documents as
        −2, −3, … in their order.
    """
    with _guarded(folder):
        index = _open(folder)
        segments = len(index._segments())
        added = 0
        with _writer(index) as writer:
            for number in np.flatnonzero(docs == DELETED).tolist():
                if not writer.is_deleted(number):
                    writer.delete_document(number)
            for document in documents:
                writer.add_document(**{name: list(document[name]) for name in FIELDS})
                added += 1
            merge = segments >= MOST_SEGMENTS or 3 * int((docs == DELETED).sum()) > len(docs)
            writer.commit(optimize=merge, merge=merge)
    (folder / WRITE_LOCK).unlink(missing_ok=True)
    new = -2 - np.arange(added, dtype=np.int32)
    # merging puts the new segment first, and drops what was deleted
    return np.concatenate((new, docs[docs != DELETED]) if merge else (docs, new)).astype(np.int32)


def rounded_lengths(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `lengths` as Whoosh remembers them: one byte each, rounded up above 10."""
    from whoosh.util.numeric import byte_to_length, length_to_byte

    table = {length: byte_to_length(length_to_byte(length)) for length in np.unique(lengths).tolist()}
    return np.array([table[length] for length in lengths.tolist()], dtype=np.int64)


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
        with _guarded(self._folder):
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
        with _guarded(self._folder):
            found = self._searcher.search(query, limit=None)
            ranked = [(int(self._docs[number]), float(score)) for score, number in found.top_n]
        return sorted(ranked, key=lambda hit: (-hit[1], hit[0]))[:limit]
