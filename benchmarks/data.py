"""The files a comparison is made on: passages as terms, queries, vectors; see ``peers/protocol.py``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import generate
import numpy as np
import texts
from numpy.typing import NDArray

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.search import dense

QUERIES = 300
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of files that every system gets.

    Parameters
    ----------
    folder
        Where they are.
    name
        ``heads`` and ``zipf`` are generated, ``text`` is real.
    size
        Passages.
    words
        Terms in all passages.
    """

    folder: Path
    name: str
    size: int
    words: int

    def key(self, operation: str) -> dict[str, Any]:
        """Return what tells its rows from others."""
        return {"operation": operation, "corpus": self.name, "passages": self.size}

    def describe(self) -> str:
        """Return its size in words."""
        vectors = ", with vectors" if (self.folder / "vectors.npy").exists() else ""
        return f"{self.size:,} passages, {self.words:,} terms{vectors}"

    def nearest(self, k: int, asked: int) -> list[list[int]]:
        """Return the exact `k` nearest passages of the first `asked` queries."""
        vectors = np.load(self.folder / "vectors.npy")
        queries = np.load(self.folder / "query_vectors.npy")[:asked]
        return [dense.nearest(vectors, query, k)[0].tolist() for query in queries]


def make(folder: Path, name: str, size: int, *, vectors: bool, text: Path | None = None) -> Corpus:
    """Write the files of a corpus into `folder`.

    Parameters
    ----------
    folder
        Exists and is empty.
    name
        ``heads``, ``zipf`` or ``text``.
    size
        Passages.
    vectors
        Whether to write vectors as well: generated ones, or those of the bundled model for real text.
    text
        Where real text comes from; see `texts.load`.
    """
    if name == "text":
        return _real(folder, size, vectors, text)
    words = _write(folder / "passages.txt", generate.terms(size, name))
    _write(folder / "queries.txt", generate.queries(QUERIES, name))
    if vectors:
        _save(folder, *generate.vectors(size, QUERIES))
    return Corpus(folder, name, size, words)


def recall(found: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]]) -> float:
    """Return the mean share of `wanted` that was found; 1 where nothing was wanted."""
    pairs = zip(found, wanted, strict=False)
    return float(np.mean([len(set(one) & set(other)) / len(other) if other else 1.0 for one, other in pairs]))


def _real(folder: Path, size: int, vectors: bool, source: Path | None) -> Corpus:
    found, asked = texts.load(source)
    analyzer = Analyzer()

    def stems(text: str) -> str:
        return " ".join(term.stem for term in analyzer.terms(text) if term.stem)

    wanted = [query for query in np.random.default_rng(texts.SEED).permutation(asked).tolist() if stems(query)][
        :QUERIES
    ]
    words = _write(folder / "passages.txt", (stems(text) or "." for text in texts.enough(found, size)))
    _write(folder / "queries.txt", [stems(query) for query in wanted])
    if vectors:
        _save(folder, texts.encoded(texts.enough(found, size)), load_encoder().encode_queries(wanted))
    return Corpus(folder, "text", size, words)


def _write(path: Path, lines: Iterator[str] | Sequence[str]) -> int:
    words = 0
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            words += line.count(" ") + 1
            file.write(line + "\n")
    return words


def _save(folder: Path, vectors: Vectors, queries: Vectors) -> None:
    np.save(folder / "vectors.npy", vectors.astype(np.float32))
    np.save(folder / "query_vectors.npy", queries.astype(np.float32))
