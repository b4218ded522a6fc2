"""A published generation, opened for reading."""

from __future__ import annotations

import threading
import weakref
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.errors import IndexDamagedError, IndexFolderError, IndexFormatError
from jeugdzoek.index.arrays import open_array
from jeugdzoek.index.codes import Codes, open_codes
from jeugdzoek.index.generations import Pointer, read_current
from jeugdzoek.index.keyword import FIELDS, KeywordIndex
from jeugdzoek.index.layout import (
    FORMAT,
    KEYS,
    POSTINGS,
    REPORT_OF,
    STORE,
    VECTORS,
    WHOOSH,
    WHOOSH_DOCS,
    Manifest,
    read_manifest,
    verify_files,
)
from jeugdzoek.index.locking import ReaderHold
from jeugdzoek.index.postings import Postings
from jeugdzoek.index.store import Store

VERIFY_BELOW = 256 << 20
"""Bytes: the checksums of smaller generations are compared at their first open in a process."""

TRIES = 20

_verified: set[Pointer] = set()


class Reader:
    """All parts of one generation.

    Parameters
    ----------
    folder
        The generation.
    manifest
        Its manifest, read and verified.
    hold
        Keeps the generation from being collected; None for one not yet published.
    """

    def __init__(self, folder: Path, manifest: Manifest, hold: ReaderHold | None = None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._keyword_lock = threading.Lock()
        passages = manifest.passages
        self.keys: NDArray[np.int64] = open_array(folder / KEYS, "<i8", passages)
        self.report_of: NDArray[np.int32] = open_array(folder / REPORT_OF, "<i4", passages)
        self.vectors: NDArray[np.float32] = open_array(folder / VECTORS, "<f4", passages, dimensions=2)
        if passages and self.vectors.shape[1:] != (manifest.encoder.dimensions,):
            raise IndexDamagedError(
                folder / VECTORS, "has vectors of another length than the manifest says; index again"
            )
        self.codes: Codes = open_codes(folder, manifest.files, self.vectors)
        self.postings: dict[str, Postings] = {
            field: Postings(folder / POSTINGS, field, passages, manifest.reports) for field in FIELDS
        }
        self.whoosh_docs: NDArray[np.int32] = open_array(folder / WHOOSH_DOCS, "<i4")
        self._require_range(REPORT_OF, self.report_of, 0, manifest.reports)
        self._require_range(WHOOSH_DOCS, self.whoosh_docs, -1, passages)
        self.store = Store(folder / STORE)
        self._to_close: list[Store | KeywordIndex | ReaderHold] = [self.store, *([hold] if hold else [])]
        self._closer = weakref.finalize(self, _close_all, self._to_close)

    @cached_property
    def keyword(self) -> KeywordIndex:
        """The Whoosh index, opened when first needed."""
        with self._keyword_lock:
            opened = KeywordIndex(self.folder / WHOOSH, self.whoosh_docs)
            self._to_close.append(opened)
            return opened

    @cached_property
    def details(self) -> list[tuple[str | None, str | None, str]]:
        """(date, place, audience) of every report, in order."""
        return self.store.details()

    def _require_range(self, name: str, numbers: NDArray[np.int32], lowest: int, end: int) -> None:
        if len(numbers) and not lowest <= int(numbers.min()) <= int(numbers.max()) < end:
            raise IndexDamagedError(self.folder / name, "points outside the index; index again")

    def close(self) -> None:
        """Close the files and let go of the generation; happens by itself when nobody uses it any more."""
        self._closer()


def _close_all(parts: list[Store | KeywordIndex | ReaderHold]) -> None:
    for part in reversed(parts):
        part.close()


def open_current(root: Path, *, whole: bool = False) -> tuple[Reader, Pointer]:
    """Open the generation the index at `root` stands on.

    Parameters
    ----------
    root
        The index folder.
    whole
        Compare the checksums of a large generation too, unless this process did before.
        Writers do: what they carry over gets new checksums.

    Returns
    -------
    (Reader, Pointer)
        And what ``CURRENT`` said, to see later whether it still says so.

    Raises
    ------
    IndexMissingError, IndexDamagedError, IndexFormatError
        See `jeugdzoek.errors`.
    """
    for _ in range(TRIES):
        pointer = read_current(root)
        hold = None
        try:
            hold = ReaderHold(pointer.folder)
            return _open_verified(pointer, hold, whole), pointer
        except BaseException as error:
            if hold:
                hold.close()
            if not isinstance(error, (OSError, IndexFolderError)) or read_current(root) == pointer:
                raise
    raise IndexDamagedError(root, "changes faster than it can be opened; try again")


def require_format(folder: Path, manifest: Manifest) -> None:
    """Raise unless `manifest` has the format that is searched.

    Raises
    ------
    IndexFormatError
        When it has an older one.
    """
    if manifest.format != FORMAT:
        reason = f"has format {manifest.format}; bring it to {FORMAT} with: jeugdzoek migrate --index {folder.parent}"
        raise IndexFormatError(folder, reason)


def _open_verified(pointer: Pointer, hold: ReaderHold, whole: bool) -> Reader:
    manifest = read_manifest(pointer.folder, pointer.manifest_sha256)
    require_format(pointer.folder, manifest)
    size = sum(size for size, _ in manifest.files.values())
    contents = pointer not in _verified and (whole or size < VERIFY_BELOW)
    verify_files(pointer.folder, manifest, contents=contents)
    reader = Reader(pointer.folder, manifest, hold)
    if contents:
        _verified.add(pointer)
    return reader
