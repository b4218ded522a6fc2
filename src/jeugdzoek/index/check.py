"""Whether a generation is whole: every byte, its parts with each other, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.errors import IndexDamagedError, IndexFolderError
from jeugdzoek.index.codes import is_code_of
from jeugdzoek.index.generations import generations, number_of, read_current
from jeugdzoek.index.keys import passage_key
from jeugdzoek.index.keyword import WORD
from jeugdzoek.index.layout import (
    KEYS,
    LEVELS,
    MANIFEST,
    POSTINGS,
    READERS,
    STORE,
    VECTORS,
    WHOOSH,
    WHOOSH_DOCS,
    Manifest,
    read_manifest,
    read_seal,
    verify_files,
)
from jeugdzoek.index.postings import Postings
from jeugdzoek.index.reader import Reader, require_format

SMOKE_QUERIES = 3
SAMPLES = 20
NORM_ERROR = 1e-3
"""How far from 1 the length of a vector may be."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked and found good.

    Parameters
    ----------
    generation
        Its name.
    files, bytes
        Compared with checksums, those of the generation before included.
    samples
        Passages that were found by their own words; 0 for an index of another analyser.
    warnings
        What is wrong with the generation before: rollback cannot return to it.
    """

    generation: str
    files: int
    bytes: int
    samples: int
    warnings: tuple[str, ...] = ()


def check_index(root: Path) -> Checked:
    """Check the current generation of the index at `root`, and the bytes of the one before it.

    Raises
    ------
    IndexDamagedError
        For the first thing that is not as it was written.
    IndexFormatError
        When it has a format this jeugdzoek does not search.
    """
    pointer = read_current(root)
    manifest = read_manifest(pointer.folder, pointer.manifest_sha256)
    if read_seal(pointer.folder) != pointer.manifest_sha256:
        raise IndexDamagedError(pointer.folder / READERS, "is not the checksum of the manifest; index again")
    verify_files(pointer.folder, manifest, contents=True)
    require_format(pointer.folder, manifest)
    analyzer = Analyzer()
    same = manifest.analyzer == analyzer.fingerprint
    samples = self_check(pointer.folder, analyzer if same else None, SAMPLES)
    earlier, warnings = _check_previous(root, manifest.previous)
    files = [*manifest.files.values(), *(earlier.files.values() if earlier else ())]
    return Checked(pointer.folder.name, len(files), sum(size for size, _ in files), samples, warnings)


def _check_previous(root: Path, number: int) -> tuple[Manifest | None, tuple[str, ...]]:
    """Return the manifest of the generation to roll back to, if it is whole, and what is wrong with it if not."""
    for folder in generations(root):
        if number_of(folder) == number:
            try:
                manifest = read_manifest(folder)
                verify_files(folder, manifest, contents=True)
            except IndexFolderError as error:
                return None, (str(error),)
            return manifest, ()
    return None, ()


def self_check(folder: Path, analyzer: Analyzer | None, samples: int) -> int:
    """Open the generation in `folder` as a reader would and see that its parts agree.

    Parameters
    ----------
    folder
        The generation, published or not.
    analyzer
        The one it was built with; None to leave the samples out.
    samples
        Passages to look up by their own words.

    Returns
    -------
    int
        Passages looked up.

    Raises
    ------
    IndexDamagedError
        When the parts do not agree.
    """
    reader = Reader(folder, read_manifest(folder))
    try:
        _check_counts(reader)
        for field, postings in reader.postings.items():
            if not _is_sound(postings):
                raise IndexDamagedError(folder / POSTINGS, f"has postings of {field} that cannot be; index again")
        _check_vectors(reader)
        return _check_samples(reader, analyzer, samples) if analyzer else 0
    finally:
        reader.close()


def _check_counts(reader: Reader) -> None:
    manifest: Manifest = reader.manifest
    found = reader.store.counts()
    if found != (manifest.reports, manifest.passages):
        reason = f"holds {found} reports and passages instead of {(manifest.reports, manifest.passages)}; index again"
        raise IndexDamagedError(reader.folder / STORE, reason)
    if bool((np.diff(reader.keys) <= 0).any()):
        raise IndexDamagedError(reader.folder / KEYS, "has keys that do not rise; index again")
    alive = np.sort(reader.whoosh_docs[reader.whoosh_docs >= 0])
    if not np.array_equal(alive, np.arange(manifest.passages)) or reader.keyword.count() != manifest.passages:
        raise IndexDamagedError(reader.folder / WHOOSH_DOCS, "does not hold every passage once; index again")
    if not manifest.audiences and manifest.reports:
        raise IndexDamagedError(reader.folder / MANIFEST, "names no audience; index again")


def _is_sound(postings: Postings) -> bool:
    """Tell whether passages exist and rise within every term, and all that scores is a finite number above 0."""
    docs = postings.docs
    if len(docs) and int(docs.max()) >= postings.passages:
        return False
    rises = docs[1:] > docs[:-1]
    rises[postings.ptr[1:-1] - 1] = True
    scores = (postings.impacts, postings.ceilings)
    return bool(rises.all()) and all(bool((np.isfinite(part) & (part > 0)).all()) for part in scores)


def _check_vectors(reader: Reader) -> None:
    norms = np.sqrt(np.einsum("ij,ij->i", reader.vectors, reader.vectors))
    if not bool(((np.abs(norms - 1) < NORM_ERROR) | (norms == 0)).all()):
        raise IndexDamagedError(reader.folder / VECTORS, "has vectors of a length other than 1; look at the --model")
    if not is_code_of(reader.codes, reader.vectors):
        raise IndexDamagedError(reader.folder / LEVELS, "or the codes beside it are not of these vectors; index again")


def _check_samples(reader: Reader, analyzer: Analyzer, samples: int) -> int:
    """See that passages are found by a word of their own, in both forms of the keyword half."""
    passages = reader.manifest.passages
    ordinals = np.unique(np.linspace(0, passages - 1, min(samples, passages)).astype(int)).tolist() if passages else []
    postings = reader.postings[WORD]
    for ordinal, (number, passage) in reader.store.passages(ordinals).items():
        if reader.report_of[ordinal] != number or reader.keys[ordinal] != passage_key(
            passage.report_id, passage.number
        ):
            raise IndexDamagedError(reader.folder / KEYS, f"does not belong to passage {passage.id}; index again")
        words = [term.word for term in analyzer.terms(passage.text)]
        if not words:
            continue
        word = min(words, key=postings.frequency)
        row = postings.terms.get(word)
        if row is None or ordinal not in postings.docs[postings.ptr[row] : postings.ptr[row + 1]]:
            raise IndexDamagedError(reader.folder / POSTINGS, f"misses a word of passage {passage.id}; index again")
        if ordinal not in reader.keyword.phrase([word]):
            raise IndexDamagedError(reader.folder / WHOOSH, f"misses a word of passage {passage.id}; index again")
    return len(ordinals)
