"""bm25s: Lucene's formula, weights computed at build time; its numpy and its numba way of answering."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import bm25s
import protocol
from bm25s.tokenization import Tokenized


class Bm25s:
    """Search by `BM25.retrieve`."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {name: version(name) for name in ("bm25s", "numba", "numpy")}

    def build(self, data: Path, into: Path) -> None:
        """Make the index."""
        vocabulary: dict[str, int] = {}
        number = vocabulary.setdefault
        ids = [[number(term, len(vocabulary)) for term in text.split(" ")] for text in protocol.passages(data)]
        engine = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        engine.index(Tokenized(ids=ids, vocab=vocabulary), show_progress=False)
        engine.save(into)

    def open(self, folder: Path, variant: str) -> None:
        """Load the index."""
        self.engine = bm25s.BM25.load(folder)
        self.engine.backend = variant
        if variant == "numba":
            self.engine.activate_numba_scorer()

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find passages with any of `terms`."""
        return self.engine.retrieve([terms], k=k, show_progress=False, sorted=True, return_as="documents")

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return [int(number) for number in found[0]]


if __name__ == "__main__":
    protocol.serve(Bm25s())
