"""Lines that belong to a website, not to the report on it."""

from __future__ import annotations

import re
from functools import cache

from jeugdzoek.corpus.wordlists import read_lines

LONGEST = 100


@cache
def _patterns() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in read_lines("boilerplate.txt")), re.IGNORECASE)


def is_boilerplate(line: str) -> bool:
    """Tell whether a single `line` is menu, cookie notice, share button and the like.

    The patterns stand in ``data/boilerplate.txt``; each must match the whole line.
    """
    line = line.strip(" \t•*-–|›»«>")
    return 0 < len(line) <= LONGEST and _patterns().fullmatch(line) is not None
