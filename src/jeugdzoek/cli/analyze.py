"""``jeugdzoek analyze``: every step from a word to its terms, and the words related to it."""

from __future__ import annotations

from typing import Any

import click

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.dictionary import is_dutch
from jeugdzoek.analysis.term import Term
from jeugdzoek.analysis.thesaurus import RELATIONS, Match, dutch_thesaurus
from jeugdzoek.cli.options import json_option
from jeugdzoek.cli.output import plain, print_json

COLUMNS = ("text", "word", "known", "pieces", "stem", "parts")


@click.command()
@click.argument("text", nargs=-1, required=True, metavar="WORD...")
@json_option
def analyze(text: tuple[str, ...], as_json: bool) -> None:
    """Show what the Dutch analyser makes of WORD, step by step.

    "known" says whether a word is Dutch (then it is never corrected) or a stop word,
    "pieces" what a compound is cut into, "parts" what it can be found by as well.
    Below stand the terms of the thesaurus that belong to the words.
    """
    analyzer = Analyzer()
    terms = analyzer.terms(" ".join(text))
    matches = list(dutch_thesaurus().matches(terms))
    related_to = {
        term for match in matches if match.last - match.first == 1 for term in terms[match.first : match.last]
    }
    rows = [_row(term, term in related_to) for term in terms]
    if as_json:
        steps = [step.name for step in analyzer.steps]
        related = [_related(terms, match) for match in matches]
        print_json({"steps": steps, "fingerprint": analyzer.fingerprint, "terms": rows, "related": related})
        return
    cells = [COLUMNS, *(tuple(_cell(row[column]) for column in COLUMNS) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(COLUMNS))]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for match in matches:
        for line in _lines(terms, match):
            click.echo(line)


def _row(term: Term, in_thesaurus: bool) -> dict[str, Any]:
    known = "stop" if term.stop else "yes" if in_thesaurus or is_dutch(term) else "no"
    return {
        "text": term.surface,
        "word": term.word,
        "known": known,
        "pieces": list(term.pieces),
        "stem": term.stem,
        "parts": list(term.parts),
    }


def _cell(value: str | list[str]) -> str:
    return plain(value if isinstance(value, str) else " ".join(value))


def _typed(terms: list[Term], match: Match) -> str:
    return " ".join(term.surface for term in terms[match.first : match.last])


def _related(terms: list[Term], match: Match) -> dict[str, Any]:
    related = [{"text": r.text, "relation": r.relation, "stems": list(r.stems)} for r in match.related]
    return {"text": _typed(terms, match), "related": related}


def _lines(terms: list[Term], match: Match) -> list[str]:
    lines = ["", plain(_typed(terms, match))]
    for relation in RELATIONS:
        texts = [r.text for r in match.related if r.relation == relation]
        if texts:
            lines.append(f"  {relation}: {', '.join(texts)}")
    return lines
