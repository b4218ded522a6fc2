"""The data files of this layer: ``#`` starts a comment line."""

from __future__ import annotations

import re
import zlib
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
COMMENT = re.compile("^#.*\n", re.MULTILINE)


@cache
def read_words(name: str) -> frozenset[str]:
    """Return the words of ``analysis/data/<name>``; white space separates them."""
    return frozenset(word for line in read_lines(name) for word in line.split())


@cache
def read_pairs(name: str) -> dict[str, str]:
    """Return the ``word value`` lines of ``analysis/data/<name>`` as a mapping."""
    return {word: value for word, value in (line.split() for line in read_lines(name))}


@cache
def read_groups(name: str) -> dict[str, tuple[str, ...]]:
    """Return the ``group word word …`` lines of ``analysis/data/<name>`` as a mapping."""
    rows = (line.split() for line in read_lines(name))
    return {group: tuple(words) for group, *words in rows}


@cache
def read_counts(name: str) -> dict[str, str]:
    """Return the ``word<TAB>count<TAB>count`` lines of ``analysis/data/<name>`` as word → ``count<TAB>count``.

    Few of the counts are ever asked for, so whoever does makes numbers of them.
    """
    return dict(line.split("\t", 1) for line in _without_comments(name).splitlines())


@cache
def data_version(*names: str) -> str:
    """Return a number that changes when one of the files ``analysis/data/<name>`` does."""
    checksum = 0
    for name in names:
        checksum = zlib.crc32(data_bytes(name), checksum)
    return f"{checksum:08x}"


def data_bytes(name: str) -> bytes:
    """Return the contents of ``analysis/data/<name>``."""
    return (DATA / name).read_bytes()


def read_lines(name: str) -> list[str]:
    """Return the lines of ``analysis/data/<name>``, without comments and blank ones."""
    return [line for line in _without_comments(name).splitlines() if line.strip()]


def _without_comments(name: str) -> str:
    return COMMENT.sub("", data_bytes(name).decode())
