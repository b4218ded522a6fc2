"""Forms of Dutch verbs → the bare verb: *woonde*, *gewoond* → *woon*; *doorverwezen* → *doorverwijs*."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from jeugdzoek.analysis.lexicon import dutch_lexicon
from jeugdzoek.analysis.spelling_rules import with_ending
from jeugdzoek.analysis.wordlists import read_groups, read_lines

VOICELESS = ("t", "k", "f", "s", "ch", "p", "x")
"""After these a weak verb takes t, after all others d ('t kofschip)."""
SHORTEST_ROOT = 3


@cache
def _strong() -> tuple[dict[str, str], dict[str, str]]:
    """Form → bare verb: forms that stand alone, and those that only do so behind a prefix."""
    alone: dict[str, str] = {}
    prefixed: dict[str, str] = {}
    for line in read_lines("strong-verbs.txt"):
        stem, *words = line.split()
        for word in (*words, *([stem + "t"] if stem[-1] not in "taeiou" else [])):
            prefixed.setdefault(word.lstrip("-"), stem)
            if not word.startswith("-"):
                alone.setdefault(word, stem)
    return alone, prefixed


@cache
def _prefixes() -> dict[str, tuple[str, ...]]:
    groups = read_groups("verb-prefixes.txt")
    kinds = {name: tuple(sorted(words, key=len, reverse=True)) for name, words in groups.items()}
    return {**kinds, "all": tuple(dict.fromkeys((*kinds["separable"], *kinds["inseparable"])))}


def verb_prefixes() -> tuple[str, ...]:
    """Return the prefixes that come off, longest first."""
    return _prefixes()["separable"]


def is_verb(root: str) -> bool:
    """Tell whether `root` with -en is a word."""
    lexicon = dutch_lexicon()
    return len(root) >= SHORTEST_ROOT - 1 and any(word in lexicon for word in with_ending(root, "en"))


def is_weak(root: str) -> bool:
    """Tell whether `root` is a verb with a participle in d or t that is a word."""
    if not is_verb(root):
        return False
    lexicon = dutch_lexicon()
    participle = root + dental(root)
    if participle == root:
        return root + ("te" if root.endswith("t") else "de") in lexicon
    return (
        "ge" + participle in lexicon
        or (_is_prefixed(root) and participle in lexicon)
        or any(
            root.startswith(prefix) and f"{prefix}ge{participle[len(prefix) :]}" in lexicon
            for prefix in verb_prefixes()
        )
    )


def _is_prefixed(root: str) -> bool:
    return any(root.startswith(p) and len(root) >= len(p) + SHORTEST_ROOT for p in _prefixes()["inseparable"])


def dental(root: str) -> str:
    """Return the t or d that a weak root takes; nothing where it ends in one.

    What counts is the sound before -en: *verhuizen* gives *verhuisd*, *missen* *gemist*.
    """
    if root.endswith(("t", "d")):
        return ""
    soft = with_ending(root, "en")[0] if root.endswith(("s", "f")) else ""
    if soft[-3:-2] in ("z", "v") and soft in dutch_lexicon():
        return "d"
    return "t" if root.endswith(VOICELESS) else "d"


def strong_root(word: str) -> str | None:
    """Return the bare verb of a strong form, prefixes kept: *aangeboden* → *aanbied*."""
    alone, forms = _strong()
    if word in alone:
        return alone[word]
    for prefix, rest in _taken_apart(word):
        root = forms.get(rest) or (forms.get("ge" + rest) if _closes(prefix) else None)
        if (root and is_verb(prefix + root)) or (root and _is_regular(root, prefix)):
            return prefix + root
    return None


def _is_regular(root: str, prefix: str) -> bool:
    """Tell whether `root` is one of the verbs whose infinitive is no root with -en (gaan, staan, zien, doen)."""
    return any(prefix + root + ending in dutch_lexicon() for ending in ("an", "en", "n"))


def _closes(prefix: str) -> bool:
    """Tell whether a participle after `prefix` has no ge- of its own."""
    return prefix.endswith(_prefixes()["inseparable"])


def _taken_apart(word: str) -> Iterator[tuple[str, str]]:
    """Yield (prefixes, rest) for every way the word may begin with verb prefixes."""
    kinds = _prefixes()
    if not word.startswith(kinds["all"]):
        return
    for prefix in kinds["all"]:
        if word.startswith(prefix) and len(word) - len(prefix) >= 2:
            rest = word[len(prefix) :]
            yield prefix, rest
            for inner in kinds["inseparable"]:
                if inner != "ge" and rest.startswith(inner) and len(rest) - len(inner) >= SHORTEST_ROOT:
                    yield prefix + inner, rest[len(inner) :]


def weak_roots(word: str) -> Iterator[str]:
    """Yield the bare verbs a weak participle may come from: *aangemeld*, *geplaatst*, *behandeld*."""
    if not word.endswith(("d", "t")):
        return
    if word.startswith("ge"):
        yield from _roots_of(word[2:], "")
    for prefix in verb_prefixes():
        if word.startswith(prefix + "ge"):
            yield from _roots_of(word[len(prefix) + 2 :], prefix)
    if _is_prefixed(word) or word.startswith(verb_prefixes()):
        root = word[:-1]
        if word == root + dental(root) and is_verb(root) and word in dutch_lexicon():
            yield root


def _roots_of(rest: str, prefix: str) -> Iterator[str]:
    for root in (rest, rest[:-1]):
        if len(root) >= SHORTEST_ROOT - bool(prefix) and rest == root + dental(root) and _makes_past(root):
            yield prefix + root


def _makes_past(root: str) -> bool:
    """Tell whether `root` is a verb; one that ends in d or t must show it by its past (*meldde*)."""
    return is_weak(root) if root.endswith(("t", "d")) else is_verb(root)
