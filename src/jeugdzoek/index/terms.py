"""The terms of a field, looked up on disk: opening them costs nothing, a lookup a microsecond."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.arrays import Array, open_array, write_array
from jeugdzoek.index.files import link_or_copy, require_regular
from jeugdzoek.index.layout import AGAIN

LARGEST = 1 << 29


class Terms(Mapping[str, int]):
    """Term → row, read from files as it is asked for.

    A term's row is its place among the sorted terms. It is found by its CRC-32: these are
    kept sorted, with the row of each.

    Parameters
    ----------
    texts
        The terms in UTF-8, sorted, one a line.
    ends
        int64: where each term ends in `texts`.
    hashes
        uint32: the CRC-32 of every term, rising.
    rows
        uint32: the row of each of `hashes`.
    """

    def __init__(self, texts: bytes | memoryview, ends: Array, hashes: Array, rows: Array) -> None:
        self._texts = texts
        self._ends, self._hashes, self._rows = ends.data, hashes.data, rows.data

    def get(self, term: str, default: int | None = None) -> int | None:  # type: ignore[override]
        """Return the row of `term`, or `default`."""
        text = term.encode("utf-8", "replace")
        checksum = crc32(text)
        at = bisect_left(self._hashes, checksum)
        while at < len(self._hashes) and self._hashes[at] == checksum:
            row = self._rows[at]
            if row < len(self._ends) and self._text(row) == text:
                return row
            at += 1
        return default

    def __getitem__(self, term: str) -> int:
        row = self.get(term)
        if row is None:
            raise KeyError(term)
        return row

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and self.get(term) is not None

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[str]:
        texts = bytes(self._texts).decode()
        return iter(texts.split("\n") if texts else ())

    def _text(self, row: int) -> bytes | memoryview:
        return self._texts[self._ends[row - 1] + 1 if row else 0 : self._ends[row]]


def write_terms(folder: Path, field: str, terms: Sequence[str]) -> None:
    """Write the sorted `terms` of `field`, and what they are found by, into `folder`."""
    text = "\n".join(terms).encode()
    texts = text.split(b"\n") if terms else []
    hashes = np.fromiter(map(crc32, texts), dtype="<u4", count=len(texts))
    order = np.argsort(hashes, kind="stable")
    lengths = np.fromiter(map(len, texts), dtype="<i8", count=len(texts))
    (folder / f"{field}.terms").write_bytes(text)
    write_array(folder / f"{field}.ends.npy", np.cumsum(lengths + 1) - 1)
    write_array(folder / f"{field}.hashes.npy", hashes[order])
    write_array(folder / f"{field}.rows.npy", order.astype("<u4"))


def carry_terms(before: Path, folder: Path, field: str) -> None:
    """Give what `write_terms` wrote into the folder `before` a second name in `folder`."""
    for name in (f"{field}.terms", *(f"{field}.{part}.npy" for part in ("ends", "hashes", "rows"))):
        link_or_copy(before / name, folder / name)


def open_terms(folder: Path, field: str) -> Terms:
    """Open what `write_terms` wrote.

    Raises
    ------
    IndexDamagedError
        When a file is missing or does not fit the others.
    """
    path = folder / f"{field}.terms"
    texts = read_texts(path)
    ends = open_array(folder / f"{field}.ends.npy", "<i8")
    hashes, rows = (open_array(folder / f"{field}.{name}.npy", "<u4", len(ends)) for name in ("hashes", "rows"))
    if (int(ends[-1]) if len(ends) else 0) != len(texts):
        raise IndexDamagedError(path, f"is not as long as {field}.ends.npy says; {AGAIN}")
    return Terms(texts, ends, hashes, rows)


def read_texts(path: Path) -> bytes:
    """Read the terms of a field, one a line, as they stand in the file.

    Raises
    ------
    IndexDamagedError
        When the file is far too large.
    """
    if require_regular(path) > LARGEST:
        raise IndexDamagedError(path, "is larger than the words of any collection; do not use this folder")
    return path.read_bytes()


def read_terms(path: Path) -> list[str]:
    """Read the terms of a field, in order.

    Raises
    ------
    IndexDamagedError
        When they are not UTF-8, or far too many.
    """
    try:
        text = read_texts(path).decode()
    except UnicodeDecodeError as error:
        raise IndexDamagedError(path, f"is not UTF-8 ({error.reason}); {AGAIN}") from error
    return text.split("\n") if text else []
