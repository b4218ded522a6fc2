"""A folder made by a stranger: every checksum is right, and what the files hold is not.

Nothing may run, nothing may end the process, and every error is one of ours.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import random
import resource
import shutil
import traceback
from collections.abc import Iterator
from pathlib import Path

from faults.world import FIRST, TINY, report, templates

from jeugdzoek.errors import JeugdzoekError
from jeugdzoek.index.builder import build_index
from jeugdzoek.index.generations import read_current
from jeugdzoek.opening import Index
from jeugdzoek.search.backend import MODES
from jeugdzoek.search.live import LiveFolder

QUERIES = ("pleegouders wachten op hulp", '"weinig geld"', '"de pleegouders wachten" -kampeervakantie')
MEMORY = 4 << 30
SHAPES = ("(99999999999,)", "(-1,)", "(0,)", "(2, 2)", "()", "[1]", "__import__('os').abort()", "(" * 500)
TYPES = ("'|O'", "'<f8'", "'<c16'", "[('a', '<i4')]", "'<M8[s]'", "'|V8'")
MANIFEST_NAMES = ("../CURRENT", "/etc/passwd", "a/b/c", "keys.npy\n", "..", "whoosh/..", "x\0y", "", "keys.npy/")


class Toucher:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (os.open, (str(self.path), os.O_CREAT | os.O_WRONLY))


def reseal(root: Path) -> None:
    """Make all checksums of the current generation right again."""
    folder = read_current(root).folder
    row = json.loads((folder / "manifest.json").read_bytes())
    for name in row["files"]:
        data = (folder / name).read_bytes()
        row["files"][name] = [len(data), hashlib.sha256(data).hexdigest()]
    seal(root, folder, json.dumps(row).encode())


def seal(root: Path, folder: Path, manifest: bytes) -> None:
    """Make `manifest` the manifest of the generation in use."""
    sha256 = hashlib.sha256(manifest).hexdigest()
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "READERS").write_text(f"{sha256}\n")
    (root / "CURRENT").write_text(f"{folder.name} {sha256}\n")


def run(folder: Path, scale: float, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (what, complaint) for every planted thing."""
    start = templates(folder / "starts")["two"]
    work, marker = folder / "work", folder / "ran"
    kinds = (_pickle, _bytes, _bytes, _bytes, _header, _manifest)
    for _ in range(max(1, int(5_000 * scale))):
        shutil.copytree(start, work)
        root = work / "i"
        what = rng.choice(kinds)(root, read_current(root).folder, marker, rng)
        told = _survives(root)
        if marker.exists():
            told = "it ran"
        yield what, told
        shutil.rmtree(work)


def _pickle(root: Path, folder: Path, marker: Path, rng: random.Random) -> str:
    """Put a pickle that makes a file in the place of one that Whoosh loads."""
    path = rng.choice(sorted((folder / "whoosh").iterdir()))
    data = path.read_bytes()
    payload = pickle.dumps(Toucher(marker), 2)
    starts = [at for at in range(len(data)) if data.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04"), at)]
    at = rng.choice(starts) if starts else rng.randrange(len(data))
    path.write_bytes(data[:at] + payload + data[at + len(payload) :])
    reseal(root)
    return "pickle: " + path.suffix


def _bytes(root: Path, folder: Path, _marker: Path, rng: random.Random) -> str:
    path = rng.choice([path for path in sorted(folder.rglob("*")) if path.is_file()])
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 4, 40))):
        data[rng.randrange(len(data))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    path.write_bytes(bytes(data))
    if path.name in ("manifest.json", "READERS"):
        seal(root, folder, (folder / "manifest.json").read_bytes())
    else:
        reseal(root)
    return "bytes: " + path.name


def _header(root: Path, folder: Path, _marker: Path, rng: random.Random) -> str:
    path = rng.choice(sorted(folder.rglob("*.npy")))
    kind, shape = rng.choice((*TYPES, "'<i8'", "'<f4'")), rng.choice((*SHAPES, "(9,)"))
    header = f"{{'descr': {kind}, 'fortran_order': {rng.choice(('True', 'False'))}, 'shape': {shape}, }}".encode()
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + path.read_bytes()[128:])
    reseal(root)
    return "header: " + path.name


def _manifest(root: Path, folder: Path, _marker: Path, rng: random.Random) -> str:
    row = json.loads((folder / "manifest.json").read_bytes())
    key = rng.choice([*row, "name"])
    if key == "name":
        row["files"][rng.choice(MANIFEST_NAMES)] = [1, "0" * 64]
    else:
        row[key] = rng.choice((None, -1, 10**30, "x", [], {}, {"a": [[1]]}, 1e400, [[]], True))
    seal(root, folder, json.dumps(row).encode())
    return f"manifest: {key}"


def _survives(root: Path) -> str:
    """Open, search and write to the index in a process of its own; return what is wrong with how it ended."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        code = 1
        try:
            _use(root)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return f"ended with {code}" if code else ""


def _use(root: Path) -> None:
    with contextlib.suppress(JeugdzoekError), Index(LiveFolder(root, TINY)) as index:
        for query in QUERIES:
            for mode in MODES:
                for hit in index.search(query, mode=mode):
                    index.report(hit.report.id)
    with contextlib.suppress(JeugdzoekError):
        build_index([*FIRST, report("nieuw")], root, encoder=TINY)
