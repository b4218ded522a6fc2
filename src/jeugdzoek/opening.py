"""Path → `Index`: the door to everything else."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.thesaurus import Thesaurus
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.errors import JeugdzoekError, QueryError, ReportMissingError
from jeugdzoek.privacy.audience import allowed_labels
from jeugdzoek.search import kernel
from jeugdzoek.search.backend import MODES, Filters, Mode
from jeugdzoek.search.filtering import checked
from jeugdzoek.search.fusion import FusionSettings
from jeugdzoek.search.hits import Hits
from jeugdzoek.search.live import LiveFolder
from jeugdzoek.search.query import parse
from jeugdzoek.search.searcher import search

if TYPE_CHECKING:
    from jeugdzoek.corpus.reading import Source
    from jeugdzoek.index.builder import BuildSettings, BuildSummary
    from jeugdzoek.index.compiling import Progress
    from jeugdzoek.index.forgetting import Forgotten

# What a search does not need is imported where it is used: a third of the time to the first hit.

MOST_HITS = 1000


class Index:
    """An index, open for searching.

    Made by `open` and `build`; usable from several threads, and as a context manager.
    A generation that another process publishes is picked up between two searches.

    Parameters
    ----------
    folder
        The live index folder.
    summary
        What the build did that made or updated it; None for one that was only opened.
    """

    def __init__(self, folder: LiveFolder, summary: BuildSummary | None = None) -> None:
        self._folder = folder
        self._analyzer = Analyzer()
        self._fusion = FusionSettings()
        self.summary = summary

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        mode: Mode = "hybrid",
        filters: Filters | None = None,
        audience: str | Iterable[str] | None = None,
        related: bool = True,
    ) -> Hits:
        """Return the passages that answer `query` best.

        Parameters
        ----------
        query
            As typed: words, ``"a phrase"``, ``-without``. An empty one has no hits.
        limit
            Passages wanted, 1 to 1000.
        mode
            ``hybrid`` (words and meaning), ``keyword`` or ``semantic``.
        filters
            Dates and place; see `Filters`.
        audience
            Labels the caller may see besides ``public``; takes the place of the
            audience of `filters`.
        related
            False looks for the words typed alone, without related words and corrections.

        Raises
        ------
        QueryError
            When an argument means nothing.
        """
        return self._searching(limit, mode, filters, audience, related)(query)

    def search_many(
        self,
        queries: Iterable[str],
        *,
        limit: int = 10,
        mode: Mode = "hybrid",
        filters: Filters | None = None,
        audience: str | Iterable[str] | None = None,
        related: bool = True,
    ) -> list[Hits]:
        """Return for each of `queries` what `search` returns, all from the same generation.

        Several are searched at a time, one a processor.

        Parameters
        ----------
        queries
            As typed.
        limit, mode, filters, audience, related
            As for `search`.

        Raises
        ------
        QueryError
            When an argument means nothing.
        """
        from concurrent.futures import ThreadPoolExecutor

        search_one = self._searching(limit, mode, filters, audience, related)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(search_one, queries))

    def report(self, report_id: str, *, audience: str | Iterable[str] | None = None) -> Report:
        """Return the whole report with this id.

        Raises
        ------
        ReportMissingError
            When there is none, or the caller may not see it.
        """
        report = self._folder.backend().reader.store.report(report_id)
        if report is None or report.audience not in allowed_labels(audience):
            raise ReportMissingError(report_id)
        return report

    def add(self, reports: Iterable[Report], *, progress: Progress | None = None) -> BuildSummary:
        """Add `reports`; one whose id is already there takes its place."""
        from jeugdzoek.index.builder import change_index

        return self._changed(change_index(self._folder.root, add=reports, progress=progress))

    def remove(self, report_ids: Iterable[str]) -> BuildSummary:
        """Remove the reports with these ids; ids that are not there are passed over."""
        from jeugdzoek.index.builder import change_index

        return self._changed(change_index(self._folder.root, remove=report_ids))

    def forget(self, *, reports: Collection[str] = (), texts: Sequence[str] = ()) -> Forgotten:
        """Remove reports and strings without a trace; see `jeugdzoek.index.forgetting.forget`."""
        from jeugdzoek.index.forgetting import forget

        return forget(self._folder.root, reports=reports, texts=texts, published=self._folder.refresh)

    def info(self) -> dict[str, Any]:
        """Return what the index is: counts, model, size, generation, what searches it, as plain values."""
        reader = self._folder.backend().reader
        manifest = reader.manifest
        return {
            "path": str(self._folder.root),
            "generation": reader.folder.name,
            "format": manifest.format,
            "version": manifest.version,
            "created": manifest.created,
            "reports": manifest.reports,
            "passages": manifest.passages,
            "terms": {field: len(postings.terms) for field, postings in reader.postings.items()},
            "bytes": sum(size for size, _ in manifest.files.values()),
            "analyzer": manifest.analyzer,
            "encoder": manifest.encoder.name,
            "encoder_fingerprint": manifest.encoder.fingerprint,
            "dimensions": manifest.encoder.dimensions,
            "masked": manifest.masked,
            "audiences": list(manifest.audiences),
            "kernel": kernel.NAME,
            "problem": str(self._folder.problem) if self._folder.problem else None,
        }

    def close(self) -> None:
        """Close the files of the index."""
        self._folder.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _searching(
        self, limit: int, mode: Mode, filters: Filters | None, audience: str | Iterable[str] | None, related: bool
    ) -> Callable[[str], Hits]:
        """Return a search with these arguments, bound to the generation there is now."""
        if mode not in MODES:
            raise QueryError(f"mode {mode!r} does not exist; take one of {', '.join(MODES)}")
        if not 1 <= limit <= MOST_HITS:
            raise QueryError(f"limit must be 1 to {MOST_HITS}, not {limit}")
        allowed = checked(filters or Filters(), audience)
        backend = self._folder.backend()

        def search_one(query: str) -> Hits:
            asked = replace(parse(query), related=related)
            return search(backend, self._analyzer, asked, limit=limit, mode=mode, filters=allowed, fusion=self._fusion)

        return search_one

    def _changed(self, summary: BuildSummary) -> BuildSummary:
        try:
            self._folder.refresh()
        except (JeugdzoekError, OSError) as error:  # the change is made: the next search looks again
            return replace(summary, warnings=(*summary.warnings, f"not yet searched here: {error}"))
        return summary


def open(  # noqa: A001
    path: str | os.PathLike[str],
    *,
    encoder: Encoder | str | None = None,
    thesaurus: str | os.PathLike[str] | None = None,
) -> Index:
    """Open the index at `path` for searching.

    Parameters
    ----------
    path
        An index folder.
    encoder
        The model the index was built with, loaded or by name; by default it is loaded by the
        name the index records, when a search first needs it.
    thesaurus
        A file of related words to add to the bundled ones (docs/dutch.md has its form).

    Raises
    ------
    IndexMissingError
        When there is no index at `path`.
    IndexDamagedError, IndexFormatError
        When it cannot be read.
    EncoderMismatchError
        When it was built with another model than `encoder`.
    ThesaurusError
        When the file of related words cannot be read.
    """
    return Index(LiveFolder(Path(path), _loaded(encoder), _own_words(thesaurus)))


def build(
    source: Source,
    path: str | os.PathLike[str],
    *,
    encoder: Encoder | str | None = None,
    settings: BuildSettings | None = None,
    progress: Progress | None = None,
) -> Index:
    """Make or update the index at `path` from `source`, and open it.

    Parameters
    ----------
    source
        A file, a folder, or an iterable of reports, files and folders. The index
        becomes what the source is: new and changed reports are taken in, vanished
        ones removed, unchanged ones carried over.
    path
        The index folder; made when missing.
    encoder
        Model for the meaning half; the bundled one, or the index's own, by default.
    settings
        See `BuildSettings`.
    progress
        Called with (stage, done, of how many).

    Raises
    ------
    SourceError
        When the source does not exist or holds no report.
    IndexLockedError, IndexSpaceError
        When another process is writing, or the disk is too full.
    """
    from jeugdzoek.index.builder import build_index

    loaded = _loaded(encoder)
    summary = build_index(source, Path(path), encoder=loaded, settings=settings, progress=progress)
    return Index(LiveFolder(Path(path), loaded), summary)


def _loaded(encoder: Encoder | str | None) -> Encoder | None:
    return load_encoder(encoder) if isinstance(encoder, str) else encoder


def _own_words(path: str | os.PathLike[str] | None) -> Thesaurus | None:
    if path is None:
        return None
    from jeugdzoek.analysis.compiling import own_thesaurus

    return own_thesaurus(Path(path), Analyzer())
