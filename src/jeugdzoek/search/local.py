"""The backend on one open generation of an index folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.dictionary import is_dutch
from jeugdzoek.analysis.thesaurus import Thesaurus, dutch_thesaurus
from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.errors import IndexFormatError
from jeugdzoek.index.reader import Reader
from jeugdzoek.search.backend import Candidates, Filters, Mode
from jeugdzoek.search.bm25 import Planner
from jeugdzoek.search.encoding import QueryEncoder
from jeugdzoek.search.expansion import Expander, Expansion
from jeugdzoek.search.filtering import allowed_passages
from jeugdzoek.search.query import Query
from jeugdzoek.search.reports import with_report_words
from jeugdzoek.search.retrieval import Meaning, retrieve
from jeugdzoek.search.subjects import subjects
from jeugdzoek.search.vocabulary import Vocabulary

CACHED_QUERIES = 1024

Allowed = NDArray[np.bool_]


class LocalBackend:
    """Searches one generation; never changes once made.

    Parameters
    ----------
    reader
        The open generation.
    analyzer
        Must be the one the index was built with.
    encoder
        Must be the one the index was built with; loaded when first needed if None.
    thesaurus
        Related words; the bundled ones if None.

    Raises
    ------
    IndexFormatError
        When the index was built with another analyser.
    EncoderMismatchError
        When `encoder` is another than the index was built with.
    """

    def __init__(
        self, reader: Reader, analyzer: Analyzer, encoder: Encoder | None = None, thesaurus: Thesaurus | None = None
    ) -> None:
        self.reader = reader
        self.analyzer = analyzer
        self.queries = QueryEncoder(reader.manifest.encoder, reader.folder.parent, encoder)
        self.planner = Planner(reader.postings)
        words = thesaurus or dutch_thesaurus()
        self.vocabulary = Vocabulary(reader.postings, analyzer, words)
        holds, speller = self.vocabulary.holds, self.vocabulary.speller
        self.use(Expander(analyzer, words, holds=holds, speller=speller, is_word=is_dutch))
        if reader.manifest.analyzer != analyzer.fingerprint:
            root = reader.folder.parent
            raise IndexFormatError(
                root, f"was built by another version of the Dutch analyser; run: jeugdzoek migrate --index {root}"
            )

    def use(self, expander: Expander) -> None:
        """Expand queries with `expander` from now on."""
        plain = Expander(self.analyzer, None, holds=self.vocabulary.holds, speller=None, is_word=is_dutch)

        @lru_cache(maxsize=CACHED_QUERIES)
        def expand(text: str, related: bool) -> Expansion:
            return (expander if related else plain).expand(text)

        self.expand = expand

    def candidates(self, query: Query, mode: Mode, k: int, filters: Filters) -> Candidates:
        """Return the best `k` passages of each half `mode` asks for, with both scores."""
        reader = self.reader
        allowed = self._allowed(query, filters)
        expansion = self.expand(query.wanted, query.related)
        plan = self.planner.plan(expansion.groups)
        meaning = None
        if mode != "keyword":
            vector = self.queries.encode(expansion.spelled_out(query.wanted))
            meaning = Meaning(vector, reader.vectors, reader.codes)
        found = retrieve(plan, 0 if mode == "semantic" else k, meaning, k, allowed)
        keys = reader.keys[found.ids]
        return Candidates(
            keys,
            with_report_words(found.rows, expansion.words, keys),
            found.semantic,
            plan.ceiling,
            found.total,
            expansion,
            subjects(reader.postings, plan, expansion, query.wanted),
            reader.manifest.encoder.name,
            len(reader.keys),
            found.rows,
        )

    def fetch(self, keys: Sequence[int]) -> Mapping[int, tuple[Report, Passage]]:
        """Return key → (report without its text, passage); unknown keys are left out."""
        reader = self.reader
        at = np.searchsorted(reader.keys, np.asarray(keys, dtype=np.int64)).tolist()
        ordinals = {key: i for key, i in zip(keys, at, strict=True) if i < len(reader.keys) and reader.keys[i] == key}
        passages = reader.store.passages(list(ordinals.values()))
        reports = reader.store.numbered(list({number for number, _ in passages.values()}))
        return {key: (reports[passages[i][0]], passages[i][1]) for key, i in ordinals.items()}

    def _allowed(self, query: Query, filters: Filters) -> Allowed | None:
        allowed = allowed_passages(self.reader, filters)
        for phrases, wanted in ((query.phrases, True), (query.excluded, False)):
            for phrase in phrases:
                fits = self._holds(phrase) == wanted
                allowed = fits if allowed is None else allowed & fits
        return allowed

    def _holds(self, phrase: str) -> Allowed:
        """Return for each passage whether the words of `phrase` follow each other there."""
        holds = np.zeros(len(self.reader.keys), dtype=np.bool_)
        words = [term.word for term in self.analyzer.terms(phrase)]
        if words:
            holds[self.reader.keyword.phrase(words)] = True
        return holds
