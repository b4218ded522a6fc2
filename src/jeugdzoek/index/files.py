"""Every operation on files that must survive a power cut, in one place."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from jeugdzoek.errors import IndexSpaceError

MB = 1 << 20


def fsync_file(path: Path) -> None:
    """Force the contents of the file at `path` to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Force the names in the folder at `path` to disk (a no-op where folders cannot be opened)."""
    if os.name == "nt":
        return
    fsync_file(path)


def fsync_tree(folder: Path) -> None:
    """Force all files below `folder` to disk, then the folders, innermost first."""
    for where, _, names in os.walk(folder, topdown=False):
        for name in names:
            fsync_file(Path(where, name))
        fsync_folder(Path(where))


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that a reader sees the old or the new contents, never a mix."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    fsync_folder(path.parent)


def link_or_copy(source: Path, target: Path) -> None:
    """Give the file `source` a second name `target`; copy it where links are not to be had."""
    try:
        os.link(source, target)
    except OSError:
        target.write_bytes(source.read_bytes())


def require_room(folder: Path, needed: int) -> None:
    """Raise unless `needed` bytes are free on the disk of `folder`.

    Raises
    ------
    IndexSpaceError
        With the megabytes needed and free.
    """
    if not hasattr(os, "statvfs"):
        return
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < needed:
        reason = f"needs about {needed // MB + 1} MB and the disk has {free // MB} MB free; make room and run again"
        raise IndexSpaceError(folder, reason)


def is_disk_full(error: OSError) -> bool:
    """Tell whether `error` says that the disk (or a quota on it) is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
