"""qdrant-edge-py: one shard with dense and sparse vectors, its own BM25, its own reciprocal rank fusion."""

from __future__ import annotations

import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

import protocol
import qdrant_edge as qdrant
import rrf

BATCH = 1000
DENSE, SPARSE = "dense", "terms"


class Edge:
    """Search by a query with two prefetches."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {"qdrant-edge-py": version("qdrant-edge-py")}

    def build(self, data: Path, into: Path) -> None:
        """Make the shard, optimised: above its own threshold dense vectors get a graph."""
        vectors = protocol.array(data, "vectors")
        texts = list(protocol.passages(data))
        average = sum(text.count(" ") + 1 for text in texts) / len(texts)
        (into / "average").write_text(str(average))
        model = _bm25(average)
        dense = qdrant.EdgeVectorParams(size=vectors.shape[1], distance=qdrant.Distance.Cosine)
        sparse = qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)
        (into / "shard").mkdir()
        shard = qdrant.EdgeShard.create(
            str(into / "shard"), qdrant.EdgeConfig(vectors={DENSE: dense}, sparse_vectors={SPARSE: sparse})
        )
        for start in range(0, len(texts), BATCH):
            points = [
                qdrant.Point(start + i, {DENSE: vectors[start + i].tolist(), SPARSE: model.embed_document(text)})
                for i, text in enumerate(texts[start : start + BATCH])
            ]
            shard.update(qdrant.UpdateOperation.upsert_points(points))
        while shard.optimize():
            pass
        shard.flush()
        shard.close()

    def open(self, folder: Path, variant: str) -> None:
        """Load the shard."""
        self.shard = qdrant.EdgeShard.load(str(folder / "shard"))
        self.model = _bm25(float((folder / "average").read_text()))

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find passages by words and by meaning."""
        words = qdrant.Query.Nearest(self.model.embed_query(" ".join(terms)), using=SPARSE)
        meaning = qdrant.Query.Nearest(vector.tolist(), using=DENSE)
        halves = [qdrant.Prefetch(limit=rrf.POOL, query=half) for half in (words, meaning)]
        return self.shard.query(qdrant.QueryRequest(limit=k, prefetches=halves, query=qdrant.Fusion.Rrf(k=rrf.K)))

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return [int(point.id) for point in found]

    def nearest(self, vector: Any, k: int) -> list[int]:
        """Return passages with a high cosine."""
        asked = qdrant.QueryRequest(limit=k, query=qdrant.Query.Nearest(vector.tolist(), using=DENSE))
        return self.ids(self.shard.query(asked))


def _bm25(average: float) -> Any:
    return qdrant.Bm25(
        qdrant.Bm25Config(
            k=1.2,
            b=0.75,
            avg_len=math.ceil(average),
            tokenizer=qdrant.TokenizerType.Whitespace,
            lowercase=False,
            stopwords=qdrant.StopwordsSet(),
            stemmer=qdrant.DisabledStemmer(),
        )
    )


if __name__ == "__main__":
    protocol.serve(Edge())
