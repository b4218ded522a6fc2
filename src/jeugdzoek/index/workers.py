"""Other processes that cut and encode while this one counts and writes.

They are started as programs of their own (``python -I -c``), neither forked, which would share the locks of
readers, nor spawned by `multiprocessing`, which runs the caller's script again. They find the modules that this process
finds, never those of the folder one happens to be in. None writes a file, so one that dies leaves nothing behind, and
each ends when its input does, so none outlives the build. What they give depends on nothing but what they are given:
a build makes the same bytes however many there are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.encoder import Encoder, Vectors
from jeugdzoek.embedding.static import StaticEncoder
from jeugdzoek.index.ordering import Item
from jeugdzoek.index.worker import TASKS, Prepared, prepare, receive, send

MOST = 4
"""Workers beyond which the one who counts and writes is the slowest."""
WORTH_STARTING = 1 << 20
"""Characters of fresh text below which a worker would not be ready before all is done."""
AHEAD = 2
"""Batches that each worker may have before it."""
PACKAGES = Path(__file__).resolve().parents[2]
"""Where jeugdzoek is."""
PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from jeugdzoek.index.worker import serve; serve()"
FIELDS = attrgetter(*Report.__dataclass_fields__)

Batch = Sequence[Item]
Process = subprocess.Popen[bytes]


def how_many(wanted: int | None, characters: int) -> int:
    """Return how many workers to start.

    Parameters
    ----------
    wanted
        By the user; None for one less than the processors this process may use.
    characters
        Of fresh text.
    """
    if wanted is not None:
        return max(0, wanted)
    if characters < WORTH_STARTING or not _can_start():
        return 0
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors - 1, MOST)


def _can_start() -> bool:
    """Tell whether `sys.executable` is a Python, not a program or a server with Python inside."""
    return not getattr(sys, "frozen", False) and Path(sys.executable or "").name.startswith(("python", "pypy"))


class Workers:
    """Processes that are started at once and end with the ``close`` of this object.

    Parameters
    ----------
    count
        How many; with 0 all is done here.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._closed = False
        self._processes: list[Process] = []
        self._free: SimpleQueue[Process | None] = SimpleQueue()
        self._threads = ThreadPoolExecutor(max(1, count))
        for _ in range(count):
            self._free.put(self._start())

    def _start(self) -> Process | None:
        paths = [str(PACKAGES), *(path for path in sys.path if path)]
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen([sys.executable, "-I", "-c", PROGRAM, *paths], stdin=pipe, stdout=pipe)  # noqa: S603 - ourselves
        except OSError:  # no room for another process: all is done here
            return None
        self._processes.append(process)
        return process

    def call(self, task: str, *arguments: Any) -> Any:
        """Return what the task of this name gives: by a worker where one can, by this thread otherwise."""
        answer: tuple[Any, ...] = ()
        if self._count:
            process = self._free.get()
            try:
                answer = _ask(process, task, arguments) if process else ()
            except (OSError, EOFError, ValueError):  # it died, or was given something that is no plain value
                process = None
            finally:
                self._free.put(process)
        if self._closed:
            raise CancelledError
        return answer[0] if answer else TASKS[task](*arguments)

    def prepared(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, list[Prepared]]]:
        """Yield each batch with what `prepare` gives for its fresh reports, in order.

        The first is prepared here, while the workers start, and so is one that none of them has come to.
        """
        waiting: deque[tuple[Batch, list[Any], Future[list[Prepared]]]] = deque()
        started = False
        for batch in batches:
            rows = [FIELDS(item) for item in batch if isinstance(item, Report)]
            away = started and bool(rows) and self._count
            waiting.append((batch, rows, self._threads.submit(self.call, "prepare", rows) if away else Future()))
            started = True
            if len(waiting) > AHEAD * self._count:
                yield _next(waiting)
        while waiting:
            yield _next(waiting)

    def encoder(self, encoder: Encoder) -> Encoder:
        """Return an encoder that gives the same vectors by the work of others, where that is possible."""
        return _Elsewhere(encoder, self) if self._count and isinstance(encoder, StaticEncoder) else encoder

    def close(self) -> None:
        """End all processes, whatever they are at."""
        self._closed = True
        for process in self._processes:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            with suppress(OSError), process:  # what was not sent yet cannot be sent any more
                pass


def _ask(process: Process, task: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    send(process.stdin, (task, arguments))
    answer: tuple[Any, ...] = receive(process.stdout)
    return answer


def _next(waiting: deque[tuple[Batch, list[Any], Future[list[Prepared]]]]) -> tuple[Batch, list[Prepared]]:
    batch, rows, future = waiting.popleft()
    return batch, prepare(rows) if future.cancel() else future.result()


class _Elsewhere:
    """A static encoder whose passages are encoded by workers."""

    def __init__(self, encoder: StaticEncoder, workers: Workers) -> None:
        self.name, self.fingerprint, self.dimensions = encoder.name, encoder.fingerprint, encoder.dimensions
        self.encode_queries = encoder.encode_queries
        self._folder = str(encoder.folder)
        self._workers = workers

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per passage."""
        rows = self._workers.call("encode", self._folder, self.fingerprint, list(texts))
        return np.frombuffer(rows, dtype=np.float32).reshape(len(texts), self.dimensions)
