"""``jeugdzoek search``: the passages that answer a query."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from jeugdzoek.cli.options import index_option, json_option, mode_option, thesaurus_option
from jeugdzoek.cli.output import plain, print_json
from jeugdzoek.opening import open as open_index
from jeugdzoek.search.backend import Filters
from jeugdzoek.search.hits import Hit, Hits

MOST_RELATED = 8
"""Related words that are shown."""
FOUND_BY = {"word": "by word", "meaning": "by meaning", "both": "by word and meaning"}


@click.command()
@click.argument("query")
@index_option
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Passages, at most.")
@mode_option
@click.option("--from", "since", metavar="DATE", help="Sessions from this day, month or year on.")
@click.option("--until", metavar="DATE", help="Sessions up to and with this day, month or year.")
@click.option("--place", help="Sessions in this place.")
@click.option("--audience", multiple=True, help="Label you may see besides public; may be given again.")
@thesaurus_option
@click.option("--no-related", is_flag=True, help="Look for the words typed alone, not for related ones.")
@json_option
@click.option("--explain", is_flag=True, help="Say what matched and how much.")
def search(query: str, index_dir: Path, as_json: bool, explain: bool, **options: Any) -> None:
    """Print the passages that answer QUERY best.

    QUERY holds words, "phrases" and -words that must not occur.
    """
    filters = Filters(since=options.pop("since"), until=options.pop("until"), place=options.pop("place"))
    related = not options.pop("no_related")
    with open_index(index_dir, thesaurus=options.pop("thesaurus")) as index:
        hits = index.search(query, filters=filters, related=related, **options)
    if as_json:
        print_json(_with_reasons(hits) if explain else hits.to_dict())
        return
    printer = Printer(color=sys.stdout.isatty(), explain=explain)
    for line in printer.lines(hits):
        click.echo(line)


def _with_reasons(hits: Hits) -> dict[str, Any]:
    answer = hits.to_dict()
    for row, hit in zip(answer["hits"], hits, strict=True):
        row["why"] = {"words": list(hit.why.words), "keyword": hit.why.keyword, "semantic": hit.why.semantic}
    return answer


@dataclass(frozen=True, slots=True)
class Printer:
    """Writes hits for a person.

    Parameters
    ----------
    color
        Whether the output is a terminal that shows bold text.
    explain
        Whether to add what matched.
    """

    color: bool
    explain: bool

    def lines(self, hits: Hits) -> Sequence[str]:
        """Return the lines to print."""
        if not hits.hits:
            return [f"No passage found for: {plain(hits.query)}"]
        lines = []
        if hits.did_you_mean:
            lines += [f"Did you mean: {plain(hits.did_you_mean)}?", ""]
        if not hits.confident:
            lines += ["Nothing in the index seems to be about this. The nearest passages are:", ""]
        for hit in hits:
            lines += [*self._hit(hit), ""]
        if hits.related:
            lines.append(f"also looked for: {', '.join(plain(text) for text in hits.related[:MOST_RELATED])}")
        return [*lines, f"{len(hits)} of {hits.total} passages in {hits.took_ms:.1f} ms"]

    def _hit(self, hit: Hit) -> Sequence[str]:
        session = ", ".join(part for part in (hit.report.place, hit.report.date) if part)
        title = plain(hit.report.title or hit.report.id)
        shown = click.style(title, bold=True) if self.color else title
        lines = [
            f"{hit.rank}. {shown}{f' ({plain(session)})' if session else ''}",
            *click.wrap_text(
                hit.snippet.to_terminal(color=self.color), width=96, initial_indent="   ", subsequent_indent="   "
            ).splitlines(),
            f"   {plain(hit.passage.id)}, found {FOUND_BY[hit.why.found_by]}",
        ]
        if self.explain:
            words = ", ".join(plain(word) for word in hit.why.words) or "no word"
            lines.append(
                f"   score {hit.score:.3f}: keyword {hit.why.keyword:.2f} ({words}), semantic {hit.why.semantic:.2f}"
            )
        return lines
