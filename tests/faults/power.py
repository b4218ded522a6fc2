"""Power loss: every state of the disk on the way of every writer, and each fsync left out."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from faults.disk import Disk, Tree, crashes
from faults.shim import Call, Shim
from faults.world import AFTER_DEATH, MISSING, OPERATIONS, SECRET, Operation, in_doubt, templates

from jeugdzoek.errors import IndexMissingError
from jeugdzoek.index.generations import read_current
from jeugdzoek.index.layout import read_manifest, read_seal, verify_files
from jeugdzoek.index.reader import Reader

TOOTHED = (*(operation for operation in OPERATIONS if operation.name != "collect"), AFTER_DEATH)
"""In a collection alone CURRENT is on the disk already, so nothing has to be forced there."""


@dataclass
class Recorded:
    """The states a run could have left, each with whether the change had been acknowledged."""

    states: list[tuple[Tree, bool]]
    before: set[str]
    after: str
    syncs: int


def pointer_of(root: Path) -> str:
    try:
        return read_current(root).manifest_sha256
    except IndexMissingError:
        return str(MISSING)


def record(operation: Operation, folder: Path, rng: random.Random, mixes: int, without: int = 0) -> Recorded:
    """Run `operation` in `folder`; return every state of the disk on the way that the model allows."""
    disk = Disk(folder, without)
    seen: set[bytes] = set()
    states: list[tuple[Tree, bool]] = []
    acknowledged = False

    def collect() -> None:
        for tree in crashes(disk, rng, mixes):
            digest = hashlib.sha256(repr(acknowledged).encode())
            for name, data in sorted(tree.items()):
                digest.update(name.encode() + b"\0" + (b"/" if data is None else hashlib.sha256(data).digest()))
            if digest.digest() not in seen:
                seen.add(digest.digest())
                states.append((tree, acknowledged))

    def after(call: Call) -> None:
        if call.kind not in ("read", "chmod", "open"):
            disk.see(call)
            collect()
            if call.kind == "replace":
                before.add(pointer_of(folder / "i"))

    before = {pointer_of(folder / "i")}
    with Shim(str(folder), lambda _call: None, after).installed():
        result = operation.run(folder / "i")
    acknowledged = not in_doubt(result)
    collect()
    assert disk.now() == on_disk(folder), "the model did not see everything that was written"
    return Recorded(states, before, pointer_of(folder / "i"), disk.syncs)


def on_disk(folder: Path) -> Tree:
    paths = sorted(folder.rglob("*"))
    return {path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes() for path in paths}


class Bench:
    """Makes states real, each file once."""

    def __init__(self, folder: Path) -> None:
        self.store, self.work = folder / "store", folder / "state"
        self.store.mkdir(parents=True, exist_ok=True)
        self.known: dict[int, tuple[bytes, Path]] = {}

    def make(self, tree: Tree) -> Path:
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        for name, data in sorted(tree.items(), key=lambda item: item[0].count("/")):
            target = self.work / name
            if data is None:
                target.mkdir()
            else:
                os.link(self._stored(data), target)
        return self.work / "i"

    def _stored(self, data: bytes) -> Path:
        if id(data) not in self.known:
            path = self.store / hashlib.sha256(data).hexdigest()
            path.write_bytes(data)
            self.known[id(data)] = (data, path)
        return self.known[id(data)][1]


def complaint(root: Path, recorded: Recorded, acknowledged: bool) -> str:
    """Return what is wrong with the index at `root` after a power cut, or nothing."""
    try:
        pointer = read_current(root)
    except IndexMissingError:
        return "" if str(MISSING) in recorded.before and not acknowledged else "the index is gone"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if pointer.manifest_sha256 not in ({recorded.after} if acknowledged else recorded.before):
        return "is neither as before nor as after, or an acknowledged change is lost"
    try:
        manifest = read_manifest(pointer.folder, pointer.manifest_sha256)
        if read_seal(pointer.folder) != pointer.manifest_sha256:
            return "READERS is not the seal of the manifest"
        verify_files(pointer.folder, manifest, contents=True)
        with closing(Reader(pointer.folder, manifest)):
            return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def remembered(tree: Tree) -> bool:
    """Tell whether a forgotten name stands anywhere in `tree`."""
    return any(data and SECRET.lower().encode() in data.lower() for data in tree.values())


def judge(operation: Operation, recorded: Recorded, bench: Bench) -> Iterator[str]:
    """Yield what is wrong with each state, nothing for a good one."""
    for tree, acknowledged in recorded.states:
        told = complaint(bench.make(tree), recorded, acknowledged)
        if not told and operation.name == "forget" and acknowledged and remembered(tree):
            told = "what was forgotten is back"
        yield told


def run(folder: Path, mixes: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (what, complaint) for every state of every operation; empty when all is well."""
    starts = templates(folder / "starts")
    bench = Bench(folder / "bench")
    for operation in TOOTHED:
        recorded = _recorded(operation, starts, folder / "work", rng, mixes)
        for number, told in enumerate(judge(operation, recorded, bench)):
            yield f"{operation.name}: state {number}", told


def toothless(folder: Path, operations: Sequence[Operation]) -> Iterator[tuple[str, str]]:
    """Yield, for every single fsync left out, a complaint when no state shows that it is missed."""
    starts = templates(folder / "starts")
    bench = Bench(folder / "bench")
    for operation in operations:
        syncs = _recorded(operation, starts, folder / "work", random.Random(1), 0).syncs
        for number in range(1, syncs + 1):
            recorded = _recorded(operation, starts, folder / "work", random.Random(1), 1, number)
            recorded.states.reverse()  # the states after the acknowledgement show it soonest
            missed = any(judge(operation, recorded, bench))
            yield f"{operation.name}: without fsync {number} of {syncs}", "" if missed else "nobody misses it"


def _recorded(
    operation: Operation, starts: dict[str, Path], work: Path, rng: random.Random, mixes: int, without: int = 0
) -> Recorded:
    shutil.copytree(starts[operation.start], work)
    try:
        return record(operation, work, rng, mixes, without)
    finally:
        shutil.rmtree(work)
