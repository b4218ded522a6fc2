"""``jeugdzoek index``: make or update an index."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option, model_options
from jeugdzoek.cli.output import print_json, progress_bar, say, say_warnings
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.index.builder import BuildSettings, BuildSummary, build_index

SKIPPED = 3


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SOURCE...")
@index_option
@model_options
@click.option("--no-mask", is_flag=True, help="Keep e-mail addresses, phone and citizen numbers as they are.")
@json_option
def index(sources: tuple[Path, ...], index_dir: Path, encoder: Encoder | None, no_mask: bool, as_json: bool) -> int:
    """Make or update an index of the reports in SOURCE (files or folders).

    The index becomes what SOURCE is: new and changed reports are taken in, vanished
    ones removed, the others carried over. A run that was cut off goes on where it was
    when started again: passages already encoded are not encoded again.
    """
    with progress_bar() as progress:
        settings = BuildSettings(mask=not no_mask)
        summary = build_index(sources, index_dir, encoder=encoder, settings=settings, progress=progress)
    for item in summary.skipped:
        say(f"skipped {item.source}: {item.reason}")
    for generation in summary.held:
        say(f"kept {generation.name}: a reader still holds it")
    say_warnings(summary.warnings)
    if as_json:
        print_json({"index": str(index_dir), **_to_dict(summary)})
    else:
        click.echo(
            f"{index_dir}: {summary.reports} reports, {summary.passages} passages "
            f"({summary.added} new, {summary.changed} changed, "
            f"{summary.removed} removed, {summary.unchanged} unchanged)"
        )
    return SKIPPED if summary.skipped else 0


def _to_dict(summary: BuildSummary) -> dict[str, object]:
    values = asdict(summary)
    values["skipped"] = [{"source": item.source, "reason": item.reason} for item in summary.skipped]
    values["held"] = [path.name for path in summary.held]
    return values
