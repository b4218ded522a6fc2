"""``jeugdzoek rollback``: back to the generation before."""

from __future__ import annotations

from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option
from jeugdzoek.cli.output import print_json, say_warnings
from jeugdzoek.index.generations import writing
from jeugdzoek.index.rollback import roll_back


@click.command()
@index_option
@json_option
def rollback(index_dir: Path, as_json: bool) -> None:
    """Make the index what it was before its last change."""
    with writing(index_dir):
        done = roll_back(index_dir)
    say_warnings(done.warnings)
    if as_json:
        print_json({"index": str(index_dir), "generation": done.folder.name, "warnings": list(done.warnings)})
    else:
        click.echo(f"{index_dir}: now at {done.folder.name} ({done.manifest.reports} reports)")
