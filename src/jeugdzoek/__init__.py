"""Search for Dutch youth-care session reports.

report files → Report → Passage → Analyzer → KeywordIndex (Whoosh) + VectorIndex →
Postings (compiled) → Query → Candidates → fusion → Hits → Python · CLI · HTTP and search box

>>> import jeugdzoek
>>> index = jeugdzoek.build("corpus/reports", "indexes/demo")  # doctest: +SKIP
>>> hits = index.search("wachttijd jeugd-ggz", limit=3)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jeugdzoek.corpus.reading import Skipped
    from jeugdzoek.corpus.report import Passage, Report
    from jeugdzoek.embedding.adapting import Adaptation, AdaptSettings, adapt_model
    from jeugdzoek.embedding.encoder import Encoder, Reading
    from jeugdzoek.embedding.loading import load_encoder
    from jeugdzoek.embedding.sentence import SentenceSettings
    from jeugdzoek.errors import (
        AdaptationError,
        EncoderError,
        EncoderMismatchError,
        IndexDamagedError,
        IndexFolderError,
        IndexFormatError,
        IndexLockedError,
        IndexMissingError,
        IndexSpaceError,
        JeugdzoekError,
        MissingExtraError,
        QueryError,
        ReportMissingError,
        SourceError,
        TextFileError,
        ThesaurusError,
        TopicsError,
    )
    from jeugdzoek.index.builder import BuildSettings, BuildSummary
    from jeugdzoek.index.forgetting import Forgotten
    from jeugdzoek.opening import Index, build, open  # noqa: A004
    from jeugdzoek.search.backend import Filters
    from jeugdzoek.search.hits import Hit, Hits, Why
    from jeugdzoek.search.snippets import Snippet

__all__ = [
    "AdaptSettings",
    "Adaptation",
    "AdaptationError",
    "BuildSettings",
    "BuildSummary",
    "Encoder",
    "EncoderError",
    "EncoderMismatchError",
    "Filters",
    "Forgotten",
    "Hit",
    "Hits",
    "Index",
    "IndexDamagedError",
    "IndexFolderError",
    "IndexFormatError",
    "IndexLockedError",
    "IndexMissingError",
    "IndexSpaceError",
    "JeugdzoekError",
    "MissingExtraError",
    "Passage",
    "QueryError",
    "Reading",
    "Report",
    "ReportMissingError",
    "SentenceSettings",
    "Skipped",
    "Snippet",
    "SourceError",
    "TextFileError",
    "ThesaurusError",
    "TopicsError",
    "Why",
    "adapt_model",
    "build",
    "load_encoder",
    "open",
]

_HOMES = {
    "AdaptSettings": "embedding.adapting",
    "Adaptation": "embedding.adapting",
    "BuildSettings": "index.builder",
    "BuildSummary": "index.builder",
    "Encoder": "embedding.encoder",
    "Filters": "search.backend",
    "Forgotten": "index.forgetting",
    "Hit": "search.hits",
    "Hits": "search.hits",
    "Index": "opening",
    "Passage": "corpus.report",
    "Reading": "embedding.encoder",
    "Report": "corpus.report",
    "SentenceSettings": "embedding.sentence",
    "Skipped": "corpus.reading",
    "Snippet": "search.snippets",
    "Why": "search.hits",
    "adapt_model": "embedding.adapting",
    "build": "opening",
    "load_encoder": "embedding.loading",
    "open": "opening",
}
"""Where the names are defined; those of errors in ``errors``."""


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is first used: a search needs little of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
