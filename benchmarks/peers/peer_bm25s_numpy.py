"""By hand: bm25s with numba, exact cosines in numpy, reciprocal rank fusion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import protocol
import rrf
from peer_bm25s import Bm25s


class ByHand(Bm25s):
    """Search both halves and fuse their ranks."""

    def build(self, data: Path, into: Path) -> None:
        """Make both halves."""
        super().build(data, into)
        np.save(into / "dense.npy", protocol.array(data, "vectors"))

    def open(self, folder: Path, variant: str) -> None:
        """Load both halves."""
        super().open(folder, "numba")
        self.vectors = np.load(folder / "dense.npy")

    def search(self, terms: list[str], vector: Any, k: int) -> list[int]:
        """Find passages by words and by meaning."""
        pool = min(rrf.POOL, len(self.vectors))
        words = super().search(terms, None, pool)[0]
        return rrf.fuse(words.tolist(), self.nearest(vector, pool), k=k)

    def nearest(self, vector: Any, k: int) -> list[int]:
        """Return the passages with the highest cosine."""
        scores = self.vectors @ vector
        best = np.argpartition(scores, len(scores) - k)[len(scores) - k :]
        found: list[int] = best[np.argsort(-scores[best])].tolist()
        return found

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return list(found)


if __name__ == "__main__":
    protocol.serve(ByHand())
