"""The seam of the meaning half: text in, unit vectors out."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model is given a text: what changes its vectors besides its own files.

    Parameters
    ----------
    query_prompt, passage_prompt
        Put before every query and passage; None for what the model's configuration names.
    max_length
        Tokens of a text that are read; None for what the model's configuration says.
    """

    query_prompt: str | None = None
    passage_prompt: str | None = None
    max_length: int | None = None

    def to_options(self) -> str:
        """Return it as options of the command line, with a space before each."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return "".join(f" --{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in given.items())


class Encoder(Protocol):
    """Anything that turns texts into vectors."""

    name: str
    """How to load it again: ``bundled``, a folder, or a model name."""

    fingerprint: str
    """Changes when the same text would give another vector."""

    dimensions: int
    """Length of a vector."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, shape ``(len(texts), dimensions)``, float32."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per passage, shape ``(len(texts), dimensions)``, float32."""
        ...


def unit_rows(vectors: NDArray[np.floating]) -> Vectors:
    """Return `vectors` (n × d) with every row at length 1; an all-zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(
        np.float32, copy=False
    )
    return rows
