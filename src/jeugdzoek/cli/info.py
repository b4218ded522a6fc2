"""``jeugdzoek info``: what an index is."""

from __future__ import annotations

from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option
from jeugdzoek.cli.output import plain, print_json
from jeugdzoek.opening import open as open_index


@click.command()
@index_option
@json_option
def info(index_dir: Path, as_json: bool) -> None:
    """Print counts, size, model and generation of an index."""
    with open_index(index_dir) as index:
        facts = index.info()
    if as_json:
        print_json(facts)
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        shown = ", ".join(shown) if isinstance(shown, list) else shown
        click.echo(f"{name.replace('_', ' '):<{width}}  {plain(str(shown))}")
