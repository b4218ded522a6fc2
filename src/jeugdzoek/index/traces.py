"""Whether bytes that should be gone still stand anywhere in a folder."""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHORTEST = 6
"""Bytes: anything shorter is found by chance among numbers."""
CHUNK = 1 << 24
LARGEST_STREAM = 1 << 26
ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


class Traces:
    """Looks for many strings of bytes at once, ASCII letter case ignored.

    Parameters
    ----------
    needles
        What to look for; those shorter than `SHORTEST` are left out.
    """

    def __init__(self, needles: Collection[bytes]) -> None:
        self.needles = sorted({needle.lower() for needle in needles if len(needle) >= SHORTEST})
        self._longest = max(map(len, self.needles), default=0)
        self._starts: dict[bytes, list[bytes]] = {}
        for needle in self.needles:
            self._starts.setdefault(needle[:SHORTEST], []).append(needle)
        self._heads = np.zeros(1 << 16, dtype=np.bool_)
        for start in self._starts:
            self._heads[start[0] << 8 | start[1]] = True
        self._codes = np.unique(np.array([_code(start) for start in self._starts], dtype=np.uint64))

    def within(self, data: bytes | mmap.mmap) -> bool:
        """Tell whether any of them stands in `data`, as it is or compressed by zlib."""
        return self._plainly(data) or any(self._plainly(part) for part in _decompressed(data))

    def files(self, root: Path, without: Collection[Path], warnings: list[str]) -> tuple[list[Path], int]:
        """Search all files below `root` but those in the folders `without`.

        Parameters
        ----------
        root
            A folder.
        without
            Folders below it to leave out.
        warnings
            Takes in which files could not be read.

        Returns
        -------
        (files, bytes)
            The files that hold one of them, and how many bytes were read.
        """
        found, total = [], 0
        for path in sorted(root.rglob("*")):
            if path.is_symlink() or not path.is_file() or any(folder in path.parents for folder in without):
                continue
            try:
                here, size = self._file(path)
            except OSError as error:
                warnings.append(f"{path}: {error.strerror}; forget again")
                continue
            total += size
            found += [path] if here else []
        return found, total

    def _file(self, path: Path) -> tuple[bool, int]:
        size = path.stat().st_size
        if not size:
            return False, 0
        with path.open("rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as data:
            return self.within(data), size

    def _plainly(self, data: bytes | mmap.mmap) -> bool:
        for start in range(0, max(1, len(data)), CHUNK):
            chunk = data[start : start + CHUNK + self._longest].lower()
            if any(self._at(chunk, position) for position in self._candidates(chunk)):
                return True
        return False

    def _at(self, chunk: bytes, position: int) -> bool:
        here = self._starts.get(chunk[position : position + SHORTEST], ())
        return any(chunk.startswith(needle, position) for needle in here)

    def _candidates(self, chunk: bytes) -> list[int]:
        """Return where one of the needles may start: two bytes looked up, then all six."""
        if len(chunk) < SHORTEST:
            return []
        array: NDArray[np.uint8] = np.frombuffer(chunk, dtype=np.uint8)
        heads = array[: 1 - SHORTEST].astype(np.uint16) << 8 | array[1 : 2 - SHORTEST]
        at = np.flatnonzero(self._heads[heads])
        codes = np.zeros(len(at), dtype=np.uint64)
        for offset in range(SHORTEST):
            codes = codes << np.uint64(8) | array[at + offset]
        positions: list[int] = at[np.isin(codes, self._codes)].tolist()
        return positions


def _code(start: bytes) -> int:
    return int.from_bytes(start, "big")


def _decompressed(data: bytes | mmap.mmap) -> Iterator[bytes]:
    with memoryview(data) as view:
        for match in ZLIB.finditer(data):
            start = match.start()
            try:
                part = zlib.decompressobj().decompress(view[start : start + CHUNK], LARGEST_STREAM)
            except zlib.error:
                continue
            yield part
