"""A report's text → units: headings, list items and sentences that stay whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from jeugdzoek.corpus.boilerplate import is_boilerplate
from jeugdzoek.corpus.details import is_only_date
from jeugdzoek.corpus.sentences import sentence_spans

WORD = re.compile(r"\w+")
LINE = re.compile(r"[^\n]+")
LIST_ITEM = re.compile(r"\s*(?:[-*•–·▪]|o(?=\s)|\d{1,2}[.)]|[a-z][.)])\s+\S")
MARKED_HEADING = re.compile(r"\s*#{1,6}\s+\S")
HEADING_WORDS = 12
HEADING_LENGTH = 90
LONGEST_UNIT = 110


class Kind(Enum):
    """What a unit is, as far as it matters for where a passage may end."""

    HEADING = "heading"
    ITEM = "item"
    SENTENCE = "sentence"
    BOILERPLATE = "boilerplate"


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of text that is not cut.

    Parameters
    ----------
    start, end
        Offsets into the report's text, in characters.
    kind
        What it is.
    words
        Number of words (runs of letters, digits and ``_``).
    opens
        True when it is the first of its paragraph or list.
    leads_on
        True when it ends in a colon: what follows belongs to it.
    """

    start: int
    end: int
    kind: Kind
    words: int
    opens: bool
    leads_on: bool


def count_words(text: str) -> int:
    """Return the number of words in `text`: runs of letters, digits and ``_``."""
    return sum(1 for _ in WORD.finditer(text))


def cut_into_units(text: str) -> list[Unit]:
    """Cut `text` into units, in order; white space between them belongs to none."""
    units: list[Unit] = []
    for start, end, kind, opens in _lines(text):
        spans = [(start, end)] if kind in (Kind.HEADING, Kind.BOILERPLATE) else sentence_spans(text, start, end)
        if kind is Kind.ITEM and count_words(text[start:end]) <= LONGEST_UNIT:
            spans = [(start, end)]
        for span in spans:
            for piece in _pieces(text, *span):
                words = count_words(text[piece[0] : piece[1]])
                units.append(Unit(*piece, kind, words, opens, text[piece[1] - 1] == ":"))
                opens = False
    return units


def _lines(text: str) -> Iterator[tuple[int, int, Kind, bool]]:
    """Yield trimmed lines; a line that runs on in the next is joined with it."""
    pending: tuple[int, int, Kind, bool] | None = None
    last_end = 0
    for match in LINE.finditer(text):
        line = match.group()
        if not line.strip():
            continue
        start = match.start() + len(line) - len(line.lstrip())
        end = match.start() + len(line.rstrip())
        after_blank = text.count("\n", last_end, match.start()) > 1 or last_end == 0
        kind = _kind(text, start, end, match)
        if pending and not after_blank and _runs_on(text, pending, start, kind):
            pending = (pending[0], end, pending[2] if pending[2] is not Kind.HEADING else Kind.SENTENCE, pending[3])
        else:
            if pending:
                yield pending
            opens = after_blank or pending is None or pending[2] is not kind
            pending = (start, end, kind, opens)
        last_end = match.end()
    if pending:
        yield pending


def _kind(text: str, start: int, end: int, match: re.Match[str]) -> Kind:
    line = text[start:end]
    if is_boilerplate(line):
        return Kind.BOILERPLATE
    if MARKED_HEADING.match(line):
        return Kind.HEADING
    if LIST_ITEM.match(match.group()):
        return Kind.ITEM
    short = len(line) <= HEADING_LENGTH and count_words(line) <= HEADING_WORDS
    if short and line[-1] not in ".,;:!…”\"" and not line[0].islower() and text[match.end() :].strip():
        return Kind.SENTENCE if is_only_date(line) else Kind.HEADING
    return Kind.SENTENCE


def _runs_on(text: str, pending: tuple[int, int, Kind, bool], start: int, kind: Kind) -> bool:
    """Tell whether the next line continues the pending one (hard-wrapped text)."""
    if kind in (Kind.BOILERPLATE, Kind.ITEM) or pending[2] is Kind.BOILERPLATE:
        return False
    return text[start].islower() and text[pending[1] - 1] not in ".!?:;"


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the span, or parts of at most `LONGEST_UNIT` words where it is longer."""
    words = list(WORD.finditer(text, start, end))
    while len(words) > LONGEST_UNIT:
        cut = _best_cut(text, words)
        stop = words[cut].start()
        yield start, start + len(text[start:stop].rstrip())
        start, words = stop, words[cut:]
    yield start, end


def _best_cut(text: str, words: list[re.Match[str]]) -> int:
    """Return the index of the word to cut before: after a clause where there is one."""
    for index in range(LONGEST_UNIT, LONGEST_UNIT // 2, -1):
        between = text[words[index - 1].end() : words[index].start()]
        if any(mark in between for mark in ";,–\n"):
            return index
    return LONGEST_UNIT
