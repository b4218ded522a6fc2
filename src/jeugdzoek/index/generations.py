"""Generations of an index: published whole or not at all, kept for rollback, collected."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from jeugdzoek.errors import IndexDamagedError, IndexMissingError, IndexSpaceError
from jeugdzoek.index.files import fsync_folder, fsync_tree, is_disk_full, replace_file
from jeugdzoek.index.layout import (
    CURRENT,
    GENERATION,
    MANIFEST,
    POINTER,
    READERS,
    Manifest,
    file_sha256,
    require_regular,
)
from jeugdzoek.index.locking import is_held

FOLDER_MODE = 0o700


@dataclass(frozen=True, slots=True)
class Pointer:
    """What ``CURRENT`` says.

    Parameters
    ----------
    folder
        Folder of the generation.
    manifest_sha256
        sha256 of its manifest.
    """

    folder: Path
    manifest_sha256: str


def read_current(root: Path) -> Pointer:
    """Return the generation the index at `root` stands on.

    Raises
    ------
    IndexMissingError
        When there is no index.
    IndexDamagedError
        When ``CURRENT`` is not what it should be.
    """
    path = root / CURRENT
    if not path.exists():
        what = "holds no index" if root.is_dir() else "does not exist"
        raise IndexMissingError(root, f"{what}; make one with: jeugdzoek index SOURCE --index {root}")
    require_regular(path)
    with path.open("rb") as file:
        match = POINTER.match(file.read(200).decode("ascii", "replace"))
    if not match:
        raise IndexDamagedError(path, "does not name a generation; run jeugdzoek rollback, or index again")
    return Pointer(root / match.group(1), match.group(2))


def generations(root: Path) -> list[Path]:
    """Return the folders of all generations at `root`, oldest first."""
    found = [(int(m.group(1)), path) for path in root.iterdir() if (m := GENERATION.match(path.name))]
    return [path for _, path in sorted(found)]


@contextmanager
def new_generation(root: Path, number: int) -> Iterator[Path]:
    """Yield a temporary folder for generation `number`; it is removed unless published.

    Raises
    ------
    IndexSpaceError
        When the disk ran full on the way; what was served before still is.
    """
    folder = root / f"tmp-{number:06d}"
    folder.mkdir(mode=FOLDER_MODE)
    try:
        yield folder
    except OSError as error:
        if is_disk_full(error):
            reason = "the disk is full; the index is as it was before. Make room and run again"
            raise IndexSpaceError(root, reason) from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, manifest: Manifest, self_check: Callable[[Path], None]) -> Path:
    """Make the temporary generation in `folder` the current one.

    Parameters
    ----------
    folder
        ``tmp-NNNNNN`` with all its files but the manifest.
    manifest
        Without `files`, which are measured here.
    self_check
        Called with the finished folder; raises when a reader could not use it.

    Returns
    -------
    Path
        The published generation.
    """
    root = folder.parent
    (folder / READERS).touch()
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != READERS)
    files = {name: ((folder / name).stat().st_size, file_sha256(folder / name)) for name in names}
    data = replace(manifest, files=files).to_bytes()
    (folder / MANIFEST).write_bytes(data)
    for path in (folder, *folder.rglob("*")):
        path.chmod(FOLDER_MODE if path.is_dir() else 0o600)
    fsync_tree(folder)
    self_check(folder)
    target = root / folder.name.replace("tmp-", "gen-")
    os.rename(folder, target)
    fsync_folder(root)
    replace_file(root / CURRENT, f"{target.name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return target


def sweep(root: Path, current: Path | None) -> None:
    """Remove what dead writers left: temporary folders, and generations newer than `current`."""
    for path in root.iterdir():
        if path.name.startswith("tmp-") and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.endswith(".tmp") and path.is_file():
            path.unlink(missing_ok=True)
    newer = [g for g in generations(root) if current is None or g.name > current.name]
    for path in newer:
        _trash(path)


def collect(root: Path) -> list[Path]:
    """Remove generations older than the one before the current, unless a reader holds them.

    Returns
    -------
    list of Path
        Those still held.
    """
    current = read_current(root).folder
    older = [g for g in generations(root) if g.name < current.name]
    held = []
    for path in older[:-1]:
        if is_held(path):
            held.append(path)
        else:
            _trash(path)
    return held


def _trash(path: Path) -> None:
    trash = path.with_name(f"tmp-trash-{path.name}")
    os.rename(path, trash)
    shutil.rmtree(trash, ignore_errors=True)


def roll_back(root: Path) -> Path:
    """Point the index at `root` to the newest generation before the current one.

    Returns
    -------
    Path
        The generation it now stands on.

    Raises
    ------
    IndexMissingError
        When there is none.
    """
    everything = generations(root) if root.is_dir() else []
    try:
        current = read_current(root).folder.name
    except IndexDamagedError:
        current = "gen-999999999999"
    older = [g for g in everything if g.name < current and (g / MANIFEST).is_file()]
    if not older:
        raise IndexMissingError(root, "has no earlier generation to go back to; index again")
    target = older[-1]
    replace_file(root / CURRENT, f"{target.name} {file_sha256(target / MANIFEST)}\n".encode())
    return target
