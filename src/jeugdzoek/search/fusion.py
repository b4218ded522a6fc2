"""Two scores → one order. Pure functions; the only place where the halves meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.keys import by_report
from jeugdzoek.search import kernel
from jeugdzoek.search.backend import Candidates, Mode
from jeugdzoek.search.subjects import known_share

Scores = NDArray[np.float64]
RRF_K = 60


@dataclass(frozen=True, slots=True)
class FusionSettings:
    """How the halves are weighed.

    Parameters
    ----------
    semantic
        Share of the meaning half in the sum, 0 to 1, where the index holds every word of the query.
    unknown
        The same where it holds none of them.
    place
        What the first place in either half adds; the second adds half of it, the third a third.
    report
        Share of the best score of its report that every passage gets besides its own.
    """

    semantic: float = 0.3
    unknown: float = 0.7
    place: float = 0.04
    report: float = 0.25


class Fused(NamedTuple):
    """One order of candidates.

    Parameters
    ----------
    scores
        One per candidate.
    order
        Their positions, best first, ties by position: candidates stand in order of key.
    """

    scores: Scores
    order: NDArray[np.int64]


def fuse(candidates: Candidates, mode: Mode, settings: FusionSettings) -> Fused:
    """Return the order of `candidates` in `mode`: by `weighted_sum`, with the share of the report."""
    if kernel.COMPILED is None:
        return fuse_in_numpy(candidates, mode, settings)
    ceiling = weight = place = 0.0
    halves = candidates.keyword, candidates.semantic
    if mode == "hybrid":
        ceiling, weight, place = candidates.ceiling, semantic_weight(candidates, settings), settings.place
    elif mode == "semantic":
        halves = halves[::-1]
    fused = Fused(np.empty(len(candidates.keys)), np.empty(len(candidates.keys), dtype=np.int64))
    kernel.COMPILED.fuse(*halves, candidates.keys, ceiling, weight, place, settings.report, *fused)
    return fused


def fuse_in_numpy(candidates: Candidates, mode: Mode, settings: FusionSettings) -> Fused:
    """Do what the compiled loop does, to the last bit."""
    scores = with_report(weighted_sum(candidates, mode, settings), candidates.keys, settings.report)
    return Fused(scores, order_by(scores))


def weighted_sum(candidates: Candidates, mode: Mode, settings: FusionSettings) -> Scores:
    """Return one score per candidate: a weighted sum of both halves on a common scale.

    BM25 is divided by its ceiling, the most the query could score, not by the best
    score found: where the words match next to nothing the meaning half takes over
    (Bruch, Gai & Ingber 2023, https://doi.org/10.1145/3596512). It also weighs more the
    more of the query the index has no word for. The first places of both halves count
    a little by themselves, so that what one half is sure of is not lost in the sum.
    """
    keyword = candidates.keyword.astype(np.float64)
    semantic = candidates.semantic.astype(np.float64)
    if mode == "keyword":
        return keyword
    if mode == "semantic":
        return semantic
    share = keyword / candidates.ceiling if candidates.ceiling > 0 else keyword
    weight = semantic_weight(candidates, settings)
    first = reciprocal_places(keyword) + reciprocal_places(semantic)
    return (1 - weight) * share + weight * np.maximum(semantic, 0) + settings.place * first


def semantic_weight(candidates: Candidates, settings: FusionSettings) -> float:
    """Return the share of the meaning half in the sum for this query."""
    known = known_share(candidates.subjects)
    return known * settings.semantic + (1 - known) * settings.unknown


def reciprocal_places(scores: Scores, k: int = 1) -> Scores:
    """Return 1 / (k + number of candidates before it) where a score is above zero, else 0; ties by position."""
    places = np.empty(len(scores))
    places[order_by(scores)] = 1 / np.arange(k, k + len(scores))
    places[scores <= 0] = 0.0
    return places


def reciprocal_ranks(candidates: Candidates) -> Scores:
    """Return reciprocal rank fusion of the two orders, k = 60 (Cormack et al. 2009).

    The named alternative to `weighted_sum`; a passage without any word of the query
    has no rank in the keyword order.
    """
    halves = (candidates.keyword.astype(np.float64), candidates.semantic.astype(np.float64))
    return sum((reciprocal_places(half, RRF_K + 1) for half in halves), np.zeros(len(candidates.keys)))


def with_report(scores: Scores, keys: NDArray[np.int64], share: float) -> Scores:
    """Return `scores` plus `share` of the best score in the same report.

    Which report comes first does not change; passages around its best one move up, as
    the answer often stands beside the words that found it.
    """
    if not len(scores):
        return scores
    starts, of_report = by_report(keys)
    lifted: Scores = scores + share * np.maximum.reduceat(scores, starts)[of_report]
    return lifted


def order_by(scores: Scores) -> NDArray[np.int64]:
    """Return positions, best score first, ties by position."""
    order: NDArray[np.int64] = np.argsort(-scores, kind="stable")
    return order
