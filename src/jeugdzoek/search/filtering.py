"""Filters → which passages may be found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.index.reader import Reader
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
