"""Words of a query → groups of terms to look up: forms, parts, related words, corrections.

Within a group the best alternative counts, over groups scores add up. So a passage with
a word and three of its synonyms is worth no more than one with the word, and what was
typed is never drowned by what was added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.spelling import Correction, Speller
from jeugdzoek.analysis.term import Term
from jeugdzoek.analysis.thesaurus import Match, Related, Thesaurus
from jeugdzoek.index.keyword import PART, STEM, TITLE, WORD


class Alternative(NamedTuple):
    """Something to look up.

    Parameters
    ----------
    field
        Field of the index.
    texts
        Terms; where there are several a passage must hold all, and their mean counts.
    weight
        Factor on the impact.
    typed
        Whether it was typed, not added.
    """

    field: str
    texts: tuple[str, ...]
    weight: float
    typed: bool = False


MARKED = 0.3
"""Weight from which a word is marked in a snippet."""
AFTER_CORRECTION = 0.6
"""Factor on the words the thesaurus relates to what was probably meant."""

Group = tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of match counts.

    Parameters
    ----------
    stem
        Any form of the word, in the passage.
    word
        Added where the very form typed stands there.
    title
        Any form, in the report's title or the passage's heading.
    inside
        The word as a part of a compound there.
    parts
        Each part of a compound that was typed.
    joined
        Words typed apart that are one there (*jeugd hulp*).
    same, near, narrower, broader, associated
        Words the thesaurus relates.
    corrected
        What was probably meant by an unknown word, less its distance.
    """

    stem: float = 1.0
    word: float = 0.1
    title: float = 0.2
    inside: float = 0.65
    parts: float = 0.5
    joined: float = 0.9
    same: float = 0.85
    near: float = 0.65
    narrower: float = 0.5
    broader: float = 0.2
    associated: float = 0.25
    corrected: float = 0.95


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a query becomes.

    Parameters
    ----------
    groups
        What to look up.
    words
        For every group the number of the typed word it stands for, rising; then -1 for groups of several words.
    related
        Words that are looked for besides those typed, as a person would write them.
    corrections
        (typed, meant) for words taken to be typing errors.
    stems
        Stems that explain a hit, for marking them in a snippet.
    spelled
        (typed, long form) for what is in capitals or no Dutch, where the thesaurus has another word for the same.
    """

    groups: tuple[Group, ...] = ()
    words: tuple[int, ...] = ()
    related: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()
    stems: frozenset[str] = field(default_factory=frozenset)
    spelled: tuple[tuple[str, str], ...] = ()

    def corrected(self, text: str) -> str:
        """Return `text` with the words that were taken to be typing errors as they were probably meant."""
        return _replaced(text, self.corrections)

    def spelled_out(self, text: str) -> str:
        """Return `text` for the meaning half: corrected, abbreviations spelled out, of which a model knows little."""
        return _replaced(self.corrected(text), self.spelled)


class Expander:
    """Expands queries for one index.

    Parameters
    ----------
    analyzer
        The analyser of the index.
    thesaurus
        Related words; None for none.
    holds
        Tells whether (field, term) occurs in the index.
    speller
        Called when a word is unknown; None for no corrections.
    is_word
        Tells whether a word is Dutch, though the index may not hold it.
    weights
        See `Weights`.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        thesaurus: Thesaurus | None,
        *,
        holds: Callable[[str, str], bool],
        speller: Callable[[], Speller] | None,
        is_word: Callable[[Term], bool],
        weights: Weights | None = None,
    ) -> None:
        self._analyzer = analyzer
        self._thesaurus = thesaurus
        self._holds = holds
        self._speller = speller
        self._is_word = is_word
        self._weights = weights or Weights()

    def expand(self, text: str) -> Expansion:
        """Return what to look up for the words of `text`.

        Stop words count only where there is nothing else.
        """
        terms = self._analyzer.terms(text)
        subjects = [term for term in dict.fromkeys(terms) if term.stem]
        if not subjects:
            words = dict.fromkeys(term.word for term in terms)
            groups = tuple((Alternative(WORD, (word,), 1.0, typed=True),) for word in words)
            return Expansion(groups, tuple(range(len(groups))))
        matches = list(self._thesaurus.matches(terms)) if self._thesaurus else []
        corrections = {term: self._corrections(term) for term in subjects}
        found: dict[Group, int] = {}
        for number, term in enumerate(subjects):
            own = [m for m in matches if m.last - m.first == 1 and terms[m.first] == term]
            for group in self._groups(term, own, corrections[term]):
                found.setdefault(group, number)
        for match in matches:
            if match.last - match.first > 1:
                found.setdefault(tuple(self._related(match.related, 1.0)), -1)
        for joined in self._joined(terms):
            found.setdefault((joined,), -1)
        found.pop((), None)
        meant = tuple((t.word, c[0].word) for t, c in corrections.items() if c)
        return Expansion(
            tuple(found),
            tuple(found.values()),
            self._shown(matches),
            meant,
            _stems(tuple(found)),
            () if text.isupper() else tuple(self._spelled(terms, matches)),
        )

    def _groups(self, term: Term, matches: Sequence[Match], corrections: Sequence[Correction]) -> Iterator[Group]:
        weights = self._weights
        related = [r for match in matches for r in self._related(match.related, 1.0)]
        meant = list(self._meant(corrections))
        yield (
            Alternative(STEM, (term.stem,), weights.stem, typed=True),
            Alternative(PART, (term.stem,), weights.inside),
            *related,
            *meant,
        )
        yield (Alternative(WORD, (term.word,), weights.word, typed=True),)
        yield (Alternative(TITLE, (term.stem,), weights.title, typed=True), *self._in_title((*related, *meant)))
        for part in term.parts:
            others = self._related(self._thesaurus.related(part), weights.parts) if self._thesaurus else ()
            yield (Alternative(STEM, (part,), weights.parts), Alternative(PART, (part,), weights.parts), *others)

    def _in_title(self, alternatives: Sequence[Alternative]) -> Iterator[Alternative]:
        for other in alternatives:
            if other.field == STEM:
                yield Alternative(TITLE, other.texts, other.weight * self._weights.title)

    def _related(self, related: Sequence[Related], factor: float) -> Iterator[Alternative]:
        for other in related:
            weight = factor * float(getattr(self._weights, other.relation))
            yield from self._either(other.stems, weight)

    def _meant(self, corrections: Sequence[Correction]) -> Iterator[Alternative]:
        for correction in corrections:
            weight = self._weights.corrected - 0.1 * correction.distance
            for term in self._analyzer.terms(correction.word):
                if term.stem:
                    yield from self._either((term.stem,), weight)
                    yield from (Alternative(STEM, (part,), weight * self._weights.parts) for part in term.parts)
                    if self._thesaurus:
                        for match in self._thesaurus.matches([term]):
                            yield from self._related(match.related, AFTER_CORRECTION)

    def _either(self, stems: tuple[str, ...], weight: float) -> Iterator[Alternative]:
        yield Alternative(STEM, stems, weight)
        if len(stems) == 1:
            yield Alternative(PART, stems, weight * self._weights.inside)

    def _joined(self, terms: Sequence[Term]) -> Iterator[Alternative]:
        """Yield what neighbouring words make when they are written as one."""
        for size in (2, 3):
            for first in range(len(terms) - size + 1):
                part = terms[first : first + size]
                if all(len(term.word) > 2 and not term.stop for term in part):
                    joined = self._analyzer.term("".join(term.word for term in part))
                    if joined.stem and self._holds(STEM, joined.stem):
                        yield Alternative(STEM, (joined.stem,), self._weights.joined)

    def _corrections(self, term: Term) -> tuple[Correction, ...]:
        known = any(self._holds(name, term.stem) for name in (STEM, PART, TITLE)) or self._holds(WORD, term.word)
        if self._speller is None or known or self._is_word(term) or self._is_related(term):
            return ()
        return self._speller().corrections(term.word)

    def _is_related(self, term: Term) -> bool:
        return self._thesaurus is not None and next(self._thesaurus.matches([term]), None) is not None

    def _spelled(self, terms: Sequence[Term], matches: Sequence[Match]) -> Iterator[tuple[str, str]]:
        for match in matches:
            term, strongest = terms[match.first], match.related[0]
            short = term.surface.isupper() or not self._is_word(term)
            if short and match.last - match.first == 1 and strongest.relation == "same":
                yield term.surface, strongest.text

    def _shown(self, matches: Sequence[Match]) -> tuple[str, ...]:
        texts = (
            r.text
            for match in matches
            for r in match.related
            if r.relation in ("same", "near") and all(self._holds(STEM, stem) for stem in r.stems)
        )
        return tuple(dict.fromkeys(texts))


def _replaced(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    for typed, other in pairs:
        text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", other.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    return text


def _stems(groups: Sequence[Group]) -> frozenset[str]:
    """Return what is worth marking: single words that count for something."""
    return frozenset(
        a.texts[0]
        for group in groups
        for a in group
        if a.field in (STEM, PART) and len(a.texts) == 1 and a.weight >= MARKED
    )
