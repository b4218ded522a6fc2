"""Passages → how often each term stands in each of them, chunk by chunk.

A text is cut at its blanks, which costs a tenth of finding its words. What stands between two of them is looked into
once, however often it occurs, and becomes a few numbers; a passage is then a row of numbers, which numpy sorts. Of each
chunk only its sorted postings are kept, and chunks are laid one behind the other in the end: a build takes no more
memory than its postings and one chunk.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.tokens import split_words
from jeugdzoek.index.keyword import FIELDS, PART, STEM, TITLE, WORD
from jeugdzoek.index.postings import MOST_COUNTED, TermCounts
from jeugdzoek.index.segment import rounded_lengths

Ints = NDArray[np.int64]
Places = tuple[Ints, Ints]
"""Numbers of terms, and the passage of each, rising."""
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
        Asked for the words of what was not met before.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._runs = _Runs(analyzer)
        self._chunks: dict[str, list[Counted]] = {field: [] for field in FIELDS}
        self._order: Ints | None = None
        self.passages = 0

    def add(self, texts: Sequence[str], titles: Sequence[str]) -> None:
        """Count passages: their `texts`, and the `titles` and headings above each."""
        runs = self._runs
        found = dict(zip((WORD, STEM, PART), runs.read(texts), strict=True))
        _, *above = runs.read(titles)
        found[TITLE] = _distinct(*above)
        for field, (terms, where) in found.items():
            chunk = count_chunk(terms, where, len(texts), first=self.passages, places=field == WORD)
            self._chunks[field].append(chunk)
        self.passages += len(texts)

    def take(self, field: str) -> TermCounts:
        """Return the counts of `field` in all passages, and forget them."""
        vocabulary = list(self._runs.terms)
        if self._order is None:
            self._order = _in_order(vocabulary)
        chunks = self._chunks.pop(field)
        sizes = np.concatenate([np.zeros(0, dtype=np.int64), *(chunk.sizes for chunk in chunks)])
        return join_chunks(chunks, vocabulary, self._order, rounded_lengths(sizes))


def _distinct(*parts: Places) -> Places:
    """Return each term of a passage once."""
    keys = np.unique(np.concatenate([docs << LOW | terms for terms, docs in parts]))
    return keys & ((1 << LOW) - 1), keys >> LOW


class _Runs(dict[str, int]):
    """What stands between two blanks → a number; the terms of its words stand in arrays under that number.

    No word has a blank in it, and none depends on what is beyond one.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self._analyzer = analyzer
        self.terms: dict[str, int] = {}
        self._words, self._stems, self._word_ends = array("q"), array("q"), array("q", [0])
        self._parts, self._part_ends = array("q"), array("q", [0])

    def __missing__(self, run: str) -> int:
        for term in map(self._analyzer.term, split_words(run)):
            if term.word:
                self._words.append(self._number(term.word))
                self._stems.append(self._number(term.stem) if term.stem else NONE)
                self._parts.extend(map(self._number, term.parts))
        self._word_ends.append(len(self._words))
        self._part_ends.append(len(self._parts))
        number = self[run] = len(self)
        return number

    def _number(self, term: str) -> int:
        return self.terms.setdefault(term, len(self.terms))

    def read(self, texts: Sequence[str]) -> tuple[Places, Places, Places]:
        """Return the words of `texts`, their stems, and the parts of compounds."""
        found = [list(map(self.__getitem__, text.split())) for text in texts]
        sizes = [len(part) for part in found]
        runs = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=sum(sizes))
        docs = np.repeat(np.arange(len(texts)), sizes)
        at, word_docs = _under(runs, docs, self._word_ends)
        words, stems = (np.asarray(part)[at] for part in (self._words, self._stems))
        at, part_docs = _under(runs, docs, self._part_ends)
        kept = stems != NONE
        parts = np.asarray(self._parts)[at]
        return (words, word_docs), (stems[kept], word_docs[kept]), (parts, part_docs)


def _under(runs: Ints, docs: Ints, ends: array[int]) -> tuple[Ints, Ints]:
    """Return the places that lie under the numbers `runs`, and the text of each."""
    bounds = np.asarray(ends)
    sizes = bounds[runs + 1] - bounds[runs]
    return _spread(bounds[runs], sizes), np.repeat(docs, sizes)
