"""The seam: where candidates come from and where passages are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.corpus.report import PUBLIC, Passage, Report
from jeugdzoek.embedding.loading import BUNDLED
from jeugdzoek.search.expansion import Expansion
from jeugdzoek.search.query import Query
from jeugdzoek.search.subjects import Subject

Mode = Literal["hybrid", "keyword", "semantic"]
MODES: tuple[Mode, ...] = ("hybrid", "keyword", "semantic")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which reports may be found at all; applied before anything is scored.

    Parameters
    ----------
    audience
        Labels the caller may see.
    since, until
        ISO dates, both inclusive; a part date (``2023``) stands for all of it.
        Reports without a date are left out when either is given.
    place
        Place of the session, letter case ignored.
    """

    audience: frozenset[str] = frozenset((PUBLIC,))
    since: str | None = None
    until: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages worth ranking, with the exact score each half gives them.

    Parameters
    ----------
    keys
        Passage keys, int64, rising; the same number for a passage in every backend.
    keyword
        BM25 score with its report's (see `jeugdzoek.search.reports`), float32; 0 where no word of the query occurs.
    semantic
        Cosine to the query, float32; 0 in keyword mode.
    ceiling
        The most any passage could score by keyword.
    total
        How many passages the mode considers matching.
    expansion
        What was looked up for the words of the query.
    subjects
        Those words, and what the index knows of each.
    model
        Name of the model that gave `semantic`.
    passages
        How many there are in the index.
    rows
        What every group of `expansion` (rows) gives each candidate (columns), float32; None where that is not known.
    """

    keys: NDArray[np.int64]
    keyword: NDArray[np.float32]
    semantic: NDArray[np.float32]
    ceiling: float
    total: int
    expansion: Expansion = field(default_factory=Expansion)
    subjects: tuple[Subject, ...] = ()
    model: str = BUNDLED
    passages: int = 0
    rows: NDArray[np.float32] | None = None


class Backend(Protocol):
    """An index, wherever it lives."""

    def candidates(self, query: Query, mode: Mode, k: int, filters: Filters) -> Candidates:
        """Return at least the best `k` passages of each half that `mode` asks for."""
        ...

    def fetch(self, keys: Sequence[int]) -> Mapping[int, tuple[Report, Passage]]:
        """Return key → (report without its text, passage) for `keys`."""
        ...
