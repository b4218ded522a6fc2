"""Generations of an index: published whole or not at all, kept for rollback, collected."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from jeugdzoek.errors import IndexDamagedError, IndexFolderError, IndexMissingError, IndexSpaceError
from jeugdzoek.index.files import (
    FILE_MODE,
    FOLDER_MODE,
    fsync_folder,
    fsync_tree,
    is_disk_full,
    make_folder,
    remove,
    require_regular,
    write_synced,
)
from jeugdzoek.index.layout import (
    CURRENT,
    GENERATION,
    MANIFEST,
    POINTER,
    READERS,
    Manifest,
    file_sha256,
    read_manifest,
)
from jeugdzoek.index.locking import no_readers, writer_lock

TEMPORARY = "tmp-"
NUMBERED = re.compile(r"^(?:gen|tmp|tmp-trash-gen)-(\d{6,12})$")
LEFTOVER = re.compile(r"^(?:tmp-\d{6,12}|tmp-trash-gen-\d{6,12}|CURRENT\.tmp)$")
"""What a dead writer may leave; anything else in the folder is somebody's own."""


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


@dataclass(frozen=True, slots=True)
class Published:
    """A generation that has become the current one.

    Parameters
    ----------
    folder
        Its folder.
    manifest
        Its manifest.
    warnings
        What failed after the switch.
    """

    folder: Path
    manifest: Manifest
    warnings: tuple[str, ...]


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
    if not os.path.lexists(path):
        if root.is_dir() and generations(root):
            raise IndexMissingError(path, "is missing beside generations; run jeugdzoek rollback, or index again")
        what = "holds no index" if root.is_dir() else "does not exist"
        raise IndexMissingError(root, f"{what}; make one with: jeugdzoek index SOURCE --index {root}")
    require_regular(path)
    with path.open("rb") as file:
        match = POINTER.fullmatch(file.read(200).decode("ascii", "replace"))
    if not match:
        raise IndexDamagedError(path, "does not name a generation; run jeugdzoek rollback, or index again")
    return Pointer(root / match.group(1), match.group(2))


def generations(root: Path) -> list[Path]:
    """Return the folders of all generations at `root`, oldest first."""
    return sorted((path for path in root.iterdir() if GENERATION.match(path.name)), key=number_of)


def number_of(generation: Path) -> int:
    """Return the number in the name of a generation."""
    return int(generation.name.rpartition("-")[2])


@contextmanager
def writing(root: Path, *, make: bool = False) -> Iterator[None]:
    """Hold the writer lock of the index at `root`, swept of what dead writers left.

    Parameters
    ----------
    root
        The index folder.
    make
        Make it when missing.

    Raises
    ------
    IndexMissingError
        When it is missing and not to be made.
    IndexLockedError
        When another process writes.
    IndexSpaceError
        When the disk ran full on the way; what was served before still is.
    """
    try:
        if make and not (root / CURRENT).is_file():
            make_folder(root)
        elif not root.is_dir():
            raise IndexMissingError(root, f"does not exist; make one with: jeugdzoek index SOURCE --index {root}")
        with writer_lock(root):
            sweep(root)
            yield
    except OSError as error:
        if is_disk_full(error):
            reason = "the disk is full; the index is as it was before. Make room and run again"
            raise IndexSpaceError(root, reason) from error
        raise


@contextmanager
def new_generation(root: Path) -> Iterator[Path]:
    """Yield a temporary folder with a number of its own; it is removed unless published."""
    numbers = [int(m.group(1)) for path in root.iterdir() if (m := NUMBERED.match(path.name))]
    folder = root / f"{TEMPORARY}{max(numbers, default=0) + 1:06d}"
    folder.mkdir(mode=FOLDER_MODE)
    try:
        yield folder
    finally:
        with suppress(OSError):  # what cannot be removed now is swept by the next writer
            remove(folder)


def publish(
    folder: Path,
    manifest: Manifest,
    self_check: Callable[[Path], object],
    known: Callable[[str], tuple[int, str] | None] = lambda _name: None,
) -> Published:
    """Make the temporary generation in `folder` the current one.

    Parameters
    ----------
    folder
        ``tmp-NNNNNN`` with all its files but the manifest.
    manifest
        Without `files`, which are measured here.
    self_check
        Called with the finished folder; raises when a reader could not use it.
    known
        Gives size and sha256 of a file, by its name, where they need not be measured again.
    """
    root = folder.parent
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    sizes = {name: known(name) or ((folder / name).stat().st_size, file_sha256(folder / name)) for name in names}
    manifest = replace(manifest, files=sizes)
    data = manifest.to_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / MANIFEST).write_bytes(data)
    (folder / READERS).write_bytes(f"{sha256}\n".encode())
    for path in (folder, *folder.rglob("*")):
        path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
    fsync_tree(folder)
    self_check(folder)
    target = root / folder.name.replace(TEMPORARY, "gen-")
    os.rename(folder, target)
    try:
        fsync_folder(root)
        warnings = switch(root, Pointer(target, sha256))
    except BaseException:
        _take_back(target, folder)
        raise
    return Published(target, manifest, warnings)


def switch(root: Path, pointer: Pointer) -> tuple[str, ...]:
    """Make ``CURRENT`` name `pointer`; return what failed after it did."""
    temporary = root / f"{CURRENT}.tmp"
    write_synced(temporary, f"{pointer.folder.name} {pointer.manifest_sha256}\n".encode())
    os.replace(temporary, root / CURRENT)
    try:
        fsync_folder(root)
    except OSError as error:
        return (f"{root}: {error.strerror}; the change stands, but a power cut now may undo it",)
    return ()


def _take_back(target: Path, folder: Path) -> None:
    """Give a generation that was renamed but not switched to its temporary name again."""
    with suppress(OSError):
        if current_or_none(target.parent) != target:
            os.rename(target, folder)


def current_or_none(root: Path) -> Path | None:
    """Return the generation ``CURRENT`` names, or None where it names none."""
    try:
        return read_current(root).folder
    except (IndexMissingError, IndexDamagedError):
        return None


def sweep(root: Path) -> None:
    """Remove what dead writers left, as far as that is possible."""
    for path in leftovers(root):
        with suppress(OSError):  # it is in nobody's way: new generations have new numbers
            remove(path)
    with suppress(OSError, IndexFolderError):
        if superfluous(root):
            # CURRENT may have been replaced by a writer that died before forcing it to disk.
            fsync_folder(root)
            collect(root)


def leftovers(root: Path) -> list[Path]:
    """Return what dead writers left at `root`, generations aside."""
    return [path for path in root.iterdir() if LEFTOVER.match(path.name)]


def collect(root: Path) -> list[Path]:
    """Remove all generations but the current one and the one before it, unless a reader holds them.

    Returns
    -------
    list of Path
        Those still held.
    """
    held = []
    for path in superfluous(root):
        with no_readers(path) as free:
            trash = path.with_name(f"{TEMPORARY}trash-{path.name}")
            if free:
                os.rename(path, trash)
            else:
                held.append(path)
        if free:
            remove(trash)
    return held


def superfluous(root: Path) -> list[Path]:
    """Return the generations that are neither the current one nor the one before it."""
    current = read_current(root).folder
    previous = read_manifest(current).previous
    return [path for path in generations(root) if path != current and number_of(path) != previous]


def collect_after(published: Published) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Collect once `published` has become the current one.

    Returns
    -------
    (held, warnings)
        Generations still held, and all that failed since the switch.
    """
    if published.warnings:  # the generations before may be needed after a power cut
        return (), published.warnings
    try:
        return tuple(collect(published.folder.parent)), ()
    except (OSError, IndexFolderError) as error:
        return (), (f"older generations were not all removed ({error}); the next change tries again",)
