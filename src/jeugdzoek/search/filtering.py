"""Filters → which passages may be found."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.errors import QueryError
from jeugdzoek.index.reader import Reader
from jeugdzoek.privacy.audience import allowed_labels
from jeugdzoek.search.backend import Filters


def allowed_passages(reader: Reader, filters: Filters) -> NDArray[np.bool_] | None:
    """Return for each passage whether `filters` let it be found; None when all may be."""
    everyone = set(reader.manifest.audiences) <= filters.audience
    if everyone and not (filters.since or filters.until or filters.place):
        return None
    reports = np.fromiter(
        (_fits(filters, *details) for details in reader.details), dtype=np.bool_, count=len(reader.details)
    )
    allowed: NDArray[np.bool_] = reports[reader.report_of]
    return allowed


def _fits(filters: Filters, date: str | None, place: str | None, audience: str) -> bool:
    if audience not in filters.audience:
        return False
    if filters.place and (place or "").casefold() != filters.place.casefold():
        return False
    return _in_range(date, filters.since, filters.until)


def _in_range(date: str | None, since: str | None, until: str | None) -> bool:
    """Compare ISO dates as text; of a part date the part both have is compared."""
    if not (since or until):
        return True
    if not date:
        return False
    after = not since or date >= since[: len(date)]
    before = not until or date[: len(until)] <= until[: len(date)]
    return after and before


def checked(filters: Filters, audience: str | Iterable[str] | None) -> Filters:
    """Return `filters` with dates as ISO dates, and with the labels of `audience` unless it is None.

    Raises
    ------
    QueryError
        When a date is none.
    """
    since, until = (_checked_date(value) for value in (filters.since, filters.until))
    labels = filters.audience if audience is None else allowed_labels(audience)
    return Filters(labels, since, until, filters.place)


def _checked_date(value: str | None) -> str | None:
    if value is None:
        return None
    from jeugdzoek.corpus.details import normal_date

    date = normal_date(value)
    if date is None:
        raise QueryError(f"{value!r} is no date; write it as 2023-05-16, 2023-05 or 2023")
    return date
