"""The pages a visitor sees, as HTML strings. Everything is escaped by the templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jeugdzoek.corpus.passages import cut_into_passages
from jeugdzoek.corpus.report import Report
from jeugdzoek.search.hits import Hits

if TYPE_CHECKING:
    import jinja2

LANGUAGES = ("nl", "en")
HEADING = re.compile(r"^#{1,6}[ \t]+(.*)$", re.MULTILINE)
DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?(?:-(\d\d))?")


@cache
def read_texts() -> dict[str, dict[str, str]]:
    """Return language → name → text, from ``searchbox/texts.json``."""
    source = files("jeugdzoek.server") / "searchbox" / "texts.json"
    texts: dict[str, dict[str, str]] = json.loads(source.read_text(encoding="utf-8"))
    return texts


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    loader = jinja2.PackageLoader("jeugdzoek.server", "pages")
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    made.globals.update(session=_session, by_heading=HEADING.split, without_marks=_without_marks)
    return made


def search_page(query: str, hits: Hits | None, language: str, root: str, problem: str = "") -> str:
    """Return the page with the form and, after a search, its results.

    Parameters
    ----------
    query
        As typed.
    hits
        The answer; None before a search.
    language
        ``nl`` or ``en``.
    root
        Path the service is mounted at, with a slash at the end.
    problem
        Name of a text to show instead of results.
    """
    texts = read_texts()[language]
    message = texts[problem] if problem else _message(hits, texts)
    page = _templates().get_template("zoek.html")
    return page.render(query=query, hits=hits, message=message, texts=texts, language=language, root=root)


def report_page(report: Report | None, language: str, root: str) -> str:
    """Return the page with a whole report, every passage an anchor; without one, that it is missing."""
    page = _templates().get_template("verslag.html")
    parts = list(_parts(report)) if report else []
    return page.render(report=report, parts=parts, texts=read_texts()[language], language=language, root=root)


def _message(hits: Hits | None, texts: dict[str, str]) -> str:
    if hits is None:
        return ""
    if not hits.hits:
        return texts["none"].replace("{query}", hits.query)
    if not hits.confident:
        return texts["unsure"]
    return texts["one"] if len(hits) == 1 else texts["some"].replace("{count}", str(len(hits)))


def _session(report: Report, texts: dict[str, str]) -> str:
    date = written_date(report.date, texts) if report.date else texts["unknown_date"]
    return ", ".join(part for part in (report.place, date) if part)


def written_date(date: str, texts: dict[str, str]) -> str:
    """Return an ISO `date`, whole or in part, as people write it: ``16 mei 2023``."""
    match = DATE.fullmatch(date)
    if not match:
        return date
    year, month, day = match.groups()
    parts = (day and str(int(day)), month and texts["months"].split()[int(month) - 1], year)
    return " ".join(part for part in parts if part)


def _without_marks(text: str) -> str:
    return HEADING.sub(r"\1", text)


def _parts(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (anchor, text) of passages and of what stands between them (anchor empty)."""
    at = 0
    for passage in cut_into_passages(report):
        yield "", report.text[at : passage.start]
        yield f"p{passage.number}", passage.text
        at = passage.end
    yield "", report.text[at:]
