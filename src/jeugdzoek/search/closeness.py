"""How near the words of a passage come to a word of the query."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.embedding.encoder import Encoder

WORDS = re.compile(r"\w{3,}")
REMEMBERED = 1 << 16
"""Words whose vectors are kept."""
AT_ONCE = 8
"""Words of a query that are compared in one product."""

Vectors = NDArray[np.float32]


class WordVectors:
    """The vectors of single words, each encoded once.

    Parameters
    ----------
    encoder
        A model that encodes a word in microseconds: a static one.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._kept = self._nothing()

    def closeness(self, words: Sequence[str], texts: Sequence[str]) -> NDArray[np.float32]:
        """Return words × texts: the highest cosine of each word to any word of each text.

        Parameters
        ----------
        words
            Of the query.
        texts
            Passages; one without a word of three letters gives 0.
        """
        inside = [set(WORDS.findall(text.lower())) or {""} for text in texts]
        rows = self._rows([*words, *chain.from_iterable(inside)])
        starts = np.cumsum([len(words), *map(len, inside[:-1])])
        # A few words at a time: for larger products BLAS starts threads, which wait for each other.
        pieces = (rows[at : min(at + AT_ONCE, len(words))] for at in range(0, len(words), AT_ONCE))
        nearest: Vectors = np.maximum.reduceat(np.concatenate([piece @ rows.T for piece in pieces]), starts, axis=1)
        return nearest

    def _nothing(self, needed: int = 0) -> tuple[dict[str, int], Vectors]:
        return {"": 0}, np.zeros((max(REMEMBERED, needed + 1), self._encoder.dimensions), dtype=np.float32)

    def _rows(self, words: Sequence[str]) -> Vectors:
        places, vectors = self._kept
        at = [places.get(word, -1) for word in words]
        if -1 in at:
            places, vectors = self._with(set(words))
            at = [places[word] for word in words]
        return vectors.take(at, axis=0)

    def _with(self, words: set[str]) -> tuple[dict[str, int], Vectors]:
        """Return places and vectors that have `words`; a row is written before its place is told."""
        with self._lock:
            places, vectors = self._kept
            new = sorted(words - places.keys())
            if len(places) + len(new) > len(vectors):
                places, vectors = self._kept = self._nothing(len(words))
                new = sorted(words - places.keys())
            first = len(places)
            vectors[first : first + len(new)] = self._encoder.encode_queries(new)
            places.update(zip(new, range(first, first + len(new)), strict=True))
            return places, vectors
