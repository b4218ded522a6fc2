"""``jeugdzoek train``: adapt the bundled model to reports of one's own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from jeugdzoek.cli.options import json_option
from jeugdzoek.cli.output import plain, print_json, progress_bar, say
from jeugdzoek.embedding.adapting import AdaptSettings, adapt_model

SKIPPED = 3


@click.command()
@click.option(
    "--reports",
    "sources",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    metavar="SOURCE",
    help="File or folder of reports to learn from; may be given again.",
)
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the model goes; must not exist yet.",
)
@click.option("--audience", multiple=True, help="Label of reports to learn from besides public; may be given again.")
@click.option("--no-mask", is_flag=True, help="Learn from e-mail addresses, phone and citizen numbers as they are.")
@click.option(
    "--seed", type=int, default=AdaptSettings().seed, show_default=True, help="The same seed, the same model."
)
@json_option
def train(
    sources: tuple[Path, ...], output: Path, audience: tuple[str, ...], no_mask: bool, seed: int, as_json: bool
) -> int:
    """Adapt the bundled model to your own reports, without judgments.

    A first run holds every fifth report out and tries whether the model still finds its way
    in them; if it got worse, nothing is written. Then jeugdzoek index SOURCE --model FOLDER
    brings the model into use.
    """
    settings = AdaptSettings(mask=not no_mask, audience=audience, seed=seed)
    with progress_bar() as progress:
        done = adapt_model(sources, output, settings=settings, progress=progress)
    for item in done.skipped:
        say(f"skipped {item.source}: {item.reason}")
    if done.left_out:
        say(f"left out {done.left_out} reports of another audience than public; --audience takes them in")
    if done.after <= done.before:
        say("it finds no more in reports it did not learn from; compare on your own topics: jeugdzoek evaluate")
    if as_json:
        skipped = [{"source": item.source, "reason": item.reason} for item in done.skipped]
        print_json({**asdict(done), "folder": str(output), "skipped": skipped})
    else:
        click.echo(
            f"{plain(str(output))}: model {done.fingerprint}, "
            f"learned from {done.reports} reports ({done.pairs} pairs)\n"
            f"mean reciprocal rank on {done.held_out} reports held out: "
            f"{done.before:.3f} before, {done.after:.3f} after"
        )
    return SKIPPED if done.skipped else 0
