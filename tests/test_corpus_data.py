"""The bundled test collection: reports, topics, and judgments that point at real text."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from jeugdzoek import Report
from jeugdzoek.corpus.reading import read
from jeugdzoek.evaluation.topics import NO_ANSWER, Judgment, Topic, read_qrels, read_topics

CORPUS = Path(__file__).parent.parent / "corpus"
TYPES = {
    "abbreviation_or_synonym",
    "compound",
    "keyword",
    "paraphrase",
    "question",
    "situation",
    "typo",
    NO_ANSWER,
}


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    found = list(read(CORPUS / "reports"))
    assert all(isinstance(item, Report) for item in found), found
    return {item.id: item for item in found if isinstance(item, Report)}


@pytest.fixture(scope="module")
def topics() -> list[Topic]:
    return read_topics(CORPUS / "topics.jsonl")


@pytest.fixture(scope="module")
def judgments() -> list[Judgment]:
    return read_qrels(CORPUS / "qrels.jsonl")


def test_there_are_forty_reports_or_more_and_all_are_read(reports: dict[str, Report]) -> None:
    files = [path for path in (CORPUS / "reports").rglob("*") if path.is_file()]
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files if path.suffix == ".jsonl")
    alone = sum(path.suffix != ".jsonl" for path in files)
    assert len(reports) == alone + lines
    assert len(reports) >= 40


def test_every_format_is_among_them(reports: dict[str, Report]) -> None:
    assert {Path(str(report.source)).suffix for report in reports.values()} >= {".txt", ".md", ".jsonl"}


def test_every_report_is_250_to_500_words_and_has_a_title(reports: dict[str, Report]) -> None:
    for report in reports.values():
        assert 250 <= len(report.text.split()) <= 500, report.id
        assert report.title, report.id


def test_no_two_reports_are_alike(reports: dict[str, Report]) -> None:
    def pieces(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.lower())
        return set(zip(words, words[1:], words[2:], strict=False))

    cut = {report.id: pieces(report.text) for report in reports.values()}
    for one, other in combinations(cut, 2):
        shared = len(cut[one] & cut[other]) / len(cut[one] | cut[other])
        assert shared < 0.1, f"{one} and {other} share {shared:.0%} of their runs of three words"


def test_there_are_a_hundred_topics_of_every_type(topics: list[Topic]) -> None:
    kinds = Counter(topic.type for topic in topics)
    assert len(topics) >= 100
    assert kinds.keys() == TYPES
    assert min(kinds.values()) >= 10


def test_no_topic_is_there_twice(topics: list[Topic]) -> None:
    assert len({topic.id for topic in topics}) == len(topics)
    assert len({topic.text.casefold() for topic in topics}) == len(topics)
    assert all(topic.text.strip() == topic.text != "" for topic in topics)


def test_topics_and_judgments_have_only_the_documented_keys() -> None:
    for name, keys in (("topics", ["id", "type", "text"]), ("qrels", ["query", "doc", "grade", "evidence"])):
        for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            assert list(json.loads(line)) == keys


def test_every_judgment_is_of_a_topic_and_given_once(topics: list[Topic], judgments: list[Judgment]) -> None:
    assert {judgment.query for judgment in judgments} <= {topic.id for topic in topics}
    given = Counter((judgment.query, judgment.doc, judgment.evidence) for judgment in judgments)
    assert given.most_common(1)[0][1] == 1


def test_every_judged_report_is_there(reports: dict[str, Report], judgments: list[Judgment]) -> None:
    assert {judgment.doc for judgment in judgments} - reports.keys() == set()


def test_every_evidence_stands_literally_in_its_report(reports: dict[str, Report], judgments: list[Judgment]) -> None:
    for judgment in judgments:
        assert len(judgment.evidence.split()) >= 3, judgment.query
        assert judgment.evidence in reports[judgment.doc].text, f"{judgment.query}: {judgment.evidence}"


def test_a_topic_has_an_answer_unless_its_type_says_none(topics: list[Topic], judgments: list[Judgment]) -> None:
    best: dict[str, int] = {}
    for judgment in judgments:
        best[judgment.query] = max(judgment.grade, best.get(judgment.query, 0))
    for topic in topics:
        assert (best.get(topic.id, 0) >= 2) is (topic.type != NO_ANSWER), topic.id
        assert topic.type != NO_ANSWER or topic.id not in best


@pytest.fixture(scope="module")
def questions() -> list[dict[str, str]]:
    lines = (CORPUS / "calibration.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_calibration_questions_are_of_reports_or_of_none(
    questions: list[dict[str, str]], reports: dict[str, Report]
) -> None:
    assert all(list(question) == ["id", "type", "about", "text"] for question in questions)
    assert {question["type"] for question in questions} == TYPES
    assert {q["about"] for q in questions if q["type"] == NO_ANSWER} == {"near", "far", "specific"}
    assert {q["about"] for q in questions if q["type"] != NO_ANSWER} == reports.keys()


def test_there_are_250_calibration_questions_with_and_without_an_answer(questions: list[dict[str, str]]) -> None:
    kinds = Counter(question["type"] for question in questions)
    assert kinds[NO_ANSWER] >= 250
    assert kinds.total() - kinds[NO_ANSWER] >= 250
    assert min(kinds.values()) >= 40


def test_no_question_is_asked_twice(questions: list[dict[str, str]], topics: list[Topic]) -> None:
    assert len({question["id"] for question in questions}) == len(questions)
    asked = [*(question["text"] for question in questions), *(topic.text for topic in topics)]
    words = [frozenset(re.findall(r"\w{4,}", text.casefold())) for text in asked]
    for (one, left), (other, right) in combinations(zip(asked, words, strict=True), 2):
        shared = len(left & right) / max(1, len(left | right))
        assert one.casefold() != other.casefold()
        assert shared < 0.8, f"{one!r} and {other!r} are nearly the same"
