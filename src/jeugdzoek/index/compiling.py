"""Writes all files of one generation, from fresh reports and the generation before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from os.path import samefile
from pathlib import Path

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.index.check import SMOKE_QUERIES, self_check
from jeugdzoek.index.encoding import Encoding, forget_kept, vectors_of
from jeugdzoek.index.files import require_room
from jeugdzoek.index.generations import Published, new_generation, publish
from jeugdzoek.index.layout import FORMAT, Manifest
from jeugdzoek.index.making import TextsWriter, write_keywords
from jeugdzoek.index.merging import GONE
from jeugdzoek.index.models import record_of
from jeugdzoek.index.ordering import batches, in_order, old_to_new
from jeugdzoek.index.reader import Reader
from jeugdzoek.index.workers import Workers, how_many

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, of how many)."""

AT_ONCE = 1024
"""Fresh reports cut, counted and encoded at a time."""
BYTES_PER_CHARACTER = 12
ROOM = 1.2


@dataclass(frozen=True, slots=True)
class Parts:
    """What turns reports into an index.

    Parameters
    ----------
    analyzer, encoder
        For the two halves.
    masked
        What the manifest records.
    progress
        Called with (stage, done, of how many).
    workers
        See `jeugdzoek.index.workers.how_many`.
    """

    analyzer: Analyzer
    encoder: Encoder
    masked: bool
    progress: Progress | None
    workers: int | None = None

    def report(self, stage: str, done: int, total: int) -> None:
        """Tell how far `stage` is."""
        if self.progress:
            self.progress(stage, done, total)


def compile_generation(
    root: Path, old: Reader | None, kept: Sequence[int], fresh: Sequence[Report], parts: Parts, previous: int
) -> Published:
    """Write and publish a new generation of the index at `root`.

    Parameters
    ----------
    root
        The index folder; the writer lock is held.
    old
        The generation to carry over from, or None.
    kept
        Numbers of its reports that stay as they are.
    fresh
        New and changed reports.
    parts
        Analyser, encoder, …
    previous
        Number of the generation to roll back to; 0 for none.
    """
    kept_bytes = sum(size for size, _ in old.manifest.files.values()) if old else 0
    characters = sum(len(report.text) for report in fresh)
    require_room(root, int(ROOM * (kept_bytes + BYTES_PER_CHARACTER * characters)))
    items = in_order(old, kept, fresh)
    stays = old if kept else None
    before = vectors_of(old, parts.encoder, {report.id for report in fresh}) if old else {}
    with closing(Workers(how_many(parts.workers, characters))) as workers, new_generation(root) as folder:
        encoding = Encoding(root, workers.encoder(parts.encoder), before, parts.report)
        with closing(TextsWriter(folder, stays, parts.analyzer, encoding, parts.encoder.dimensions)) as texts:
            done = 0
            parts.report("analysing", done, len(fresh))
            for batch, prepared in workers.prepared(batches(items, AT_ONCE)):
                texts.take_in(batch, prepared)
                done += sum(isinstance(item, Report) for item in batch)
                parts.report("analysing", done, len(fresh))
            audiences = texts.finish()
        parts.report("keywords", 0, 0)
        moved = old_to_new(items, texts.sizes, stays.manifest.passages if stays else 0, GONE)
        write_keywords(folder, stays, moved, texts.counter, texts.fresh, texts.passages)
        parts.report("writing", 0, 0)

        def known(name: str) -> tuple[int, str] | None:
            """Return what the generation before says of a file that is in both; its checksums were compared."""
            same = stays and name in stays.manifest.files and samefile(folder / name, stays.folder / name)
            return stays.manifest.files[name] if stays and same else None

        manifest = _manifest(texts, audiences, parts, previous)
        published = publish(folder, manifest, lambda made: self_check(made, parts.analyzer, SMOKE_QUERIES), known)
    forget_kept(root)
    return published


def _manifest(texts: TextsWriter, audiences: tuple[str, ...], parts: Parts, previous: int) -> Manifest:
    return Manifest(
        format=FORMAT,
        version=version("jeugdzoek"),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        analyzer=parts.analyzer.fingerprint,
        encoder=record_of(parts.encoder),
        reports=texts.reports,
        passages=texts.passages,
        audiences=audiences,
        masked=parts.masked,
        previous=previous,
    )
