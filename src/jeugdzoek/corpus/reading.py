"""Files and folders → reports, one after the other.

A source that cannot be read becomes a `Skipped` with its reason; it never stops
the run. Only a source that does not exist raises.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Union

from jeugdzoek.corpus.formats import BadEntry, Entry, read_jsonl, read_markdown, read_text
from jeugdzoek.corpus.report import Report
from jeugdzoek.errors import SourceError

PathLike = Union[str, "os.PathLike[str]"]
Source = Union[PathLike, Iterable[Union[PathLike, Report]]]

READERS: dict[str, Callable[[Path], Iterator[Entry]]] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not read.

    Parameters
    ----------
    source
        The file, or ``file, line N`` inside a ``.jsonl``.
    reason
        Why, and what would help.
    file
        The file alone.
    """

    source: str
    reason: str
    file: str


def read(source: Source) -> Iterator[Report | Skipped]:
    """Read `source`, files in the order of their names.

    Parameters
    ----------
    source
        A file, a folder (read with all below it), or an iterable of reports,
        files and folders.

    Yields
    ------
    Report or Skipped
        Ids are unique: a second report with an id already seen is skipped.

    Raises
    ------
    SourceError
        When a file or folder does not exist.
    """
    seen: dict[str, str] = {}
    for item in _read_any(source):
        if isinstance(item, Report):
            if item.id in seen:
                reason = f"report id {item.id!r} was already taken by {seen[item.id]}; give one of the two another id"
                yield Skipped(item.source or item.id, reason, item.source or item.id)
                continue
            seen[item.id] = item.source or "an earlier report"
        yield item


def _read_any(source: Source | Report) -> Iterator[Report | Skipped]:
    if isinstance(source, Report):
        yield _checked(source)
    elif isinstance(source, (str, os.PathLike)):
        yield from _read_path(Path(source))
    else:
        for part in source:
            yield from _read_any(part)


def _checked(report: Report) -> Report | Skipped:
    problem = None if report.text.strip() else "has no text"
    problem = problem if report.id.strip() else "has an empty id"
    return Skipped(report.source or report.id, problem, report.source or report.id) if problem else report


def _read_path(path: Path) -> Iterator[Report | Skipped]:
    try:
        kind = path.stat().st_mode
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(str(path), f"{reason}; name a file or folder that can be read") from None
    if not stat.S_ISDIR(kind):
        yield from _read_file(path, path.parent)
        return
    for file in _files_below(path):
        yield from _read_file(file, path)


def _files_below(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(where, name)


def _read_file(path: Path, root: Path) -> Iterator[Report | Skipped]:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(sorted(READERS))
        yield Skipped(str(path), f"is no format that can be read ({kinds})", str(path))
        return
    try:
        if path.is_symlink() and path.parent != root:
            raise ValueError("is a link; copy the file itself here")
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError("is not a regular file")
        for entry in reader(path):
            yield _to_report(entry, path, root)
    except OSError as error:
        yield Skipped(str(path), error.strerror or str(error), str(path))
    except ValueError as error:
        yield Skipped(str(path), str(error), str(path))


def _to_report(entry: Entry, path: Path, root: Path) -> Report | Skipped:
    if isinstance(entry, BadEntry):
        return Skipped(f"{path}, line {entry.line}", entry.reason, str(path))
    named = entry.id or path.relative_to(root).with_suffix("").as_posix()
    return _checked(replace(entry, id=named, source=str(path)))
