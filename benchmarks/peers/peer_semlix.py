"""semlix: its hybrid searcher over its own fork of Whoosh and its numpy store of vectors."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import protocol
from semlix.analysis import SpaceSeparatedTokenizer
from semlix.fields import ID, TEXT, Schema
from semlix.index import create_in, open_dir
from semlix.semantic import HybridSearcher
from semlix.semantic.stores import NumpyVectorStore

MEMORY_MB = 512


class Given:
    """An embedding provider that hands out the vector it was given."""

    model_name = "given"

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.vector: Any = None

    def encode(self, texts: list[str], **_: Any) -> Any:
        """Return the vector as it is."""
        return np.asarray([self.vector] * len(texts), dtype=np.float32)


class Semlix:
    """Search by `HybridSearcher`."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {"semlix": version("semlix")}

    def build(self, data: Path, into: Path) -> None:
        """Make both halves."""
        schema = Schema(id=ID(stored=True, unique=True), content=TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False))
        (into / "words").mkdir()
        writer = create_in(str(into / "words"), schema).writer(limitmb=MEMORY_MB)
        vectors = protocol.array(data, "vectors")
        for number, passage in enumerate(protocol.passages(data)):
            writer.add_document(id=str(number), content=passage)
        writer.commit()
        store = NumpyVectorStore(vectors.shape[1])
        store.add([str(number) for number in range(len(vectors))], vectors)
        store.save(into / "vectors")

    def open(self, folder: Path, variant: str) -> None:
        """Open both halves; no query vector is cached, as every query is asked once."""
        stored = next(path for path in folder.iterdir() if path.name.startswith("vectors"))
        self.store = NumpyVectorStore.load(stored)
        self.given = Given(self.store.dimension)
        self.searcher = HybridSearcher(open_dir(str(folder / "words")), self.store, self.given, query_cache_size=0)

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find passages by words and by meaning."""
        self.given.vector = vector
        return self.searcher.search(" OR ".join(terms), limit=k)

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return [int(hit.doc_id) for hit in found]

    def nearest(self, vector: Any, k: int) -> list[int]:
        """Return the passages with the highest cosine."""
        return self.ids(self.store.search(vector, k))


if __name__ == "__main__":
    protocol.serve(Semlix())
