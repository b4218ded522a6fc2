"""Who may see a report: labels, compared before anything is scored."""

from __future__ import annotations

from collections.abc import Iterable

from jeugdzoek.corpus.report import PUBLIC
from jeugdzoek.errors import QueryError


def allowed_labels(audience: str | Iterable[str] | None) -> frozenset[str]:
    """Return the labels a caller may see.

    Parameters
    ----------
    audience
        One label, several, or None for ``public`` alone. ``public`` is always among
        the result.

    Raises
    ------
    QueryError
        When a label is not a non-empty string.
    """
    labels = (audience,) if isinstance(audience, str) else tuple(audience or ())
    if not all(isinstance(label, str) and label for label in labels):
        raise QueryError(f"audience must be labels (text), not {audience!r}")
    return frozenset((PUBLIC, *labels))
