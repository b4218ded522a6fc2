"""The keyword half: words of a query → weighted terms → passages by BM25."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.analysis.term import Term
from jeugdzoek.index.keyword import STEM, TITLE, WORD
from jeugdzoek.index.postings import KTH, Postings
from jeugdzoek.search.topk import Ids, Scores, best_of_sums


@dataclass(frozen=True, slots=True)
class FieldWeights:
    """How much a match counts.

    Parameters
    ----------
    stem
        Any form of the word, in the passage.
    word
        Added where the very form typed stands there.
    title
        Any form, in the report's title or the passage's heading.
    """

    stem: float = 1.0
    word: float = 0.2
    title: float = 0.3


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A term to look up.

    Parameters
    ----------
    field
        Field of the index.
    text
        The term.
    weight
        Factor on its impacts.
    """

    field: str
    text: str
    weight: float


def weigh(terms: Sequence[Term], weights: FieldWeights) -> list[WeightedTerm]:
    """Return the terms to look up for a query, none twice.

    Stop words count only where there is nothing else.
    """
    with_subject = [term for term in terms if term.stem]
    if not with_subject:
        return [WeightedTerm(WORD, word, 1.0) for word in dict.fromkeys(term.word for term in terms)]
    found: dict[tuple[str, str], float] = {}
    for term in with_subject:
        found[STEM, term.stem] = weights.stem
        found[WORD, term.word] = weights.word
        found[TITLE, term.stem] = weights.title
    return [WeightedTerm(field, text, weight) for (field, text), weight in found.items() if weight]


def rank(
    postings: Mapping[str, Postings], terms: Sequence[WeightedTerm], k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[Ids, Scores, int]:
    """Return the `k` best passages for `terms`, their scores, and how many have any of them."""
    lists = []
    bound = 0.0
    column = next((i for i, limit in enumerate(KTH) if k <= limit), None)
    passages = 0
    for term in terms:
        field = postings[term.field]
        passages = field.passages
        row = field.terms.get(term.text)
        if row is not None:
            part = slice(field.ptr[row], field.ptr[row + 1])
            lists.append((field.docs[part], field.impacts[part], term.weight))
            if column is not None:
                bound = max(bound, float(field.kth[row, column]) * term.weight)
    return best_of_sums(lists, k, passages, bound=bound, allowed=allowed)


def scores_at(postings: Mapping[str, Postings], terms: Sequence[WeightedTerm], ids: Ids) -> Scores:
    """Return the score of each of the passages `ids`; 0 where none of `terms` occurs."""
    scores = np.zeros(len(ids), dtype=np.float32)
    for term in terms:
        field = postings[term.field]
        row = field.terms.get(term.text)
        if row is None:
            continue
        docs = field.docs[field.ptr[row] : field.ptr[row + 1]]
        at = np.minimum(np.searchsorted(docs, ids), len(docs) - 1)
        scores += np.where(docs[at] == ids, field.impacts[field.ptr[row] + at], np.float32(0)) * np.float32(term.weight)
    return scores


def ceiling(postings: Mapping[str, Postings], terms: Sequence[WeightedTerm]) -> float:
    """Return the most any passage could score: what a match of everything typed would give.

    An unknown word counts as one that occurs once, so that a query of words the index
    does not know has a high ceiling, and its few matches a low share of it (Bruch, Gai
    & Ingber 2023, https://doi.org/10.1145/3596512).
    """
    total = 0.0
    for term in terms:
        field = postings[term.field]
        row = field.terms.get(term.text)
        if row is not None:
            total += float(field.ceilings[row]) * term.weight
        elif term.field == STEM:
            total += float(np.log(max(1, field.passages) / 2) + 1.0) * 2.2 * term.weight
    return total
