"""Whether a word of a query names a place, a person, a body or a year."""

from __future__ import annotations

import re

from jeugdzoek.analysis.lexicon import dutch_lexicon
from jeugdzoek.analysis.wordlists import read_words

YEAR = re.compile(r"(?:19|20)\d\d")
SHORTEST = 3
"""Letters of a name that is known by its capital."""
ENDS = (".", "?", "!")


def is_name(word: str, text: str) -> bool:
    """Tell whether `word` is a year, a name we know, or written with a capital inside a sentence of `text`.

    A word in capitals is an abbreviation, and those may stand for anything.

    Parameters
    ----------
    word
        In small letters.
    text
        The query, as it was typed.
    """
    if YEAR.fullmatch(word) or (word in read_words("names.txt") and word not in dutch_lexicon()):
        return True
    at = text.find(word.capitalize(), 1) if len(word) >= SHORTEST else -1
    if at < 0:
        return False
    before = text[:at].rstrip()
    alone = not text[at - 1].isalnum() and not text[at + len(word) : at + len(word) + 1].isalnum()
    return alone and not before.endswith(ENDS)
