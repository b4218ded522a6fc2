"""Coarse copies of every vector, small enough to be looked through for each query.

*Levels* are the numbers of a vector in eight bits, with a step of its own for each vector: what
they say of a cosine is wrong by half a step a number at most. *Words*, kept above 20,000
passages, have two bits a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.embedding.encoder import Vectors
from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.arrays import open_array, write_array
from jeugdzoek.index.layout import AGAIN, CODES, LEVELS, SPREAD, STEPS

Words = NDArray[np.uint64]
Levels = NDArray[np.int8]
ABOVE = 20_000
"""Passages up to which looking through all levels is quick enough, so that no codes are written."""
MOST = 127
WORD = 64
ROWS = 1 << 15


class Codes(NamedTuple):
    """The coarse copies of all vectors of an index.

    Parameters
    ----------
    levels
        int8, passages × dimensions.
    steps
        float32, one a passage: what a level is worth there. A number of the vector lies at most
        half a step beside its level.
    spread
        float32, 2 × dimensions: mean and deviation of each dimension; None for few passages.
    words
        uint64, 2·W × passages, for W words a vector; None for few passages. A number lies on one of
        four levels: more than a deviation below the mean of its dimension (0), below it (1), above
        it (2), more than a deviation above it (3). The upper bits of 64 dimensions make a word, and
        then so do the lower ones: dimension d is bit d mod 64 of word d // 64.
    """

    levels: Levels
    steps: NDArray[np.float32]
    spread: Vectors | None
    words: Words | None


def make_codes(vectors: Vectors, *, with_words: bool) -> Codes:
    """Return the codes of `vectors` (passages × dimensions); the same for the same vectors."""
    levels, steps = np.empty(vectors.shape, dtype=np.int8), np.empty(len(vectors), dtype=np.float32)
    for part in _parts(vectors):
        levels[part], steps[part] = levels_of(vectors[part])
    if not with_words:
        return Codes(levels, steps, None, None)
    spread = _spread(vectors)
    width = -(-vectors.shape[1] // WORD)
    words = np.empty((2 * width, len(vectors)), dtype="<u8")
    for part in _parts(vectors):
        off = vectors[part] - spread[0]
        above = off >= 0
        words[:width, part] = pack(above).T
        words[width:, part] = pack(above == (np.abs(off) >= spread[1])).T
    return Codes(levels, steps, spread, words)


def levels_of(vectors: Vectors) -> tuple[Levels, NDArray[np.float32]]:
    """Return the levels of each row, and its step: the largest number is level 127 or -127."""
    largest = np.abs(vectors).max(axis=1, initial=0)
    per_unit = np.divide(MOST, largest, out=np.zeros_like(largest), where=largest > 0)
    return np.rint(vectors * per_unit[:, None]).astype(np.int8), (largest / MOST).astype(np.float32)


def pack(bits: NDArray[np.bool_]) -> Words:
    """Return the rows of `bits` (n × dimensions) as words, n × W; what is left over of the last word is 0."""
    octets = np.packbits(bits, axis=1, bitorder="little")
    if bits.shape[1] % WORD == 0:
        return octets.view("<u8")
    padded = np.zeros((len(bits), -(-bits.shape[1] // WORD) * WORD // 8), dtype=np.uint8)
    padded[:, : octets.shape[1]] = octets
    words: Words = padded.view("<u8")
    return words


def write_codes(folder: Path, vectors: Vectors) -> None:
    """Write the codes of `vectors` into the generation `folder`."""
    codes = make_codes(vectors, with_words=len(vectors) > ABOVE)
    for name, array in ((LEVELS, codes.levels), (STEPS, codes.steps), (CODES, codes.words), (SPREAD, codes.spread)):
        if array is not None:
            write_array(folder / name, array)


def open_codes(folder: Path, files: Mapping[str, object], vectors: Vectors) -> Codes:
    """Open the codes of the generation `folder`.

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
    passages, dimensions = vectors.shape
    levels = open_array(folder / LEVELS, "|i1", passages, dimensions=2)
    steps = open_array(folder / STEPS, "<f4", passages)
    words = spread = None
    if CODES in files or SPREAD in files:
        words = open_array(folder / CODES, "<u8", 2 * -(-dimensions // WORD), dimensions=2)
        spread = open_array(folder / SPREAD, "<f4", 2, dimensions=2)
    for name, array, width in ((LEVELS, levels, dimensions), (CODES, words, passages), (SPREAD, spread, dimensions)):
        if array is not None and array.shape[1:] != (width,):
            raise IndexDamagedError(folder / name, f"does not fit the vectors; {AGAIN}")
    return Codes(levels, steps, spread, words)


def is_code_of(codes: Codes, vectors: Vectors) -> bool:
    """Tell whether `codes` are what would be made of `vectors` now."""
    made = make_codes(vectors, with_words=codes.words is not None)
    return all(
        one is kept if one is None or kept is None else np.array_equal(one, kept)
        for one, kept in zip(made, codes, strict=True)
    )


def _spread(vectors: Vectors) -> Vectors:
    """Return mean and deviation of each dimension."""
    mean = np.zeros(vectors.shape[1])
    square = np.zeros(vectors.shape[1])
    for part in _parts(vectors):
        numbers = vectors[part].astype(np.float64)
        mean += numbers.sum(axis=0) / len(vectors)
        square += (numbers * numbers).sum(axis=0) / len(vectors)
    return np.stack([mean, np.sqrt(np.maximum(square - mean * mean, 0))]).astype(np.float32)


def _parts(vectors: Vectors) -> Iterator[slice]:
    """Yield ranges of rows that are worked on at a time."""
    return (slice(start, start + ROWS) for start in range(0, len(vectors), ROWS))
