"""``jeugdzoek rollback``: back to the generation before."""

from __future__ import annotations

from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option
from jeugdzoek.cli.output import print_json
from jeugdzoek.index.generations import roll_back
from jeugdzoek.index.locking import writer_lock


@click.command()
@index_option
@json_option
def rollback(index_dir: Path, as_json: bool) -> None:
    """Make the index what it was before its last change."""
    with writer_lock(index_dir):
        generation = roll_back(index_dir).name
    if as_json:
        print_json({"index": str(index_dir), "generation": generation})
    else:
        click.echo(f"{index_dir}: now at {generation}")
