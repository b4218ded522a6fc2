"""The command line as a process: terminals, pipes, Ctrl-C, and texts that mean harm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import Report
from jeugdzoek.index.check import check_index

Call = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parent.parent
TOPICS = str(ROOT / "corpus" / "topics.jsonl")

# Python ignores Ctrl-C where its parent did, as a shell does for what runs in the background
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from jeugdzoek.cli.main import main
sys.exit(main())
"""
COMMAND = [sys.executable, "-c", PROGRAM]
HARM = "\x1b[2J\x1b]0;weg\x07\x9b31m\r\x08\x7f\u202e\u2028"
LABEL = "team\x1b[2J\x07"


def started(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(*arguments: str) -> tuple[int, str, str]:
    process = started(*arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index whose report has control characters wherever one can have them."""
    folder = tmp_path_factory.mktemp("kwaad")
    row = {
        "id": f"kwaad{HARM}",
        "title": f"Titel {HARM} over wachttijd",
        "place": f"Beek{HARM}dal",
        "text": f"# Kop {HARM} hier\n\nDe wacht{HARM}tijd is {HARM} lang. {HARM}\nKinderen wachten op hulp.",
    }
    (folder / "bron.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({**row, "id": "team", "audience": LABEL}))
    jeugdzoek.build(folder / "bron.jsonl", folder / "i").close()
    return folder / "i"


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "wachttijd kinderen", "--explain"],
        ["search", "wachttijd kinderen", "--json", "--explain"],
        ["search", f"niets {HARM}", "--mode", "keyword"],
        ["run", TOPICS],
        ["run", TOPICS, "--json"],
        ["info"],
        ["info", "--json"],
        ["check"],
    ],
)
def test_no_control_character_of_a_report_reaches_the_terminal(jz: Call, harmful: Path, arguments: list[str]) -> None:
    audience = ["--audience", LABEL] if arguments[0] == "search" else []
    code, out, err = jz(*arguments, *audience, "--index", str(harmful))
    assert (code, err) == (0, "")
    assert {c for c in out if not c.isprintable()} == {"\n"}
    assert arguments[0] not in ("search", "run") or "kwaad" in out or "niets" in out


def test_json_still_holds_the_text_as_it_is(jz: Call, harmful: Path) -> None:
    _, out, _ = jz("search", "wachttijd", "--index", str(harmful), "--json")
    assert any(HARM.strip() in hit["text"] for hit in json.loads(out)["hits"])


def test_a_file_name_cannot_draw_on_the_terminal(jz: Call, tmp_path: Path) -> None:
    (tmp_path / "bron").mkdir()
    (tmp_path / "bron" / "goed.txt").write_text("Verslag.")
    (tmp_path / "bron" / "kwaad\x1b[2J\nverder.xls").write_text("x")
    code, _, err = jz("index", str(tmp_path / "bron"), "--index", str(tmp_path / "i"))
    assert code == 3
    assert "\x1b" not in err
    assert err.count("\n") == 1


def test_a_query_that_is_no_text_is_searched_all_the_same(corpus_folder: Path) -> None:
    process = subprocess.run(
        [*COMMAND, "search", b"wacht\xfftijd kinderen", "--json", "--index", str(corpus_folder)],
        capture_output=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, b"")
    assert json.loads(process.stdout)["hits"]


@pytest.mark.parametrize(
    "arguments", [["search", "kinderen", "--limit", "200"], ["run", TOPICS], ["run", TOPICS, "--json"]]
)
def test_a_pipe_that_is_closed_ends_quietly(corpus_folder: Path, arguments: list[str]) -> None:
    with started(*arguments, "--index", str(corpus_folder)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_pipe_that_nobody_reads_ends_quietly(corpus_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "topics.jsonl").write_text('{"id": "t1", "text": "kinderen"}')
    with started("run", str(tmp_path / "topics.jsonl"), "--index", str(corpus_folder)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_run_takes_the_place_of_the_old_one_only_when_it_is_whole(
    jz: Call, corpus_folder: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run.txt"
    run.write_text("oud")
    assert jz("run", TOPICS, "--index", str(tmp_path / "nergens"), "--output", str(run))[0] == 1
    with started("run", TOPICS, "--index", str(corpus_folder), "--output", str(run)) as process:
        while not any(path.stat().st_size for path in tmp_path.glob(".run.txt.*")):
            assert process.poll() is None, "it was done before it could be interrupted"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err.decode().strip()) == (
        130,
        "jeugdzoek: interrupted; nothing that was there before is lost",
    )
    assert (run.read_text(), list(tmp_path.iterdir())) == ("oud", [run])
    assert jz("run", TOPICS, "--index", str(corpus_folder), "--output", str(run), "--limit", "1")[0] == 0
    assert run.read_text().startswith("t001 Q0 ")


def test_a_run_to_a_pipe_does_not_replace_the_pipe(corpus_folder: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pijp"
    os.mkfifo(pipe)
    with started("run", TOPICS, "--index", str(corpus_folder), "--output", str(pipe), "--limit", "1") as process:
        assert pipe.read_text().startswith("t001 Q0 ")
    assert process.returncode == 0
    assert pipe.is_fifo()


def test_results_go_to_stdout_and_messages_to_stderr(tmp_path: Path) -> None:
    (tmp_path / "bron").mkdir()
    (tmp_path / "bron" / "goed.txt").write_text("Verslag.")
    (tmp_path / "bron" / "blad.xls").write_text("x")
    code, out, err = ended("index", str(tmp_path / "bron"), "--index", str(tmp_path / "i"))
    assert code == 3
    assert out == f"{tmp_path / 'i'}: 1 reports, 1 passages (1 new, 0 changed, 0 removed, 0 unchanged)\n"
    assert err.startswith(f"skipped {tmp_path / 'bron' / 'blad.xls'}: ")


@pytest.mark.parametrize("seen", ["LOCK", "tmp-*/whoosh"])
def test_ctrl_c_while_indexing_leaves_the_index_that_was_there(tmp_path: Path, small: list[Report], seen: str) -> None:
    root = tmp_path / "i"
    jeugdzoek.build(small, root).close()
    before = sorted(path.name for path in root.iterdir())
    text = " ".join(f"Woord{i} staat in zin {i % 97} over jeugdhulp." for i in range(300))
    rows = (json.dumps({"id": f"r{i}", "text": f"{text} Verslag {i}."}) for i in range(100))
    (tmp_path / "bron.jsonl").write_text("\n".join(rows))
    with started("index", str(tmp_path / "bron.jsonl"), "--index", str(root)) as process:
        limit = time.monotonic() + 30
        while (
            not any(p.is_dir() or p.stat().st_size for p in root.glob(seen))
            and process.poll() is None
            and time.monotonic() < limit
        ):
            time.sleep(0.01)
        assert process.poll() is None, "it was done before it could be interrupted"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert err.decode().strip() == "jeugdzoek: interrupted; nothing that was there before is lost"
    assert sorted(path.name for path in root.iterdir()) == before
    check_index(root)
    with jeugdzoek.open(root) as index:
        assert index.search("pleegouders", mode="keyword")[0].report.id == "pleeg"
    jeugdzoek.build(small[:1], root).close()


def test_serve_tells_where_it_listens_and_stops_on_ctrl_c(corpus_folder: Path) -> None:
    with started("serve", "--port", "0", "--json", "--index", str(corpus_folder)) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["url"]
        port = address.removeprefix("http://127.0.0.1:").removesuffix("/zoek")
        code, out, err = ended("serve", "--port", port, "--json", "--index", str(corpus_folder))
        assert (code, out) == (1, "")
        taken = f"cannot listen on 127.0.0.1 port {port}: Address already in use; name another --host or --port"
        assert err == f"jeugdzoek: {taken}\n"
        process.send_signal(signal.SIGINT)
        out_rest, err_rest = process.communicate(timeout=30)
    assert (process.returncode, out_rest, err_rest) == (0, b"", b"stopped\n")


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_on_a_terminal_matches_are_bold_and_progress_is_drawn(corpus_folder: Path, tmp_path: Path) -> None:
    import pty

    def on_terminal(*arguments: str) -> bytes:
        main_end, other_end = pty.openpty()
        with subprocess.Popen([*COMMAND, *arguments], stdout=other_end, stderr=other_end) as process:
            os.close(other_end)
            seen = b""
            try:
                while part := os.read(main_end, 65536):
                    seen += part
            except OSError:  # how a pseudo-terminal says that nobody writes any more
                pass
            os.close(main_end)
        assert process.returncode == 0
        return seen

    assert b"\x1b[1mwachttijd\x1b[0m" in on_terminal("search", "wachttijd", "--index", str(corpus_folder))
    (tmp_path / "een.txt").write_text("Verslag.")
    assert b"reading" in on_terminal("index", str(tmp_path / "een.txt"), "--index", str(tmp_path / "i"))
