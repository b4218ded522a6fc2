"""LanceDB: a table with a full-text index of the terms as they are; vectors are looked through (fine to 100,000)."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import lancedb
import protocol
import pyarrow as pa


class Lance:
    """Search by a hybrid query, fused by its own reciprocal rank fusion."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {"lancedb": version("lancedb")}

    def build(self, data: Path, into: Path) -> None:
        """Make the table and its full-text index."""
        vectors = protocol.array(data, "vectors")
        dense = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
        texts = pa.array(list(protocol.passages(data)))
        rows = pa.table({"number": pa.array(range(len(texts))), "body": texts, "vector": dense})
        table = lancedb.connect(str(into)).create_table("passages", rows)
        table.create_fts_index(
            "body",
            base_tokenizer="whitespace",
            stem=False,
            remove_stop_words=False,
            ascii_folding=False,
            lower_case=False,
            with_position=False,
        )

    def open(self, folder: Path, variant: str) -> None:
        """Open the table."""
        self.table = lancedb.connect(str(folder)).open_table("passages")

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find passages by words and by meaning."""
        query = self.table.search(query_type="hybrid", vector_column_name="vector").vector(vector).text(" ".join(terms))
        return query.limit(k).select(["number"]).to_arrow()

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        numbers: list[int] = found["number"].to_pylist()
        return numbers

    def nearest(self, vector: Any, k: int) -> list[int]:
        """Return the passages with the highest cosine."""
        return self.ids(self.table.search(vector, vector_column_name="vector").limit(k).select(["number"]).to_arrow())


if __name__ == "__main__":
    protocol.serve(Lance())
