"""Dutch stems: Snowball's ``dutch_porter`` with own rules after it.

``dutch_porter`` (Porter's Dutch algorithm, https://snowballstem.org/algorithms/dutch_porter/stemmer.html)
leaves *gezin/gezinnen*, *huis/huizen* and *kind/kinderen* apart. The rules here
join them. Never ask Snowball for ``dutch``: since its version 3 that is the
Kraaij–Pohlmann stemmer, which turns *gezin* into *zin*.
"""

from __future__ import annotations

from functools import cache

import snowballstemmer

from jeugdzoek.analysis.wordlists import read_pairs

VOWELS = frozenset("aeiouy")
DEVOICED = {"v": "f", "z": "s"}
PLURALS = (("kinderen", "kind"), ("leden", "lid"), ("steden", "stad"), ("heden", "heid"), ("eieren", "ei"))
KEPT_DOUBLE = frozenset(("ee", "oo", "aa", "uu"))
SHORTEST = 3


@cache
def _snowball() -> snowballstemmer.dutch_porter_stemmer.DutchPorterStemmer:
    return snowballstemmer.stemmer("dutch_porter")


@cache
def _exceptions() -> dict[str, str]:
    return read_pairs("stem-exceptions.txt")


def stem(word: str) -> str:
    """Return the stem of a normalised `word`.

    Parameters
    ----------
    word
        Lower case, accents folded (see `jeugdzoek.analysis.steps.Normalise`).

    Examples
    --------
    >>> [stem(w) for w in ("gezinnen", "huizen", "kinderen", "thema's", "jeugdigen")]
    ['gezin', 'huis', 'kind', 'thema', 'jeugdig']
    """
    word = _without_apostrophe(word)
    if word in _exceptions():
        return _exceptions()[word]
    if len(word) <= SHORTEST or any(c.isdigit() for c in word):
        return word
    for ending, singular in PLURALS:
        if word.endswith(ending):
            word = word[: -len(ending)] + singular
    if word.endswith(("ieen", "ies")):
        return word[:-2] if word.endswith("n") else word[:-1]
    return _finish(_snowball().stemWord(word))


def _without_apostrophe(word: str) -> str:
    """*thema's* → *thema*, *ggz'er* → *ggz*, *zo'n* stays."""
    head, mark, tail = word.partition("'")
    if mark and len(head) > 1 and tail in ("s", "er", "ers", "tje", "tjes", "en"):
        return head
    return word.replace("'", "")


def _finish(stemmed: str) -> str:
    if len(stemmed) > SHORTEST and stemmed[-1] == stemmed[-2] and stemmed[-1] not in VOWELS:
        stemmed = stemmed[:-1]
    if len(stemmed) >= SHORTEST:
        stemmed = stemmed[:-1] + DEVOICED.get(stemmed[-1], stemmed[-1])
    return stemmed
