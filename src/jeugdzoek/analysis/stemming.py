"""Dutch words → stems: forms of one word share one, other words do not.

A stem is the word's plain form as it is written (*manen* → *maan*, *mannen* → *man*,
*gewoond* → *woon*), found by taking off endings, mending the spelling, and asking a list
of 350,000 words whether the result exists. Snowball's two Dutch stemmers join *maan* with
*man*, *zoon* with *zon* and *begeleiding* with *beleid*, so they are no start
(docs/dutch.md has the figures).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jeugdzoek.analysis.lexicon import dutch_lexicon
from jeugdzoek.analysis.spelling_rules import with_ending, without_ending
from jeugdzoek.analysis.verbs import dental, is_verb, is_weak, strong_root, verb_prefixes, weak_roots
from jeugdzoek.analysis.wordlists import read_pairs, read_words

SHORTEST = 3
DEEPEST = 5
"""Endings taken off one after the other, at most."""
PLURAL_S = ("a", "e", "i", "o", "u", "y", "el", "em", "en", "er", "ar", "or", "um", "on", "eur", "aar", "eau", "ie")
ADJECTIVES = ("ig", "lijk", "zaam", "baar", "loos", "isch", "ief", "eel", "aal", "ant", "ent")
DIMINUTIVES = ("je", "tje", "pje", "kje", "etje")
UNKNOWN_E = ("se", "ige", "lijke")
SYLLABLE = re.compile(r"[aeiouy]+")


def stem(word: str) -> str:
    """Return the stem of a normalised `word`.

    Parameters
    ----------
    word
        Lower case, accents folded (see `jeugdzoek.analysis.steps.Normalise`).

    Examples
    --------
    >>> [stem(w) for w in ("gezinnen", "huizen", "kinderen", "thema's", "doorverwezen", "aangemeld")]
    ['gezin', 'huis', 'kind', 'thema', 'doorverwijs', 'aanmeld']
    """
    word = _without_apostrophe(word)
    for _ in range(DEEPEST):
        shorter = _once(word)
        if shorter is None or shorter == word:
            break
        word = shorter
    return word


def _once(word: str) -> str | None:
    exceptions = read_pairs("stem-exceptions.txt")
    if word in exceptions:
        return exceptions[word]
    if any(c.isdigit() for c in word):
        return None
    root = strong_root(word)
    if root or len(word) <= SHORTEST:
        return root
    return next(_candidates(word), None)


def _candidates(word: str) -> Iterator[str]:
    """Yield what `word` may be a form of, likeliest first."""
    yield from weak_roots(word)
    yield from _diminutive(word)
    yield from _comparative(word)
    yield from _plural_en(word)
    yield from _third_person(word)
    yield from _present_participle(word)
    yield from _noun_of_verb(word)
    yield from _plural_s(word)
    yield from _inflected_e(word)
    yield from _past(word)
    yield from _prefixed(word)
    if word not in dutch_lexicon():
        yield from _unknown(word)


def _known(words: list[str]) -> Iterator[str]:
    lexicon = dutch_lexicon()
    return (word for word in words if len(word) > 1 and word in lexicon)


def _without_apostrophe(word: str) -> str:
    """*thema's* → *thema*, *ggz'er* → *ggz*, *zo'n* stays."""
    head, mark, tail = word.partition("'")
    if mark and len(head) > 1 and tail in ("s", "er", "ers", "tje", "tjes", "en"):
        return head
    return word.replace("'", "")


def _diminutive(word: str) -> Iterator[str]:
    base = word.removesuffix("s")
    for ending in DIMINUTIVES:
        if base.endswith(ending):
            rest = base[: -len(ending)]
            if ending == "etje":
                yield from _known(without_ending(rest))
            if ending == "kje":
                yield from _known([rest + "g"])
            undoubled = [rest[:-1]] if rest[-2:] in ("aa", "oo", "uu", "ee") else []
            yield from _known([rest, *undoubled])


def _comparative(word: str) -> Iterator[str]:
    for ending in ("ere", "er", "ste", "st"):
        if word.endswith(ending):
            rest = word[: -len(ending)]
            bases = without_ending(rest) if ending.startswith("e") else [rest, rest + "s"]
            yield from (base for base in bases if _is_adjective(base))
            if ending.startswith("e") and rest.endswith("rd") and _is_adjective(rest[:-1]):
                yield rest[:-1]


def _is_adjective(word: str) -> bool:
    return word in read_words("adjectives.txt") or (
        len(word) > 4 and word.endswith(ADJECTIVES) and word in dutch_lexicon()
    )


def _past(word: str) -> Iterator[str]:
    plain = word.removesuffix("n")
    root = plain[:-2]
    if len(root) > 2 and plain.endswith(("te", "de")) and plain[-2] == (dental(root) or root[-1]) and is_weak(root):
        yield root


def _third_person(word: str) -> Iterator[str]:
    root = word[:-1]
    if word.endswith("t") and len(root) >= SHORTEST and (is_weak(root) or (root.endswith("d") and is_verb(root))):
        yield root


def _present_participle(word: str) -> Iterator[str]:
    plain = word.removesuffix("e")
    if plain.endswith("end"):
        yield from (root for root in _known(without_ending(plain[:-3])) if len(root) >= SHORTEST and is_verb(root))


def _noun_of_verb(word: str) -> Iterator[str]:
    if word.endswith("ing"):
        roots = without_ending(word[:-3])
        yield from (root for root in (*_known(roots), *roots) if len(root) >= SHORTEST and is_verb(root))


def _plural_en(word: str) -> Iterator[str]:
    if word.endswith("heden") and word not in ("heden", "verheden"):
        yield word[:-4] + "eid"
    elif word.endswith("kinderen"):
        yield word[:-4]
    elif word.endswith("ieen"):
        yield word[:-2]
    elif word.endswith("een"):
        yield from _known([word[:-2]])
    elif word.endswith("en"):
        yield from _known([*without_ending(word[:-2]), word[:-1]])


def _plural_s(word: str) -> Iterator[str]:
    base = word[:-1]
    if not word.endswith("s") or base not in dutch_lexicon() or base.endswith("s"):
        return
    if (base.endswith(PLURAL_S) and len(SYLLABLE.findall(base)) > 1) or not _has_forms(word):
        yield base


def _has_forms(word: str) -> bool:
    """Tell whether `word` has inflected forms of its own (*halzen*, *valse*): then its s is no ending."""
    lexicon = dutch_lexicon()
    return any(form in lexicon for ending in ("en", "e") for form in with_ending(word, ending))


def _prefixed(word: str) -> Iterator[str]:
    """Yield the stem of a verb the list lacks behind a prefix (*uithuisplaatsen*, *terugplaatsing*)."""
    if not word.startswith(verb_prefixes()):
        return
    for prefix in verb_prefixes():
        rest = word[len(prefix) :]
        if word.startswith(prefix) and len(rest) > SHORTEST and rest in dutch_lexicon() and is_verb(stem(rest)):
            yield prefix + stem(rest)


def _unknown(word: str) -> Iterator[str]:
    """Yield what is left of a word that is in no list without the commonest endings."""
    if word.endswith("en") and len(word) > 5:
        yield without_ending(word[:-2])[0]
    elif (word.endswith("s") and word[:-1].endswith(PLURAL_S) and len(word) > 5) or word.endswith(
        ("se", "ige", "lijke")
    ):
        yield word[:-1]


def _inflected_e(word: str) -> Iterator[str]:
    if word.endswith("e") and len(word) > SHORTEST:
        yield from _known(without_ending(word[:-1]))
