"""One writer at a time, and readers that say which generation they hold."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from jeugdzoek.errors import IndexLockedError
from jeugdzoek.index.layout import LOCK, READERS

try:
    import fcntl
except ImportError:  # Windows has no fcntl: one process must see to it that it writes alone
    fcntl = None  # type: ignore[assignment]

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05
LOCK_MODE = 0o600

_in_process = threading.Lock()


@contextmanager
def writer_lock(root: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the writer lock of the index at `root`.

    Parameters
    ----------
    root
        The index folder.
    wait
        Seconds to wait for another writer.

    Raises
    ------
    IndexLockedError
        When another writer still holds it; names process, machine and since when.
    """
    deadline = time.monotonic() + wait
    if not _in_process.acquire(timeout=wait):
        raise IndexLockedError(root, "another thread of this process is writing; wait for it")
    try:
        # POSIX locks drop at any close of the file in this process: one descriptor, held open.
        with open(os.open(root / LOCK, os.O_RDWR | os.O_CREAT, LOCK_MODE), "r+b") as file:
            _lock(file, root, deadline)
            _say_who(file)
            yield
            file.truncate(0)
    finally:
        _in_process.release()


def _lock(file: BinaryIO, root: Path, deadline: float) -> None:
    while fcntl:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            if time.monotonic() >= deadline:
                reason = f"{_who(file)} is writing to this index; wait until it is done, or end it"
                raise IndexLockedError(root, reason) from None
            time.sleep(POLL_SECONDS)


def _say_who(file: BinaryIO) -> None:
    since = datetime.now(timezone.utc).isoformat(timespec="seconds")
    file.seek(0)
    file.truncate(0)
    file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}).encode())
    file.flush()


def _who(file: BinaryIO) -> str:
    try:
        file.seek(0)
        row = json.loads(file.read(1000))
        return f"process {int(row['pid'])} on {row['host']} (since {row['since']})"
    except (ValueError, KeyError, TypeError):
        return "another process"


class ReaderHold:
    """A shared lock on a generation: as long as it is held, no writer collects it.

    Parameters
    ----------
    generation
        Folder of the generation.
    """

    def __init__(self, generation: Path) -> None:
        self._file = (generation / READERS).open("rb")
        if fcntl:
            try:
                fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                self._file.close()
                raise

    def close(self) -> None:
        """Let go."""
        self._file.close()


def is_held(generation: Path) -> bool:
    """Tell whether a reader holds `generation`."""
    if not fcntl:
        return True
    try:
        with (generation / READERS).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
