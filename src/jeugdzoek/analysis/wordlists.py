"""The data files of this layer: ``#`` starts a comment line."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read_words(name: str) -> frozenset[str]:
    """Return the words of ``analysis/data/<name>``; white space separates them."""
    return frozenset(word for line in _lines(name) for word in line.split())


@cache
def read_pairs(name: str) -> dict[str, str]:
    """Return the ``word value`` lines of ``analysis/data/<name>`` as a mapping."""
    return {word: value for word, value in (line.split() for line in _lines(name))}


def _lines(name: str) -> list[str]:
    text = (files("jeugdzoek.analysis") / "data" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
