"""Run the ``console`` blocks of the documentation; ``python docs/examples.py`` writes what they print.

A block is a fenced ``console`` block: lines that begin with ``$ `` are run, the lines
below them are what they print. A line ``…`` stands for any number of lines, a ``…`` inside a line
for any characters. ``tests/test_docs.py`` runs every block and compares.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/dutch.md", "docs/search-box.md")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
TIMES = re.compile(r"\b\d+\.\d ms\b")


@dataclass(frozen=True, slots=True)
class Example:
    """A command of a page and what the page says it prints."""

    page: str
    command: str
    output: str


def examples(page: str) -> Iterator[Example]:
    """Yield the commands of `page` in order."""
    for block in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield Example(page, command, output.rstrip())


def workplace(folder: Path) -> None:
    """Give `folder` what the commands expect: the bundled reports and topics, and an index of them."""
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    run("jeugdzoek index corpus/reports --index indexes/demo", folder)


def run(command: str, folder: Path) -> str:
    """Return what `command` prints, times made unspecific."""
    program, *arguments = shlex.split(command)
    path = Path(sys.executable).with_name(program)
    done = subprocess.run([path, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return TIMES.sub("… ms", (done.stdout + done.stderr).rstrip())


def fits(printed: str, expected: str) -> bool:
    """Tell whether `printed` is what the page says, ``…`` standing for anything."""
    pattern = re.escape(expected).replace("…", ".*")
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


def refresh(page: str, folder: Path) -> None:
    """Write into `page` what its commands print now; a page with ``…`` in an output keeps that output."""
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    for example in examples(page):
        printed = run(example.command, folder)
        if not fits(printed, example.output):
            text = text.replace(f"$ {example.command}\n{example.output}\n", f"$ {example.command}\n{printed}\n")
    path.write_text(text, encoding="utf-8")


def main() -> int:
    """Refresh all pages."""
    with tempfile.TemporaryDirectory() as folder:
        workplace(Path(folder))
        for page in PAGES:
            refresh(page, Path(folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
