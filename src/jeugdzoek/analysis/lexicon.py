"""Whether a word exists in Dutch, asked of 350,000 words kept as hashes.

One word in twelve thousand that does not exist is taken for one that does; nothing
here needs more.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.analysis.wordlists import DATA


def word_hash(word: str) -> int:
    """Return the 32-bit hash (BLAKE2b of UTF-8) `word` is kept as.

    Not a CRC: of those, words that differ in the same letters collide together.
    """
    return int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "little")


class Lexicon:
    """A set of words.

    Parameters
    ----------
    hashes
        `word_hash` of every word, uint32, sorted.
    """

    def __init__(self, hashes: NDArray[np.uint32]) -> None:
        self._hashes = memoryview(hashes)  # type: ignore[arg-type]  # an array is a buffer

    def __contains__(self, word: str) -> bool:
        wanted = word_hash(word)
        at = bisect_left(self._hashes, wanted)
        return at < len(self._hashes) and self._hashes[at] == wanted


@cache
def dutch_lexicon() -> Lexicon:
    """Return the bundled words: lower case, accents folded."""
    return Lexicon(np.load(DATA / "words.npy", mmap_mode="r", allow_pickle=False))
