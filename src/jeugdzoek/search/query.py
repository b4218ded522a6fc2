"""What a visitor typed → `Query`. No recursion, no operators that can run away."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 1000
"""Characters of a query that are read."""
MOST_TERMS = 64
"""Words and phrases of a query that are used."""

PART = re.compile(r"(?P<minus>(?<!\S)-)?(?:[\"“”„](?P<phrase>[^\"“”„]*)[\"“”„]|(?P<word>[^\s\"“”„]+))")
SOMETHING = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Query:
    """A query, taken apart.

    Parameters
    ----------
    text
        What was typed, white space trimmed, cut after `LONGEST` characters.
    words
        Words that are looked for; a passage need not hold all.
    phrases
        Each must stand in a passage, word after word.
    excluded
        Words and phrases that must not.
    related
        Whether related words and likely corrections are looked for as well.
    """

    text: str
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    related: bool = True

    @property
    def wanted(self) -> str:
        """Words and phrases as one text: what the passage should be about."""
        return " ".join((*self.words, *self.phrases))


def parse(text: str) -> Query:
    """Take a query apart: words, ``"phrases"`` and ``-excluded`` ones.

    A quote without its twin and a lone minus are ordinary characters.

    Examples
    --------
    >>> query = parse('wachttijd "jeugd ggz" -volwassenen')
    >>> query.words, query.phrases, query.excluded
    (('wachttijd',), ('jeugd ggz',), ('volwassenen',))
    """
    whole = text[: 4 * LONGEST].encode("utf-8", "replace").decode()  # half a character is no text to a model
    text = " ".join(whole.replace("\0", " ").split())[:LONGEST]
    words: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    for match in PART.finditer(text):
        phrase = match.group("phrase")
        part = phrase if phrase is not None else match.group("word")
        if SOMETHING.search(part) and len(words) + len(phrases) + len(excluded) < MOST_TERMS:
            target = excluded if match.group("minus") else words if phrase is None else phrases
            target.append(part)
    return Query(text, tuple(words), tuple(phrases), tuple(excluded))
