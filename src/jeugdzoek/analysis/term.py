"""What the analyser knows of one word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Term:
    """One word on its way through the steps.

    Parameters
    ----------
    surface
        As it stands in the text.
    word
        Normalised: lower case, no accents, no marks that do not show.
    stem
        What inflections of the word share; empty before stemming and for stop words.
    stop
        True for a word that carries no subject.
    pieces
        What a compound is cut into, as written; empty for a simple word.
    parts
        Stems of the pieces, and of neighbouring pieces joined where there are more than two.
    """

    surface: str
    word: str
    stem: str = ""
    stop: bool = False
    pieces: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


class Step(Protocol):
    """One step of the analyser."""

    name: str
    """Short name, shown by ``jeugdzoek analyze``."""

    version: str
    """Changes when the step gives another answer for any word."""

    def __call__(self, term: Term) -> Term:
        """Return `term` with what this step adds."""
        ...
