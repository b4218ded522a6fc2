"""Figures of an evaluation against values worked out by hand."""

from __future__ import annotations

import json
import math
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import Hit, Hits, MissingExtraError, Passage, Report, Snippet, TopicsError, Why
from jeugdzoek.evaluation.evaluate import covers, evaluate, evidence_shown
from jeugdzoek.evaluation.runs import best_per_report, run_topics, to_trec_lines
from jeugdzoek.evaluation.topics import Judgment, Topic, read_qrels, read_topics

Call = Callable[..., tuple[int, str, str]]
TOPIC = Topic("t1", "wachttijd", "keyword")
EVIDENCE = "de wachttijd is nu dertig weken voor ieder kind"


def answer(passages: Sequence[tuple[str, str]], *, confident: bool = True, scores: Sequence[float] = ()) -> Hits:
    """Return an answer of passages (report id, text), best first."""
    hits = [
        Hit(
            rank,
            scores[rank - 1] if scores else 1 / rank,
            Report(report_id, ""),
            Passage(report_id, rank, 0, len(text), text),
            Snippet(text, ()),
            Why("word", (), 1.0, 0.0),
        )
        for rank, (report_id, text) in enumerate(passages, start=1)
    ]
    return Hits("wachttijd", "hybrid", confident, len(hits), 0.1, tuple(hits))


def ndcg(reports: Sequence[str], grades: dict[str, int], scores: Sequence[float] = ()) -> float:
    run = [(TOPIC, answer([(report, "") for report in reports], scores=scores))]
    return evaluate(run, [Judgment("t1", doc, grade) for doc, grade in grades.items()])["all"].ndcg


IDEAL = 7 + 3 / math.log2(3) + 1 / 2
"""Gain of reports of grade 3, 2 and 1 in the best order."""


@pytest.mark.parametrize(
    ("reports", "value"),
    [
        (["drie", "twee", "een"], 1.0),
        (["een", "fout", "drie"], (1 + 7 / 2) / IDEAL),
        (["fout", "drie"], 7 / math.log2(3) / IDEAL),
        (["twee", "twee", "twee", "drie"], (3 + 7 / math.log2(3)) / IDEAL),
        ([*(f"fout{i}" for i in range(9)), "drie"], 7 / math.log2(11) / IDEAL),
        ([*(f"fout{i}" for i in range(10)), "drie"], 0.0),
        (["fout"], 0.0),
        ([], 0.0),
    ],
)
def test_ndcg_is_what_the_formula_gives(reports: list[str], value: float) -> None:
    assert ndcg(reports, {"drie": 3, "twee": 2, "een": 1}) == pytest.approx(value, abs=1e-9)


def test_the_order_of_the_run_counts_where_scores_are_equal() -> None:
    for first, second in (("a", "z"), ("z", "a")):
        assert ndcg([first, second], {first: 3}, scores=[0.5, 0.5]) == 1.0


@pytest.mark.parametrize(
    ("passage", "covered"),
    [
        (f"Vorige week: {EVIDENCE}. En verder.", True),
        ("DE WACHTTIJD, is nu: dertig… weken voor", True),
        ("de wachttijd is nu dertig weken", True),
        ("de wachttijd is nu dertig", False),
        ("de wachttijd is nu. Maar dertig weken voor ieder kind", False),
        ("nu dertig weken voor ieder kind", True),
        ("kind ieder voor weken dertig nu is wachttijd de", False),
        ("", False),
    ],
)
def test_a_run_of_six_tenths_of_its_words_shows_the_evidence(passage: str, covered: bool) -> None:
    assert covers(passage, EVIDENCE) is covered


def test_evidence_without_words_is_never_shown() -> None:
    assert not covers("de wachttijd", "")
    assert not covers("de wachttijd", "…")


@pytest.mark.parametrize(
    ("passages", "shown"),
    [
        ([("a", EVIDENCE)], 1.0),
        ([("x", "")] * 4 + [("a", EVIDENCE)], 1.0),
        ([("x", "")] * 5 + [("a", EVIDENCE)], 0.0),
        ([("b", EVIDENCE)], 0.0),
        ([("b", "een woord over ouders")], 0.0),
        ([("a", "iets anders")], 0.0),
        ([("c", "ook dit is een antwoord")], 1.0),
        ([], 0.0),
    ],
)
def test_evidence_of_the_highest_grade_must_be_in_the_first_five(passages: list[tuple[str, str]], shown: float) -> None:
    judgments = [
        Judgment("t1", "a", 3, EVIDENCE),
        Judgment("t1", "c", 3, "ook dit is een antwoord"),
        Judgment("t1", "b", 1, "een woord over ouders"),
    ]
    assert evidence_shown(answer(passages), judgments) == shown


def test_figures_are_given_per_class_and_for_all() -> None:
    run = [
        (Topic("k1", "a", "keyword"), answer([("a", EVIDENCE)])),
        (Topic("k2", "b", "keyword"), answer([("x", "")], confident=False)),
        (Topic("n1", "c", "none"), answer([("x", "")], confident=False)),
        (Topic("q1", "d", "question"), answer([("x", ""), ("a", EVIDENCE)], confident=False)),
    ]
    judgments = [Judgment(query, "a", 3, EVIDENCE) for query in ("k1", "k2", "q1", "unasked")]
    figures = evaluate(run, judgments)
    assert list(figures) == ["all", "keyword", "none", "question"]
    second = 1 / math.log2(3)
    for kind, values in {
        "all": (3, (1 + 0 + second) / 3, 2 / 3, 2 / 3),
        "keyword": (2, 0.5, 0.5, 0.5),
        "none": (1, math.nan, math.nan, 1.0),
        "question": (1, second, 1.0, 1.0),
    }.items():
        row = figures[kind]
        assert (row.topics, row.ndcg, row.evidence, row.doubted) == pytest.approx(values, nan_ok=True)


def test_without_judgments_there_is_nothing_to_measure() -> None:
    row = evaluate([(TOPIC, answer([("a", "")]))], [])["all"]
    assert row.topics == 0
    assert math.isnan(row.ndcg)


def test_a_report_counts_once_at_its_best_passage() -> None:
    hits = answer([("a", ""), ("b", ""), ("a", "")], scores=[0.9, 0.8, 0.7])
    assert best_per_report(hits) == [("a", 0.9), ("b", 0.8)]
    assert list(to_trec_lines(Topic("t 1", "x"), hits)) == [
        "t_1 Q0 a 1 0.900000 jeugdzoek",
        "t_1 Q0 b 2 0.800000 jeugdzoek",
    ]


def test_without_ir_measures_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'jeugdzoek\[evaluate\]'"):
        evaluate([(TOPIC, answer([]))], [])


def test_topics_and_judgments_are_read(tmp_path: Path) -> None:
    path = tmp_path / "regels.jsonl"
    path.write_bytes(
        '\ufeff{"id": 1, "text": "a\u2028b\x85c", "extra": 1}\r\n\n  \n{"id": "2", "text": "", "type": "x"}'.encode()
    )
    assert read_topics(path) == [Topic("1", "a\u2028b\x85c"), Topic("2", "", "x")]
    path.write_text('{"query": "t1", "doc": "a", "grade": 2}\n{"query": 1, "doc": "b", "grade": 3, "evidence": "e"}\n')
    assert read_qrels(path) == [Judgment("t1", "a", 2), Judgment("1", "b", 3, "e")]


@pytest.mark.parametrize(
    "line",
    ["x", "[]", "null", '{"query": "a"}', *(f'{{"query": "a", "doc": "b", "grade": {g}}}' for g in ('"x"', 0, 4, 2.5))],
)
def test_a_line_that_is_no_judgment_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "qrels.jsonl"
    path.write_text(f'{{"query": "t1", "doc": "a", "grade": 2}}\n\n{line}\n')
    with pytest.raises(TopicsError, match=r"qrels.jsonl, line 3: .*mend the line") as caught:
        read_qrels(path)
    assert (caught.value.path, caught.value.line) == (path, 3)


@pytest.fixture
def tiny(tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a collection like the bundled one, of three reports and three topics."""
    (tmp_path / "corpus" / "reports").mkdir(parents=True)
    for report in small[:3]:
        (tmp_path / "corpus" / "reports" / f"{report.id}.txt").write_text(f"{report.title}\n\n{report.text}")
    topics = [
        ("t1", "keyword", "wachttijd jeugd-ggz"),
        ("t2", "keyword", "leerplichtambtenaar"),
        ("t3", "none", "xqzvw"),
    ]
    rows = [{"id": name, "type": kind, "text": text} for name, kind, text in topics]
    (tmp_path / "corpus" / "topics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    judged = [("t1", "ggz", "De wachttijd voor de jeugd-ggz"), ("t2", "school", "De leerplichtambtenaar belt")]
    rows = [{"query": query, "doc": doc, "grade": 3, "evidence": evidence} for query, doc, evidence in judged]
    (tmp_path / "corpus" / "qrels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_make_evaluate_runs_ends_in_a_markdown_table(jz: Call, tiny: Path) -> None:
    makefile = (Path(__file__).parent.parent / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^evaluate:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe
    commands = [shlex.split(line) for line in recipe[1].splitlines()]
    assert [command[:2] for command in commands] == [["$(BIN)/jeugdzoek", "index"], ["$(BIN)/jeugdzoek", "evaluate"]]
    for command in commands:
        code, out, err = jz(*command[1:])
        assert (code, err) == (0, "")
    head, line, *rows = [row.strip("|").split("|") for row in out.splitlines()]
    assert [cell.strip() for cell in head][:3] == ["type", "topics", "nDCG@10 keyword"]
    assert set(line) == {"---"}
    assert {len(row) for row in rows} == {len(head)} == {11}
    cells = [[cell.strip() for cell in row] for row in rows]
    assert [row[:2] for row in cells] == [["all", "2"], ["keyword", "2"], ["none", "1"]]
    assert cells[0][2] == cells[0][4] == "1.000"
    assert cells[2][2:8] == ["–"] * 6


def test_the_table_and_the_json_say_the_same(jz: Call, tiny: Path) -> None:
    jeugdzoek.build(tiny / "corpus" / "reports", tiny / "i").close()
    arguments = ("evaluate", "corpus/topics.jsonl", "corpus/qrels.jsonl", "--index", "i")
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in jz(*arguments)[1].splitlines()]
    figures = json.loads(jz(*arguments, "--json")[1], parse_constant=pytest.fail)
    assert list(figures) == ["keyword", "semantic", "hybrid"]
    for row in table[2:]:
        for name, shown in zip(table[0][2:], row[2:], strict=True):
            measure, mode = name.split(" ")
            key = {"nDCG@10": "ndcg", "evidence@5": "evidence", "doubted": "doubted"}[measure]
            value = figures[mode][row[0]][key]
            assert shown == ("–" if value is None else f"{value:.3f}")


def test_a_run_answers_every_topic_in_order(tiny: Path) -> None:
    with jeugdzoek.build(tiny / "corpus" / "reports", tiny / "i") as index:
        topics = read_topics(Path("corpus/topics.jsonl"))
        run = list(run_topics(index, topics, limit=1, mode="keyword"))
        assert [topic for topic, _ in run] == topics
        assert [[hit.report.id for hit in hits] for _, hits in run] == [["ggz"], ["school"], []]
