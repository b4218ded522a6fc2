"""Dutch compounds → their parts.

A word is cut where its parts are the likeliest: every part costs the logarithm of how
rarely it begins (or, the last one, ends) a word of a large word list, and every cut a
little more. A word stays whole when no cut is cheap enough for its length. The idea of
splitting by part frequencies is Koehn & Knight's (2003,
https://aclanthology.org/E03-1076); counting first and last parts apart keeps prefixes and
suffixes from being taken for words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

from jeugdzoek.analysis.wordlists import read_counts, read_words

SHORTEST = 3
SHORTEST_WORD = 6
LONGEST_WORD = 50
CUT = 2.0
"""Cost of a cut."""
LIMIT = 10.0
LIMIT_PER_LETTER = 0.35
LIMIT_PER_PART = 4.0
"""A word stays whole above ``LIMIT + LIMIT_PER_LETTER · length + LIMIT_PER_PART · (parts − 2)``."""
ENDINGS = ("", "s", "en", "n", "e")
"""A kept word is kept with these as well."""
COMMONEST = math.log(4000)
LEFT_OUT = math.inf


class Compounds:
    """Splits words by a table of parts.

    Parameters
    ----------
    parts
        Part → how many words it begins and how many it ends, with a tab between.
    kept
        Words that are never cut, nor are they with an ending.
    """

    def __init__(self, parts: Mapping[str, str], kept: frozenset[str] = frozenset()) -> None:
        self._parts = parts
        self._kept = kept

    def split(self, word: str) -> tuple[str, ...]:
        """Return the parts of a normalised `word` in order, linking letters left on; empty for a simple word.

        Examples
        --------
        >>> dutch_compounds().split("jeugdhulpaanbieder")
        ('jeugd', 'hulp', 'aanbieder')
        >>> dutch_compounds().split("gesprekken")
        ()
        """
        if not SHORTEST_WORD <= len(word) <= LONGEST_WORD or self._is_kept(word):
            return ()
        cost, parts = self._cheapest(word)
        if cost > LIMIT + LIMIT_PER_LETTER * len(word) + LIMIT_PER_PART * (len(parts) - 2):
            return ()
        return tuple(piece for part in parts for piece in self.split(part) or (part,))

    def _cheapest(self, word: str) -> tuple[float, tuple[str, ...]]:
        """Return the cheapest cut of `word` into two parts or more."""
        end = len(word)
        begun: dict[int, tuple[float, tuple[str, ...]]] = {0: (0.0, ())}
        for stop in range(SHORTEST, end - SHORTEST + 1):
            ways = [
                (cost + CUT + self._first(word[start:stop]), (*parts, word[start:stop]))
                for start, (cost, parts) in begun.items()
                if stop - start >= SHORTEST
            ]
            best = min(ways, default=(LEFT_OUT, ()))
            if best[0] < LEFT_OUT:
                begun[stop] = best
        whole = [(cost + self._last(word[at:]), (*parts, word[at:])) for at, (cost, parts) in begun.items() if at]
        return min(whole, default=(LEFT_OUT, ()))

    def _is_kept(self, word: str) -> bool:
        return any(word.endswith(ending) and word[: len(word) - len(ending)] in self._kept for ending in ENDINGS)

    def _first(self, part: str) -> float:
        return self._cost(part, 0)

    def _last(self, part: str) -> float:
        return self._cost(part, 1)

    def _cost(self, part: str, place: int) -> float:
        counts = self._parts.get(part)
        count = int(counts.split("\t")[place]) if counts else 0
        return COMMONEST - math.log(count) if count else LEFT_OUT


@cache
def dutch_compounds() -> Compounds:
    """Return the splitter with the bundled tables."""
    return Compounds(read_counts("parts.tsv"), read_words("compounds-kept.txt") | read_words("names.txt"))
