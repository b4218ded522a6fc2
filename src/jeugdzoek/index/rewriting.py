"""A new generation from the stored texts alone: nothing else is carried over."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.index.compiling import Parts, Progress, compile_generation
from jeugdzoek.index.generations import Published, collect_after, number_of, read_current, writing
from jeugdzoek.index.layout import FORMAT, STORE, Manifest, read_manifest, verify_files
from jeugdzoek.index.models import load_recorded
from jeugdzoek.index.store import Store


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did.

    Parameters
    ----------
    generation
        Name of the generation the index now stands on.
    format_before, format
        Numbers of the formats.
    changed
        False when all was as this jeugdzoek would write it; nothing was done then.
    reports
        In the index.
    held
        Older generations that a reader still holds.
    warnings
        What failed after the change was made.
    """

    generation: str
    format_before: int
    format: int
    changed: bool
    reports: int
    held: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()


def migrate_index(root: Path, *, encoder: Encoder | None = None, progress: Progress | None = None) -> Migrated:
    """Bring the index at `root` to the present format, analyser and model.

    Parameters
    ----------
    root
        The index folder.
    encoder
        Model of the vectors; the one the index records by default.
    progress
        Called as the work goes on.

    Raises
    ------
    IndexMissingError, IndexDamagedError
        When there is no index to migrate, or it is not whole.
    IndexFormatError
        When a newer jeugdzoek wrote it.
    """
    with writing(root):
        pointer = read_current(root)
        before = read_manifest(pointer.folder, pointer.manifest_sha256)
        encoder = encoder or load_recorded(before.encoder)
        wanted = (FORMAT, Analyzer().fingerprint, encoder.fingerprint)
        if (before.format, before.analyzer, before.encoder.fingerprint) == wanted:
            return Migrated(pointer.folder.name, FORMAT, FORMAT, False, before.reports)
        verify_files(pointer.folder, before, contents=True)
        with closing(Store(pointer.folder / STORE)) as store:
            reports = list(store.reports())
        made = rewrite(root, reports, before, encoder, progress, previous=number_of(pointer.folder))
        held, warnings = collect_after(made)
    return Migrated(made.folder.name, before.format, FORMAT, True, before.reports, held, warnings)


def rewrite(
    root: Path,
    reports: Iterable[Report],
    before: Manifest,
    encoder: Encoder,
    progress: Progress | None,
    *,
    previous: int,
) -> Published:
    """Publish a generation of `reports` in which nothing of an earlier one is left.

    Parameters
    ----------
    root
        The index folder; the writer lock is held.
    reports
        As they are stored: masked already, if the index is.
    before
        Manifest of the generation they come from.
    encoder
        Model of the vectors.
    progress
        Called as the work goes on.
    previous
        Number of the generation to roll back to; 0 for none.
    """
    parts = Parts(Analyzer(), encoder, before.masked, progress)
    return compile_generation(root, None, [], list(reports), parts, previous)
