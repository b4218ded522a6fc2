"""The questions `calibrate.py` fits on: topics and calibration questions of corpus/, and which of them are held out."""

from __future__ import annotations

import json
from typing import NamedTuple

from ablation import ROOT

from jeugdzoek.evaluation.topics import NO_ANSWER, read_qrels, read_topics

CORPUS = ROOT / "corpus"
THIRDS = 3


class Question(NamedTuple):
    """Something that is asked.

    Parameters
    ----------
    text
        The query.
    kind
        *topic* or *question* for one that has an answer; of one that has none *topic without*, or *far* from the
        field, *near* and absent, or *specific*: about a place, a body or a year that is not there.
    reports
        Those that have the answer.
    held
        Whether it is held out: a third of the topics; a third of the other questions, by report.
    """

    text: str
    kind: str
    reports: frozenset[str]
    held: bool


def topics() -> list[Question]:
    """Return those of corpus/topics.jsonl."""
    found: dict[str, set[str]] = {}
    for judgment in read_qrels(CORPUS / "qrels.jsonl"):
        found.setdefault(judgment.query, set()).add(judgment.doc)
    read_ = read_topics(CORPUS / "topics.jsonl")
    kinds = ["topic without" if topic.type == NO_ANSWER else "topic" for topic in read_]
    return [
        Question(topic.text, kind, frozenset(found.get(topic.id, ())), number % THIRDS == 0)
        for number, (topic, kind) in enumerate(zip(read_, kinds, strict=True))
    ]


def others() -> list[Question]:
    """Return those of corpus/calibration.jsonl."""
    rows = [json.loads(line) for line in (CORPUS / "calibration.jsonl").read_text(encoding="utf-8").splitlines()]
    reports = sorted({row["about"] for row in rows if row["type"] != NO_ANSWER})
    found = []
    for number, row in enumerate(rows):
        if row["type"] == NO_ANSWER:
            found.append(Question(row["text"], row["about"], frozenset(), number % THIRDS == 0))
        else:
            held = reports.index(row["about"]) % THIRDS == 0
            found.append(Question(row["text"], "question", frozenset((row["about"],)), held))
    return found
