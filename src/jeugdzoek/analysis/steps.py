"""The steps from a word to its terms, in the order they run."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from jeugdzoek.analysis.compounds import dutch_compounds
from jeugdzoek.analysis.stemming import stem
from jeugdzoek.analysis.term import Step, Term
from jeugdzoek.analysis.wordlists import data_version, read_words

INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
LIGATURES = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ĳ": "ij", "’": "'", "ł": "l", "đ": "d"})
LONGEST_WORD = 80


class Normalise:
    """Lower case, accents folded, invisible marks and the dots of abbreviations dropped."""

    name = "normalise"
    version = "1"

    def __call__(self, term: Term) -> Term:
        """Return `term` with its ``word``."""
        if term.surface.isascii():
            return _with(term, word=term.surface.lower().replace(".", "")[:LONGEST_WORD])
        word = unicodedata.normalize("NFD", term.surface.translate(INVISIBLE).casefold().translate(LIGATURES))
        word = "".join(c for c in word if not unicodedata.combining(c))
        return _with(term, word=unicodedata.normalize("NFC", word.replace(".", ""))[:LONGEST_WORD])


class StopWords:
    """Marks words without a subject; *niet* and *geen* are not among them."""

    name = "stop"

    def __init__(self) -> None:
        self.words = read_words("stopwords.txt")
        self.version = data_version("stopwords.txt")

    def __call__(self, term: Term) -> Term:
        """Return `term`, marked where it is a stop word."""
        return Term(term.surface, term.word, stop=True) if term.word in self.words else term


class Split:
    """Cuts a compound into its pieces."""

    name = "split"

    def __init__(self) -> None:
        self._compounds = dutch_compounds()
        self.version = data_version("parts.tsv", "compounds-kept.txt", "names.txt")

    def __call__(self, term: Term) -> Term:
        """Return `term` with its ``pieces``."""
        return term if term.stop else _with(term, pieces=self._compounds.split(term.word))


class Stem:
    """Gives the inflections of a word one stem, and the pieces of a compound theirs."""

    name = "stem"

    def __init__(self) -> None:
        self.version = data_version(
            "stem-exceptions.txt", "strong-verbs.txt", "verb-prefixes.txt", "adjectives.txt", "words.npy"
        )

    def __call__(self, term: Term) -> Term:
        """Return `term` with its ``stem`` and ``parts``; of a compound the last piece is what is inflected."""
        if term.stop:
            return term
        if not term.pieces:
            return _with(term, stem=stem(term.word))
        return _with(term, stem=_stem_of(term.pieces), parts=tuple(dict.fromkeys(_parts(term.pieces))))


def _with(
    term: Term,
    *,
    word: str | None = None,
    stem: str | None = None,
    pieces: tuple[str, ...] | None = None,
    parts: tuple[str, ...] | None = None,
) -> Term:
    """Return `term` with something added; ``dataclasses.replace`` takes ten times as long, for every new word."""
    return Term(
        term.surface,
        term.word if word is None else word,
        term.stem if stem is None else stem,
        term.stop,
        term.pieces if pieces is None else pieces,
        term.parts if parts is None else parts,
    )


def _stem_of(pieces: Sequence[str]) -> str:
    return "".join((*pieces[:-1], stem(pieces[-1])))


def _parts(pieces: Sequence[str]) -> Iterator[str]:
    """Yield the stems of all runs of `pieces` but the whole: *jeugd, hulp, aanbieder, jeugdhulp, hulpaanbieder*."""
    for size in range(1, len(pieces)):
        for first in range(len(pieces) - size + 1):
            yield _stem_of(pieces[first : first + size])


def dutch_steps() -> tuple[Step, ...]:
    """Return the steps of the Dutch analyser."""
    return (Normalise(), StopWords(), Split(), Stem())
