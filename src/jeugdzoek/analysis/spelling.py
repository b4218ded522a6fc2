"""Words that were typed wrongly → the words of the index that were probably meant.

A vocabulary is searched whole: bit masks of letters and letter pairs leave a few dozen
candidates, and those are compared by a weighted Damerau–Levenshtein distance (Damerau
1964, https://doi.org/10.1145/363958.363994) in which the errors Dutch invites are cheap:
*ij/ei*, *c/k*, *d/t*, *ch/g*, doubled letters, swapped neighbours, a lost *n*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHORTEST = 4
LONGEST = 40
SOUNDS = (("ij", "1"), ("ei", "2"), ("ch", "3"), ("ou", "4"), ("au", "5"), ("sch", "s3"))
ALIKE = {
    frozenset(pair): cost
    for cost, pairs in (
        (0.3, ("12", "3g", "45", "dt", "ck", "sz", "fv", "iy", "1y", "2y", "1i")),
        (0.7, ("ae", "ei", "ie", "oa", "ou", "mn", "bp", "gh", "qk", "sc", "td", "eo")),
    )
    for pair in pairs
}
OTHER = 1.0
SWAPPED = 0.7
DOUBLED = 0.4
LOST_N = 0.6
FIRST_LETTER = 0.5
"""Added where the first letters differ: people rarely miss that one."""
ENDINGS = ("en", "s", "e")
LONGEST_ENDING = 2
OTHER_ENDING = 0.3
"""Cost of an ending that only one of two words has."""
LIMITS = ((4, 0.8), (6, 1.1), (8, 1.5), (99, 2.1))
"""(letters up to, largest distance)."""
FAMILIAR = 0.08
"""Taken off a distance for every e-fold of passages a word occurs in."""
CLOSE = 0.5
MOST = 3


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that may have been meant.

    Parameters
    ----------
    word
        A word of the vocabulary.
    distance
        Weighted edit distance to what was typed.
    """

    word: str
    distance: float


class Speller:
    """Corrections from one vocabulary.

    Parameters
    ----------
    vocabulary
        Word → number of passages it stands in.
    is_plausible
        Tells of (word, number of passages) whether it may be suggested: a text holds errors too.
    """

    def __init__(self, vocabulary: Mapping[str, int], is_plausible: Callable[[str, int], bool]) -> None:
        self._is_plausible = is_plausible
        kept = [word for word in vocabulary if SHORTEST <= len(word) <= LONGEST and word.isascii()]
        self._words = kept
        self._counts = [vocabulary[word] for word in kept]
        self._lengths = np.fromiter((len(word) for word in kept), dtype=np.int64, count=len(kept))
        self._letters, self._pairs = _masks(kept)

    def corrections(self, word: str) -> tuple[Correction, ...]:
        """Return what a normalised `word` may have been meant to be, likeliest first; at most three."""
        if not SHORTEST <= len(word) <= LONGEST or not word.isascii() or not word.isalpha():
            return ()
        limit = next(distance for letters, distance in LIMITS if len(word) <= letters)
        found = []
        for at in self._candidates(word, 1 if limit <= 1.2 else 2):
            distance = _distance(word, self._words[at], limit)
            if distance <= limit and self._is_plausible(self._words[at], self._counts[at]):
                found.append((distance - FAMILIAR * math.log(self._counts[at]), self._words[at], distance))
        found.sort()
        close = [(meant, distance) for score, meant, distance in found[:MOST] if score <= found[0][0] + CLOSE]
        return tuple(Correction(meant, distance) for meant, distance in close)

    def _candidates(self, word: str, edits: int) -> Sequence[int]:
        letters, pairs = _masks([word])
        near = np.abs(self._lengths - len(word)) <= edits + LONGEST_ENDING
        near &= np.bitwise_count(self._letters ^ letters[0]) <= 2 * edits + 1
        near &= np.bitwise_count(self._pairs ^ pairs[0]) <= 4 * edits + LONGEST_ENDING
        found: list[int] = np.flatnonzero(near).tolist()
        return found


def _masks(words: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return for each word a bit per letter, and a bit per pair of neighbours (64 classes)."""
    codes = np.array(words, dtype=f"S{LONGEST}").view(np.uint8).reshape(len(words), LONGEST).astype(np.uint64)
    one = np.uint64(1)
    letters = np.where(codes > 0, one << (codes % 32), 0)
    neighbours = np.where(codes[:, 1:] > 0, one << ((codes[:, :-1] * 31 + codes[:, 1:]) % 64), 0)
    return np.bitwise_or.reduce(letters, axis=1), np.bitwise_or.reduce(neighbours, axis=1)


def _distance(word: str, other: str, limit: float) -> float:
    """Return the distance of two words, or of one to the other without its ending where that is less."""
    pairs = [(word, other, 0.0)]
    pairs += [(word, other.removesuffix(end), OTHER_ENDING) for end in ENDINGS if other.endswith(end)]
    pairs += [(word.removesuffix(end), other, OTHER_ENDING) for end in ENDINGS if word.endswith(end)]
    return min(cost + edit_distance(one, two, limit - cost) for one, two, cost in pairs)


def edit_distance(typed: str, meant: str, limit: float) -> float:
    """Return the weighted distance between two words, or infinity where it exceeds `limit`.

    Whichever is nearer counts, their sounds or their letters: an error may stand within a sound (*prjis*).
    """
    ways = {(_sounds(typed), _sounds(meant)), (typed, meant)}
    nearest = min(_edits(one, other, limit) for one, other in ways)
    return nearest if nearest <= limit else math.inf


def _edits(one: str, other: str, limit: float) -> float:
    start = 0.0 if _begin_alike(one, other) else FIRST_LETTER
    before: list[float] = []
    row = [start]
    for j in range(1, len(other) + 1):
        row.append(row[-1] + _insertion(other, j - 1))
    for i in range(1, len(one) + 1):
        earlier, before = before, row
        row = [before[0] + _insertion(one, i - 1)]
        for j in range(1, len(other) + 1):
            cost = min(
                before[j] + _insertion(one, i - 1),
                row[j - 1] + _insertion(other, j - 1),
                before[j - 1] + _substitution(one[i - 1], other[j - 1]),
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                cost = min(cost, earlier[j - 2] + SWAPPED)
            row.append(cost)
        if min(row) > limit:
            return math.inf
    return row[-1]


def _begin_alike(one: str, other: str) -> bool:
    return one[:2] == other[1::-1] or _substitution(one[:1], other[:1]) < OTHER


def _sounds(word: str) -> str:
    for letters, sound in SOUNDS:
        word = word.replace(letters, sound)
    return word


def _insertion(word: str, at: int) -> float:
    """Cost of the letter at `at` being one too many."""
    if at and word[at] == word[at - 1]:
        return DOUBLED
    return LOST_N if word[at] == "n" and at == len(word) - 1 else OTHER


def _substitution(one: str, other: str) -> float:
    if one == other:
        return 0.0
    return ALIKE.get(frozenset((one, other)), OTHER)
