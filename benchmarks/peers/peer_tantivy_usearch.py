"""By hand: tantivy, a usearch graph of cosines with its default settings, reciprocal rank fusion."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import protocol
import rrf
from peer_tantivy import Tantivy
from usearch.index import Index

GRAPH = "graph.usearch"


class ByHand(Tantivy):
    """Search both halves and fuse their ranks."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {**super().versions(), "usearch": version("usearch")}

    def build(self, data: Path, into: Path) -> None:
        """Make both halves."""
        (into / "words").mkdir()
        super().build(data, into / "words")
        vectors = protocol.array(data, "vectors")
        graph = Index(ndim=vectors.shape[1], metric="cos")
        graph.add(np.arange(len(vectors)), vectors)
        graph.save(str(into / GRAPH))

    def open(self, folder: Path, variant: str) -> None:
        """Load both halves; passage numbers are read once, as tantivy's store of fields is slow."""
        super().open(folder / "words", variant)
        self.graph = Index.restore(str(folder / GRAPH))
        self.numbers: dict[tuple[int, int], int] = {}

    def search(self, terms: list[str], vector: Any, k: int) -> list[int]:
        """Find passages by words and by meaning."""
        words = [self._number(address) for _, address in super().search(terms, None, rrf.POOL)]
        return rrf.fuse(words, self.nearest(vector, rrf.POOL), k=k)

    def nearest(self, vector: Any, k: int) -> list[int]:
        """Return passages with a high cosine."""
        found: list[int] = self.graph.search(vector, k).keys.tolist()
        return found

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return list(found)

    def _number(self, address: Any) -> int:
        place = (address.segment_ord, address.doc)
        if place not in self.numbers:
            self.numbers[place] = self.searcher.doc(address)["number"][0]
        return self.numbers[place]


if __name__ == "__main__":
    protocol.serve(ByHand())
