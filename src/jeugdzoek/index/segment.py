"""One Whoosh segment, written straight from counted terms.

Whoosh's own writer takes documents, pools their postings, sorts them and hands them to its codec one by one. Here they
arrive sorted, so that blocks of 128 are written as they are, in the format of Whoosh's third codec; ids, weights and
lengths of all blocks are worked out in numpy. What is written answers as what ``add_document`` writes, and depends on
nothing but the terms: no random name, no time.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.postings import TermCounts, slabs

NAME = "MAIN"
POSTINGS = ".pst"
REST = ".seg"
"""Endings of the two files of a segment. Whoosh reads the whole of what lies in the second when it opens it."""
BLOCK = 128
"""Postings in a block, as Whoosh has it."""
COUNT = struct.Struct("!I")
"""How often a word stands in a passage, before the places where."""
OCTET = 255
TERM_INFO = np.dtype(
    [
        *(("inlined", "u1"), ("weight", ">f4"), ("documents", ">u4"), ("shortest", "u1"), ("longest", "u1")),
        *(("heaviest", ">f4"), ("first", ">u4"), ("last", ">u4"), ("offset", ">i8"), ("size", ">i4")),
    ]
)
MAGIC = b"W3Bl"
DIRECTORY = struct.Struct("!qi")

Ints = NDArray[np.int64]


class Segment:
    """A segment that is being written; terms of its fields are added one field after the other.

    Parameters
    ----------
    folder
        The Whoosh folder.
    number
        Its name; no other segment of the folder has it.
    documents
        How many it holds.
    """

    def __init__(self, folder: Path, number: int, documents: int) -> None:
        from whoosh.codec.whoosh3 import W3Codec, W3Segment
        from whoosh.filedb.filetables import OrderedHashWriter
        from whoosh.filedb.structfile import StructFile

        self.segment: Any = W3Segment(W3Codec(compression=0), NAME, documents, segid=f"{number:06d}")
        self._folder = folder
        self._file = (folder / self.segment.make_filename(POSTINGS)).open("wb")
        self._index = _Open()
        self._terms: Any = OrderedHashWriter(StructFile(self._index))
        self._terms.extras["fieldmap"] = {}
        self._columns: dict[str, bytes] = {"._stored.col": _no_stored(documents)}
        self._lengths: dict[str, int] = {}
        self._written = 0

    def add(self, field: str, counts: TermCounts) -> None:
        """Write the postings of `field`; with positions when `counts` has any."""
        if not counts.terms:
            return
        octets = to_bytes(counts.lengths)
        self._columns[f"._{field}_len.col"] = octets.tobytes()
        self._lengths[field] = counts.total
        fields = self._terms.extras["fieldmap"]
        prefix = struct.pack("!H", fields.setdefault(field, len(fields)))
        for first, end in slabs(counts.ptr):
            infos = self._write_terms(counts, octets, first, end).tobytes()
            size = TERM_INFO.itemsize
            for row, term in enumerate(counts.terms[first:end]):
                self._terms.add(prefix + term.encode(), infos[row * size : (row + 1) * size])

    def _write_terms(self, counts: TermCounts, octets: NDArray[np.uint8], first: int, end: int) -> NDArray[Any]:
        """Write the postings of the terms `first` to `end`, and return what the index of terms says of them."""
        blocks = _Blocks(counts, octets, first, end)
        written = list(blocks.encoded())
        sizes = np.fromiter(map(len, written), dtype=np.int64, count=len(written))
        sizes[blocks.firsts] += len(MAGIC)
        for row in blocks.firsts.tolist():
            written[row] = MAGIC + written[row]
        self._file.writelines(written)
        term_sizes = np.add.reduceat(sizes, blocks.firsts)
        infos = np.zeros(end - first, dtype=TERM_INFO)
        infos["weight"] = np.add.reduceat(blocks.counts, blocks.bounds[:-1], dtype=np.int64)
        infos["documents"] = np.diff(blocks.bounds)
        infos["shortest"] = np.minimum.reduceat(blocks.shortest, blocks.firsts)
        infos["longest"] = np.maximum.reduceat(blocks.longest, blocks.firsts)
        infos["heaviest"] = np.maximum.reduceat(blocks.heaviest, blocks.firsts)
        infos["first"] = blocks.docs[blocks.bounds[:-1]]
        infos["last"] = blocks.docs[blocks.bounds[1:] - 1]
        infos["offset"] = self._written + np.cumsum(term_sizes) - term_sizes
        infos["size"] = term_sizes
        self._written += int(term_sizes.sum())
        return infos

    def finish(self) -> Any:
        """Write the index of terms and the lengths, and return Whoosh's record of it."""
        self._file.close()
        self._terms.close()
        directory = {}
        with (self._folder / self.segment.make_filename(REST)).open("wb") as file:
            file.write(bytes(DIRECTORY.size))
            for name, part in ((".trm", self._index.getvalue()), *self._columns.items()):
                where = {"offset": file.tell(), "length": file.write(part), "modified": 0.0}
                directory[self.segment.make_filename(name)] = where
            start = file.tell()
            end = start + file.write(pickle.dumps(directory, 2) + pickle.dumps({}, 2))
            file.seek(0)
            file.write(DIRECTORY.pack(start, end - start))
        self.segment.compound = True
        self.segment._fieldlengths = self._lengths
        return self.segment

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._file.close()


def to_bytes(lengths: Ints) -> NDArray[np.uint8]:
    """Return `lengths` as Whoosh keeps them: one byte each, rounded up above 10."""
    steps = _steps()
    return np.minimum(np.searchsorted(steps, lengths), len(steps) - 1).astype(np.uint8)


def rounded_lengths(lengths: Ints) -> Ints:
    """Return `lengths` as Whoosh remembers them (see `to_bytes`)."""
    return _steps()[to_bytes(lengths)]


@cache
def _steps() -> Ints:
    from whoosh.util.numeric import byte_to_length

    return np.array([byte_to_length(byte) for byte in range(256)], dtype=np.int64)


class _Open(BytesIO):
    """A file in memory that can be read after Whoosh has closed it."""

    def close(self) -> None:
        """Stay open."""


def _no_stored(documents: int) -> bytes:
    """Return the column of stored fields for documents that have none."""
    from whoosh.codec.whoosh3 import STORED_COLUMN
    from whoosh.filedb.structfile import StructFile

    made = _Open()
    STORED_COLUMN.writer(StructFile(made)).finish(documents)
    return made.getvalue()


class _Blocks:
    """The postings of the terms `first` to `end`, cut into blocks.

    ``bounds`` are the postings of each term, ``firsts`` the first block of each; the rest is
    one number a posting (``docs``, ``counts``) or a block.
    """

    def __init__(self, counts: TermCounts, octets: NDArray[np.uint8], first: int, end: int) -> None:
        start, stop = int(counts.ptr[first]), int(counts.ptr[end])
        self.docs = counts.docs[start:stop]
        self.counts = counts.counts[start:stop]
        self._positions = None
        if counts.positions is not None:
            before = int(counts.counts[:start].sum(dtype=np.int64))
            self._positions = counts.positions[before : before + int(self.counts.sum(dtype=np.int64))]
        self.bounds = counts.ptr[first : end + 1] - start
        blocks = -(-np.diff(self.bounds) // BLOCK)
        self.firsts = np.cumsum(blocks) - blocks
        within = np.arange(int(blocks.sum())) - np.repeat(self.firsts, blocks)
        self._starts = np.repeat(self.bounds[:-1], blocks) + BLOCK * within
        self._last = np.zeros(len(within), dtype=np.bool_)
        self._last[self.firsts[1:] - 1] = self._last[-1:] = True
        self.shortest = np.minimum.reduceat(octets[self.docs], self._starts)
        self.longest = np.maximum.reduceat(octets[self.docs], self._starts)
        self.heaviest = np.maximum.reduceat(self.counts, self._starts)

    def encoded(self) -> Iterator[bytes]:
        """Yield the blocks as they stand in the file: size (negative for the last of a term), head, postings."""
        steps = np.diff(self.docs.astype(np.int64), prepend=0)
        steps[self._starts] = self.docs[self._starts]
        gaps, values = steps.tolist(), self._values()
        weights = self.counts.astype(np.float64)
        lightest = np.minimum.reduceat(self.counts, self._starts)
        ends = np.append(self._starts[1:], len(self.docs))
        weighed = (lightest, self.heaviest, self.shortest, self.longest)
        columns = (self._starts, ends - self._starts, self.docs[ends - 1], *weighed, self._last)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for start, count, newest, least, most, short, long, last in rows:
            # None for ones, a number where all are the same: as Whoosh's reader knows them
            end = start + count
            alike = None if most == 1 else float(most)
            weight = alike if least == most else tuple(weights[start:end].tolist())
            body = pickle.dumps((tuple(gaps[start:end]), weight, values(start, end)), 3)
            head = pickle.dumps((count, newest, float(most), 0, short, long), 2)
            size = len(head) + len(body)
            yield struct.pack("!i", -size if last else size) + head + body

    def _values(self) -> Callable[[int, int], object]:
        if self._positions is None:
            plain = self.counts.astype(">u4").tobytes()
            return lambda start, end: plain[4 * start : 4 * end]
        encoded = _positions(self.counts, self._positions)
        return lambda start, end: tuple(encoded[start:end])


def _positions(counts: NDArray[np.uint16], positions: NDArray[Any]) -> list[bytes]:
    """Return for every posting where the word stands, as Whoosh's format of positions has it."""
    starts = np.cumsum(counts, dtype=np.int64) - counts
    gaps = np.diff(positions.astype(np.int64), prepend=0)
    gaps[starts] = positions[starts]
    encoded = np.empty(len(counts), dtype=object)
    # Of words that stand once the same object every time, so that a block holds it once.
    alone = counts == 1
    found = gaps[starts[alone]]
    known = np.empty(int(found.max(initial=0)) + 1, dtype=object)
    for gap in np.flatnonzero(np.bincount(found)).tolist():
        known[gap] = _encode_positions([gap])
    encoded[alone] = known[found]
    for count in np.flatnonzero(np.bincount(counts)).tolist():
        if count > 1:
            rows = np.flatnonzero(counts == count)
            encoded[rows] = _encode_rows(gaps[starts[rows, np.newaxis] + np.arange(count)])
    made: list[bytes] = encoded.tolist()
    return made


def _encode_rows(rows: Ints) -> NDArray[Any]:
    """Return what `_encode_positions` gives for each of `rows`, which are equally long, as an array of objects."""
    encoded = np.empty(len(rows), dtype=object)
    small = (rows <= OCTET).all(axis=1)
    # The pickles of such rows differ in these bytes alone, which stand behind the number of them.
    pattern = np.frombuffer(_encode_positions([OCTET] * rows.shape[1]), dtype=np.uint8)
    places = pattern == OCTET
    places[: COUNT.size] = False
    written = np.tile(pattern, (int(small.sum()), 1))
    written[:, places] = rows[small]
    encoded[small] = written.view(f"S{len(pattern)}").ravel()
    for row in np.flatnonzero(~small).tolist():
        encoded[row] = _encode_positions(rows[row].tolist())
    return encoded


def _encode_positions(gaps: list[int]) -> bytes:
    return COUNT.pack(len(gaps)) + pickle.dumps(gaps, 2)
