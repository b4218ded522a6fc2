"""An index folder that is searched while others write to it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.thesaurus import Thesaurus
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.errors import JeugdzoekError
from jeugdzoek.index.generations import read_current
from jeugdzoek.index.reader import open_current
from jeugdzoek.search.local import LocalBackend

LOOK_EVERY = 1.0
"""Seconds between looks whether a new generation was published."""
PAUSE_AFTER_PROBLEM = 9.0
"""Seconds more before the next look when the new generation could not be opened: verifying it takes time."""


class LiveFolder:
    """Hands out the backend on the newest generation of an index folder.

    A search takes one backend and keeps it to its end, so it never mixes generations;
    an old generation is let go when its last search is done. When a newer one cannot be
    opened, the one in use goes on serving and `problem` says why.

    Parameters
    ----------
    root
        The index folder.
    encoder
        Must be the one the index was built with; loaded when first needed if None.
    thesaurus
        Related words; the bundled ones if None.

    Raises
    ------
    IndexMissingError, IndexDamagedError, IndexFormatError, EncoderMismatchError
        When the folder cannot be opened, or not with this encoder.
    """

    def __init__(self, root: Path, encoder: Encoder | None = None, thesaurus: Thesaurus | None = None) -> None:
        self.root = root
        self._analyzer = Analyzer()
        self._given = (encoder, thesaurus)
        self._renewing = threading.Lock()
        self.problem: Exception | None = None
        reader, self._pointer = open_current(root)
        try:
            self._backend = LocalBackend(reader, self._analyzer, *self._given)
        except BaseException:
            reader.close()
            raise
        self._looked = time.monotonic()

    def backend(self) -> LocalBackend:
        """Return the backend to search now; looks for a newer generation at most once a second."""
        if time.monotonic() - self._looked > LOOK_EVERY and self._renewing.acquire(blocking=False):
            try:
                self._renew()
            except (JeugdzoekError, OSError) as error:
                self.problem = error
                self._looked += PAUSE_AFTER_PROBLEM
            finally:
                self._renewing.release()
        return self._backend

    def refresh(self) -> None:
        """Look for a newer generation now."""
        with self._renewing:
            self._renew()

    def close(self) -> None:
        """Close the files of the generation in use."""
        self._backend.reader.close()

    def _renew(self) -> None:
        self._looked = time.monotonic()
        if read_current(self.root) != self._pointer:
            reader, pointer = open_current(self.root)
            try:
                self._backend, self._pointer = LocalBackend(reader, self._analyzer, *self._given), pointer
            except BaseException:
                reader.close()
                raise
        self.problem = None
