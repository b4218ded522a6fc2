"""jeugdzoek itself: compiled postings of stems, and vectors with codes; retrieval and fusion as in a search.

Everything of jeugdzoek that the comparison calls stands in this file.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import protocol

from jeugdzoek.index.codes import open_codes, write_codes
from jeugdzoek.index.counting import count_terms
from jeugdzoek.index.keys import NUMBER_BITS
from jeugdzoek.index.keyword import STEM
from jeugdzoek.index.postings import Postings, write_postings
from jeugdzoek.index.segment import rounded_lengths
from jeugdzoek.search import bm25, dense, kernel
from jeugdzoek.search.backend import Candidates
from jeugdzoek.search.expansion import Alternative
from jeugdzoek.search.fusion import FusionSettings, fuse
from jeugdzoek.search.retrieval import Meaning, retrieve
from jeugdzoek.search.searcher import POOL


def use(variant: str) -> None:
    """Search with the compiled kernel or with numpy from now on."""
    if variant == "kernel" and kernel.COMPILED is None:
        raise protocol.NotHereError("this jeugdzoek was built without a C compiler")
    if variant == "numpy":
        kernel.COMPILED = None


class Jeugdzoek:
    """Search by words alone where the data has no vectors, else by both halves."""

    def versions(self) -> dict[str, str]:
        """Return name → version."""
        return {name: version(name) for name in ("jeugdzoek", "numpy")}

    def build(self, data: Path, into: Path) -> None:
        """Compile the postings, and the codes of the vectors."""
        documents = protocol.passage_terms(data)
        sizes = np.fromiter((len(terms) for terms in documents), dtype=np.int64, count=len(documents))
        write_postings(into, STEM, count_terms(documents, rounded_lengths(sizes)))
        (into / "passages").write_text(str(len(documents)))
        vectors = protocol.array(data, "vectors")
        if vectors is not None:
            np.save(into / "vectors.npy", vectors)
            write_codes(into, vectors)

    def open(self, folder: Path, variant: str) -> None:
        """Open what was compiled."""
        use(variant)
        passages = int((folder / "passages").read_text())
        self.planner = bm25.Planner({STEM: Postings(folder, STEM, passages)})
        self.keys = np.arange(passages, dtype=np.int64) << NUMBER_BITS
        self.fusion = FusionSettings()
        if (folder / "vectors.npy").exists():
            self.vectors = np.asarray(np.load(folder / "vectors.npy", mmap_mode="r"))
            self.codes = open_codes(folder, {path.name: path for path in folder.iterdir()}, self.vectors)

    def search(self, terms: list[str], vector: Any, k: int) -> Any:
        """Find passages by words, and by meaning where there is a vector."""
        groups = [(Alternative(STEM, (term,), 1.0, typed=True),) for term in dict.fromkeys(terms)]
        plan = self.planner.plan(groups)
        if vector is None:
            return bm25.rank(plan, k).ids
        found = retrieve(plan, POOL, Meaning(vector, self.vectors, self.codes), POOL, None)
        candidates = Candidates(self.keys[found.ids], found.rows.sum(axis=0), found.semantic, plan.ceiling, found.total)
        return found.ids[fuse(candidates, "hybrid", self.fusion).order[:k]]

    def ids(self, found: Any) -> list[int]:
        """Return line numbers."""
        numbers: list[int] = found.tolist()
        return numbers

    def nearest(self, vector: Any, k: int) -> list[int]:
        """Return the passages with the highest cosine."""
        return self.ids(dense.nearest(self.vectors, vector, k, None, self.codes)[0])


if __name__ == "__main__":
    protocol.serve(Jeugdzoek())
