"""What other processes do for a build, and the loop in which they do it.

A task takes plain values and returns plain values, so that `marshal` carries them. It is the same function here and
there: what a worker cannot do is done where it was asked for, and raises there what it raises.
"""

from __future__ import annotations

import marshal
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from jeugdzoek.corpus.passages import cut_into_passages
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.static import StaticEncoder
from jeugdzoek.errors import EncoderError
from jeugdzoek.index.keys import MOST_PASSAGES

SIZE = 8
"""Bytes before a message that say how long it is."""

Row = tuple[Any, ...]
"""The fields of a `Report`."""
Prepared = tuple[str, list[tuple[int, int, str]]]
"""Hash of a report; start, end and heading of its passages."""


def prepare(rows: Sequence[Row]) -> list[Prepared]:
    """Return what an index needs to know of reports: their hashes and where they are cut."""
    found = []
    for row in rows:
        report = Report(*row)
        passages = cut_into_passages(report)[:MOST_PASSAGES]
        found.append((report.content_hash(), [(p.start, p.end, p.heading) for p in passages]))
    return found


def encode(folder: str, fingerprint: str, texts: Sequence[str]) -> bytes:
    """Return the vectors of `texts` by the static model in `folder`, float32, one row behind the other."""
    encoder = _model(folder)
    if encoder.fingerprint != fingerprint:
        raise EncoderError(f"{folder}: is no longer the model it was; build again")
    return encoder.encode_passages(texts).tobytes()


@lru_cache(maxsize=1)
def _model(folder: str) -> StaticEncoder:
    return StaticEncoder(Path(folder))


TASKS: Mapping[str, Callable[..., Any]] = {"prepare": prepare, "encode": encode}


def send(file: IO[bytes], message: Any) -> None:
    """Write `message`, made of plain values."""
    data = marshal.dumps(message)
    file.write(len(data).to_bytes(SIZE, "little"))
    file.write(data)
    file.flush()


def receive(file: IO[bytes]) -> Any:
    """Read what `send` wrote.

    Raises
    ------
    EOFError
        When the other end is gone.
    """
    head = file.read(SIZE)
    data = file.read(int.from_bytes(head, "little"))
    if len(head) < SIZE:
        raise EOFError
    return marshal.loads(data)  # noqa: S302 - from a process that this one started, or was started by


def serve() -> None:
    """Do tasks from standard input until it ends: when whoever asks is done, or dead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever asks ends us
    with suppress(EOFError, BrokenPipeError), os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        while True:
            task, arguments = receive(sys.stdin.buffer)
            send(answers, _answer(task, arguments))


def _answer(task: str, arguments: Sequence[Any]) -> tuple[Any, ...]:
    """Return (result,); () when it came to nothing, which the asker will see for himself."""
    try:
        return (TASKS[task](*arguments),)
    except Exception:  # whatever it is, it is raised again where it can be seen
        return ()
