"""Related words of the field: abbreviations, everyday words, old names, kinds and parts.

The thesaurus acts on the query only, so it can change without a rebuild. It is kept as
one text with a line per term, looked up by the stems of the term, and never parsed as a
whole: that would take longer than a search.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from jeugdzoek.analysis.term import Term
from jeugdzoek.analysis.wordlists import data_bytes

Relation = Literal["same", "near", "narrower", "broader", "associated"]
RELATIONS: tuple[Relation, ...] = ("same", "near", "narrower", "broader", "associated")
INVERSE: dict[Relation, Relation] = {"narrower": "broader", "broader": "narrower"}
LONGEST = 6
"""Words of a term."""
CAPITALS = "^"
"""Before the key of a term that counts only when typed in capitals (OM, VO)."""
CACHED = 4096
SINGLE_WORD = re.compile(r"\|([a-z]+)(?=[;\n])")


@dataclass(frozen=True, slots=True)
class Related:
    """A term that belongs to another.

    Parameters
    ----------
    text
        As the thesaurus writes it.
    stems
        Of its words with a subject.
    relation
        What it is to the other.
    """

    text: str
    stems: tuple[str, ...]
    relation: Relation


@dataclass(frozen=True, slots=True)
class Match:
    """A term of the thesaurus found in a query.

    Parameters
    ----------
    first, last
        Positions of its words in the query; `last` is one past the end.
    related
        What belongs to it, strongest first.
    """

    first: int
    last: int
    related: tuple[Related, ...]


class Thesaurus:
    """Looks up the terms of a query.

    Parameters
    ----------
    data
        One or more times lines ``key<TAB>relation:stems|text;…`` in UTF-8, sorted, see `to_line`.
    """

    def __init__(self, *data: bytes) -> None:
        self._data = data
        self.related = lru_cache(maxsize=CACHED)(self._related)
        """Key → related terms, strongest first."""

    def matches(self, terms: Sequence[Term]) -> Iterator[Match]:
        """Yield the terms of the thesaurus in a query, the longest at every place.

        Parameters
        ----------
        terms
            The words of the query in order, stop words included.
        """
        first = 0
        while first < len(terms):
            for last in range(min(len(terms), first + LONGEST), first, -1):
                related = self._at(terms[first:last])
                if related:
                    yield Match(first, last, related)
                    if last - first > 1:
                        first = last - 1
                    break
            first += 1

    def words(self) -> set[str]:
        """Return the terms that are single words of plain lower-case letters."""
        return {word for data in self._data for word in SINGLE_WORD.findall(data.decode())}

    def _at(self, terms: Sequence[Term]) -> tuple[Related, ...]:
        key = key_of(terms)
        if len(terms) > 1:
            return self.related(key)
        in_capitals = self.related(CAPITALS + key) if terms[0].surface.isupper() else ()
        return in_capitals or (() if terms[0].stop else self.related(key))

    def _related(self, key: str) -> tuple[Related, ...]:
        return tuple(related for data in self._data for related in _look_up(data, key))


def _look_up(data: bytes, key: str) -> tuple[Related, ...]:
    """Find the line of `key` by halving; lines are sorted by their bytes."""
    wanted = key.encode() + b"\t"
    low, high = 0, len(data)
    while low < high:
        start = data.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = data.find(b"\n", start, high)
        end = high if end < 0 else end
        line = data[start:end]
        if line.startswith(wanted):
            return tuple(_entries(line[len(wanted) :].decode()))
        if line < wanted:
            low = end + 1
        else:
            high = start
    return ()


def key_of(terms: Sequence[Term]) -> str:
    """Return what a term is looked up by: the stems of its words, stop words as they are."""
    return " ".join(term.stem or term.word for term in terms)


def _entries(line: str) -> Iterator[Related]:
    for entry in line.split(";"):
        code, _, rest = entry.partition(":")
        stems, _, text = rest.partition("|")
        yield Related(text, tuple(stems.split()), RELATIONS[int(code)])


def to_line(key: str, related: Iterable[Related]) -> str:
    """Return the line of the text that `Thesaurus` reads for one term."""
    ordered = sorted(related, key=lambda r: (RELATIONS.index(r.relation), r.text))
    entries = (f"{RELATIONS.index(r.relation)}:{' '.join(r.stems)}|{r.text}" for r in ordered)
    return f"{key}\t{';'.join(entries)}"


@cache
def dutch_thesaurus() -> Thesaurus:
    """Return the bundled thesaurus."""
    return Thesaurus(data_bytes("thesaurus.txt"))
