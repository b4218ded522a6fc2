"""The keyword half: groups of terms → passages by BM25."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.keyword import STEM, WORD
from jeugdzoek.index.postings import KTH, Postings
from jeugdzoek.search.expansion import Alternative, Group
from jeugdzoek.search.topk import Ids, Scores, WeightedPostings, best_of_sums

Fields = Mapping[str, Postings]


def rank(
    postings: Fields, groups: Sequence[Group], k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[Ids, Scores, int]:
    """Return the `k` best passages for `groups`, their scores, and how many have any of the terms."""
    found = [list(_lists(postings, group)) for group in groups]
    column = next((i for i, limit in enumerate(KTH) if k <= limit), None)
    bound = 0.0 if column is None else max((_bound(postings, group, column) for group in groups), default=0.0)
    return best_of_sums([lists for lists in found if lists], k, _passages(postings), bound=bound, allowed=allowed)


def scores_at(postings: Fields, groups: Sequence[Group], ids: Ids) -> Scores:
    """Return the score of each of the passages `ids`; 0 where no term occurs."""
    total: Scores = rows_at(postings, groups, ids).sum(axis=0)
    return total


def rows_at(postings: Fields, groups: Sequence[Group], ids: Ids) -> Scores:
    """Return the score of each group (rows) in each of the passages `ids` (columns)."""
    rows = np.zeros((len(groups), len(ids)), dtype=np.float32)
    for best, group in zip(rows, groups, strict=True):
        for docs, impacts, weight in _lists(postings, group):
            at = np.minimum(np.searchsorted(docs, ids), len(docs) - 1)
            here = np.where(docs[at] == ids, impacts[at], np.float32(0)) * np.float32(weight)
            np.maximum(best, here, out=best)
    return rows


def ceiling(postings: Fields, groups: Sequence[Group]) -> float:
    """Return the most any passage could score: what a match of everything typed would give.

    An unknown word for which there is nothing else to look up counts as one that occurs
    once, so that a query of words the index does not know has a high ceiling, and its few
    matches a low share of it (Bruch, Gai & Ingber 2023, https://doi.org/10.1145/3596512).
    """
    return sum(_ceiling(postings, group) for group in groups)


def _ceiling(postings: Fields, group: Group) -> float:
    typed = [a for a in group if a.typed]
    known = [c for a in typed if (c := _ceiling_of(postings, a))]
    if known or not typed:
        return max(known, default=0.0)
    others = [c for a in group if (c := _ceiling_of(postings, a))]
    if others or typed[0].field not in (STEM, WORD) or (typed[0].field == WORD and typed[0].weight < 1):
        return max(others, default=0.0)
    field = postings[typed[0].field]
    return float(np.log(max(1, field.passages) / 2) + 1.0) * 2.2 * typed[0].weight


def _ceiling_of(postings: Fields, alternative: Alternative) -> float:
    field = postings[alternative.field]
    rows = [field.terms.get(text) for text in alternative.texts]
    found = [float(field.ceilings[row]) for row in rows if row is not None]
    return alternative.weight * sum(found) / len(rows) if len(found) == len(rows) else 0.0


def _lists(postings: Fields, group: Group) -> Iterator[WeightedPostings]:
    """Yield (ordinals, impacts, weight) of the alternatives that occur.

    What was added to a typed word never counts for more than the word itself: the rarer
    a word the higher its impact, so the weight of a rarer one is lowered to match.
    """
    most = _most(postings, group)
    for alternative in group:
        field = postings[alternative.field]
        rows = [field.terms.get(text) for text in alternative.texts]
        parts = [slice(field.ptr[row], field.ptr[row + 1]) for row in rows if row is not None]
        if len(parts) != len(rows):
            continue
        weight = _weight(postings, alternative, most)
        if len(parts) == 1:
            yield field.docs[parts[0]], field.impacts[parts[0]], weight
        else:
            docs, impacts = _all_of([(field.docs[part], field.impacts[part]) for part in parts])
            if len(docs):
                yield docs, impacts, weight


def _most(postings: Fields, group: Group) -> float:
    """Return the most a typed word of `group` can score at weight 1; 0 where none occurs."""
    return max((_ceiling_of(postings, a) / a.weight for a in group if a.typed and a.weight), default=0.0)


def _weight(postings: Fields, alternative: Alternative, most: float) -> float:
    """Return the factor on the impacts of `alternative`, where a typed word can score `most` at weight 1."""
    ceiling = _ceiling_of(postings, alternative)
    if alternative.typed or not most or not ceiling:
        return alternative.weight
    return alternative.weight * min(1.0, most * alternative.weight / ceiling)


def _all_of(lists: Sequence[tuple[Ids, Scores]]) -> tuple[Ids, Scores]:
    """Return the passages in all `lists`, each with the mean of its impacts."""
    docs, total = lists[0]
    for others, impacts in lists[1:]:
        docs, here, there = np.intersect1d(docs, others, assume_unique=True, return_indices=True)
        total = total[here] + impacts[there]
    return docs, (total / np.float32(len(lists))).astype(np.float32)


def _bound(postings: Fields, group: Group, column: int) -> float:
    """Return a lower bound of the k-th best score: the k-th best impact of a single term of `group`."""
    most = _most(postings, group)
    best = 0.0
    for alternative in group:
        field = postings[alternative.field]
        row = field.terms.get(alternative.texts[0])
        if len(alternative.texts) == 1 and row is not None:
            weight = _weight(postings, alternative, most)
            best = max(best, float(field.kth[row, column]) * weight)
    return best


def _passages(postings: Fields) -> int:
    return next(iter(postings.values())).passages
