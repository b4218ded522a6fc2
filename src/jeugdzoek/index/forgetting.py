"""Reports and strings, removed so that no byte of them is left in the index folder.

The generation before is not built upon: Whoosh keeps deleted documents in its
segments, and SQLite deleted rows in its pages. All is written anew from the texts that
stay. Then older generations go, and the bytes of the folder are searched for what was
in the old generation and is not in the new one: texts, ids, hashes, words, keys, vectors.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.errors import IndexFolderError, QueryError, ReportMissingError
from jeugdzoek.index.files import fsync_folder, remove
from jeugdzoek.index.generations import TEMPORARY, generations, leftovers, writing
from jeugdzoek.index.layout import MANIFEST, STORE, read_manifest, verify_files
from jeugdzoek.index.locking import no_readers
from jeugdzoek.index.models import load_recorded
from jeugdzoek.index.reader import Reader, open_current
from jeugdzoek.index.rewriting import rewrite
from jeugdzoek.index.store import Store
from jeugdzoek.index.traces import Traces

REMOVED = "[verwijderd]"
SHORTEST_TEXT = 3
PIECE = 32
"""Characters of the pieces of a text that are searched for."""
MOST_PIECES = 2_000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten, and the proof.

    Parameters
    ----------
    generation
        Name of the generation the index now stands on.
    reports
        Ids of the reports removed.
    changed
        Ids of the reports from which a string was removed.
    needles, bytes
        How many strings of bytes were searched for, in how many bytes.
    left
        Files in which one was found all the same.
    held
        Older generations that a reader still holds: what is forgotten still stands in
        these. No search can be opened on them any more, and the first change after
        they are let go removes them.
    warnings
        What failed after the change was made.
    """

    generation: str
    reports: tuple[str, ...]
    changed: tuple[str, ...]
    needles: int
    bytes: int
    left: tuple[Path, ...]
    held: tuple[Path, ...]
    warnings: tuple[str, ...]


def forget(
    root: Path,
    *,
    reports: Collection[str] = (),
    texts: Sequence[str] = (),
    encoder: Encoder | None = None,
    published: Callable[[], object] | None = None,
) -> Forgotten:
    """Remove reports and strings from the index at `root`, older generations included.

    Parameters
    ----------
    root
        The index folder.
    reports
        Ids of the reports to remove.
    texts
        Strings to replace by ``[verwijderd]`` wherever they stand in text, title and
        metadata, inside longer words too; letter case and line breaks do not matter.
    encoder
        Model of the vectors; the one the index records by default.
    published
        Called when the new generation stands, before older ones are removed, so that the
        caller can let go of those it holds.

    Raises
    ------
    ReportMissingError
        When no generation holds a report with that id.
    QueryError
        When a string is too short, or a report that stays has it in its id or audience.
    """
    patterns = [_pattern(text) for text in texts]
    with writing(root):
        old = open_current(root, whole=True)[0]
        with closing(old):
            encoder = encoder or load_recorded(old.manifest.encoder)
            everything = list(old.store.reports())
            kept = [_cleaned(report, patterns) for report in everything if report.id not in reports]
            _require_clean(kept, patterns)
            earlier = [report for report in _earlier(root, old.folder) if _concerned(report, reports, patterns)]
            gone = [report for report in everything if _concerned(report, reports, patterns)]
            for report_id in reports:
                if report_id not in {report.id for report in (*gone, *earlier)}:
                    raise ReportMissingError(report_id)
            made = rewrite(root, kept, old.manifest, encoder, None, previous=0)
            warnings = list(made.warnings)
            needles = set(_of_texts([*gone, *earlier], kept, texts))
            with _as_warning(warnings):
                needles.update(_of_index(old, made.folder, kept))
        if published:
            with _as_warning(warnings):
                published()
        held = [] if made.warnings else _remove_older(made.folder, warnings)
        traces = Traces(needles)
        left, size = traces.files(root, held, warnings)
    removed = tuple(report.id for report in gone if report.id in reports)
    changed = tuple(report.id for report in gone if report.id not in reports)
    return Forgotten(
        made.folder.name, removed, changed, len(traces.needles), size, tuple(left), tuple(held), tuple(warnings)
    )


@contextmanager
def _as_warning(warnings: list[str]) -> Iterator[None]:
    """Turn what fails into a warning: the new generation stands, so the rest can be done again."""
    try:
        yield
    except OSError as error:
        warnings.append(f"{error.filename}: {error.strerror}; forget again")
    except IndexFolderError as error:
        warnings.append(f"{error}; forget again")


def _pattern(text: str) -> re.Pattern[str]:
    words = text.split()
    if len("".join(words)) < SHORTEST_TEXT:
        raise QueryError(f"{text!r} is too short to forget; give at least {SHORTEST_TEXT} letters")
    forms = {unicodedata.normalize(form, " ".join(words)) for form in ("NFC", "NFD")}
    return re.compile("|".join(r"\s+".join(map(re.escape, form.split())) for form in sorted(forms)), re.IGNORECASE)


def _cleaned(report: Report, patterns: Sequence[re.Pattern[str]]) -> Report:
    for pattern in patterns:
        metadata = {pattern.sub(REMOVED, key): _without(value, pattern) for key, value in report.metadata.items()}
        title, text = pattern.sub(REMOVED, report.title), pattern.sub(REMOVED, report.text)
        place = report.place and pattern.sub(REMOVED, report.place)
        source = report.source and pattern.sub(REMOVED, report.source)
        report = replace(report, title=title, text=text, place=place, source=source, metadata=metadata)
    return report


def _without(value: object, pattern: re.Pattern[str]) -> object:
    if isinstance(value, str):
        return pattern.sub(REMOVED, value)
    if isinstance(value, list):
        return [_without(item, pattern) for item in value]
    if isinstance(value, dict):
        return {pattern.sub(REMOVED, key): _without(item, pattern) for key, item in value.items()}
    return value


def _require_clean(kept: Sequence[Report], patterns: Sequence[re.Pattern[str]]) -> None:
    for report in kept:
        for name, value in (("id", report.id), ("audience", report.audience)):
            if any(pattern.search(value) for pattern in patterns):
                raise QueryError(f"report {report.id!r} has it in its {name}; forget that report first (--report)")


def _concerned(report: Report, ids: Collection[str], patterns: Sequence[re.Pattern[str]]) -> bool:
    return report.id in ids or _cleaned(report, patterns) != report


def _earlier(root: Path, current: Path) -> Iterator[Report]:
    """Yield the reports of the other generations, as far as these can be read."""
    for folder in generations(root):
        if folder != current:
            with suppress(IndexFolderError, OSError):
                verify_files(folder, read_manifest(folder), contents=False)
                with closing(Store(folder / STORE)) as store:
                    yield from list(store.reports())


def _strings(report: Report) -> Iterator[str]:
    yield from (report.id, report.title, report.text, report.source or "")
    yield json.dumps(dict(report.metadata), ensure_ascii=False, sort_keys=True)


def _of_texts(gone: Sequence[Report], kept: Sequence[Report], texts: Sequence[str]) -> Iterator[bytes]:
    """Yield the given strings, and what stood in the reports `gone` and in none that is kept."""
    stays = "\n".join(string for report in kept for string in _strings(report)).lower()
    for text in texts:
        for form in ("NFC", "NFD"):
            same = unicodedata.normalize(form, text)
            yield from (same.encode(), same.lower().encode(), same.upper().encode())
    hashes = {report.content_hash() for report in gone} - {report.content_hash() for report in kept}
    yield from (value.encode() for value in hashes)
    pieces = [piece for report in gone for string in _strings(report) for piece in _pieces(string)]
    step = max(1, len(pieces) // MOST_PIECES)
    yield from (piece.encode("utf-8", "surrogatepass") for piece in pieces[::step] if piece.lower() not in stays)


def _pieces(text: str) -> list[str]:
    return [text[start : start + PIECE] for start in range(0, max(1, len(text) - PIECE + 1), PIECE)]


def _of_index(old: Reader, made: Path, kept: Sequence[Report]) -> Iterator[bytes]:
    """Yield words, keys and vectors that the `old` generation has and the one at `made` has not."""
    with closing(Reader(made, read_manifest(made))) as new:
        words = {term for postings in new.postings.values() for term in postings.terms}
        stays = "\n".join([*words, *(string.lower() for report in kept for string in _strings(report))])
        if old.manifest.analyzer == new.manifest.analyzer:
            before = {term for postings in old.postings.values() for term in postings.terms}
            yield from (term.encode() for term in before - words if term not in stays)
        yield from (key.tobytes() for key in np.setdiff1d(old.keys, new.keys))
        if old.manifest.encoder == new.manifest.encoder:
            yield from {row.tobytes()[:PIECE] for row in old.vectors if row.any()} - {
                row.tobytes()[:PIECE] for row in new.vectors
            }


def _remove_older(made: Path, warnings: list[str]) -> list[Path]:
    """Remove every generation but `made`, and return those that are held.

    These lose their manifest, so that no other search opens them.
    """
    root, held = made.parent, []
    for path in generations(root):
        if path != made:
            with _as_warning(warnings), no_readers(path) as free:
                (path / MANIFEST).unlink(missing_ok=True)
                if free:
                    path.rename(path.with_name(f"{TEMPORARY}trash-{path.name}"))
                else:
                    held.append(path)
    with _as_warning(warnings):
        for path in leftovers(root):
            remove(path)
        fsync_folder(root)
    return held
