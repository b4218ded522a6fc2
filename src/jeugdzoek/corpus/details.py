"""Title, date and place of a session, where the first lines say them plainly.

What is not plain is left out: a date without a year stays unknown rather than
becoming this year's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from jeugdzoek.corpus.boilerplate import is_boilerplate
from jeugdzoek.corpus.wordlists import read_lines

MONTHS = {name: number for number, line in enumerate(read_lines("months.txt"), start=1) for name in line.split()}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
WRITTEN = re.compile(rf"\b(\d{{1,2}})\s+({MONTH})\.?,?\s+((?:19|20)\d\d)\b", re.IGNORECASE)
NUMERIC = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d\d)\b")
ISO = re.compile(r"\b((?:19|20)\d\d)-(\d{2})-(\d{2})\b")
MONTH_ONLY = re.compile(rf"\b({MONTH})\s+((?:19|20)\d\d)\b", re.IGNORECASE)
WEEKDAY = r"(?:maan|dins|woens|donder|vrij|zater|zon)dag(?:ochtend|middag|avond)?"
NAME = r"[A-ZÀ-Þ’'][\w’'.-]*(?:[ ](?:aan|de|den|der|het|en|op|in|[A-ZÀ-Þ][\w’'.-]*)){0,4}"
PLACE_THEN_DATE = re.compile(
    rf"^(?P<place>{NAME})(?:,\s*(?:op\s+)?(?:(?i:{WEEKDAY}),?\s+)?|\s+(?i:{WEEKDAY}),?\s+)\d{{1,2}}[\s/.-](?:(?i:{MONTH})\b|\d)"
)
DATELINE = re.compile(r"^(?P<place>[A-ZÀ-Þ][A-ZÀ-Þ’' -]{2,40}?)\s+[–—-]\s+[A-ZÀ-Þ‘“\"'][a-zà-ÿ]")
LABELLED_PLACE = re.compile(r"^(?:plaats|locatie|gemeente|regio)\s*:\s*(?P<place>.{2,80})$", re.IGNORECASE)
REGION_LINE = re.compile(r"^(?P<place>(?:Regio|Gemeente)\s+[A-ZÀ-Þ][^,.;:()–]{1,40}?)\s*(?:,|$)")
FIRST_LINES = 8
LONGEST_TITLE = 150
NOT_A_PLACE = re.compile(rf"\b(?:{MONTH}|{WEEKDAY}|datum|verslag|notulen|nieuwsbrief|op)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Details:
    """What the first lines say of the session.

    Parameters
    ----------
    title
        First line that can be one; empty when there is none.
    date
        ISO date, whole (``2023-05-16``) or month only (``2023-05``), or None.
    place
        Name as written, or None.
    """

    title: str
    date: str | None
    place: str | None


def find_details(text: str) -> Details:
    """Read title, date and place off the first lines of `text`."""
    lines = []
    for line in text.split("\n", 60)[:60]:
        line = line.strip().lstrip("#").strip()
        if line and not is_boilerplate(line):
            lines.append(line)
    head = lines[:FIRST_LINES]
    return Details(_title(head), _first_date(head), _place(head))


def normal_date(value: object) -> str | None:
    """Return `value` (a date, or text as front matter or JSON hold it) as an ISO date.

    None when it is no date; part dates (``2023``, ``2023-05``) are kept as they are.
    """
    if isinstance(value, date):
        return value.isoformat()[:10]
    text = str(value).strip() if value is not None else ""
    if re.fullmatch(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?", text):
        return text
    return find_date(text)


def find_date(line: str) -> str | None:
    """Return the first date with a year in `line` as ISO text, or None."""
    found: list[tuple[int, str]] = []
    for pattern, order in ((ISO, (1, 2, 3)), (NUMERIC, (3, 2, 1)), (WRITTEN, (3, 2, 1))):
        match = pattern.search(line)
        if match:
            year, month, day = (match.group(i) for i in order)
            iso = _valid(int(year), MONTHS.get(month.lower()) or int(month), int(day))
            if iso:
                found.append((match.start(), iso))
    if found:
        return min(found)[1]
    match = MONTH_ONLY.search(line)
    return f"{match.group(2)}-{MONTHS[match.group(1).lower()]:02d}" if match else None


def _valid(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _first_date(lines: list[str]) -> str | None:
    """Prefer a whole date in a short line, as publishers put it, over one in running text."""
    dates = [(len(line) > LONGEST_TITLE, len(iso) < 10, i, iso) for i, line in enumerate(lines) if (iso := find_date(line))]
    return min(dates)[3] if dates else None


def _title(lines: list[str]) -> str:
    for line in lines:
        if is_only_date(line) or len(line.split()) < 2:
            continue
        if len(line) <= LONGEST_TITLE:
            return line.rstrip(" :")
        first = re.split(r"(?<=[.!?])\s", line, maxsplit=1)[0].rstrip(".")
        return first if len(first) <= LONGEST_TITLE else first[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"
    return lines[0] if lines else ""


def is_only_date(line: str) -> bool:
    """Tell whether `line` says a date and nothing else."""
    if not find_date(line):
        return False
    rest = NUMERIC.sub("", ISO.sub("", WRITTEN.sub("", line)))
    words = re.findall(r"[^\W\d_]+", MONTH_ONLY.sub("", rest))
    return all(re.fullmatch(WEEKDAY, w, re.IGNORECASE) or w.lower() in {"datum", "gepubliceerd", "op"} for w in words)


def _place(lines: list[str]) -> str | None:
    for line in lines:
        for pattern in (LABELLED_PLACE, REGION_LINE, PLACE_THEN_DATE, DATELINE):
            match = pattern.match(line)
            if match and not NOT_A_PLACE.search(match.group("place")):
                place = match.group("place").strip(" ,.")
                return place.title() if pattern is DATELINE else place
    return None
