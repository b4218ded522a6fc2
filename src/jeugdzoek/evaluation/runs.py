"""Runs: what an index answers to a list of topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jeugdzoek.evaluation.topics import Topic
from jeugdzoek.opening import Index
from jeugdzoek.search.backend import Mode
from jeugdzoek.search.hits import Hits

RUN_KEYS = ("rank", "score", "report_id", "passage_id", "title", "text", "start", "end", "found_by")
TAG = "jeugdzoek"

Run = list[tuple[Topic, Hits]]


def run_topics(
    index: Index, topics: Iterable[Topic], *, limit: int = 100, mode: Mode = "hybrid"
) -> Iterator[tuple[Topic, Hits]]:
    """Search `index` for each of `topics` and yield topic and answer."""
    for topic in topics:
        yield topic, index.search(topic.text, limit=limit, mode=mode)


def to_answer(topic: Topic, hits: Hits) -> dict[str, Any]:
    """Return one answer as plain values: ``query`` (the topic's id), ``confident`` and ``hits``."""
    rows = [{key: hit.to_dict()[key] for key in RUN_KEYS} for hit in hits]
    return {"query": topic.id, "confident": hits.confident, "hits": rows}


def to_trec_lines(topic: Topic, hits: Hits) -> Iterator[str]:
    """Yield one answer as TREC run lines: ``topic Q0 report rank score tag``, a report at its best passage."""
    for rank, (report_id, score) in enumerate(best_per_report(hits), start=1):
        yield f"{_name(topic.id)} Q0 {_name(report_id)} {rank} {score:.6f} {TAG}"


def best_per_report(hits: Hits) -> list[tuple[str, float]]:
    """Return (report id, score) of the best passage of each report, best first."""
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(hit.report.id, hit.score)
    return list(best.items())


def _name(text: str) -> str:
    """TREC separates by white space, so an id may hold none; nor what a terminal might obey."""
    return "".join(c if c.isprintable() and c != " " else "_" for c in text)
