"""Numpy arrays on disk: written plainly, checked before they are mapped."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.files import require_regular

Array = NDArray[Any]
DTYPES = frozenset(np.dtype(code).str for code in ("<f4", "<f8", "<i8", "<i4", "<u4", "<u2", "<u1"))


def write_array(path: Path, array: Array) -> None:
    """Write `array` to `path` in numpy's own format, never pickled."""
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)


def open_array(path: Path, dtype: str, rows: int | None = None) -> Array:
    """Map the array at `path`, read-only.

    Parameters
    ----------
    path
        A ``.npy`` file.
    dtype
        What it must hold, e.g. ``<f4``.
    rows
        First dimension it must have; any when None.

    Raises
    ------
    IndexDamagedError
        When header, type, shape or file size do not agree.
    """
    size = require_regular(path)
    try:
        with path.open("rb") as file:
            version = npy.read_magic(file)
            reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran, found = reader(file, max_header_size=4096)
            offset = file.tell()
            # The file that is mapped is the one whose header was read.
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (ValueError, SyntaxError, OSError, RecursionError) as error:
        raise IndexDamagedError(path, f"is not an array ({error}); run jeugdzoek rollback, or index again") from error
    expected = offset + int(np.prod(shape, dtype=object)) * found.itemsize
    fits = (found.str in DTYPES and found.str == dtype and not fortran and expected == size == len(mapped)) and all(
        n >= 0 for n in shape
    )
    if not fits or (rows is not None and shape[:1] != (rows,)):
        mapped.close()
        raise IndexDamagedError(path, f"holds {found.str} {shape}, not what the manifest says; index again")
    if 0 in shape:
        mapped.close()
        return np.zeros(shape, dtype=found)
    return np.frombuffer(mapped, dtype=found, offset=offset).reshape(shape)
