"""Every operation on files that must survive a power cut, in one place."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jeugdzoek.errors import IndexDamagedError, IndexSpaceError

MB = 1 << 20
FILE_MODE = 0o600
FOLDER_MODE = 0o700
NOT_THROUGH_LINKS = getattr(os, "O_NOFOLLOW", 0)


def fsync_file(path: Path) -> None:
    """Force the contents of the file at `path` to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Force the names in the folder at `path` to disk (a no-op where the system knows no such thing)."""
    if os.name == "nt":
        return
    try:
        fsync_file(path)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def fsync_tree(folder: Path) -> None:
    """Force all files below `folder` to disk, then the folders, innermost first.

    A file with a second name was forced to disk under the first one, in a generation
    published before, and has not changed since.
    """
    for where, _, names in os.walk(folder, topdown=False):
        for path in (Path(where, name) for name in names):
            if path.lstat().st_nlink == 1:
                fsync_file(path)
        fsync_folder(Path(where))


def write_synced(path: Path, data: bytes) -> None:
    """Write the new file `path` and force its contents to disk."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOT_THROUGH_LINKS, FILE_MODE)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make the folder `path` and those above it, so that their names survive a power cut.

    The name of `path` is forced to disk even when it is there: a writer may have died
    before it came to that.
    """
    path = path.absolute()
    made = [folder for folder in (path, *path.parents) if folder == path or not folder.exists()]
    path.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    for folder in reversed(made):
        with suppress(PermissionError):  # of a folder that others own, and may not be listed
            fsync_folder(folder.parent)


def remove(path: Path) -> None:
    """Remove `path`, whatever it is, never following a link."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        import shutil

        shutil.rmtree(path)


def link_or_copy(source: Path, target: Path) -> None:
    """Give the file `source` a second name `target`; copy it where links are not to be had."""
    try:
        os.link(source, target)
    except OSError as error:
        if is_disk_full(error):
            raise
        import shutil

        shutil.copyfile(source, target)


def require_regular(path: Path) -> int:
    """Return the size of `path`, which must be a regular file and no link.

    Raises
    ------
    IndexDamagedError
        When it is missing or something else.
    """
    return _require(path, stat.S_ISREG, "a regular file").st_size


def require_folder(path: Path) -> None:
    """Raise unless `path` is a folder and no link.

    Raises
    ------
    IndexDamagedError
        When it is missing or something else.
    """
    _require(path, stat.S_ISDIR, "a folder")


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
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def _require(path: Path, fits: Callable[[int], bool], what: str) -> os.stat_result:
    try:
        found = path.lstat()
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); run jeugdzoek rollback, or index again"
        raise IndexDamagedError(path, reason) from error
    if not fits(found.st_mode):
        raise IndexDamagedError(path, f"is not {what}; do not use this folder")
    return found
