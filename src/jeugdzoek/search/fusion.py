"""Two scores → one order. Pure functions; the only place where the halves meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.keys import NUMBER_BITS
from jeugdzoek.search.backend import Candidates, Mode

Scores = NDArray[np.float64]
RRF_K = 60


@dataclass(frozen=True, slots=True)
class FusionSettings:
    """How the halves are weighed.

    Parameters
    ----------
    semantic
        Share of the meaning half in the sum, 0 to 1.
    report
        Share of the best score of its report that every passage gets besides its own.
    sure_keyword, sure_semantic
        Share of the keyword ceiling, and cosine, from which one of them alone makes a best
        hit an answer; together they need less (see `is_confident`).
    least_keyword, least_semantic
        The same where only one half is asked.
    """

    semantic: float = 0.35
    report: float = 0.25
    sure_keyword: float = 0.8
    sure_semantic: float = 0.28
    least_keyword: float = 0.12
    least_semantic: float = 0.2


def weighted_sum(candidates: Candidates, mode: Mode, settings: FusionSettings) -> Scores:
    """Return one score per candidate: a weighted sum of both halves on a common scale.

    BM25 is divided by its ceiling, the most the query could score, not by the best
    score found: where the words match next to nothing the meaning half takes over
    (Bruch, Gai & Ingber 2023, https://doi.org/10.1145/3596512).
    """
    keyword = candidates.keyword.astype(np.float64)
    semantic = candidates.semantic.astype(np.float64)
    if mode == "keyword":
        return keyword
    if mode == "semantic":
        return semantic
    share = keyword / candidates.ceiling if candidates.ceiling > 0 else keyword
    return (1 - settings.semantic) * share + settings.semantic * np.maximum(semantic, 0)


def reciprocal_ranks(candidates: Candidates) -> Scores:
    """Return reciprocal rank fusion of the two orders, k = 60 (Cormack et al. 2009).

    The named alternative to `weighted_sum`; a passage without any word of the query
    has no rank in the keyword order.
    """
    total = np.zeros(len(candidates.keys))
    for scores in (candidates.keyword, candidates.semantic):
        order = np.lexsort((candidates.keys, -scores))
        ranks = np.empty(len(order))
        ranks[order] = np.arange(1, len(order) + 1)
        total += np.where(scores > 0, 1 / (RRF_K + ranks), 0.0)
    return total


def with_report(scores: Scores, keys: NDArray[np.int64], share: float) -> Scores:
    """Return `scores` plus `share` of the best score in the same report.

    Which report comes first does not change; passages around its best one move up, as
    the answer often stands beside the words that found it.
    """
    if not len(scores):
        return scores
    reports = keys >> NUMBER_BITS
    starts = np.flatnonzero(np.r_[True, reports[1:] != reports[:-1]])
    best = np.maximum.reduceat(scores, starts)
    return scores + share * np.repeat(best, np.diff(np.r_[starts, len(scores)]))


def order_by(scores: Scores, keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return positions, best score first, ties by key."""
    return np.lexsort((keys, -scores))


def is_confident(candidates: Candidates, mode: Mode, settings: FusionSettings) -> bool:
    """Tell whether anything among the candidates is really about the query.

    In hybrid mode the best share of the keyword ceiling and the best cosine count
    together, each as a part of what would be sure: ``share / sure_keyword + cosine /
    sure_semantic >= 1``.
    """
    if not len(candidates.keys):
        return False
    share = float(candidates.keyword.max()) / candidates.ceiling if candidates.ceiling > 0 else 0.0
    cosine = max(0.0, float(candidates.semantic.max()))
    if mode == "keyword":
        return share >= settings.least_keyword
    if mode == "semantic":
        return cosine >= settings.least_semantic
    return share / settings.sure_keyword + cosine / settings.sure_semantic >= 1
