"""Dutch spelling around endings: *man/mannen*, *maan/manen*, *huis/huizen*, *geef/geven*.

In an open syllable a long vowel is written once, after a short one the consonant is
written twice, and v and z become f and s at the end of a word. Both directions give
candidates, likeliest first; a word list decides.
"""

from __future__ import annotations

LONG = frozenset("aeou")
VOWELS = frozenset("aeiouy")
HIATUS = frozenset(("ia", "ua", "ie", "ue", "io", "eo", "ea"))
"""Two vowels that may belong to two syllables: *soci-al*, *evalu-eren*."""
HARDENED = {"v": "f", "z": "s"}
SOFTENED = {"f": "v", "s": "z"}


def without_ending(rest: str) -> list[str]:
    """Return the words whose form may be `rest` with an ending that begins with a vowel.

    Examples
    --------
    >>> without_ending("mann"), without_ending("man"), without_ending("huiz"), without_ending("social")
    (['man', 'mann'], ['maan', 'man'], ['huis'], ['sociaal', 'social'])
    """
    if len(rest) < 2:
        return []
    if rest[-1] == rest[-2] and rest[-1] not in VOWELS:
        return [rest[:-1], rest]
    hard = rest[:-1] + HARDENED.get(rest[-1], rest[-1])
    starts_syllable = len(rest) < 3 or rest[-3] not in VOWELS or rest[-3:-1] in HIATUS
    short_vowel = rest[-2] in LONG and rest[-1] not in VOWELS and starts_syllable
    return [hard[:-1] + hard[-2] + hard[-1], hard] if short_vowel else [hard]


def with_ending(word: str, ending: str) -> list[str]:
    """Return the ways to write `word` with an `ending` that begins with a vowel.

    Examples
    --------
    >>> with_ending("zet", "en"), with_ending("lees", "en"), with_ending("handel", "en")
    (['zetten', 'zeten'], ['lezen', 'lesen', 'leesen'], ['handellen', 'handelen'])
    """
    if len(word) < 2 or word[-1] in VOWELS:
        return [word + "n" + ending[2:]] if ending == "en" else [word + ending]
    if word[-1] == word[-2]:
        return [word + ending]
    soft = word[:-1] + SOFTENED.get(word[-1], word[-1])
    if len(word) > 2 and word[-2] in LONG and word[-3] == word[-2]:
        return [*dict.fromkeys((soft[:-2] + soft[-1] + ending, word[:-2] + word[-1] + ending)), word + ending]
    if word[-2] in LONG | {"i"} and (len(word) < 3 or word[-3] not in VOWELS):
        return [word + word[-1] + ending, word + ending]
    return list(dict.fromkeys((soft + ending, word + ending)))
