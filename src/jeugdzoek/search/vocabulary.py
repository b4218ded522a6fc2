"""What an index knows of words: which ones occur, and what a wrong one may have been meant to be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.dictionary import is_dutch
from jeugdzoek.analysis.spelling import Speller
from jeugdzoek.analysis.thesaurus import Thesaurus
from jeugdzoek.index.keyword import STEM, WORD
from jeugdzoek.index.postings import Postings

COMMON = 3
"""Passages from which a word no dictionary knows may be what was meant."""


class Vocabulary:
    """The words of one generation.

    Parameters
    ----------
    postings
        Field → its postings.
    analyzer
        The analyser of the index.
    thesaurus
        Its words may be meant as well, though the index lacks them.
    """

    def __init__(self, postings: Mapping[str, Postings], analyzer: Analyzer, thesaurus: Thesaurus) -> None:
        self._postings = postings
        self._analyzer = analyzer
        self._thesaurus = thesaurus

    def holds(self, field: str, term: str) -> bool:
        """Tell whether `term` occurs in `field`."""
        return self._postings[field].find(term) is not None

    @cached_property
    def _speller(self) -> Speller:
        counts = dict.fromkeys(self._thesaurus.words(), 1)
        for field in (self._postings[STEM], self._postings[WORD]):
            counts |= zip(field.terms, np.diff(field.ptr).tolist(), strict=True)
        term = self._analyzer.term
        return Speller(counts, lambda word, count: count >= COMMON or is_dutch(term(word)))

    def speller(self) -> Speller:
        """Return corrections from these words; made once, rare words that are no Dutch are never suggested."""
        return self._speller
