"""One reader a file format: ``.txt``, ``.md`` with front matter, ``.jsonl``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

from jeugdzoek.corpus.decoding import decode
from jeugdzoek.corpus.details import find_details, normal_date
from jeugdzoek.corpus.report import PUBLIC, Report

LARGEST = 64 * 1024 * 1024
"""Bytes of one text file, or of one line of a ``.jsonl``, that are still read."""

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"\n]*\")?\)")
EMPHASIS = re.compile(r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1")
DUTCH_KEYS = {"titel": "title", "datum": "date", "plaats": "place", "doelgroep": "audience", "tekst": "text"}
OWN_KEYS = ("id", "title", "date", "place", "audience", "text")


@dataclass(frozen=True, slots=True)
class BadEntry:
    """A line of a file that holds no report.

    Parameters
    ----------
    line
        Counted from 1.
    reason
        What is wrong with it.
    """

    line: int
    reason: str


Entry = Union[Report, BadEntry]


def read_text(path: Path) -> Iterator[Entry]:
    """Read a plain text file; the first lines give title, date and place."""
    yield _report({}, decode(_bytes(path)))


def read_markdown(path: Path) -> Iterator[Entry]:
    """Read a markdown file; front matter (``key: value`` lines) goes before the first lines.

    Links and bold marks are taken off, headings and list marks stay.
    """
    text = decode(_bytes(path))
    match = FRONT_MATTER.match(text)
    keys: dict[str, Any] = {}
    if match:
        for line in match.group(1).splitlines():
            key, colon, value = line.partition(":")
            if colon and key.strip() and not key.startswith((" ", "\t", "#", "-")):
                keys[key.strip().lower()] = _unquoted(value.strip())
        text = text[match.end() :]
    yield _report(keys, EMPHASIS.sub(r"\2", LINK.sub(r"\1", text)))


def read_jsonl(path: Path) -> Iterator[Entry]:
    """Read JSON Lines: ``{"id", "text"}`` and, where known, ``title``, ``date``, ``place``, ``audience``.

    Further keys are kept as metadata. A line that is no such object is a `BadEntry`.
    """
    with path.open("rb") as lines:
        number = 0
        while line := lines.readline(LARGEST + 1):
            number += 1
            if len(line) > LARGEST:
                yield BadEntry(number, f"is longer than {LARGEST >> 20} MB; the rest of the file was not read")
                return
            if line.strip():
                yield _json_entry(line, number)


def _json_entry(line: bytes, number: int) -> Entry:
    try:
        row = json.loads(decode(line), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return BadEntry(number, f"is not JSON ({error})")
    if not isinstance(row, dict):
        return BadEntry(number, "is not a JSON object")
    row = {DUTCH_KEYS.get(key, key): value for key, value in row.items()}
    if not isinstance(row.get("text"), str) or not isinstance(row.get("id"), (str, int)):
        return BadEntry(number, 'needs an "id" and a "text"')
    return _report(row, row["text"].replace("\r\n", "\n"))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _report(keys: Mapping[str, Any], text: str) -> Report:
    keys = {DUTCH_KEYS.get(key, key): value for key, value in keys.items()}
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates from JSON escapes
    found = find_details(text)
    return Report(
        id=_text(keys.get("id")),
        text=text,
        title=_text(keys.get("title")) or found.title,
        date=normal_date(keys["date"]) if keys.get("date") else found.date,
        place=_text(keys.get("place")) or found.place,
        audience=_text(keys.get("audience")) or PUBLIC,
        metadata={key: value for key, value in keys.items() if key not in OWN_KEYS},
    )


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).encode("utf-8", "replace").decode("utf-8").split())


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"is larger than {LARGEST >> 20} MB; cut it into reports")
    return data
