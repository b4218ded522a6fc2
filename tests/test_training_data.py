"""The training text is of the form it says, and holds nothing of what measures it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from jeugdzoek.analysis.compiling import read_thesaurus
from jeugdzoek.corpus.reading import read
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.pairs import Written, related_pairs, split, thinned, written, written_pairs
from jeugdzoek.evaluation.topics import read_topics

ROOT = Path(__file__).parent.parent
RUN = 8
"""So many words in a row in two texts are no chance."""


@pytest.fixture(scope="module")
def rows() -> list[Written]:
    return written(ROOT / "training")


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def test_there_is_as_much_as_the_readme_says(rows: list[Written]) -> None:
    figures = re.search(
        r"([\d,]+) passages on (\d+) topics, ([\d,]+) queries", (ROOT / "training/README.md").read_text()
    )
    assert figures
    said = [int(figure.replace(",", "")) for figure in figures.groups()]
    assert said == [len(rows), len({row.topic for row in rows}), sum(len(row.queries) for row in rows)]


def test_every_passage_has_three_queries_and_forty_to_ninety_words(rows: list[Written]) -> None:
    for row in rows:
        assert len(row.queries) == 3, row.passage
        assert 38 <= len(row.passage.split()) <= 95, row.passage
        assert {kind for kind, _ in row.queries} <= {"paraphrase", "question", "situation", "keyword", "abbreviation"}


def test_nothing_is_there_twice(rows: list[Written]) -> None:
    texts = Counter(text for row in rows for text in (row.passage, *(query for _, query in row.queries)))
    assert not [text for text, count in texts.items() if count > 1]


def test_nothing_of_the_collection_is_in_it(rows: list[Written]) -> None:
    own = set().union(*(runs(text) for row in rows for text in (row.passage, *(query for _, query in row.queries))))
    texts = [item.text for item in read(ROOT / "corpus" / "reports") if isinstance(item, Report)]
    texts += [topic.text for topic in read_topics(ROOT / "corpus" / "topics.jsonl")]
    assert not [run for text in texts for run in runs(text) & own]


def test_whole_topics_are_held_out(rows: list[Written]) -> None:
    train, held_out = split(rows)
    assert not {row.topic for row in train} & {row.topic for row in held_out}
    assert len(train) + len(held_out) == len(rows)
    assert 0.08 < len(held_out) / len(rows) < 0.2


def test_the_same_seed_gives_the_same_pairs(rows: list[Written]) -> None:
    related = read_thesaurus(ROOT / "wordlists" / "thesaurus.tsv")[:500]
    for make, source in ((related_pairs, related), (written_pairs, rows[:50])):
        assert make(source, 3) == make(source, 3) != make(source, 4)  # type: ignore[operator]


def test_a_thinned_text_is_never_empty() -> None:
    import random

    assert thinned("een woord", random.Random(0), 1.0) == "een woord"
