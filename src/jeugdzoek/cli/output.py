"""What commands print: results to standard output, all else to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click


def to_json(value: object) -> str:
    """Return `value` as one line of JSON; what a terminal might obey is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def print_json(value: object) -> None:
    """Print one JSON object to standard output."""
    click.echo(to_json(value))


def say(message: str) -> None:
    """Print a message for a person, on one line, to standard error."""
    click.echo(plain(message), err=True)


def say_warnings(warnings: Iterable[str]) -> None:
    """Print what failed though the change was made, a line each."""
    for warning in warnings:
        say(f"warning: {warning}")


def plain(text: str) -> str:
    """Return `text` with control characters as spaces: a terminal must not obey what an index or file name holds."""
    return "".join(c if c.isprintable() else " " for c in text)


@contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """Yield a stream to write to; a file gets its new content only when all of it is there.

    ``-`` is standard output. What is no ordinary file (a pipe, ``/dev/null``) is
    written to as it is and never replaced.
    """
    if str(path) == "-":
        yield sys.stdout
        return
    target = path.resolve()
    ordinary = target.is_file() or not target.exists()
    used = target.with_name(f".{target.name}.{os.getpid()}") if ordinary else target
    try:
        with _opened(used, path) as stream:
            yield stream
        if ordinary:
            used.replace(target)
    finally:
        if ordinary:
            used.unlink(missing_ok=True)


def _opened(used: Path, named: Path) -> TextIO:
    try:
        return used.open("w", encoding="utf-8")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(named)) from None


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield a progress callback that draws on standard error, or None where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=None)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield show
