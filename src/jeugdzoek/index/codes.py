"""Two bits for every dimension of every vector: a coarse copy, small enough to be looked through for every query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.embedding.encoder import Vectors
from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.arrays import open_array, write_array
from jeugdzoek.index.layout import AGAIN, CODES, SPREAD

Words = NDArray[np.uint64]
ABOVE = 20_000
"""Passages up to which the exact product is as fast, so that no codes are written."""
WORD = 64
ROWS = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The codes of all vectors of an index.

    A dimension of a vector lies on one of four levels: more than a deviation below the
    mean of that dimension (0), below it (1), above it (2), more than a deviation above
    it (3). The upper bits of 64 dimensions make a word, and so do the lower bits.

    Parameters
    ----------
    spread
        float32, 2 × dimensions: mean and deviation of each dimension.
    words
        uint64, 2·W × passages for W words a vector: the upper bits, then the lower ones.
        Dimension d is bit d mod 64 of word d // 64.
    """

    spread: Vectors
    words: Words


def make_codes(vectors: Vectors) -> Codes:
    """Return the codes of `vectors` (passages × dimensions); the same for the same vectors."""
    passages, dimensions = vectors.shape
    count = -(-dimensions // WORD)
    mean = np.zeros(dimensions)
    square = np.zeros(dimensions)
    for start in range(0, passages, ROWS):
        part = vectors[start : start + ROWS].astype(np.float64)
        mean += part.sum(axis=0) / passages
        square += (part * part).sum(axis=0) / passages
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    spread = np.stack([mean, deviation]).astype(np.float32)
    words = np.empty((2 * count, passages), dtype="<u8")
    for start in range(0, passages, ROWS):
        off = vectors[start : start + ROWS] - spread[0]
        above = off >= 0
        far = np.abs(off) >= spread[1]
        words[:count, start : start + ROWS] = pack(above).T
        words[count:, start : start + ROWS] = pack(above == far).T
    return Codes(spread, words)


def pack(bits: NDArray[np.bool_]) -> Words:
    """Return the rows of `bits` (n × dimensions) as words, n × W; what is left over of the last word is 0."""
    octets = np.packbits(bits, axis=1, bitorder="little")
    padded = np.zeros((len(bits), -(-bits.shape[1] // WORD) * WORD // 8), dtype=np.uint8)
    padded[:, : octets.shape[1]] = octets
    words: Words = padded.view("<u8")
    return words


def write_codes(folder: Path, vectors: Vectors) -> None:
    """Write the codes of `vectors` into the generation `folder`, if there are enough of them."""
    if len(vectors) > ABOVE:
        codes = make_codes(vectors)
        write_array(folder / CODES, codes.words)
        write_array(folder / SPREAD, codes.spread)


def open_codes(folder: Path, files: Mapping[str, object], vectors: Vectors) -> Codes | None:
    """Open the codes of the generation `folder`; None where its manifest names no such file.

    Parameters
    ----------
    folder
        The generation.
    files
        Names of its files.
    vectors
        Whose codes they are.

    Raises
    ------
    IndexDamagedError
        When they do not fit the vectors.
    """
    if CODES not in files and SPREAD not in files:
        return None
    passages, dimensions = vectors.shape
    words = open_array(folder / CODES, "<u8", 2 * -(-dimensions // WORD), dimensions=2)
    spread = open_array(folder / SPREAD, "<f4", 2, dimensions=2)
    for name, array, width in ((CODES, words, passages), (SPREAD, spread, dimensions)):
        if array.shape[1:] != (width,):
            raise IndexDamagedError(folder / name, f"does not fit the vectors; {AGAIN}")
    return Codes(spread, words)


def is_code_of(codes: Codes, vectors: Vectors) -> bool:
    """Tell whether `codes` are what would be made of `vectors` now."""
    made = make_codes(vectors)
    return np.array_equal(made.words, codes.words) and np.array_equal(made.spread, codes.spread)
