"""The small world in which faults are let loose: reports, a model, operations, and what may be found after."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np

from jeugdzoek.corpus.report import Report
from jeugdzoek.errors import IndexMissingError
from jeugdzoek.index import generations
from jeugdzoek.index.builder import build_index, change_index
from jeugdzoek.index.check import check_index
from jeugdzoek.index.forgetting import forget
from jeugdzoek.index.generations import collect, writing
from jeugdzoek.index.reader import open_current
from jeugdzoek.index.rewriting import migrate_index
from jeugdzoek.index.rollback import roll_back

SECRET = "Quirijnsen"
State = tuple[object, ...]
MISSING: State = ("missing",)


class TinyEncoder:
    """A model of eight dimensions that costs nothing."""

    dimensions = 8

    def __init__(self, name: str = "tiny") -> None:
        self.name = self.fingerprint = name

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.array([[zlib.crc32(f"{text}{n}".encode()) % 997 for n in range(8)] for text in texts], dtype="<f4")
        rows = rows.reshape(len(texts), 8) + 1
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")

    encode_queries = encode_passages


TINY = TinyEncoder()


def report(name: str, stand: int = 0) -> Report:
    return Report(name, f"Stand {stand} van {name}. De pleegouders wachten op hulp. Er is weinig geld.", f"Over {name}")


FIRST = [report("een"), report("twee"), Report("geheim", f"Mevrouw {SECRET} vertelt over haar kampeervakantie.")]


@dataclass(frozen=True)
class Operation:
    """Something a writer does, and the state it starts from."""

    name: str
    start: str
    run: Callable[[Path], object]


def _index_new(root: Path) -> object:
    return build_index(FIRST, root, encoder=TINY)


def _index(root: Path) -> object:
    return build_index([report("een", 7), report("drie"), FIRST[2]], root, encoder=TINY)


def _add(root: Path) -> object:
    return change_index(root, add=[report("vijf"), report("twee", 3)], encoder=TINY)


def _remove(root: Path) -> object:
    return change_index(root, remove=["een"], encoder=TINY)


def _rollback(root: Path) -> object:
    with writing(root):
        return roll_back(root)


def _collect(root: Path) -> object:
    with writing(root):
        return collect(root)


def _migrate(root: Path) -> object:
    return migrate_index(root, encoder=TinyEncoder("other"))


def _forget(root: Path) -> object:
    return forget(root, reports=["geheim"], encoder=TINY)


def in_doubt(result: object) -> bool:
    """Tell whether an operation itself says that it is not wholly done."""
    return bool(getattr(result, "warnings", ()) or getattr(result, "left", ()))


def traces(root: Path) -> list[Path]:
    """Return the files below `root` that hold the name that ``forget`` removes."""
    files = (path for path in root.rglob("*") if path.is_file())
    return [path for path in files if SECRET.lower().encode() in path.read_bytes().lower()]


def _after_dead_rollback(root: Path) -> object:
    """Roll back without the last fsync, as a writer that is killed before it; then collect."""
    with patch.object(generations, "fsync_folder", lambda _path: None):
        _rollback(root)
    return _collect(root)


AFTER_DEATH = Operation("collect after a dead rollback", "two", _after_dead_rollback)

OPERATIONS = (
    Operation("index (new)", "nothing", _index_new),
    Operation("index", "two", _index),
    Operation("add", "two", _add),
    Operation("remove", "two", _remove),
    Operation("rollback", "two", _rollback),
    Operation("collect", "messy", _collect),
    Operation("migrate", "two", _migrate),
    Operation("forget", "two", _forget),
)


def templates(folder: Path) -> dict[str, Path]:
    """Make the states operations start from: a folder each, the index in ``i`` below it."""
    made = {name: folder / name for name in ("nothing", "two", "messy")}
    for path in made.values():
        path.mkdir(parents=True)
    build_index(FIRST, made["two"] / "i", encoder=TINY)
    change_index(made["two"] / "i", add=[report("vier")], encoder=TINY)
    shutil.copytree(made["two"], made["messy"], dirs_exist_ok=True)
    root = made["messy"] / "i"
    shutil.copytree(root / "gen-000002", root / "gen-000003")
    shutil.copytree(root / "gen-000002", root / "tmp-000004")
    shutil.copytree(root / "gen-000001", root / "tmp-trash-gen-000000")
    (root / "CURRENT.tmp").write_text("half")
    return made


def state(root: Path, *, thorough: bool = True) -> State:
    """Return what the index at `root` holds; raises when it is not whole."""
    try:
        if thorough:
            check_index(root)
        reader = open_current(root)[0]
    except IndexMissingError:
        return MISSING
    with closing(reader):
        held = tuple(sorted((name, row[1]) for name, row in reader.store.hashes().items()))
        return (reader.manifest.encoder.fingerprint, *held)


def outcomes(operation: Operation, starts: dict[str, Path], folder: Path) -> tuple[State, State]:
    """Return the states before and after `operation` when nothing fails."""
    shutil.copytree(starts[operation.start], folder)
    before = state(folder / "i")
    operation.run(folder / "i")
    after = state(folder / "i")
    shutil.rmtree(folder)
    return before, after


def recover(root: Path) -> None:
    """Let the next writer do its work; raises when it needs help or leaves rubbish."""
    encoder = TINY
    build_index([report("herstel")], root, encoder=encoder)
    assert [name for name, _ in state(root)[1:]] == ["herstel"]  # type: ignore[misc]
    rubbish = [path.name for path in root.iterdir() if path.name.startswith("tmp-") or path.name.endswith(".tmp")]
    assert not rubbish, f"left behind: {rubbish}"
