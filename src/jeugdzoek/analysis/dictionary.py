"""Whether a word is Dutch, for knowing a typing error from a word the index lacks."""

from __future__ import annotations

from jeugdzoek.analysis.lexicon import dutch_lexicon
from jeugdzoek.analysis.term import Term
from jeugdzoek.analysis.wordlists import read_words

SHORTEST_PART = 4


def is_dutch(term: Term) -> bool:
    """Tell whether `term` is in the word list, a compound of words in it, a known name, or no word at all."""
    word = term.word
    return (
        not word.isalpha()
        or word in dutch_lexicon()
        or bool(term.pieces)
        or word in read_words("names.txt")
        or _is_two_words(word)
    )


def _is_two_words(word: str) -> bool:
    """Tell whether `word` is two longer words in a row, with a linking s or without."""
    lexicon = dutch_lexicon()
    return any(
        word[at:] in lexicon and (word[:at] in lexicon or (word[at - 1] == "s" and word[: at - 1] in lexicon))
        for at in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
    )
