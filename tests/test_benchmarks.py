"""The benchmarks' own machinery: seeded text, the protocol of the peers, comparing and reporting runs."""

from __future__ import annotations

import sys
from pathlib import Path

import bench_peers
import compare
import data
import generate
import numpy as np
import plot
import pytest
import report
from systems import KEYWORD, OWN, PeerError, Process, System

SIZE = 200
FTS5 = next(system for system in KEYWORD if system.script == "peer_sqlite.py")


def ran(system: System, made: data.Corpus, into: Path) -> dict:
    """Build, open and ask: what a comparison does with one system."""
    into.mkdir()
    builder = Process(Path(sys.executable), system.script)
    builder.ask(60, do="build", data=str(made.folder), into=str(into))
    builder.close()
    served = Process(Path(sys.executable), system.script)
    served.ask(60, do="open", variant=system.variants[-1], **{"from": str(into)})
    answer = served.ask(60, do="search", data=str(made.folder), k=10, seconds=30)
    served.close()
    return answer


@pytest.mark.parametrize("corpus", ["zipf", "heads"])
def test_generated_text_is_the_same_every_time(corpus: str) -> None:
    assert list(generate.terms(5, corpus)) == list(generate.terms(5, corpus))
    assert list(generate.terms(5, corpus)) == list(generate.terms(9, corpus))[:5]
    assert generate.queries(5, corpus) == generate.queries(5, corpus)


def test_head_words_stand_in_as_many_passages_as_the_list_says() -> None:
    found = [text.split() for text in generate.terms(2000, "heads")]
    share = sum("jeugdhulp" in terms for terms in found) / len(found)
    assert share == pytest.approx(0.4, abs=0.04)


def test_generated_vectors_are_unit_rows_and_the_queries_do_not_depend_on_how_many_there_are() -> None:
    vectors, queries = generate.vectors(50, 10)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(queries, generate.vectors(80, 10)[1])


def test_a_peer_builds_opens_and_answers(tmp_path: Path) -> None:
    made = data.make(tmp_path, "heads", SIZE, vectors=False)
    answer = ran(FTS5, made, tmp_path / "index")
    assert len(answer["ms"]) == len(answer["ids"]) == data.QUERIES
    assert all(0 <= number < SIZE for ids in answer["ids"] for number in ids)
    asked = generate.queries(data.QUERIES, "heads")
    passages = [set(text.split()) for text in generate.terms(SIZE, "heads")]
    for query, ids in zip(asked, answer["ids"], strict=True):
        assert all(passages[number] & set(query.split()) for number in ids)


def test_jeugdzoek_finds_the_nearest_through_the_same_protocol(tmp_path: Path) -> None:
    made = data.make(tmp_path, "heads", SIZE, vectors=True)
    answer = ran(OWN, made, tmp_path / "index")
    assert all(len(ids) == 10 for ids in answer["ids"])


def test_an_error_of_a_peer_is_said_and_what_takes_too_long_is_ended() -> None:
    with pytest.raises(PeerError, match="unable to open database file"):
        Process(Path(sys.executable), FTS5.script).ask(60, do="build", data="nowhere", into="nowhere")
    with pytest.raises(PeerError, match="more than 0 s"):
        Process(Path(sys.executable), FTS5.script).ask(0, do="build", data="nowhere", into="nowhere")


def test_a_system_that_is_not_installed_is_left_out_and_named(tmp_path: Path) -> None:
    comparison = bench_peers.Comparison(tmp_path, None)
    assert System("x", "peer_x.py", "x").python(tmp_path) is None
    made = data.make(tmp_path, "zipf", 20, vectors=False)
    assert comparison._served(System("x", "peer_x.py", "x"), "keyword", made) == []
    assert "make peers" in comparison.left_out["keyword x, 20 passages"]


def row(median: float, system: str = "tantivy") -> dict:
    return {"operation": "keyword", "corpus": "heads", "passages": 1000, "system": system, "median": median, "p99": 1.0}


def test_two_runs_are_compared_row_by_row() -> None:
    assert compare.ratios([row(1.0), row(1.0, "gone")], [row(1.5), row(1.0, "new")]) == [
        ("keyword heads 1000 tantivy", 1.0, 1.5)
    ]


def test_a_page_gets_its_tables_and_keeps_those_that_were_not_measured(tmp_path: Path) -> None:
    run = '{"rows": [{"system": "weighted sum", "passages": 100, "median": 0.5, "p99": 1.5}]}'
    (tmp_path / "fusion.json").write_text(run)
    page = "a\n<!-- figures: fusion -->\nearlier\n<!-- end -->\nb\n<!-- figures: cold -->\nearlier\n<!-- end -->\n"
    filled = report.filled(page, tmp_path)
    assert "| weighted sum | 0.50 (1.50) |" in filled
    assert filled.count("earlier") == 1
    assert report.filled(filled, tmp_path) == filled


def test_the_plot_names_every_system_and_is_the_same_every_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra bench is not installed")
    rows = [row(1.0), row(2.0, "jeugdzoek numpy"), {**row(3.0, "semlix"), "operation": "hybrid"}]
    drawn = plot.draw(rows, tmp_path / "plot.svg").read_bytes()
    assert all(one["system"].encode() in drawn for one in rows)
    assert plot.draw(rows, tmp_path / "plot.svg").read_bytes() == drawn


def test_a_system_that_cannot_build_is_left_out_and_the_run_goes_on(tmp_path: Path) -> None:
    comparison = bench_peers.Comparison(None, None)
    made = data.make(tmp_path, "zipf", 20, vectors=False)
    assert comparison._served(System("x", "peer_gone.py"), "keyword", made) == []
    assert "ended" in comparison.left_out["keyword x, 20 passages"]


def test_real_text_comes_with_vectors_and_queries_of_known_words(tmp_path: Path) -> None:
    made = data.make(tmp_path, "text", 50, vectors=True)
    queries = (tmp_path / "queries.txt").read_text(encoding="utf-8").splitlines()
    assert np.load(tmp_path / "vectors.npy").shape[0] == made.size == 50
    assert len(np.load(tmp_path / "query_vectors.npy")) == len(queries)
    assert all(queries)
