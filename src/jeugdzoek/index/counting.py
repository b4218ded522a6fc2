"""Passages → how often each term stands in each of them, chunk by chunk.

A distinct word is analysed once and becomes a few numbers; a passage is then a row of numbers, which numpy sorts. Of
each chunk only its sorted postings are kept, and chunks are laid one behind the other in the end: a build takes no
more memory than its postings and one chunk.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.tokens import split_words
from jeugdzoek.index.keyword import FIELDS, PART, STEM, TITLE, WORD
from jeugdzoek.index.postings import MOST_COUNTED, TermCounts
from jeugdzoek.index.segment import rounded_lengths

Ints = NDArray[np.int64]
NONE = -1
LOW = 32
"""Bits for the place of a word in a chunk, below those for its number."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The postings of one field in one chunk.

    Parameters
    ----------
    terms
        Numbers of the terms, rising.
    frequencies
        Postings of each.
    docs, counts
        One a posting, by term and passage.
    positions
        One an occurrence, or None.
    sizes
        Terms of each passage.
    """

    terms: Ints
    frequencies: Ints
    docs: NDArray[np.uint32]
    counts: NDArray[np.uint16]
    positions: NDArray[Any] | None
    sizes: Ints


def count_chunk(terms: Ints, docs: Ints, passages: int, *, first: int = 0, places: bool = False) -> Counted:
    """Count terms that stand one after the other.

    Parameters
    ----------
    terms
        Number of the term at each place.
    docs
        Passage of each place, rising from 0.
    passages
        How many passages there are.
    first
        Ordinal of the first passage.
    places
        True to remember where in its passage each term stands.
    """
    keys = terms.astype(np.int64) << LOW | np.arange(len(terms))
    keys.sort()
    order = keys & ((1 << LOW) - 1)
    sizes = np.bincount(docs, minlength=passages)
    term, doc = keys >> LOW, docs[order]
    new = np.ones(len(term), dtype=np.bool_)
    new[1:] = (term[1:] != term[:-1]) | (doc[1:] != doc[:-1])
    starts = np.flatnonzero(new)
    counts = np.diff(starts, append=len(term))
    positions = order - (np.cumsum(sizes) - sizes)[doc] if places else None
    if len(counts) and int(counts.max()) > MOST_COUNTED:
        kept = np.arange(len(term)) - np.repeat(starts, counts) < MOST_COUNTED
        positions = None if positions is None else positions[kept]
    if positions is not None:
        positions = positions.astype(np.min_scalar_type(int(positions.max(initial=0))))
    found, frequencies = np.unique(term[starts], return_counts=True)
    counts = np.minimum(counts, MOST_COUNTED).astype(np.uint16)
    return Counted(found, frequencies, (doc[starts] + first).astype(np.uint32), counts, positions, sizes)


def join_chunks(chunks: Sequence[Counted], vocabulary: Sequence[str], order: Ints, lengths: Ints) -> TermCounts:
    """Return the counts of all `chunks`, which follow each other.

    Parameters
    ----------
    chunks
        In the order of their passages.
    vocabulary
        Number → term.
    order
        Numbers of all terms, in the order of the terms.
    lengths
        Terms per passage, as the scoring formula counts them.
    """
    frequency = np.zeros(len(vocabulary), dtype=np.int64)
    occurrences = np.zeros(len(vocabulary), dtype=np.int64)
    tokens = [_occurrences(chunk) for chunk in chunks]
    for chunk, times in zip(chunks, tokens, strict=True):
        frequency[chunk.terms] += chunk.frequencies
        occurrences[chunk.terms] += times
    alive = order[frequency[order] > 0]
    ptr = np.concatenate(([0], np.cumsum(frequency[alive])))
    total = int(occurrences.sum())
    docs, counts = np.empty(int(ptr[-1]), dtype=np.uint32), np.empty(int(ptr[-1]), dtype=np.uint16)
    kinds = [chunk.positions.dtype for chunk in chunks if chunk.positions is not None]
    positions = np.empty(total, dtype=np.result_type(*kinds)) if kinds else None
    free, place = np.zeros(len(vocabulary), dtype=np.int64), np.zeros(len(vocabulary), dtype=np.int64)
    free[alive] = ptr[:-1]
    place[alive] = np.cumsum(occurrences[alive]) - occurrences[alive]
    for chunk, times in zip(chunks, tokens, strict=True):
        target = _spread(free[chunk.terms], chunk.frequencies)
        docs[target], counts[target] = chunk.docs, chunk.counts
        free[chunk.terms] += chunk.frequencies
        if positions is not None:
            positions[_spread(place[chunk.terms], times)] = chunk.positions
            place[chunk.terms] += times
    return TermCounts([vocabulary[number] for number in alive.tolist()], ptr, docs, counts, lengths, total, positions)


def _occurrences(chunk: Counted) -> Ints:
    if not len(chunk.counts):
        return np.zeros(0, dtype=np.int64)
    starts = np.cumsum(chunk.frequencies) - chunk.frequencies
    return np.add.reduceat(chunk.counts, starts, dtype=np.int64)


def _spread(starts: Ints, sizes: Ints) -> Ints:
    """Return ``starts[i], starts[i] + 1, …`` (``sizes[i]`` numbers), one behind the other."""
    return np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))


def count_terms(documents: Sequence[Sequence[str]], lengths: Ints) -> TermCounts:
    """Count the terms of `documents`, one list of terms a passage, in passage order.

    Parameters
    ----------
    documents
        Terms of each passage.
    lengths
        Terms per passage, as the scoring formula counts them.
    """
    vocabulary: dict[str, int] = {}
    flat = [vocabulary.setdefault(term, len(vocabulary)) for terms in documents for term in terms]
    docs = np.repeat(np.arange(len(documents)), [len(terms) for terms in documents])
    chunk = count_chunk(np.array(flat, dtype=np.int64), docs, len(documents), places=True)
    return join_chunks([chunk], list(vocabulary), _in_order(list(vocabulary)), lengths)


def _in_order(vocabulary: Sequence[str]) -> Ints:
    return np.array(sorted(range(len(vocabulary)), key=vocabulary.__getitem__), dtype=np.int64)


class TermCounter:
    """Counts the terms of passages in the fields of an index.

    Parameters
    ----------
    analyzer
        Asked once for every distinct word.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._words = _Words(analyzer)
        self._chunks: dict[str, list[Counted]] = {field: [] for field in FIELDS}
        self._order: Ints | None = None
        self.passages = 0

    def add(self, texts: Sequence[str], titles: Sequence[str]) -> None:
        """Count passages: their `texts`, and the `titles` and headings above each."""
        words = self._words
        surfaces, docs = words.read(texts)
        above, above_docs = words.read(titles)
        found = {
            WORD: words.words(surfaces, docs),
            STEM: words.stems(surfaces, docs),
            PART: words.parts(surfaces, docs),
            TITLE: _distinct(words.stems(above, above_docs), words.parts(above, above_docs)),
        }
        for field, (terms, where) in found.items():
            chunk = count_chunk(terms, where, len(texts), first=self.passages, places=field == WORD)
            self._chunks[field].append(chunk)
        self.passages += len(texts)

    def take(self, field: str) -> TermCounts:
        """Return the counts of `field` in all passages, and forget them."""
        vocabulary = list(self._words.terms)
        if self._order is None:
            self._order = _in_order(vocabulary)
        chunks = self._chunks.pop(field)
        sizes = np.concatenate([np.zeros(0, dtype=np.int64), *(chunk.sizes for chunk in chunks)])
        return join_chunks(chunks, vocabulary, self._order, rounded_lengths(sizes))


def _distinct(*parts: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Return each term of a passage once."""
    keys = np.unique(np.concatenate([docs << LOW | terms for terms, docs in parts]))
    return keys & ((1 << LOW) - 1), keys >> LOW


class _Words(dict[str, int]):
    """Word as it stands in a text → a number; what the analyser made of it stands in arrays under that number."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self._analyzer = analyzer
        self.terms: dict[str, int] = {}
        self._word, self._stem = array("q"), array("q")
        self._parts, self._ends = array("q"), array("q", [0])

    def __missing__(self, surface: str) -> int:
        term = self._analyzer.term(surface)
        self._word.append(self._number(term.word))
        self._stem.append(self._number(term.stem) if term.word else NONE)
        self._parts.extend(self._number(part) for part in term.parts if term.word)
        self._ends.append(len(self._parts))
        number = self[surface] = len(self)
        return number

    def _number(self, term: str) -> int:
        return self.terms.setdefault(term, len(self.terms)) if term else NONE

    def read(self, texts: Sequence[str]) -> tuple[Ints, Ints]:
        """Return the numbers of all words of `texts`, and the text of each."""
        found = [list(map(self.__getitem__, split_words(text))) for text in texts]
        sizes = [len(part) for part in found]
        flat = np.fromiter((number for part in found for number in part), dtype=np.int64, count=sum(sizes))
        return flat, np.repeat(np.arange(len(texts)), sizes)

    def words(self, surfaces: Ints, docs: Ints) -> tuple[Ints, Ints]:
        """Return the terms of the words themselves, and the text of each."""
        return _known(np.array(self._word, dtype=np.int64)[surfaces], docs)

    def stems(self, surfaces: Ints, docs: Ints) -> tuple[Ints, Ints]:
        """Return the stems, and the text of each."""
        return _known(np.array(self._stem, dtype=np.int64)[surfaces], docs)

    def parts(self, surfaces: Ints, docs: Ints) -> tuple[Ints, Ints]:
        """Return the parts of compounds, and the text of each."""
        ends = np.array(self._ends, dtype=np.int64)
        sizes = ends[surfaces + 1] - ends[surfaces]
        return np.array(self._parts, dtype=np.int64)[_spread(ends[surfaces], sizes)], np.repeat(docs, sizes)


def _known(terms: Ints, docs: Ints) -> tuple[Ints, Ints]:
    kept = terms != NONE
    return terms[kept], docs[kept]
