"""Where Dutch sentences end."""

from __future__ import annotations

import re
from functools import cache

from jeugdzoek.corpus.wordlists import read_lines

END = re.compile(r"[.!?…]+[\"'”’)\]»]*(?=\s)")
OPENING = "\"'“‘„«(["
INITIAL = re.compile(r"(?:^|[\s(.])[A-ZÀ-Þ]\.$")


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(read_lines("abbreviations.txt"))


def sentence_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut ``text[start:end]`` into sentences.

    Returns
    -------
    list of (start, end)
        Offsets into `text`, without the white space between sentences. A dot after
        one of ``data/abbreviations.txt`` or an initial ends nothing.
    """
    spans = []
    begin = start
    for match in END.finditer(text, start, end):
        if _ends_sentence(text, match, begin, end):
            spans.append((begin, match.end()))
            begin = match.end()
            while begin < end and text[begin].isspace():
                begin += 1
    if begin < end:
        spans.append((begin, end))
    return spans


def _ends_sentence(text: str, match: re.Match[str], begin: int, end: int) -> bool:
    after = text[match.end() : min(match.end() + 6, end)].lstrip().lstrip(OPENING)
    if not after or after[0].islower():
        return False
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    word = text[begin : match.start() + 1].rsplit(None, 1)[-1].lstrip(OPENING)
    if word.lower() in _abbreviations() or INITIAL.search(word):
        return False
    return True
