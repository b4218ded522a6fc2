"""One writer at a time, and readers that say which generation they hold."""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from jeugdzoek.errors import IndexLockedError
from jeugdzoek.index.files import FILE_MODE, NOT_THROUGH_LINKS, require_regular
from jeugdzoek.index.layout import LOCK, READERS

try:
    import fcntl
except ImportError:  # Windows has no fcntl: one process must see to it that it writes alone
    fcntl = None  # type: ignore[assignment]

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05
LONGEST_NOTE = 1000

_in_process = threading.Lock()


@contextmanager
def writer_lock(root: Path, wait: float | None = None) -> Iterator[None]:
    """Hold the writer lock of the index at `root`.

    Parameters
    ----------
    root
        The index folder.
    wait
        Seconds to wait for another writer; `WAIT_SECONDS` by default.

    Raises
    ------
    IndexLockedError
        When another writer still holds it; names process, machine and since when.
    """
    wait = WAIT_SECONDS if wait is None else wait
    deadline = time.monotonic() + wait
    if not _in_process.acquire(timeout=wait):
        raise IndexLockedError(root, "another thread of this process is writing; wait for it")
    try:
        # POSIX locks drop at any close of the file in this process: one descriptor, held open.
        descriptor = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | NOT_THROUGH_LINKS, FILE_MODE)
        try:
            require_regular(root / LOCK)
            _lock(descriptor, root, deadline)
            _note(descriptor, {"pid": os.getpid(), "host": platform.node(), "since": _now()})
            yield
            _note(descriptor, None)
        finally:
            os.close(descriptor)
    finally:
        _in_process.release()


def _lock(descriptor: int, root: Path, deadline: float) -> None:
    while fcntl:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except (BlockingIOError, PermissionError):
            if time.monotonic() >= deadline:
                reason = f"{_who(descriptor)} is writing to this index; wait until it is done, or end it"
                raise IndexLockedError(root, reason) from None
            time.sleep(POLL_SECONDS)


def _note(descriptor: int, row: dict[str, object] | None) -> None:
    # The note is for the message of a second writer alone: a full disk must not stop a rollback.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(row).encode() if row else b"")


def _who(descriptor: int) -> str:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        row = json.loads(os.read(descriptor, LONGEST_NOTE))
        return f"process {int(row['pid'])} on {row['host']} (since {row['since']})"
    except (ValueError, KeyError, TypeError, RecursionError):
        return "another process"


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class ReaderHold:
    """A shared lock on a generation: as long as it is held, no writer collects it.

    Parameters
    ----------
    generation
        Folder of the generation.

    Raises
    ------
    OSError
        When it cannot be locked, or was taken away meanwhile.
    """

    def __init__(self, generation: Path) -> None:
        path = generation / READERS
        require_regular(path)
        self._file = path.open("rb")
        try:
            if fcntl:
                fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            # A writer that collected it between the two lines above has renamed the folder.
            if not os.path.samestat(os.fstat(self._file.fileno()), path.stat()):
                raise FileNotFoundError(path)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Let go."""
        self._file.close()


@contextmanager
def no_readers(generation: Path) -> Iterator[bool]:
    """Yield whether no reader holds `generation`; while inside, none can begin to.

    A folder without ``READERS`` was never published, or is already being removed.
    """
    path = generation / READERS
    if not path.is_file() or path.is_symlink():
        yield True
        return
    if not fcntl:
        yield False
        return
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
