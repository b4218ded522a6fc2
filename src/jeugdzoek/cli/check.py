"""``jeugdzoek check``: whether an index is whole."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option
from jeugdzoek.cli.output import print_json, say
from jeugdzoek.index.check import check_index


@click.command()
@index_option
@json_option
def check(index_dir: Path, as_json: bool) -> None:
    """Compare every file of the index with what was written, and its parts with each other."""
    found = check_index(index_dir)
    for warning in found.warnings:
        say(f"warning: the generation before is damaged, so rollback cannot return to it: {warning}")
    if as_json:
        print_json({"index": str(index_dir), **asdict(found)})
    else:
        click.echo(
            f"{index_dir}: {found.generation} is whole ({found.files} files, {found.bytes:,} bytes, "
            f"{found.samples} passages found by their own words)"
        )
