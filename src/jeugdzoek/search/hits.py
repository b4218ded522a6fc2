"""What a search gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, overload

from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.search.backend import Mode
from jeugdzoek.search.snippets import Snippet

FoundBy = Literal["word", "meaning", "both"]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a passage was found.

    Parameters
    ----------
    found_by
        ``word``, ``meaning`` or ``both``.
    words
        Words of the passage that matched the query, as they stand there.
    keyword
        Its BM25 score.
    semantic
        Its cosine to the query.
    """

    found_by: FoundBy
    words: tuple[str, ...]
    keyword: float
    semantic: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    Parameters
    ----------
    rank
        From 1.
    score
        Of the mode searched in; comparable within one answer only.
    report
        Details of the session; its ``text`` is empty, `Index.report` has it.
    passage
        The passage, with its offsets into the report's text.
    snippet
        The part to show.
    why
        What found it.
    """

    rank: int
    score: float
    report: Report
    passage: Passage
    snippet: Snippet
    why: Why

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as the JSON object that the command line and HTTP API document."""
        return {
            "rank": self.rank,
            "score": round(self.score, 6),
            "report_id": self.report.id,
            "passage_id": self.passage.id,
            "title": self.report.title,
            "date": self.report.date,
            "place": self.report.place,
            "heading": self.passage.heading,
            "text": self.passage.text,
            "start": self.passage.start,
            "end": self.passage.end,
            "snippet": {"text": self.snippet.text, "spans": [list(span) for span in self.snippet.spans]},
            "found_by": self.why.found_by,
        }


@dataclass(frozen=True, slots=True)
class Hits:
    """An answer: hits, best first, and what is to be said of them all.

    Parameters
    ----------
    query
        What was searched.
    mode
        ``hybrid``, ``keyword`` or ``semantic``.
    confident
        False when nothing in the index seems to be really about the query; the hits
        are then its nearest neighbours, no more.
    total
        Passages with any word of the query, before the limit; in semantic mode those
        looked at.
    took_ms
        Time the search took, in milliseconds.
    hits
        Best first.
    related
        Words that were looked for besides those typed.
    did_you_mean
        The query without its likely typing errors, or None. The hits are those of both.
    """

    query: str
    mode: Mode
    confident: bool
    total: int
    took_ms: float
    hits: tuple[Hit, ...]
    related: tuple[str, ...] = ()
    did_you_mean: str | None = None

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[index]

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as the JSON object that the command line and HTTP API document."""
        return {
            "query": self.query,
            "mode": self.mode,
            "confident": self.confident,
            "total": self.total,
            "took_ms": round(self.took_ms, 3),
            "related": list(self.related),
            "did_you_mean": self.did_you_mean,
            "hits": [hit.to_dict() for hit in self.hits],
        }
