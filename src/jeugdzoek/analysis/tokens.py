"""Text → words with their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD = re.compile(
    r"(?:[^\W\d_]\.){2,}(?=[^\w]|$)"  # i.h.k.v., o.a.
    r"|[^\W_]+(?:[\u00ad\u200b-\u200d\u2060\u0300-\u036f][^\W_]*)*"  # letters, digits, marks that do not show
    r"(?:['’][^\W\d_]+)*"  # thema's, ggz'er
    r"|(?<!\w)['’][snt](?!\w)"  # 's avonds, 't
)


def find_words(text: str) -> Iterator[re.Match[str]]:
    """Yield a match for every word of `text`; hyphens separate, apostrophes join."""
    return WORD.finditer(text)


def split_words(text: str) -> list[str]:
    """Return the words of `text`, without their offsets."""
    words: list[str] = WORD.findall(text)
    return words
