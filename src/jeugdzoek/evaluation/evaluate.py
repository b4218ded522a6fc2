"""Runs and judgments → figures, per class of query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from jeugdzoek.errors import MissingExtraError
from jeugdzoek.evaluation.runs import Run, best_per_report
from jeugdzoek.evaluation.topics import Judgment, Topic
from jeugdzoek.search.hits import Hits

GAINS = {1: 1, 2: 3, 3: 7}
"""2^grade − 1."""
SHOWN = 0.6
"""Share of an evidence span that must stand in a passage, in one run of words."""
FIRST = 5
ALL = "all"
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run reached on one class of topics.

    Parameters
    ----------
    topics
        How many there are.
    ndcg
        Mean nDCG@10 over reports, gains 2^grade − 1.
    evidence
        Share of topics with a span of their highest grade in the first five passages.
    doubted
        Share of topics answered with ``confident: false``.
    """

    topics: int
    ndcg: float
    evidence: float
    doubted: float


def evaluate(run: Run, judgments: Iterable[Judgment]) -> dict[str, Figures]:
    """Return class of topic → figures, ``all`` first; classes without judgments have nan as nDCG.

    Parameters
    ----------
    run
        Topics and answers.
    judgments
        Of the same topics.

    Raises
    ------
    MissingExtraError
        When ir_measures is not installed.
    """
    judged: dict[str, list[Judgment]] = {}
    for judgment in judgments:
        judged.setdefault(judgment.query, []).append(judgment)
    ndcg = _ndcg(run, judged)
    answered = [(topic, hits) for topic, hits in run if topic.id in judged]
    figures = {ALL: _figures(answered, judged, ndcg)}
    for kind in sorted({topic.type for topic, _ in run if topic.type}):
        figures[kind] = _figures([(t, h) for t, h in run if t.type == kind], judged, ndcg)
    return figures


def _figures(
    part: Sequence[tuple[Topic, Hits]], judged: Mapping[str, list[Judgment]], ndcg: Mapping[str, float]
) -> Figures:
    values = [ndcg.get(topic.id, 0.0) for topic, _ in part if topic.id in judged]
    shown = [evidence_shown(hits, judged[topic.id]) for topic, hits in part if topic.id in judged]
    doubted = [not hits.confident for _, hits in part]
    return Figures(len(part), _mean(values), _mean(shown), _mean(doubted))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def _ndcg(run: Run, judged: Mapping[str, list[Judgment]]) -> dict[str, float]:
    try:
        import ir_measures
    except ImportError:
        raise MissingExtraError("evaluate", "evaluation") from None
    measure = ir_measures.nDCG(gains=GAINS) @ 10
    qrels = [ir_measures.Qrel(j.query, j.doc, j.grade) for rows in judged.values() for j in rows]
    # a run is ordered by score and ties by id in ir_measures, so the rank itself is given as score
    scored = [
        ir_measures.ScoredDoc(topic.id, report_id, -float(rank))
        for topic, hits in run
        for rank, (report_id, _) in enumerate(best_per_report(hits))
    ]
    return {row.query_id: float(row.value) for row in ir_measures.iter_calc([measure], qrels, scored)}


def evidence_shown(hits: Hits, judgments: Sequence[Judgment], first: int = FIRST) -> float:
    """Return 1.0 where a span of the highest grade stands in one of the `first` passages, else 0.0."""
    top = max(judgment.grade for judgment in judgments)
    return float(
        any(
            hit.report.id == judgment.doc and covers(hit.passage.text, judgment.evidence)
            for judgment in judgments
            if judgment.grade == top
            for hit in hits[:first]
        )
    )


def covers(passage: str, evidence: str) -> bool:
    """Tell whether `passage` holds a run of words that is at least `SHOWN` of `evidence`."""
    words, wanted = WORD.findall(passage.lower()), WORD.findall(evidence.lower())
    match = SequenceMatcher(None, words, wanted, autojunk=False).find_longest_match()
    return bool(wanted) and match.size >= SHOWN * len(wanted)
