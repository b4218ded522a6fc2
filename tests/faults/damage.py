"""Bits flipped, files cut, swapped and deleted: every one named by ``check``, none answered over."""

from __future__ import annotations

import itertools
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from faults.world import MISSING, State, state, templates

from jeugdzoek.errors import IndexFolderError
from jeugdzoek.index import reader
from jeugdzoek.index.check import check_index
from jeugdzoek.index.generations import read_current

EVERY_BIT_BELOW = 300
"""Bytes: smaller files get every bit flipped."""


def run(folder: Path, flips: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (what, complaint) for every damage done to the index in use."""
    root = templates(folder)["two"] / "i"
    good = state(root)
    generation = read_current(root).folder
    files = [root / "CURRENT", *sorted(path for path in generation.rglob("*") if path.is_file())]
    rng.shuffle(files)
    for path in files:
        data = path.read_bytes()
        for what, bad in _variants(data, flips, rng):
            path.write_bytes(bad)
            yield f"{what}: {path.name}", _told(root, [path], good)
        path.unlink()
        yield f"deleted: {path.name}", _told(root, [path], good)
        path.write_bytes(data)
    for one, other in itertools.combinations(files, 2):
        if one.read_bytes() != other.read_bytes():
            _swap(one, other)
            yield f"swapped: {one.name}", _told(root, [one, other], good)
            _swap(one, other)
    older = next(path for path in sorted(root.glob("gen-*")) if path != generation)
    for path in set(files) - {root / "CURRENT"}:
        twin = older / path.relative_to(generation)
        if twin.is_file() and twin.read_bytes() != path.read_bytes():
            _swap(path, twin)
            yield f"swapped: {path.name} with the generation before", _told(root, [path], good)
            _swap(path, twin)
    assert state(root) == good


def _variants(data: bytes, flips: int, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    bits = range(8 * len(data)) if len(data) < EVERY_BIT_BELOW else [rng.randrange(8 * len(data)) for _ in range(flips)]
    for bit in bits:
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        yield "flipped", bytes(bad)
    for length in {0, len(data) // 2, len(data) - 1}:
        yield "cut", data[:length]
    yield "longer", data + b"\0"


def _swap(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    shutil.move(one, aside)
    shutil.move(other, one)
    shutil.move(aside, other)


def _told(root: Path, damaged: list[Path], good: State) -> str:
    """Return what is wrong with what is said: by ``check``, and by opening."""
    try:
        check_index(root)
        return "check finds nothing"
    except IndexFolderError as error:
        named = {re.escape(path.name) for path in damaged} | {"gen-", "CURRENT"}
        if not re.search("|".join(named), str(error)):
            return f"check names another file: {error}"
    reader._verified.clear()
    try:
        found = state(root, thorough=False)
    except IndexFolderError:
        return ""
    if found not in (good, MISSING):
        return "opens and holds something else"
    # What opening does not look at is the seal, which answers nothing.
    return "" if found == MISSING or damaged[0].name == "READERS" else "opens as if nothing were wrong"
