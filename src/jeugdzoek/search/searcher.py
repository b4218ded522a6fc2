"""Query in, hits out: candidates from a backend, fused, fetched and explained."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.search.backend import Backend, Candidates, Filters, Mode
from jeugdzoek.search.confidence import LOOKED_AT, is_confident
from jeugdzoek.search.fusion import Fused, FusionSettings, Scores, fuse
from jeugdzoek.search.hits import FoundBy, Hit, Hits, Why
from jeugdzoek.search.query import Query
from jeugdzoek.search.snippets import Snippets

POOL = 200
"""Candidates asked of each half, at least."""
MARGIN = 50
"""And this many more than the hits wanted."""
NEAR = 0.35
"""Cosine from which a passage that also matched by word counts as found by both."""


def search(
    backend: Backend,
    analyzer: Analyzer,
    query: Query,
    *,
    limit: int,
    mode: Mode,
    filters: Filters,
    fusion: FusionSettings,
) -> Hits:
    """Search `backend` for `query`.

    Parameters
    ----------
    backend
        Where the passages are.
    analyzer
        The analyser of the index.
    query
        What a visitor typed, taken apart.
    limit
        Hits wanted, at most.
    mode
        ``hybrid``, ``keyword`` or ``semantic``.
    filters
        Which reports may be found.
    fusion
        How the halves are weighed.
    """
    started = time.perf_counter()
    if not (query.words or query.phrases):
        return Hits(query.text, mode, False, 0, _since(started), ())
    candidates, (scores, order) = rank(backend, query, limit=limit, mode=mode, filters=filters, fusion=fusion)
    shown, first = order[:limit].tolist(), order[:LOOKED_AT].tolist()
    keys = candidates.keys[order[: max(limit, LOOKED_AT)]].tolist()
    found = backend.fetch(keys)
    confident = is_confident(candidates, first, [found[key][1].text for key in keys[:LOOKED_AT]], mode)
    expansion = candidates.expansion
    snippets = Snippets(analyzer, expansion.stems)
    hits = _hits(found, snippets, candidates, scores, shown)
    meant = expansion.corrected(query.text) if expansion.corrections else None
    return Hits(query.text, mode, confident, candidates.total, _since(started), hits, expansion.related, meant)


def rank(
    backend: Backend, query: Query, *, limit: int, mode: Mode, filters: Filters, fusion: FusionSettings
) -> tuple[Candidates, Fused]:
    """Return the candidates for `query`, enough for `limit` hits, and their order in `mode`."""
    candidates = backend.candidates(query, mode, max(POOL, limit + MARGIN), filters)
    return candidates, fuse(candidates, mode, fusion)


def _hits(
    found: Mapping[int, tuple[Report, Passage]],
    snippets: Snippets,
    candidates: Candidates,
    scores: Scores,
    shown: Sequence[int],
) -> tuple[Hit, ...]:
    hits: list[Hit] = []
    for position in shown:
        report, passage = found[int(candidates.keys[position])]
        snippet = snippets.make(passage.text)
        keyword, semantic = float(candidates.keyword[position]), float(candidates.semantic[position])
        words = tuple(dict.fromkeys(snippet.text[a:b] for a, b in snippet.spans))
        why = Why(_found_by(keyword, semantic), words, keyword, semantic)
        hits.append(Hit(len(hits) + 1, float(scores[position]), report, passage, snippet, why))
    return tuple(hits)


def _found_by(keyword: float, semantic: float) -> FoundBy:
    if keyword <= 0:
        return "meaning"
    return "both" if semantic >= NEAR else "word"


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
