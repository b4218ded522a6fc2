"""What a query is about, word by word, and what the index knows of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jeugdzoek.index.keyword import STEM, WORD
from jeugdzoek.index.postings import Postings
from jeugdzoek.search.expansion import Expansion, Group

Fields = Mapping[str, Postings]


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
    """

    word: str
    rarity: float
    matched: float


def subjects(postings: Fields, expansion: Expansion) -> tuple[Subject, ...]:
    """Return the words `expansion` was made from; stop words only where there is nothing else."""
    meant = dict(expansion.corrections)
    groups = expansion.groups
    found = []
    for number, group in enumerate(groups):
        if group[0].typed and group[0].field == WORD:
            before = groups[number - 1] if number else group
            stems = before if before[0].typed and before[0].field == STEM else group
            word = group[0].texts[0]
            found.append(_subject(postings, meant.get(word, word), stems))
    return tuple(found)


def known_share(words: Sequence[Subject]) -> float:
    """Return how much of a query the index has matches for, each word counted by its rarity; 1 for no words."""
    total = sum(word.rarity for word in words)
    return sum(word.rarity * word.matched for word in words) / total if total else 1.0


def _subject(postings: Fields, word: str, group: Group) -> Subject:
    typed = group[0]
    field = postings[typed.field]
    frequency = field.frequency(typed.texts[0])
    rarity = float(np.log1p((field.passages - frequency + 0.5) / (frequency + 0.5)))
    matched = max((a.weight for a in group if all(postings[a.field].find(text) for text in a.texts)), default=0.0)
    return Subject(word, rarity, min(1.0, matched))
