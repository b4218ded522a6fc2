"""Names on disk, the manifest, and what must be true of a file before it is opened.

::

    <index>/
      CURRENT           "gen-000042 <sha256 of its manifest>"
      LOCK              held by the one writer
      ENCODED           vectors that an interrupted build had made
      gen-000042/       never changed once published
        manifest.json   what there is, with size and sha256 of every file
        READERS         sha256 of manifest.json; held, shared, by whoever reads this generation
        reports.sqlite  texts and details
        keys.npy  report_of.npy  vectors.npy  codes.npy  spread.npy
        postings/*.npy  postings/*.terms
        whoosh/*
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jeugdzoek.embedding.encoder import Reading
from jeugdzoek.errors import IndexDamagedError, IndexFormatError
from jeugdzoek.index.files import require_folder, require_regular

FORMAT = 1
CURRENT = "CURRENT"
LOCK = "LOCK"
ENCODED = "ENCODED"
MANIFEST = "manifest.json"
READERS = "READERS"
STORE = "reports.sqlite"
KEYS = "keys.npy"
REPORT_OF = "report_of.npy"
VECTORS = "vectors.npy"
LEVELS = "levels.npy"
STEPS = "steps.npy"
CODES = "codes.npy"
SPREAD = "spread.npy"
POSTINGS = "postings"
WHOOSH = "whoosh"
WHOOSH_DOCS = "whoosh_docs.npy"

GENERATION = re.compile(r"^gen-(\d{6,12})$")
FILE_NAME = re.compile(r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)?$")
POINTER = re.compile(r"^(gen-\d{6,12}) ([0-9a-f]{64})\n$")
LARGEST_MANIFEST = 1 << 20
LARGEST_FILE = 1 << 40
SEAL = re.compile(rb"^[0-9a-f]{64}\n$")
AGAIN = "run jeugdzoek rollback, or index again"


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
    reading
        How texts were given to it, and queries must be.
    """

    name: str
    fingerprint: str
    dimensions: int
    reading: Reading = field(default_factory=Reading)


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
    previous
        Number of the generation that rollback returns to; 0 when there is none.
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
    previous: int
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the manifest as it stands on disk."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode()


def read_manifest(folder: Path, sha256: str | None = None) -> Manifest:
    """Read and check the manifest of the generation in `folder`, in this format or an older one.

    Parameters
    ----------
    folder
        The generation.
    sha256
        What ``CURRENT`` says of the manifest; what ``READERS`` says when None.

    Raises
    ------
    IndexDamagedError
        When it is missing, changed or not a manifest.
    IndexFormatError
        When a newer jeugdzoek wrote it.
    """
    path = folder / MANIFEST
    require_folder(folder)
    if require_regular(path) > LARGEST_MANIFEST:
        raise IndexDamagedError(path, f"is larger than any manifest; {AGAIN}")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != (sha256 or read_seal(folder)):
        raise IndexDamagedError(path, f"has changed since it was written, or belongs to another generation; {AGAIN}")
    try:
        return _parse(json.loads(data), path)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise IndexDamagedError(path, f"is not a manifest ({type(error).__name__}); index again") from error


def read_seal(folder: Path) -> str:
    """Return the sha256 (hex) that ``READERS`` in `folder` gives of the manifest.

    Raises
    ------
    IndexDamagedError
        When it is missing or holds something else.
    """
    path = folder / READERS
    require_regular(path)
    with path.open("rb") as file:
        data = file.read(100)
    if not SEAL.match(data):
        raise IndexDamagedError(path, f"does not hold a checksum; {AGAIN}")
    return data.decode().strip()


def _parse(row: dict[str, Any], path: Path) -> Manifest:
    number = int(row["format"])
    if number > FORMAT:
        reason = f"has format {number}, this jeugdzoek reads up to {FORMAT}; install a newer jeugdzoek"
        raise IndexFormatError(path, reason)
    files = {name: (int(size), str(sha)) for name, (size, sha) in row["files"].items()}
    for name, (size, _) in files.items():
        if not FILE_NAME.fullmatch(name) or ".." in name or not 0 <= size <= LARGEST_FILE:
            raise IndexDamagedError(path, f"names a file {name!r}, which no index has; do not use this folder")
    counts = {key: int(row[key]) for key in ("reports", "passages", "previous")}
    return Manifest(
        format=number,
        version=str(row["version"]),
        created=str(row["created"]),
        analyzer=str(row["analyzer"]),
        encoder=_encoder(row["encoder"]),
        audiences=tuple(str(label) for label in row["audiences"]),
        masked=bool(row["masked"]),
        files=files,
        **counts,
    )


def _encoder(row: dict[str, Any]) -> EncoderRecord:
    read = row.get("reading") or {}
    query, passage = (None if read.get(key) is None else str(read[key]) for key in ("query_prompt", "passage_prompt"))
    longest = None if read.get("max_length") is None else int(read["max_length"])
    reading = Reading(query, passage, longest)
    return EncoderRecord(str(row["name"]), str(row["fingerprint"]), int(row["dimensions"]), reading)


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
        For the first file that is missing, too many, has another size, or other contents.
    """
    for name, (size, sha256) in sorted(manifest.files.items()):
        path = folder / name
        found = require_regular(path)
        if found != size:
            raise IndexDamagedError(path, f"has {found} bytes instead of {size}; {AGAIN}")
        if contents and file_sha256(path) != sha256:
            raise IndexDamagedError(path, f"has changed since it was written; {AGAIN}")
    folders = {name.rpartition("/")[0] for name in manifest.files}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name in manifest.files or name in (MANIFEST, READERS):
            continue
        if name not in folders:
            raise IndexDamagedError(path, "is not in the manifest; do not use this folder")
        require_folder(path)


def file_sha256(path: Path) -> str:
    """Return the sha256 (hex) of the file at `path`."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
