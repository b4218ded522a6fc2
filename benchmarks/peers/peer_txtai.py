"""txtai: a hybrid index with its own BM25 and its default (faiss) index of vectors given from outside."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import protocol
from txtai import Embeddings


class Txtai:
    """Search by `Embeddings.search`."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {name: version(name) for name in ("txtai", "faiss-cpu")}

    def build(self, data: Path, into: Path) -> None:
        """Make both halves."""
        texts = list(protocol.passages(data))
        self.known = dict(zip(texts, protocol.array(data, "vectors"), strict=True))
        embeddings = self._embeddings()
        embeddings.index((number, text, None) for number, text in enumerate(texts))
        embeddings.config.pop("transform")
        embeddings.save(str(into / "index"))

    def open(self, folder: Path, variant: str) -> None:
        """Load both halves."""
        self.embeddings = self._embeddings()
        self.embeddings.load(str(folder / "index"))
        self.embeddings.config["transform"] = self._vectors
        self.embeddings.model = self.embeddings.loadvectors()

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find passages by words and by meaning."""
        text = " ".join(terms)
        self.known = {text: vector}
        return self.embeddings.search(text, k)

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return [int(number) for number, _ in found]

    def nearest(self, vector: Any, k: int) -> list[int]:
        """Return passages with a high cosine."""
        return self.ids(self.embeddings.ann.search(np.asarray([vector]), k)[0])

    def _embeddings(self) -> Any:
        scoring = {
            "method": "bm25",
            "terms": True,
            "normalize": True,
            "tokenizer": {"lowercase": False, "emoji": False, "whitespace": True},
        }
        return Embeddings(method="external", transform=self._vectors, hybrid=True, scoring=scoring, content=False)

    @property
    def _vectors(self) -> Any:
        return lambda texts: np.asarray([self.known[text] for text in texts], dtype=np.float32)


if __name__ == "__main__":
    protocol.serve(Txtai())
