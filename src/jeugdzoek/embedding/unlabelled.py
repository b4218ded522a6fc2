"""Reports without judgments → pairs of texts that belong together, for training.

What stands together in a report belongs together: a heading and its passage, a sentence and
the rest of its passage (inverse cloze task; Lee, Chang & Toutanova 2019,
https://arxiv.org/abs/1906.00300), a passage and the next one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jeugdzoek.corpus.passages import cut_into_passages
from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.corpus.sentences import sentence_spans

FEWEST_WORDS = 4
"""Of a sentence that says enough to be a query."""


class Together(NamedTuple):
    """Two texts of one report; `group` is the number of the report."""

    query: str
    passage: str
    group: int


def pairs_of(reports: Sequence[Report]) -> Iterator[Together]:
    """Yield every pair that `reports` give."""
    for group, report in enumerate(reports):
        passages = cut_into_passages(report)
        for number, passage in enumerate(passages):
            if heading := heading_of(report, passage):
                yield Together(heading, passage.text, group)
            for sentence, rest in sentences_and_rests(passage.text):
                yield Together(sentence, rest, group)
            for following in passages[number + 1 : number + 2]:
                yield Together(passage.text, following.text, group)


def questions_of(reports: Sequence[Report], seed: int) -> tuple[list[str], list[tuple[str, int]]]:
    """Return texts, one a passage, and (query, row of its text).

    From every passage one sentence is taken out at random: it is a query for the rest, as
    is the heading. So nothing is found by being the same.
    """
    rng = random.Random(seed)
    texts: list[str] = []
    queries: list[tuple[str, int]] = []
    for report in reports:
        for passage in cut_into_passages(report):
            found = list(sentences_and_rests(passage.text))
            sentence, rest = rng.choice(found) if found else ("", passage.text)
            queries += [(query, len(texts)) for query in (heading_of(report, passage), sentence) if query]
            texts.append(rest)
    return texts, queries


def heading_of(report: Report, passage: Passage) -> str:
    """Return title and heading of `passage`, on one line."""
    return " ".join(dict.fromkeys(part for part in (report.title, passage.heading) if part))


def sentences_and_rests(text: str) -> Iterator[tuple[str, str]]:
    """Yield each sentence of `text` that says enough, and `text` without it; nothing when there is but one."""
    spans = sentence_spans(text, 0, len(text))
    if len(spans) > 1:
        for start, end in spans:
            if len(text[start:end].split()) >= FEWEST_WORDS:
                yield text[start:end], f"{text[:start]} {text[end:]}"
