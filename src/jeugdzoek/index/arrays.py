"""Numpy arrays on disk: written plainly, checked before they are mapped."""

from __future__ import annotations

import math
import mmap
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.files import require_regular
from jeugdzoek.index.layout import AGAIN

Array = NDArray[Any]
MAGIC = b"\x93NUMPY\x01\x00"
HEAD = 128
"""Bytes of the head that numpy writes: padded, so that the shape fits in however long it gets."""
HEADER = re.compile(
    rb"\{'descr': '([<|][fiu][0-9])', 'fortran_order': False, 'shape': \((\d{1,13}),(?: (\d{1,13}))?\), \}\s*"
)
"""All that ``np.save`` writes for a plain array of one or two dimensions; never evaluated."""


def write_array(path: Path, array: Array) -> None:
    """Write `array` to `path` in numpy's own format, never pickled."""
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)


class ArrayWriter:
    """Writes an array of two dimensions row by row; the file is what `write_array` makes of the whole.

    Parameters
    ----------
    path
        File to make.
    dtype
        E.g. ``<f4``.
    width
        Numbers in a row.
    """

    def __init__(self, path: Path, dtype: str, width: int) -> None:
        self._dtype = np.dtype(dtype)
        self._width = width
        self._file = path.open("wb")
        self._file.write(bytes(HEAD))
        self.rows = 0

    def append(self, rows: Array) -> None:
        """Write some more rows."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).data)
        self.rows += len(rows)

    def finish(self) -> None:
        """Write the head, which says how many rows there are, and close the file."""
        head = {"descr": self._dtype.str, "fortran_order": False, "shape": (self.rows, self._width)}
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(self._file, head)
        if self._file.tell() != HEAD:
            raise ValueError(f"a head of {self._file.tell()} bytes instead of {HEAD}")
        self._file.close()

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._file.close()


def open_array(path: Path, dtype: str, rows: int | None = None, *, dimensions: int = 1) -> Array:
    """Map the array at `path`, read-only.

    Parameters
    ----------
    path
        A ``.npy`` file.
    dtype
        What it must hold, e.g. ``<f4``.
    rows
        First dimension it must have; any when None.
    dimensions
        How many there must be.

    Raises
    ------
    IndexDamagedError
        When header, type, shape or file size do not agree.
    """
    require_regular(path)
    try:
        with path.open("rb") as file:
            start = file.read(10)
            header = HEADER.fullmatch(file.read(int.from_bytes(start[8:], "little")))
            # The file that is mapped is the one whose header was read.
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (ValueError, OSError) as error:
        raise IndexDamagedError(path, f"is not an array ({error}); {AGAIN}") from error
    if start[:8] != MAGIC or not header or header[1].decode() != dtype:
        raise IndexDamagedError(path, f"is not an array of {dtype}; {AGAIN}")
    shape = tuple(int(length) for length in header.groups()[1:] if length is not None)
    offset = len(start) + len(header[0])
    size = np.dtype(dtype).itemsize
    fits = len(shape) == dimensions and rows in (None, shape[0]) and offset % size == 0
    if not fits or offset + math.prod(shape) * size != len(mapped):
        raise IndexDamagedError(path, f"holds {dtype} {shape}, not what the manifest says; {AGAIN}")
    return np.frombuffer(mapped, dtype=dtype, offset=offset, count=math.prod(shape)).reshape(shape)
