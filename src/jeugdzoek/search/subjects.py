"""What a query is about, word by word, and what the index knows of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jeugdzoek.index.keyword import STEM, WORD
from jeugdzoek.search.bm25 import Fields, Plan
from jeugdzoek.search.expansion import Alternative, Expansion
from jeugdzoek.search.names import is_name

HARDLY = 0.5
"""Weight of a match under which a word is hardly there."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A typed word that carries meaning.

    Parameters
    ----------
    word
        As typed, or as it was probably meant.
    rarity
        Inverse document frequency of its stem; highest where it does not occur.
    matched
        Weight of the best match for it that occurs anywhere: 1 for the word itself, less
        for a related word or as a part of another, 0 where there is none.
    number
        Of the word in its `Expansion`.
    named
        Whether it is a name; asked only of a word that is hardly matched.
    """

    word: str
    rarity: float
    matched: float
    number: int = 0
    named: bool = False


def subjects(postings: Fields, plan: Plan, expansion: Expansion, text: str) -> tuple[Subject, ...]:
    """Return the words of `text` that mean something; stop words where there is nothing else.

    Parameters
    ----------
    postings
        Of the index, for each field.
    plan
        What was looked up for `expansion`.
    expansion
        Made from `text`.
    text
        As it was typed.
    """
    meant = dict(expansion.corrections)
    typed = [number for number, group in enumerate(expansion.groups) if group[0].typed]
    stems = {expansion.words[number]: number for number in typed if expansion.groups[number][0].field == STEM}
    found = []
    for number in typed:
        written = expansion.groups[number][0]
        if written.field == WORD:
            (word,) = written.texts
            at = stems.get(expansion.words[number], number)
            matched = min(1.0, plan.matched[at])
            named = matched < HARDLY and is_name(word, text)
            rarity = _rarity(postings, expansion.groups[at][0])
            found.append(Subject(meant.get(word, word), rarity, matched, expansion.words[number], named))
    return tuple(found)


def known_share(words: Sequence[Subject]) -> float:
    """Return how much of a query the index has matches for, each word counted by its rarity; 1 for no words."""
    total = sum(word.rarity for word in words)
    return sum(word.rarity * word.matched for word in words) / total if total else 1.0


def _rarity(postings: Fields, typed: Alternative) -> float:
    field = postings[typed.field]
    frequency = field.frequency(typed.texts[0])
    return float(np.log1p((field.passages - frequency + 0.5) / (frequency + 0.5)))
