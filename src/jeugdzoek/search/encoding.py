"""Query → vector, by the model an index was built with."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.errors import EncoderMismatchError
from jeugdzoek.index.layout import EncoderRecord
from jeugdzoek.index.models import load_recorded, record_of

CACHED_QUERIES = 1024


class QueryEncoder:
    """Gives the vectors of queries and remembers the latest.

    Parameters
    ----------
    record
        What the manifest says of the model.
    root
        The index folder, for messages.
    encoder
        The model, already loaded; loaded when first needed if None.

    Raises
    ------
    EncoderMismatchError
        When `encoder` is another than `record` says.
    """

    def __init__(self, record: EncoderRecord, root: Path, encoder: Encoder | None = None) -> None:
        self._record = record
        self._root = root
        self._encoder = None if encoder is None else self._required(encoder)
        self.encode = lru_cache(maxsize=CACHED_QUERIES)(self._encode)
        """Text → unit vector, float32."""

    @property
    def encoder(self) -> Encoder:
        """The model, loaded when first needed."""
        if self._encoder is None:
            self._encoder = self._required(load_recorded(self._record))
        return self._encoder

    def _encode(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.encoder.encode_queries([text])[0]
        return vector

    def _required(self, encoder: Encoder) -> Encoder:
        if self._record.fingerprint != encoder.fingerprint:
            options = record_of(encoder).reading.to_options()
            command = f"jeugdzoek index SOURCE --index {self._root} --model {encoder.name}{options}"
            raise EncoderMismatchError(self._record.name, encoder.name, command)
        return encoder
