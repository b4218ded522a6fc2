"""What is not needed is not loaded, and nothing calls out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "ir_measures",
    "jinja2",
    "rich",
    "sentence_transformers",
    "starlette",
    "torch",
    "transformers",
    "uvicorn",
    "whoosh",
)
LOADED = f"import sys; print([name for name in {HEAVY} if name in sys.modules])"
NO_NETWORK = """
import socket

def refuse(*arguments, **options):
    raise AssertionError(f"went to the network: {arguments}")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
"""


def printed(program: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "ignore::SyntaxWarning", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def test_importing_loads_nothing_heavy() -> None:
    assert printed(f"import jeugdzoek\n{LOADED}") == "[]"


def test_the_command_line_and_service_load_nothing_heavy_before_they_need_it() -> None:
    assert printed(f"import jeugdzoek.cli.main, jeugdzoek.server.app, jeugdzoek.evaluation.evaluate\n{LOADED}") == "[]"


@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
def test_searching_loads_nothing_heavy(corpus_folder: Path, mode: str) -> None:
    program = f"""
import sys, jeugdzoek
with jeugdzoek.open(sys.argv[1]) as index:
    assert index.search("wachttijd jeugd-ggz", mode="{mode}").hits
    assert index.report(index.search("wachttijd")[0].report.id).text
{LOADED}
"""
    assert printed(program, str(corpus_folder)) == "[]"


def test_a_search_on_the_command_line_loads_nothing_heavy(corpus_folder: Path) -> None:
    program = f"import sys\nfrom jeugdzoek.cli.main import main\nassert main(sys.argv[1:]) == 0\n{LOADED}"
    lines = printed(program, "search", "wachttijd", "--json", "--index", str(corpus_folder)).splitlines()
    assert json.loads(lines[0])["hits"]
    assert lines[1] == "[]"


def test_a_search_on_the_command_line_imports_nothing_that_writes(corpus_folder: Path) -> None:
    own = ("cli.index", "cli.serve", "corpus.blocks", "index.builder", "index.forgetting", "privacy.masking")
    unwanted = ["importlib.metadata", "importlib.resources", *(f"jeugdzoek.{name}" for name in own)]
    command = [sys.executable, "-X", "importtime", "-W", "ignore::SyntaxWarning", "-c"]
    program = "import sys\nfrom jeugdzoek.cli.main import main\nassert main(sys.argv[1:]) == 0"
    arguments = ["search", "wachttijd", "--index", str(corpus_folder)]
    done = subprocess.run([*command, program, *arguments], capture_output=True, text=True, check=True, timeout=60)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "jeugdzoek.search.searcher" in imported
    assert imported.isdisjoint(unwanted)


def test_indexing_and_searching_never_touch_the_network(tmp_path: Path) -> None:
    (tmp_path / "een.md").write_text("# Pleegzorg\n\nPleegouders in Beekdal wachten op geld.")
    program = f"""{NO_NETWORK}
import sys, jeugdzoek
source, folder = sys.argv[1:]
with jeugdzoek.build(source, folder) as index:
    for mode in ("keyword", "semantic", "hybrid"):
        print(len(index.search('wachten "op geld"', mode=mode)))
    index.add([jeugdzoek.Report("twee", "Een tweede verslag.")])
    index.remove(["twee"])
with jeugdzoek.open(folder) as index:
    print(index.info()["reports"])
"""
    assert printed(program, str(tmp_path / "een.md"), str(tmp_path / "i")).split() == ["1", "1", "1", "1"]


def test_the_guard_against_the_network_works() -> None:
    for call in ("socket.create_connection(('127.0.0.1', 9))", "socket.socket().connect(('127.0.0.1', 9))"):
        with pytest.raises(AssertionError, match="went to the network"):
            printed(f"{NO_NETWORK}\n{call}")
