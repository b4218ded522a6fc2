"""Passage → what each half of the index takes in: terms by field, and text to encode."""

from __future__ import annotations

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.index.keyword import PART, STEM, TITLE, WORD


def to_terms(analyzer: Analyzer, report: Report, passage: Passage) -> dict[str, list[str]]:
    """Return field → terms of `passage`, title and heading in a field of their own."""
    terms = analyzer.terms(passage.text)
    title = analyzer.terms(f"{report.title}\n{passage.heading}")
    return {
        WORD: [term.word for term in terms],
        STEM: [term.stem for term in terms if term.stem],
        PART: [part for term in terms for part in term.parts],
        TITLE: list(dict.fromkeys(text for term in title if term.stem for text in (term.stem, *term.parts))),
    }


def to_encode(report: Report, passage: Passage) -> str:
    """Return what the encoder reads of `passage`: title and heading go before the text."""
    parts = (report.title, passage.heading if passage.heading != report.title else "", passage.text)
    return "\n".join(part for part in parts if part)
