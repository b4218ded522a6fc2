"""The keyword half: groups of terms → passages by BM25.

A `Planner` looks up what a query names, which is most of the work of a short query; `rank`
adds the postings up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.keyword import STEM, WORD
from jeugdzoek.index.layout import AGAIN
from jeugdzoek.index.postings import K1, KTH, Postings, TermPostings, inverse_frequency
from jeugdzoek.search.expansion import Alternative, Group
from jeugdzoek.search.topk import Groups, Ids, Sums, WeightedPostings, best_of_sums, scores_of_groups

Fields = Mapping[str, Postings]
REMEMBERED = 2048
"""Groups that need not be looked up again."""


class Plan(NamedTuple):
    """A query, looked up in one index.

    Parameters
    ----------
    groups
        For each group that was named, postings of the alternatives that occur.
    matched
        For each the weight of the best alternative that occurs; 0 where none does.
    bounds
        For each k of `KTH` a lower bound of the k-th best score: that of a single term.
    ceiling
        The most any passage could score: what a match of everything typed would give. An
        unknown word for which there is nothing else to look up counts as one that occurs
        once, so that a query of words the index does not know has a high ceiling, and its few
        matches a low share of it (Bruch, Gai & Ingber 2023, https://doi.org/10.1145/3596512).
    passages
        Number of passages in the index.
    path
        A file of the postings, for messages.
    """

    groups: Groups
    matched: tuple[float, ...]
    bounds: tuple[float, ...]
    ceiling: float
    passages: int
    path: Path


class _Part(NamedTuple):
    """What one group adds to a plan."""

    postings: tuple[WeightedPostings, ...]
    matched: float
    bounds: tuple[float, ...]
    ceiling: float


class _Found(NamedTuple):
    """An alternative that occurs, the postings of its terms, and the most they can score at weight 1."""

    alternative: Alternative
    terms: list[TermPostings]
    most: float

    @property
    def ceiling(self) -> float:
        return self.alternative.weight * self.most


class Planner:
    """Looks up what queries name in one index.

    Parameters
    ----------
    postings
        Field → its postings.
    """

    def __init__(self, postings: Fields) -> None:
        self._postings = postings
        field = next(iter(postings.values()))
        self._passages, self._reports, self._path = field.passages, field.reports, field.path
        self._part = lru_cache(maxsize=REMEMBERED)(self._look_up)

    def plan(self, groups: Sequence[Group]) -> Plan:
        """Look up all that `groups` name; the latest words of other queries are remembered."""
        found = [self._part(group) for group in groups]
        if not found:
            return Plan((), (), (0.0,) * len(KTH), 0.0, self._passages, self._path)
        postings, matched, bounds, ceilings = zip(*found, strict=True)
        bound = tuple(map(max, zip(*bounds, strict=True)))
        return Plan(postings, matched, bound, sum(ceilings), self._passages, self._path)

    def _look_up(self, group: Group) -> _Part:
        found = [one for alternative in group if (one := _find(self._postings, alternative))]
        postings, bounds = _weighted(found)
        matched = max((one.alternative.weight for one in found), default=0.0)
        return _Part(tuple(postings), matched, bounds, _ceiling(group, found, self._reports))


def rank(plan: Plan, k: int, allowed: NDArray[np.bool_] | None = None) -> Sums:
    """Return the `k` best passages, their scores, and how many have any of the terms.

    Parameters
    ----------
    plan
        What to look up.
    k
        How many, at most.
    allowed
        Passages that may be found; all when None.

    Raises
    ------
    IndexDamagedError
        When postings name a passage there is not.
    """
    bound = plan.bounds[bisect_left(KTH, k)] if k <= KTH[-1] else 0.0
    try:
        return best_of_sums(plan.groups, k, plan.passages, bound=bound, allowed=allowed)
    except IndexError as error:
        raise IndexDamagedError(plan.path, f"points outside the index; {AGAIN}") from error


def rows_at(plan: Plan, ids: Ids) -> NDArray[np.float32]:
    """Return the score of each group of `plan` (rows) in each of the passages `ids` (columns, rising)."""
    return scores_of_groups(plan.groups, ids)


def _find(postings: Fields, alternative: Alternative) -> _Found | None:
    """Return the postings of all terms of `alternative`, or None where one does not occur."""
    find = postings[alternative.field].find
    terms = [found for text in alternative.texts if (found := find(text))]
    if len(terms) < len(alternative.texts):
        return None
    return _Found(alternative, terms, sum(term.ceiling for term in terms) / len(terms))


def _ceiling(group: Group, found: Sequence[_Found], reports: int) -> float:
    """Return the most a passage could score by `group`."""
    typed = [a for a in group if a.typed]
    known = [one.ceiling for one in found if one.alternative.typed]
    if known or not typed:
        return max(known, default=0.0)
    if found or typed[0].field not in (STEM, WORD) or (typed[0].field == WORD and typed[0].weight < 1):
        return max((one.ceiling for one in found), default=0.0)
    return float(inverse_frequency(max(1, reports), 1)) * (K1 + 1) * typed[0].weight


def _weighted(found: Sequence[_Found]) -> tuple[list[WeightedPostings], tuple[float, ...]]:
    """Return the postings of a group, and for each k of `KTH` what its single terms promise.

    What was added to a typed word never counts for more than the word itself: the rarer
    a word the higher its impact, so the weight of a rarer one is lowered to match.
    """
    most = max((one.most for one in found if one.alternative.typed), default=0.0)
    postings: list[WeightedPostings] = []
    bounds = [0.0] * len(KTH)
    for alternative, terms, ceiling in found:
        weight = alternative.weight
        if most and not alternative.typed:
            weight *= min(1.0, most / ceiling)
        if len(terms) > 1:
            docs, impacts = _all_of(terms)
            if len(docs):
                postings.append((docs, impacts, weight))
            continue
        for column, kth in enumerate(terms[0].kth):
            bounds[column] = max(bounds[column], kth * weight)
        postings.append((terms[0].docs, terms[0].impacts, weight))
    return postings, tuple(bounds)


def _all_of(terms: Sequence[TermPostings]) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Return the passages that hold all `terms`, each with the mean of its impacts."""
    docs, total = terms[0].docs, terms[0].impacts
    for other in terms[1:]:
        docs, here, there = np.intersect1d(docs, other.docs, assume_unique=True, return_indices=True)
        total = total[here] + other.impacts[there]
    return docs, (total / np.float32(len(terms))).astype(np.float32)
