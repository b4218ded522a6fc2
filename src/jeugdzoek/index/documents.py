"""Passage → what each half of the index takes in: text to analyse, and text to encode."""

from __future__ import annotations

from jeugdzoek.corpus.report import Passage, Report


def to_title(report: Report, passage: Passage) -> str:
    """Return what the field of titles has of `passage`: the title of its report, and its heading."""
    return f"{report.title}\n{passage.heading}"


def to_encode(report: Report, passage: Passage) -> str:
    """Return what the encoder reads of `passage`: title and heading go before the text."""
    parts = (report.title, passage.heading if passage.heading != report.title else "", passage.text)
    return "\n".join(part for part in parts if part)
