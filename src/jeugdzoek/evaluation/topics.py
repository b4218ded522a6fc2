"""Topics and judgments: JSON Lines → what is asked and what is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from jeugdzoek.errors import TopicsError

NO_ANSWER = "none"
"""Type of topics to which nothing in the collection is an answer."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Topic:
    """Something a user looks for.

    Parameters
    ----------
    id
        Name of the topic in judgments and runs.
    text
        The query.
    type
        Class of query, for figures per class; empty when there are none.
    """

    id: str
    text: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Judgment:
    """That a report is relevant to a topic, and where.

    Parameters
    ----------
    query
        Id of the topic.
    doc
        Id of the report.
    grade
        1 (touches it), 2 (is about it) or 3 (answers it).
    evidence
        Words of the report that make it so; may be empty.
    """

    query: str
    doc: str
    grade: int
    evidence: str = ""


def read_topics(path: Path) -> list[Topic]:
    """Read ``{"id", "text"}`` lines, with a ``type`` where there is one.

    Raises
    ------
    TopicsError
        When the file cannot be read or a line is no topic.
    """
    return _read(path, lambda row: Topic(str(row["id"]), str(row["text"]), str(row.get("type", ""))), '"id" and "text"')


def read_qrels(path: Path) -> list[Judgment]:
    """Read ``{"query", "doc", "grade", "evidence"}`` lines.

    Raises
    ------
    TopicsError
        When the file cannot be read or a line is no judgment.
    """
    return _read(
        path,
        lambda row: Judgment(str(row["query"]), str(row["doc"]), _grade(row["grade"]), str(row.get("evidence", ""))),
        '"query", "doc" and "grade" (1, 2 or 3)',
    )


def _grade(value: object) -> int:
    if value not in (1, 2, 3):
        raise ValueError(value)
    return int(str(value))


def _read(path: Path, make: Callable[[dict[str, Any]], T], needed: str) -> list[T]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # JSON text may hold other line separators
    except (OSError, UnicodeDecodeError) as error:
        raise TopicsError(path, 0, f"cannot be read ({error}); give a JSON Lines file in UTF-8") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(make(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise TopicsError(path, number, f"is no JSON object with {needed}; mend the line") from error
    return rows
