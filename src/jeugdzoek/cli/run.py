"""``jeugdzoek run``: answer a list of topics, for evaluation."""

from __future__ import annotations

from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option, mode_option
from jeugdzoek.cli.output import to_json, written
from jeugdzoek.evaluation.runs import run_topics, to_answer, to_trec_lines
from jeugdzoek.evaluation.topics import read_topics
from jeugdzoek.opening import open as open_index
from jeugdzoek.search.backend import Mode


@click.command()
@click.argument("topics", type=click.Path(path_type=Path))
@index_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default="-",
    metavar="RUN",
    help="File to write; - is standard output.",
)
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="Passages per topic, at most."
)
@mode_option
@json_option
def run(topics: Path, index_dir: Path, output: Path, limit: int, mode: Mode, as_json: bool) -> None:
    """Search for every topic in TOPICS (JSON Lines with "id" and "text").

    Writes a TREC run over reports; with --json one object per topic, over passages.
    """
    wanted = read_topics(topics)
    with open_index(index_dir) as index, written(output) as stream:
        for topic, hits in run_topics(index, wanted, limit=limit, mode=mode):
            lines = [to_json(to_answer(topic, hits))] if as_json else to_trec_lines(topic, hits)
            for line in lines:
                stream.write(line + "\n")
