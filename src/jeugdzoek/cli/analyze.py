"""``jeugdzoek analyze``: every step from a word to its terms."""

from __future__ import annotations

import click

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.cli.options import json_option
from jeugdzoek.cli.output import plain, print_json

COLUMNS = ("text", "word", "stop", "stem")


@click.command()
@click.argument("text", nargs=-1, required=True, metavar="WORD...")
@json_option
def analyze(text: tuple[str, ...], as_json: bool) -> None:
    """Show what the Dutch analyser makes of WORD, step by step."""
    analyzer = Analyzer()
    rows = [
        {"text": token.term.surface, "word": token.term.word, "stop": token.term.stop, "stem": token.term.stem}
        for token in analyzer.analyze(" ".join(text))
    ]
    if as_json:
        steps = [step.name for step in analyzer.steps]
        print_json({"text": " ".join(text), "fingerprint": analyzer.fingerprint, "steps": steps, "terms": rows})
        return
    cells = [COLUMNS, *((str(r["text"]), str(r["word"]), "yes" if r["stop"] else "", str(r["stem"])) for r in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(COLUMNS))]
    for row in cells:
        click.echo(plain("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip())
