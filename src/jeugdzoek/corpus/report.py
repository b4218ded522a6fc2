"""A report, one document as its publisher wrote it, and a passage of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Report:
    """One session report.

    Parameters
    ----------
    id
        Unique name inside an index; passages and links refer to it.
    text
        The whole text. Offsets of passages count its characters.
    title
        Title as published; empty when none was found.
    date
        ISO date, whole or in part: ``2023-05-16``, ``2023-05`` or ``2023``.
        None when the report does not say it plainly.
    place
        Municipality, region or venue; None when unknown.
    audience
        Label of who may see the report; ``public`` by default.
    source
        Where the report was read from; None for reports made in memory.
    metadata
        Further keys of the source, kept as they are (JSON values only).
    """

    id: str
    text: str
    title: str = ""
    date: str | None = None
    place: str | None = None
    audience: str = PUBLIC
    source: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def content_hash(self) -> str:
        """Return the sha256 (hex) of everything but ``source``.

        Two reports with the same hash give the same passages, terms and vectors.
        """
        content = [
            self.id,
            self.text,
            self.title,
            self.date,
            self.place,
            self.audience,
            dict(self.metadata),
        ]
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences of a report that stand together.

    Parameters
    ----------
    report_id
        The report it comes from.
    number
        Place among the passages of its report, from 0.
    start, end
        Offsets in characters: ``report.text[start:end] == text``.
    text
        The passage itself.
    heading
        The heading it stands under; empty when there is none.
    """

    report_id: str
    number: int
    start: int
    end: int
    text: str
    heading: str = ""

    @property
    def id(self) -> str:
        """Name of the passage: report id, ``#``, number."""
        return f"{self.report_id}#{self.number}"
