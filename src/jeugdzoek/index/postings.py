"""Compiled postings: BM25 impacts in compressed sparse rows, one matrix a field.

For a term, ``docs[ptr[t]:ptr[t+1]]`` are the passages (ordinals, rising) and
``impacts`` what each gains from it:

    idf · tf · (K1 + 1) / (tf + K1 · (1 − B + B · length / average)),
    idf = ln(1 + (R − df + 0.5) / (df + 0.5))

with K1 = 1.2 and B = 0.75 (Robertson & Zaragoza 2009, https://doi.org/10.1561/1500000019).
R and df count reports, not passages: a word that one report repeats in all of its passages
is no common word. But for the idf these are the scores of Whoosh's BM25F. ``kth`` is a
term's 10th and 200th best impact: the best of these over a query's terms is a lower bound
of the query's 10th and 200th best score before a posting is touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.arrays import open_array, write_array
from jeugdzoek.index.layout import AGAIN
from jeugdzoek.index.terms import carry_terms, open_terms, read_terms, write_terms

K1 = 1.2
B = 0.75
KTH = (10, 200)
MOST_COUNTED = 65_535
REMEMBERED = 4096
"""Terms of a field that need not be looked up again."""
AT_ONCE = 1 << 20
"""Postings worked on at a time."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TermCounts:
    """How often each term stands in each passage, before scoring.

    Parameters
    ----------
    terms
        Sorted.
    ptr
        Row bounds, int64, ``len(terms) + 1``.
    docs
        uint32, passage ordinals, rising within a term.
    counts
        uint16, occurrences: at least 1, at most `MOST_COUNTED`.
    lengths
        Terms per passage, as the scoring formula counts them (see `rounded_lengths`).
    total
        Number of terms in all passages.
    positions
        Where in its passage each occurrence stands, rising within a posting; None when
        that is not known.
    """

    terms: list[str]
    ptr: NDArray[np.int64]
    docs: NDArray[np.uint32]
    counts: NDArray[np.uint16]
    lengths: NDArray[np.int64]
    total: int
    positions: NDArray[Any] | None = None


class TermPostings(NamedTuple):
    """What a field holds of one term.

    Parameters
    ----------
    docs
        Passage ordinals, uint32, rising. Whoever reads them sees to it that they are below
        the number of passages: they were not looked at before.
    impacts
        float32, one for each of `docs`.
    kth
        For each k of `KTH` the k-th best impact; 0 where there are fewer.
    ceiling
        The most a passage could gain, ``idf · (K1 + 1)``.
    """

    docs: NDArray[np.uint32]
    impacts: Floats
    kth: tuple[float, ...]
    ceiling: float


class Postings:
    """One field, ready to be searched; mapped, so that only what a query touches is read.

    Parameters
    ----------
    folder
        Where `write_postings` wrote.
    field
        Name of the field.
    passages
        Number of passages.
    reports
        Number of reports; as many as passages if None.

    Raises
    ------
    IndexDamagedError
        When a file is missing or does not fit the others.
    """

    def __init__(self, folder: Path, field: str, passages: int, reports: int | None = None) -> None:
        def opened(name: str, dtype: str, rows: int, dimensions: int = 1) -> NDArray[Any]:
            return open_array(folder / f"{field}.{name}.npy", dtype, rows, dimensions=dimensions)

        self.passages = passages
        self.reports = passages if reports is None else reports
        self.path = folder / f"{field}.docs.npy"
        """The file of `docs`, for messages."""
        self.terms = open_terms(folder, field)
        """Term → row."""
        rows = len(self.terms)
        self.ptr: NDArray[np.int64] = opened("ptr", "<i8", rows + 1)
        """Row bounds."""
        if int(self.ptr[0]) != 0 or bool((np.diff(self.ptr) <= 0).any()):
            raise IndexDamagedError(folder / f"{field}.ptr.npy", f"has bounds that do not rise; {AGAIN}")
        self.docs: NDArray[np.uint32] = opened("docs", "<u4", int(self.ptr[-1]))
        """Passage ordinals of all terms."""
        self.impacts: Floats = opened("impacts", "<f4", int(self.ptr[-1]))
        """One for each of `docs`."""
        self.kth: Floats = opened("kth", "<f4", rows, dimensions=2)
        """terms × KTH."""
        self.ceilings: Floats = opened("ceilings", "<f4", rows)
        """One for each term."""
        self.find = lru_cache(maxsize=REMEMBERED)(self._find)
        """Term → its postings, or None; remembers the latest."""

    def frequency(self, term: str) -> int:
        """Return in how many passages `term` occurs."""
        found = self.find(term)
        return len(found.docs) if found else 0

    def _find(self, term: str) -> TermPostings | None:
        row = self.terms.get(term)
        if row is None:
            return None
        here = slice(self.ptr.item(row), self.ptr.item(row + 1))
        return TermPostings(self.docs[here], self.impacts[here], tuple(self.kth[row].tolist()), self.ceilings.item(row))


def slabs(ptr: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of terms with about `AT_ONCE` postings each."""
    first, terms = 0, len(ptr) - 1
    while first < terms:
        end = max(first + 1, int(np.searchsorted(ptr, ptr[first] + AT_ONCE, side="right")) - 1)
        yield first, end
        first = end


def compute_impacts(counts: TermCounts, report_of: NDArray[np.int32]) -> tuple[Floats, NDArray[np.float64]]:
    """Return the impact of every posting (float32) and the idf of every term (float64)."""
    passages = len(counts.lengths)
    frequency = np.diff(counts.ptr)
    reports = int(np.count_nonzero(np.diff(report_of))) + 1
    idf = inverse_frequency(reports, report_frequencies(counts, report_of))
    average = counts.total / passages if counts.total else 1.0
    norms = K1 * (1 - B + B * counts.lengths / average)
    impacts = np.empty(len(counts.docs), dtype=np.float32)
    for first, end in slabs(counts.ptr):
        part = slice(int(counts.ptr[first]), int(counts.ptr[end]))
        tf = counts.counts[part].astype(np.float64)
        weights = np.repeat(idf[first:end], frequency[first:end])
        impacts[part] = weights * (tf * (K1 + 1)) / (tf + norms[counts.docs[part]])
    return impacts, idf


def inverse_frequency(reports: int, frequency: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Return the idf of a term that stands in `frequency` of `reports`: Robertson and Spärck Jones, never below 0."""
    return np.asarray(np.log1p((reports - frequency + 0.5) / (frequency + 0.5)))


def report_frequencies(counts: TermCounts, report_of: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return in how many reports each term stands."""
    found = np.empty(len(counts.terms), dtype=np.int64)
    for first, end in slabs(counts.ptr):
        start = int(counts.ptr[first])
        reports = report_of[counts.docs[start : int(counts.ptr[end])]]
        new = np.ones(len(reports), dtype=np.bool_)
        new[1:] = reports[1:] != reports[:-1]
        starts = counts.ptr[first:end] - start
        new[starts] = True
        found[first:end] = np.add.reduceat(new, starts, dtype=np.int64)
    return found


def kth_best(ptr: NDArray[np.int64], impacts: Floats) -> Floats:
    """Return each term's k-th best impact for the k in `KTH`, 0 where it has fewer postings."""
    best = np.zeros((len(ptr) - 1, len(KTH)), dtype=np.float32)
    frequency = np.diff(ptr)
    order = np.argsort(frequency, kind="stable")
    order = order[np.searchsorted(frequency[order], min(KTH)) :]
    for alike in np.split(order, np.flatnonzero(np.diff(frequency[order])) + 1) if len(order) else []:
        # Terms in equally many passages make a matrix, which is selected from row by row.
        postings = int(frequency[alike[0]])
        wanted = [postings - k for k in KTH if k <= postings]
        step = max(1, AT_ONCE // postings)
        for rows in (alike[start : start + step] for start in range(0, len(alike), step)):
            found = impacts[ptr[rows, np.newaxis] + np.arange(postings)]
            found.partition(wanted, axis=1)
            best[rows, : len(wanted)] = found[:, wanted]
    return best


def write_postings(
    folder: Path,
    field: str,
    counts: TermCounts,
    report_of: NDArray[np.int32] | None = None,
    *,
    before: Path | None = None,
) -> None:
    """Compile `counts` and write it as the files ``<field>.*`` in `folder`.

    Parameters
    ----------
    folder
        Where to write.
    field
        Name of the field.
    counts
        To compile.
    report_of
        Number of each passage's report, rising; every passage is a report of its own if None.
    before
        Folder of another generation where the field has the same terms, to be carried over.
    """
    if report_of is None:
        report_of = np.arange(len(counts.lengths), dtype=np.int32)
    impacts, idf = compute_impacts(counts, report_of)
    if before:
        carry_terms(before, folder, field)
    else:
        write_terms(folder, field, counts.terms)
    for name, array, dtype in (
        ("ptr", counts.ptr, "<i8"),
        ("docs", counts.docs, "<u4"),
        ("counts", counts.counts, "<u2"),
        ("impacts", impacts, "<f4"),
        ("kth", kth_best(counts.ptr, impacts), "<f4"),
        ("ceilings", idf * (K1 + 1), "<f4"),
        ("lengths", counts.lengths, "<u4"),
    ):
        write_array(folder / f"{field}.{name}.npy", array.astype(dtype, copy=False))


def read_counts(folder: Path, field: str, passages: int) -> TermCounts:
    """Read back the counts `write_postings` was given, to build the next generation from.

    Raises
    ------
    IndexDamagedError
        When a file is missing or does not fit the others.
    """
    terms = read_terms(folder / f"{field}.terms")
    ptr = open_array(folder / f"{field}.ptr.npy", "<i8", len(terms) + 1)
    docs, counts = (
        open_array(folder / f"{field}.{name}.npy", kind, int(ptr[-1]))
        for name, kind in (("docs", "<u4"), ("counts", "<u2"))
    )
    if len(docs) and int(docs.max()) >= passages:
        raise IndexDamagedError(folder / f"{field}.docs.npy", f"points outside the index; {AGAIN}")
    lengths = open_array(folder / f"{field}.lengths.npy", "<u4", passages)
    return TermCounts(
        terms, ptr.astype(np.int64), docs, counts, lengths.astype(np.int64), int(counts.sum(dtype=np.int64))
    )
