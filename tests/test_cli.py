"""The command line is a contract: commands, what they print, and the codes they end with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import Report

Call = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parent.parent
COMMANDS = ("analyze", "check", "evaluate", "index", "info", "rollback", "run", "search", "serve")
HIT_KEYS = ["rank", "score", "report_id", "passage_id", "title", "text", "start", "end", "found_by"]


@pytest.fixture
def own(tmp_path: Path, small: list[Report]) -> Path:
    """An index of two generations that a test may change."""
    jeugdzoek.build(small[:2], tmp_path / "i").close()
    jeugdzoek.build(small, tmp_path / "i").close()
    return tmp_path / "i"


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    path = tmp_path / "topics.jsonl"
    rows = [{"id": "t1", "text": "wachttijd", "type": "keyword"}, {"id": "t 2", "text": "xqzvw", "type": "none"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def qrels(tmp_path: Path) -> Path:
    path = tmp_path / "qrels.jsonl"
    path.write_text('{"query": "t1", "doc": "ggz", "grade": 3, "evidence": "De wachttijd"}\n', encoding="utf-8")
    return path


def test_every_command_is_there_and_has_help(jz: Call) -> None:
    code, out, _ = jz("--help")
    assert code == 0
    assert set(re.findall(r"^  ([a-z]+)  ", out, re.MULTILINE)) >= set(COMMANDS)
    for command in COMMANDS:
        for flag in ("--help", "-h"):
            code, out, err = jz(command, flag)
            assert (code, err) == (0, "")
            assert out.startswith(f"Usage: jeugdzoek {command} ")
            assert "--json" in out


def test_the_version_is_told(jz: Call) -> None:
    code, out, _ = jz("--version")
    assert code == 0
    assert re.search(r"\d+\.\d+\.\d+", out)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "serve"])
def test_json_is_one_object_and_nothing_else(
    jz: Call, command: str, own: Path, topics: Path, qrels: Path, tmp_path: Path
) -> None:
    (tmp_path / "een.txt").write_text("Verslag over pleegzorg.")
    arguments = {
        "analyze": ["de wachttijden"],
        "evaluate": [str(topics), str(qrels)],
        "index": [str(tmp_path / "een.txt")],
        "run": [str(topics)],
        "search": ["wachttijd"],
    }.get(command, [])
    where = [] if command == "analyze" else ["--index", str(own)]
    code, out, err = jz(command, *arguments, *where, "--json")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == (2 if command == "run" else 1)
    for line in lines:
        assert isinstance(json.loads(line, parse_constant=pytest.fail), dict)


def test_search_prints_the_documented_object(jz: Call, corpus_folder: Path) -> None:
    code, out, _ = jz("search", "wachttijd", "--index", str(corpus_folder), "--limit", "2", "--json")
    assert code == 0
    answer = json.loads(out)
    assert list(answer) == ["query", "mode", "confident", "total", "took_ms", "related", "did_you_mean", "hits"]
    assert (answer["query"], answer["mode"], len(answer["hits"])) == ("wachttijd", "hybrid", 2)
    for rank, hit in enumerate(answer["hits"], start=1):
        assert hit["rank"] == rank
        assert set(hit) >= {*HIT_KEYS, "date", "place", "heading", "snippet"}
        assert hit["found_by"] in {"word", "meaning", "both"}
        assert hit["end"] - hit["start"] == len(hit["text"])


def test_search_says_the_same_to_a_person(jz: Call, own: Path) -> None:
    code, out, err = jz("search", "jeugd-ggz", "--index", str(own), "--mode", "keyword", "--explain")
    assert (code, err) == (0, "")
    assert out.startswith("1. Wachttijden (Veenrode, 2022-01-10)\n   De wachttijd voor de jeugd-ggz is dertig weken.")
    assert "ggz#0, found by word" in out
    assert re.search(r"score \d\.\d{3}: keyword \d\.\d\d \(.*jeugd, ggz.*\)", out)


def test_nothing_found_is_said(jz: Call, own: Path) -> None:
    code, out, _ = jz("search", "xqzvw", "--index", str(own), "--mode", "keyword")
    assert (code, out) == (0, "No passage found for: xqzvw\n")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], {"ggz"}),
        (["--audience", "team"], {"ggz", "intern"}),
        (["--audience", "team", "--from", "2023"], {"intern"}),
        (["--audience", "team", "--until", "2022-12"], {"ggz"}),
        (["--place", "Beekdal"], set()),
        (["--audience", "team", "--limit", "1"], {"intern"}),
    ],
)
def test_search_options_narrow_the_answer(jz: Call, own: Path, options: list[str], found: set[str]) -> None:
    _, out, _ = jz("search", "dertig vertrouwelijk", "--index", str(own), "--mode", "keyword", "--json", *options)
    assert {hit["report_id"] for hit in json.loads(out)["hits"]} == found


def test_a_query_may_begin_with_a_dash(jz: Call, own: Path) -> None:
    options = ["--index", str(own), "--mode", "keyword", "--json"]
    code, out, _ = jz("search", *options, "--", "-school kinderen wachten")
    assert code == 0
    assert [hit["report_id"] for hit in json.loads(out)["hits"]] == ["pleeg", "ggz"]


def test_run_writes_a_trec_run(jz: Call, corpus_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.txt"
    topics = str(ROOT / "corpus" / "topics.jsonl")
    code, out, err = jz("run", topics, "--index", str(corpus_folder), "--output", str(run), "--limit", "20")
    assert (code, out, err) == (0, "", "")
    rows: dict[str, list[tuple[str, int, float]]] = {}
    for line in run.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(\S+) Q0 (\S+) (\d+) (\d+\.\d{6}) jeugdzoek", line)
        assert match, line
        rows.setdefault(match[1], []).append((match[2], int(match[3]), float(match[4])))
    assert len(rows) > 100
    for answers in rows.values():
        assert [rank for _, rank, _ in answers] == list(range(1, len(answers) + 1))
        assert len({report for report, _, _ in answers}) == len(answers)
        assert [score for *_, score in answers] == sorted((score for *_, score in answers), reverse=True)


def test_white_space_in_ids_does_not_break_a_trec_run(jz: Call, own: Path, topics: Path) -> None:
    _, out, _ = jz("run", str(topics), "--index", str(own))
    assert {line.split(" ")[0] for line in out.splitlines()} == {"t1", "t_2"}


def test_run_json_is_one_documented_line_a_topic(jz: Call, own: Path, topics: Path) -> None:
    _, out, _ = jz("run", str(topics), "--index", str(own), "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["query"] for answer in answers] == ["t1", "t 2"]
    for answer in answers:
        assert list(answer) == ["query", "confident", "hits"]
        assert isinstance(answer["confident"], bool)
        for hit in answer["hits"]:
            assert list(hit) == HIT_KEYS


def test_run_and_search_give_the_same_hits(jz: Call, own: Path, topics: Path) -> None:
    _, run, _ = jz("run", str(topics), "--index", str(own), "--json", "--limit", "5")
    _, search, _ = jz("search", "wachttijd", "--index", str(own), "--json", "--limit", "5")
    wanted = [{key: hit[key] for key in HIT_KEYS} for hit in json.loads(search)["hits"]]
    assert json.loads(run.splitlines()[0])["hits"] == wanted


def test_info_and_check_and_rollback_tell_the_generation(jz: Call, own: Path) -> None:
    for command, generation in (("info", 2), ("check", 2), ("rollback", 1), ("info", 1)):
        code, out, _ = jz(command, "--index", str(own), "--json")
        assert code == 0
        assert json.loads(out)["generation"] == f"gen-{generation:06d}"
    code, out, _ = jz("info", "--index", str(own))
    assert code == 0
    assert re.search(r"^reports +2$", out, re.MULTILINE)


def test_analyze_shows_every_step(jz: Call) -> None:
    code, out, _ = jz("analyze", "De", "gezinnen", "--json")
    assert code == 0
    answer = json.loads(out)
    assert [(t["text"], t["known"], t["stem"]) for t in answer["terms"]] == [
        ("De", "stop", ""),
        ("gezinnen", "yes", "gezin"),
    ]
    assert "same" in {r["relation"] for r in answer["related"][0]["related"]}
    code, out, _ = jz("analyze", "wijkteams")
    assert out.splitlines()[1].split() == ["wijkteams", "wijkteams", "yes", "wijk", "teams", "wijkteam", "wijk", "team"]
    assert "\n\nwijkteams\n  same: " in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["zoek", "iets"],
        ["search"],
        ["search", "a", "b"],
        ["search", "a", "--limit", "0"],
        ["search", "a", "--limit", "veel"],
        ["search", "a", "--mode", "beide"],
        ["search", "a", "--onbekend"],
        ["search", "a", "--index", __file__],
        ["index"],
        ["run"],
        ["evaluate", "topics.jsonl"],
        ["serve", "--port", "99999"],
    ],
)
def test_wrong_use_ends_with_two(jz: Call, arguments: list[str]) -> None:
    code, out, err = jz(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("Usage: jeugdzoek")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "a", "--index", "nergens"], "nergens: does not exist; make one with: jeugdzoek index SOURCE"),
        (["info", "--index", "leeg"], "leeg: holds no index; make one with"),
        (["check", "--index", "nergens"], "nergens: does not exist"),
        (["index", "weg.txt", "--index", "nieuw"], "weg.txt: No such file or directory; name a file or folder"),
        (["index", "leeg", "--index", "nieuw"], "leeg: holds no report that can be read"),
        (["search", "a", "--index", "i", "--from", "gisteren"], "'gisteren' is no date; write it as 2023-05-16"),
        (["search", "a", "--index", "stuk"], "CURRENT: does not name a generation; run jeugdzoek rollback"),
        (["run", "weg.jsonl", "--index", "i"], "weg.jsonl: cannot be read"),
        (["run", "goed.jsonl", "--index", "i", "--output", "weg/run"], "weg/run: No such file or directory; see to it"),
        (["run", "fout.jsonl", "--index", "i"], 'fout.jsonl, line 2: is no JSON object with "id" and "text"; mend'),
        (["evaluate", "goed.jsonl", "fout.jsonl", "--index", "i"], "fout.jsonl, line 1: is no JSON object with"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_ends_with_one_and_is_one_line(
    jz: Call, own: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str, as_json: bool
) -> None:
    monkeypatch.chdir(own.parent)
    for folder in ("leeg", "stuk"):
        Path(folder).mkdir()
    Path("stuk", "CURRENT").write_text("gen-?")
    Path("een.txt").write_text("Verslag.")
    Path("goed.jsonl").write_text('{"id": "a", "text": "b"}\n')
    Path("fout.jsonl").write_text('{"id": "a", "text": "b"}\n[1]\n')
    code, out, err = jz(*arguments, *(["--json"] if as_json else []))
    assert (code, out) == (1, "")
    assert err.startswith("jeugdzoek: ")
    assert err.count("\n") == 1
    assert message in err


def test_skipped_inputs_are_named_and_end_with_three(jz: Call, tmp_path: Path) -> None:
    source = tmp_path / "bron"
    source.mkdir()
    (source / "goed.txt").write_text("Verslag over pleegzorg.")
    (source / "binair.txt").write_bytes(b"\x00\x01\x02")
    (source / "blad.xls").write_bytes(b"x")
    (source / "lijst.jsonl").write_text('{"id": "een", "text": "Verslag."}\n{"id": "twee"}\n')
    code, out, err = jz("index", str(source), "--index", str(tmp_path / "i"), "--json")
    assert code == 3
    answer = json.loads(out)
    assert (answer["reports"], answer["added"]) == (2, 2)
    lines = err.splitlines()
    assert [line.split(": ")[0].split("/")[-1] for line in lines] == ["binair.txt", "blad.xls", "lijst.jsonl, line 2"]
    assert all(line.startswith("skipped ") and len(line.split(": ", 1)[1]) > 10 for line in lines)
    assert [row["source"].split("/")[-1] for row in answer["skipped"]] == [
        "binair.txt",
        "blad.xls",
        "lijst.jsonl, line 2",
    ]
    assert jz("search", "pleegzorg", "--index", str(tmp_path / "i"))[0] == 0


def test_the_index_is_named_by_option_variable_or_default(
    jz: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JEUGDZOEK_INDEX", raising=False)
    Path("een.txt").write_text("Verslag over pleegzorg.")
    assert jz("index", "een.txt")[0] == 0
    assert (tmp_path / "indexes" / "default" / "CURRENT").is_file()
    monkeypatch.setenv("JEUGDZOEK_INDEX", str(tmp_path / "ander"))
    assert jz("index", "een.txt")[0] == 0
    assert (tmp_path / "ander" / "CURRENT").is_file()
    assert json.loads(jz("info", "--json")[1])["path"].endswith("ander")
    assert json.loads(jz("info", "--index", "indexes/default", "--json")[1])["path"] == "indexes/default"


def test_masking_is_on_unless_it_is_turned_off(jz: Call, tmp_path: Path) -> None:
    (tmp_path / "een.txt").write_text("Verslag. Mail naar anouk@wijkteam-beekdal.example voor hulp.")
    for options, shown in (([], False), (["--no-mask"], True)):
        folder = str(tmp_path / f"i{len(options)}")
        assert jz("index", str(tmp_path / "een.txt"), "--index", folder, *options)[0] == 0
        assert ("anouk@" in jz("search", "mail", "--index", folder, "--json")[1]) is shown
