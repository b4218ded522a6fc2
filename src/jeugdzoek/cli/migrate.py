"""``jeugdzoek migrate``: bring an older index to the present format."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option, model_options
from jeugdzoek.cli.output import print_json, progress_bar, say_warnings
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.index.rewriting import migrate_index


@click.command()
@index_option
@model_options
@json_option
def migrate(index_dir: Path, encoder: Encoder | None, as_json: bool) -> None:
    """Bring the index to the present format, analyser and model, from the texts it holds.

    The generation before stays, and ``jeugdzoek rollback`` returns to it.
    """
    with progress_bar() as progress:
        done = migrate_index(index_dir, encoder=encoder, progress=progress)
    say_warnings(done.warnings)
    if as_json:
        print_json({"index": str(index_dir), **asdict(done), "held": [path.name for path in done.held]})
    elif done.changed:
        click.echo(
            f"{index_dir}: format {done.format_before} became {done.format} in {done.generation} "
            f"({done.reports} reports)"
        )
    else:
        click.echo(f"{index_dir}: {done.generation} is up to date (format {done.format})")
