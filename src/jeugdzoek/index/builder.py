"""Reports → a new generation of an index.

What has not changed is carried over from the generation before: it is not cut,
analysed or encoded again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.reading import Skipped, Source, read
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.errors import IndexDamagedError, IndexMissingError, SourceError
from jeugdzoek.index.compiling import Parts, Progress, compile_generation
from jeugdzoek.index.generations import collect_after, number_of, writing
from jeugdzoek.index.layout import Manifest
from jeugdzoek.index.models import load_recorded
from jeugdzoek.index.reader import Reader, open_current
from jeugdzoek.privacy.masking import mask_report


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """How an index is built.

    Parameters
    ----------
    mask
        Mask contact data and citizen numbers before anything is stored.
    workers
        Other processes that help; by default one less than there are processors, where
        there is enough to do.
    """

    mask: bool = True
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build did.

    Parameters
    ----------
    added, changed, removed, unchanged
        Reports.
    reports, passages
        In the index now.
    skipped
        What could not be read, with reasons.
    held
        Older generations that a reader still holds.
    warnings
        What went wrong without harm: after the change was made, or in what was there before.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    reports: int
    passages: int
    skipped: tuple[Skipped, ...] = ()
    held: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()


def build_index(
    source: Source,
    root: Path,
    *,
    encoder: Encoder | None = None,
    settings: BuildSettings | None = None,
    progress: Progress | None = None,
) -> BuildSummary:
    """Make or update the index at `root` so that it holds the reports of `source`.

    Parameters
    ----------
    source
        See `jeugdzoek.corpus.reading.read`. Reports that are no longer there are
        removed; one whose file cannot be read any more is kept as it was.
    root
        The index folder; made when missing.
    encoder
        Model of the vectors; the index's own (or the bundled) one by default. Another
        than before encodes everything anew.
    settings
        See `BuildSettings`.
    progress
        Called as the work goes on.

    Raises
    ------
    SourceError
        When the source does not exist or holds no report at all.
    IndexLockedError, IndexSpaceError
        When another process writes, or the disk is too full.
    """
    settings = settings or BuildSettings()
    reports: list[Report] = []
    skipped: list[Skipped] = []
    for item in read(source):
        if isinstance(item, Skipped):
            skipped.append(item)
        else:
            reports.append(mask_report(item) if settings.mask else item)
            if progress:
                progress("reading", len(reports), 0)
    if not reports:
        reasons = "; ".join(f"{s.source} {s.reason}" for s in skipped[:3])
        raise SourceError(_name(source), f"holds no report that can be read{': ' + reasons if reasons else ''}")
    with writing(root, make=True), _opened(root) as (old, warnings):
        unreadable = {s.file for s in skipped}
        known = old.store.hashes() if old else {}
        wanted = {report.id for report in reports}
        kept_ids = [i for i, (_, _, file) in known.items() if i not in wanted and file in unreadable]
        removed = [i for i in known if i not in wanted and i not in kept_ids]
        summary = _write(_Change(root, old, reports, removed, encoder, settings), progress)
    return replace(summary, skipped=tuple(skipped), warnings=warnings + summary.warnings)


def change_index(
    root: Path,
    *,
    add: Iterable[Report] = (),
    remove: Iterable[str] = (),
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> BuildSummary:
    """Add or replace some reports of the index at `root` and remove others by id.

    Raises
    ------
    IndexMissingError
        When there is no index yet.
    """
    with writing(root):
        old = open_current(root, whole=True)[0]
        with closing(old):
            settings = BuildSettings(mask=old.manifest.masked)
            items = list(read(add))
            reports = [mask_report(r) if settings.mask else r for r in items if isinstance(r, Report)]
            known = old.store.hashes()
            gone = [report_id for report_id in dict.fromkeys(remove) if report_id in known]
            summary = _write(_Change(root, old, reports, gone, encoder, settings), progress)
    return replace(summary, skipped=tuple(item for item in items if isinstance(item, Skipped)))


@dataclass(frozen=True, slots=True)
class _Change:
    root: Path
    old: Reader | None
    reports: Sequence[Report]
    removed: Sequence[str]
    encoder: Encoder | None
    settings: BuildSettings


@contextmanager
def _opened(root: Path) -> Iterator[tuple[Reader | None, tuple[str, ...]]]:
    """Yield the generation there is, and what is wrong with one that cannot be built upon."""
    try:
        old = open_current(root, whole=True)[0]
    except IndexMissingError:
        yield None, ()
    except IndexDamagedError as error:
        yield None, (f"{error}; everything was built anew",)
    else:
        with closing(old):
            yield old, ()


def _write(change: _Change, progress: Progress | None) -> BuildSummary:
    old = change.old
    encoder = change.encoder or (load_recorded(old.manifest.encoder) if old else load_encoder())
    analyzer = Analyzer()
    known = old.store.hashes() if old else {}
    fresh = [r for r in change.reports if r.id not in known or known[r.id][1] != r.content_hash()]
    leave = set(change.removed) | {report.id for report in fresh}
    kept = [number for report_id, (number, _, _) in known.items() if report_id not in leave]
    summary = BuildSummary(
        added=sum(report.id not in known for report in fresh),
        changed=sum(report.id in known for report in fresh),
        removed=len(change.removed),
        unchanged=len(kept),
        reports=len(kept) + len(fresh),
        passages=old.manifest.passages if old else 0,
    )
    same_parts = old is not None and _same_parts(old.manifest, analyzer, encoder)
    if old and same_parts and not fresh and not change.removed:
        return summary
    if old and not same_parts:
        fresh = [r for r in old.store.reports() if r.id not in leave] + fresh
        kept = []
    parts = Parts(analyzer, encoder, change.settings.mask, progress, change.settings.workers)
    previous = number_of(old.folder) if old else 0
    published = compile_generation(change.root, old, kept, fresh, parts, previous)
    held, warnings = collect_after(published)
    return replace(summary, passages=published.manifest.passages, held=held, warnings=warnings)


def _same_parts(manifest: Manifest, analyzer: Analyzer, encoder: Encoder) -> bool:
    return manifest.analyzer == analyzer.fingerprint and manifest.encoder.fingerprint == encoder.fingerprint


def _name(source: Source) -> str:
    if isinstance(source, (str, PathLike)):
        return str(source)
    return ", ".join(str(part) for part in source if isinstance(part, (str, PathLike))) or "the given reports"
