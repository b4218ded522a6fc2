"""Report → passages: what is ranked, shown and quoted.

Cut points are chosen by dynamic programming: every way to put a segment's units
(sentences, list items, headings) into passages has a cost, and the cheapest is
taken. A passage costs its distance from the ideal length; a cut costs more in the
middle of a paragraph than between two, and is forbidden right after a heading.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import groupby

from jeugdzoek.corpus.blocks import Kind, Unit, cut_into_units
from jeugdzoek.corpus.report import Passage, Report

IDEAL_WORDS = 85
SOFT_WORDS = 110
MOST_WORDS = 150
SPREAD = 25.0
CUT_COST = {"heading": 0.0, "paragraph": 0.4, "item": 1.2, "sentence": 1.0, "lead": 6.0}
INNER_HEADING = 0.7
LONG_COST = 3.0
HEADING_MARK = re.compile(r"^\s*#{1,6}\s+")


def cut_into_passages(report: Report) -> list[Passage]:
    """Cut `report` into passages of about 60 to 110 words, never above 150.

    Website boilerplate belongs to no passage, and none runs across it.
    """
    heading = ""
    passages: list[Passage] = []
    for segment in _segments(cut_into_units(report.text)):
        for first, last in _cuts(segment):
            start, end = segment[first].start, segment[last].end
            if segment[first].kind is Kind.HEADING:
                heading = _heading_text(report.text, segment[first])
            passages.append(Passage(report.id, len(passages), start, end, report.text[start:end], heading))
            inner = [unit for unit in segment[first + 1 : last + 1] if unit.kind is Kind.HEADING]
            if inner:
                heading = _heading_text(report.text, inner[-1])
    return passages


def _heading_text(text: str, unit: Unit) -> str:
    return HEADING_MARK.sub("", text[unit.start : unit.end]).strip()


def _segments(units: list[Unit]) -> Iterator[list[Unit]]:
    for is_boilerplate, group in groupby(units, key=lambda unit: unit.kind is Kind.BOILERPLATE):
        segment = list(group)
        if not is_boilerplate and any(unit.words for unit in segment):
            yield segment


def _cuts(units: list[Unit]) -> list[tuple[int, int]]:
    """Return (first, last) unit of each passage, at least total cost."""
    best = [0.0] + [math.inf] * len(units)
    came_from = [0] * (len(units) + 1)
    for first in range(len(units)):
        words = headings = 0
        for last in range(first, len(units)):
            words += units[last].words
            if words > MOST_WORDS and last > first:
                break
            headings += units[last].kind is Kind.HEADING and last > first
            cost = best[first] + _length_cost(words) + INNER_HEADING * headings + _cut_cost(units, last)
            if cost < best[last + 1]:
                best[last + 1], came_from[last + 1] = cost, first
    cuts = []
    end = len(units)
    while end:
        cuts.append((came_from[end], end - 1))
        end = came_from[end]
    return cuts[::-1]


def _length_cost(words: int) -> float:
    cost = ((words - IDEAL_WORDS) / SPREAD) ** 2
    return cost + LONG_COST * (words > SOFT_WORDS)


def _cut_cost(units: list[Unit], last: int) -> float:
    """Cost of ending a passage after unit `last`."""
    if last + 1 == len(units):
        return 0.0
    this, following = units[last], units[last + 1]
    if this.kind is Kind.HEADING:
        return 100.0
    if following.kind is Kind.HEADING:
        return CUT_COST["heading"]
    if this.leads_on:
        return CUT_COST["lead"]
    if following.kind is Kind.ITEM:
        return CUT_COST["item"] if this.kind is Kind.ITEM or not following.opens else CUT_COST["paragraph"]
    return CUT_COST["paragraph"] if following.opens else CUT_COST["sentence"]
