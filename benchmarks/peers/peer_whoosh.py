"""Whoosh with its better setting: no positions, a hand-built union, ``optimize=False``."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import protocol
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.fields import ID, TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.query import Or, Term

MEMORY_MB = 512


class Whoosh:
    """Search by a hand-built query."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {"Whoosh": version("Whoosh")}

    def build(self, data: Path, into: Path) -> None:
        """Make the index."""
        schema = Schema(number=ID(stored=True), body=TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False))
        writer = FileStorage(str(into)).create_index(schema).writer(limitmb=MEMORY_MB)
        for number, passage in enumerate(protocol.passages(data)):
            writer.add_document(number=str(number), body=passage)
        writer.commit()

    def open(self, folder: Path, variant: str) -> None:
        """Open the index."""
        self.searcher = FileIndex(FileStorage(str(folder))).searcher()

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find passages with any of `terms`."""
        return self.searcher.search(Or([Term("body", term) for term in terms]), limit=k, optimize=False)

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        return [int(hit["number"]) for hit in found]


if __name__ == "__main__":
    protocol.serve(Whoosh())
