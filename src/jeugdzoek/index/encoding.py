"""Passages → vectors. What was encoded before is not encoded again, even when the build before was cut off."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from jeugdzoek.embedding.encoder import Encoder, Vectors
from jeugdzoek.errors import IndexDamagedError
from jeugdzoek.index.documents import to_encode
from jeugdzoek.index.files import FILE_MODE, NOT_THROUGH_LINKS, remove, require_regular
from jeugdzoek.index.layout import ENCODED
from jeugdzoek.index.reader import Reader

AT_ONCE = 256
"""Texts between two reports of progress; also what an interruption costs at most."""
WORTH_KEEPING = 10.0
"""Seconds of encoding before anything is written down: less is sooner done again."""
QUICK = 5e-4
"""Seconds a text below which nothing is written down: writing and reading would take as long as encoding it again."""
MOST_WAITING = 1 << 16
"""Vectors held until it is known whether they are worth writing down."""
KEY = 32
CHECK = 8
NORM_ERROR = 1e-3


class Encoding:
    """Encodes the fresh passages of one build, part by part.

    Parameters
    ----------
    root
        The index folder; the writer lock is held.
    encoder
        The model.
    before
        Text → vector by this model, of what need not be encoded.
    progress
        Called with (stage, done, of how many so far).
    """

    def __init__(
        self, root: Path, encoder: Encoder, before: Mapping[str, Vectors], progress: Callable[[str, int, int], None]
    ) -> None:
        self._kept = Kept(root / ENCODED, encoder)
        self._encoder = encoder
        self._before = before
        self._progress = progress
        self._done = self._total = self._encoded = 0
        self._spent = 0.0
        self._stopped = False
        self._unkept: list[tuple[str, Vectors]] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of `texts`, one row each; one that occurs twice is encoded once."""
        vectors = np.zeros((len(texts), self._encoder.dimensions), dtype=np.float32)
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            known = self._before.get(text)
            if known is None:
                known = self._kept.get(text)
            if known is None:
                rows.setdefault(text, []).append(row)
            else:
                vectors[row] = known
        self._total += len(texts)
        self._done += len(texts) - sum(map(len, rows.values()))
        started = time.monotonic() - self._spent
        for chunk in _chunks(list(rows)):
            if self._stopped:
                break
            for text, vector in zip(chunk, self._encoder.encode_passages(chunk), strict=True):
                vectors[rows[text]] = vector
                self._done += len(rows[text])
                self._unkept.append((text, vector))
            self._spent = time.monotonic() - started
            self._encoded += len(chunk)
            self._keep()
            self._progress("encoding", self._done, self._total)
        return vectors

    def stop(self) -> None:
        """Encode no further, for a build that has failed while another thread encodes."""
        self._stopped = True

    def _keep(self) -> None:
        if self._spent > WORTH_KEEPING and self._spent >= QUICK * self._encoded:
            self._kept.add([text for text, _ in self._unkept], np.stack([vector for _, vector in self._unkept]))
            self._unkept = []
        elif len(self._unkept) > MOST_WAITING:
            self._unkept = []


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), AT_ONCE):
        yield texts[start : start + AT_ONCE]


def vectors_of(old: Reader, encoder: Encoder, report_ids: Collection[str]) -> dict[str, Vectors]:
    """Return text → vector of all passages that the reports `report_ids` have in the generation `old`.

    Empty when `old` has vectors of another model.
    """
    if old.manifest.encoder.fingerprint != encoder.fingerprint:
        return {}
    known = old.store.hashes()
    numbers = sorted(known[report_id][0] for report_id in report_ids if report_id in known)
    ordinals = np.flatnonzero(np.isin(old.report_of, numbers)).tolist()
    reports = old.store.numbered(numbers)
    passages = old.store.passages(ordinals).items()
    return {to_encode(reports[number], passage): old.vectors[ordinal] for ordinal, (number, passage) in passages}


def forget_kept(root: Path) -> None:
    """Remove what an interrupted build had encoded; a build that was published needs it no more."""
    with suppress(OSError):
        remove(root / ENCODED)


class Kept:
    """Vectors that outlive an interrupted build, in a file of fixed-size records.

    A record is the hash of a text, its vector, and a checksum over both; the model goes
    into hash and checksum. Reading stops at the first record that is not right, so
    that a torn end, damage, or another model's file costs time and is never believed.

    Parameters
    ----------
    path
        The file; need not be there.
    encoder
        The model of the vectors.
    """

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._salt = hashlib.sha256(f"{encoder.fingerprint} {encoder.dimensions}".encode()).digest()
        self._dimensions = encoder.dimensions
        self._found: dict[bytes, Vectors] = {}
        self._size = 0
        with suppress(IndexDamagedError, OSError):
            require_regular(path)
            self._read()

    def get(self, text: str) -> Vectors | None:
        """Return the vector of `text`, or None."""
        return self._found.get(self._hash(text.encode("utf-8", "surrogatepass"), KEY)) if self._found else None

    def add(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Write down the vectors of `texts`; a disk that takes no more is no reason to stop encoding."""
        records = []
        for text, vector in zip(texts, vectors, strict=True):
            record = self._hash(text.encode("utf-8", "surrogatepass"), KEY) + vector.astype("<f4").tobytes()
            records.append(record + self._hash(record, CHECK))
        data = b"".join(records)
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | NOT_THROUGH_LINKS, FILE_MODE)
            try:
                # What lies beyond is torn, damaged, or of another model.
                os.ftruncate(descriptor, self._size)
                os.lseek(descriptor, self._size, os.SEEK_SET)
                if os.write(descriptor, data) == len(data):
                    self._size += len(data)
            finally:
                os.close(descriptor)

    def _read(self) -> None:
        length = KEY + 4 * self._dimensions
        with self._path.open("rb") as file:
            while len(record := file.read(length)) == length and file.read(CHECK) == self._hash(record, CHECK):
                vector: Vectors = np.frombuffer(record[KEY:], dtype="<f4")
                if vector.any() and not abs(float(vector @ vector) - 1) < NORM_ERROR:
                    break
                self._found[record[:KEY]] = vector
                self._size += length + CHECK

    def _hash(self, data: bytes, size: int) -> bytes:
        return hashlib.blake2b(data, digest_size=size, key=self._salt).digest()
