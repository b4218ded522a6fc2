"""The Dutch analyser: text → terms, the same for reports and queries."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from jeugdzoek.analysis.steps import dutch_steps
from jeugdzoek.analysis.term import Step, Term
from jeugdzoek.analysis.tokens import WORD, find_words

CACHED_WORDS = 200_000


@dataclass(frozen=True, slots=True)
class Token:
    """A term where it stands in a text.

    Parameters
    ----------
    term
        What the steps made of the word.
    start, end
        Offsets into the text, in characters.
    """

    term: Term
    start: int
    end: int


class Analyzer:
    """A tokeniser and a list of steps, each word analysed once and remembered.

    Parameters
    ----------
    steps
        Run in order on every word; the Dutch steps by default.
    """

    def __init__(self, steps: Sequence[Step] | None = None) -> None:
        self.steps = tuple(dutch_steps() if steps is None else steps)
        self.term = lru_cache(maxsize=CACHED_WORDS)(self._run)
        """Word as it stands in a text → `Term`."""
        self.stems = lru_cache(maxsize=CACHED_WORDS)(self._stems)
        """Word as it stands in a text → what it is found by: its stem, then those of its parts."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides what this analyser answers."""
        parts = [WORD.pattern, *(f"{step.name}={step.version}" for step in self.steps)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def analyze(self, text: str) -> list[Token]:
        """Return the tokens of `text` in order, stop words included and marked."""
        term = self.term
        return [Token(term(m.group()), m.start(), m.end()) for m in find_words(text)]

    def terms(self, text: str) -> list[Term]:
        """Return the terms of `text` in order, without offsets; words that normalise to nothing left out."""
        term = self.term
        return [found for m in find_words(text) if (found := term(m.group())).word]

    def trace(self, word: str) -> list[tuple[str, Term]]:
        """Return (name of step, term after it) for one `word`, as ``jeugdzoek analyze`` shows it."""
        term = Term(word, word)
        rows = []
        for step in self.steps:
            term = step(term)
            rows.append((step.name, term))
        return rows

    def _stems(self, surface: str) -> tuple[str, ...]:
        term = self.term(surface)
        return (term.stem, *term.parts) if term.stem else term.parts

    def _run(self, surface: str) -> Term:
        term = Term(surface, surface)
        for step in self.steps:
            term = step(term)
        return term
