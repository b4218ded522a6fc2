"""tantivy: one text field with frequencies, terms as they are, a union of term queries."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import protocol
import tantivy

HEAP = 512 << 20
WRITERS = 1
"""One thread: passages stay in few segments, which a search is quicker on."""


class Tantivy:
    """Search by a boolean query."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {"tantivy": version("tantivy")}

    def build(self, data: Path, into: Path) -> None:
        """Make the index."""
        writer = tantivy.Index(_schema(), path=str(into)).writer(heap_size=HEAP, num_threads=WRITERS)
        for number, passage in enumerate(protocol.passages(data)):
            writer.add_document(tantivy.Document(number=number, body=passage))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, folder: Path, variant: str) -> None:
        """Open the index."""
        index = tantivy.Index.open(str(folder))
        self.schema = _schema()
        self.searcher = index.searcher()

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find passages with any of `terms`."""
        parts = [(tantivy.Occur.Should, tantivy.Query.term_query(self.schema, "body", term, "freq")) for term in terms]
        return self.searcher.search(tantivy.Query.boolean_query(parts), limit=k, count=False).hits

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return [self.searcher.doc(address)["number"][0] for _, address in found]


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("number", stored=True)
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


if __name__ == "__main__":
    protocol.serve(Tantivy())
