"""Names on disk, the manifest, and what must be true of a file before it is opened.

::

    <index>/
      CURRENT           "gen-000042 <sha256 of its manifest>"
      LOCK              held by the one writer
      gen-000042/       never changed once published
        manifest.json   what there is, with size and sha256 of every file
        READERS         held, shared, by whoever reads this generation
        reports.sqlite  texts and details
        keys.npy  report_of.npy  vectors.npy
        postings/*.npy  postings/terms.txt
        whoosh/*
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jeugdzoek.errors import IndexDamagedError, IndexFormatError

FORMAT = 1
CURRENT = "CURRENT"
LOCK = "LOCK"
MANIFEST = "manifest.json"
READERS = "READERS"
STORE = "reports.sqlite"
KEYS = "keys.npy"
REPORT_OF = "report_of.npy"
VECTORS = "vectors.npy"
POSTINGS = "postings"
WHOOSH = "whoosh"
WHOOSH_DOCS = "whoosh_docs.npy"

GENERATION = re.compile(r"^gen-(\d{6,12})$")
FILE_NAME = re.compile(r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)?$")
POINTER = re.compile(r"^(gen-\d{6,12}) ([0-9a-f]{64})\n?$")
LARGEST_MANIFEST = 1 << 20


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """Which model made the vectors.

    Parameters
    ----------
    name
        How to load it again.
    fingerprint
        What the loaded model must answer to.
    dimensions
        Length of a vector.
    """

    name: str
    fingerprint: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds.

    Parameters
    ----------
    format
        Number of the format it is written in.
    version
        Version of jeugdzoek that wrote it.
    created
        ISO time, UTC.
    analyzer
        Fingerprint of the analyser.
    encoder
        The model of the vectors.
    reports, passages
        How many there are.
    audiences
        All labels that occur.
    masked
        Whether contact data was masked.
    files
        Name → (size in bytes, sha256).
    """

    format: int
    version: str
    created: str
    analyzer: str
    encoder: EncoderRecord
    reports: int
    passages: int
    audiences: tuple[str, ...]
    masked: bool
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the manifest as it stands on disk."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode()


def read_manifest(folder: Path, sha256: str | None = None) -> Manifest:
    """Read and check the manifest of the generation in `folder`.

    Parameters
    ----------
    folder
        The generation.
    sha256
        What ``CURRENT`` says of the manifest; not compared when None.

    Raises
    ------
    IndexDamagedError
        When it is missing, changed or not a manifest.
    IndexFormatError
        When a newer jeugdzoek wrote it.
    """
    path = folder / MANIFEST
    require_regular(path)
    data = path.read_bytes() if path.stat().st_size <= LARGEST_MANIFEST else b""
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise IndexDamagedError(path, "is not the manifest CURRENT names; run jeugdzoek rollback, or index again")
    try:
        return _parse(json.loads(data), path)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IndexDamagedError(path, f"is not a manifest ({error}); index again") from error


def _parse(row: dict[str, Any], path: Path) -> Manifest:
    number = int(row["format"])
    if number > FORMAT:
        raise IndexFormatError(
            path, f"has format {number}, this jeugdzoek reads up to {FORMAT}; install a newer jeugdzoek"
        )
    files = {name: (int(size), str(sha)) for name, (size, sha) in row["files"].items()}
    for name in files:
        if not FILE_NAME.match(name) or ".." in name:
            raise IndexDamagedError(path, f"names a file {name!r}, which no index has; do not use this folder")
    counts = {key: int(row[key]) for key in ("reports", "passages")}
    encoder = EncoderRecord(
        str(row["encoder"]["name"]), str(row["encoder"]["fingerprint"]), int(row["encoder"]["dimensions"])
    )
    return Manifest(
        format=number,
        version=str(row["version"]),
        created=str(row["created"]),
        analyzer=str(row["analyzer"]),
        encoder=encoder,
        audiences=tuple(str(label) for label in row["audiences"]),
        masked=bool(row["masked"]),
        files=files,
        **counts,
    )


def require_regular(path: Path) -> int:
    """Return the size of `path`, which must be a regular file and no link.

    Raises
    ------
    IndexDamagedError
        When it is missing or something else.
    """
    try:
        found = path.lstat()
    except OSError as error:
        raise IndexDamagedError(
            path, f"cannot be read ({error.strerror}); run jeugdzoek rollback, or index again"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise IndexDamagedError(path, "is not a regular file; do not use this folder")
    return found.st_size


def verify_files(folder: Path, manifest: Manifest, *, contents: bool) -> None:
    """Compare the files in `folder` with `manifest`.

    Parameters
    ----------
    folder
        The generation.
    manifest
        Its manifest.
    contents
        True to compare the sha256 too, not the sizes alone.

    Raises
    ------
    IndexDamagedError
        For the first file that is missing, has another size, or other contents.
    """
    for name, (size, sha256) in sorted(manifest.files.items()):
        path = folder / name
        found = require_regular(path)
        if found != size:
            raise IndexDamagedError(
                path, f"has {found} bytes instead of {size}; run jeugdzoek rollback, or index again"
            )
        if contents and file_sha256(path) != sha256:
            raise IndexDamagedError(path, "has changed since it was written; run jeugdzoek rollback, or index again")


def file_sha256(path: Path) -> str:
    """Return the sha256 (hex) of the file at `path`."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
