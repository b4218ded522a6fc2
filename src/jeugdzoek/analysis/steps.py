"""The steps from a word to its terms, in the order they run."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace

from jeugdzoek.analysis.stemming import stem
from jeugdzoek.analysis.term import Step, Term
from jeugdzoek.analysis.wordlists import read_words

INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
LIGATURES = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ĳ": "ij", "’": "'", "ł": "l", "đ": "d"})
LONGEST_WORD = 80


class Normalise:
    """Lower case, accents folded, invisible marks and the dots of abbreviations dropped."""

    name = "normalise"
    version = "1"

    def __call__(self, term: Term) -> Term:
        """Return `term` with its ``word``."""
        word = unicodedata.normalize("NFD", term.surface.translate(INVISIBLE).casefold().translate(LIGATURES))
        word = "".join(c for c in word if not unicodedata.combining(c))
        return replace(term, word=unicodedata.normalize("NFC", word.replace(".", ""))[:LONGEST_WORD])


class StopWords:
    """Marks words without a subject; *niet* and *geen* are not among them."""

    name = "stop"

    def __init__(self) -> None:
        self.words = read_words("stopwords.txt")
        self.version = hashlib.sha256("\n".join(sorted(self.words)).encode()).hexdigest()[:12]

    def __call__(self, term: Term) -> Term:
        """Return `term`, marked where it is a stop word."""
        return replace(term, stop=True) if term.word in self.words else term


class Stem:
    """Gives the inflections of a word one stem."""

    name = "stem"
    version = "1"

    def __call__(self, term: Term) -> Term:
        """Return `term` with its ``stem``."""
        return term if term.stop else replace(term, stem=stem(term.word))


def dutch_steps() -> tuple[Step, ...]:
    """Return the steps of the Dutch analyser."""
    return (Normalise(), StopWords(), Stem())
