"""``jeugdzoek forget``: remove reports or strings without a trace."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option
from jeugdzoek.cli.output import print_json, say, say_warnings
from jeugdzoek.index.forgetting import Forgotten
from jeugdzoek.index.forgetting import forget as forget_traces

NOT_WHOLLY = 3


@click.command()
@click.option("--report", "reports", multiple=True, metavar="ID", help="Report to remove; may be given more than once.")
@click.option("--text", "texts", multiple=True, metavar="STRING", help="String to remove from every report.")
@index_option
@json_option
def forget(reports: tuple[str, ...], texts: tuple[str, ...], index_dir: Path, as_json: bool) -> int:
    """Remove reports or strings from the index and all its older generations.

    Afterwards the bytes of the index folder are searched for what was removed. Exit code
    3: it is removed from the index, but a file or a generation in use still holds it.
    """
    if not reports and not texts:
        raise click.UsageError("give --report ID or --text STRING")
    done = forget_traces(index_dir, reports=reports, texts=texts)
    for path in done.left:
        say(f"still in {path}; forget again, or remove that file")
    for path in done.held:
        say(f"still in {path}: a reader holds it; end the reader and forget or index again")
    say_warnings(done.warnings)
    if as_json:
        print_json({"index": str(index_dir), **_to_dict(done)})
    else:
        click.echo(
            f"{index_dir}: {len(done.reports)} reports removed, {len(done.changed)} changed; {done.needles} traces "
            f"searched in {done.bytes:,} bytes, found in {len(done.left)} files"
        )
    return NOT_WHOLLY if done.left or done.held or done.warnings else 0


def _to_dict(done: Forgotten) -> dict[str, object]:
    return {**asdict(done), "left": [str(path) for path in done.left], "held": [path.name for path in done.held]}
