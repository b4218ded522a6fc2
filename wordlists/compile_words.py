"""Word list → the words of Dutch as sorted 32-bit hashes, for asking whether a word exists.

    python wordlists/compile_words.py src/jeugdzoek/analysis/data/words.npy WORDS…

WORDS are the files `compile_parts` reads.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from compile_parts import read_words

from jeugdzoek.analysis.lexicon import word_hash


def main(arguments: list[str]) -> int:
    """Write the array named first from the lists named after it."""
    words = read_words(Path(argument) for argument in arguments[1:])
    hashes = np.unique(np.fromiter((word_hash(word) for word in words), dtype="<u4"))
    np.save(arguments[0], hashes, allow_pickle=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
