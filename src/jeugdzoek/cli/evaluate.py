"""``jeugdzoek evaluate``: what an index reaches on judged topics."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import click

from jeugdzoek.cli.options import index_option, json_option
from jeugdzoek.cli.output import print_json
from jeugdzoek.evaluation.evaluate import Figures
from jeugdzoek.evaluation.evaluate import evaluate as evaluate_run
from jeugdzoek.evaluation.runs import run_topics
from jeugdzoek.evaluation.topics import read_qrels, read_topics
from jeugdzoek.opening import open as open_index
from jeugdzoek.search.backend import Mode

SHOWN: tuple[Mode, ...] = ("keyword", "semantic", "hybrid")


@click.command()
@click.argument("topics", type=click.Path(path_type=Path))
@click.argument("qrels", type=click.Path(path_type=Path))
@index_option
@json_option
def evaluate(topics: Path, qrels: Path, index_dir: Path, as_json: bool) -> None:
    """Score an index on TOPICS with the judgments QRELS, each mode beside the others.

    nDCG@10 counts reports, evidence@5 passages; "doubted" is the share of topics
    answered with confident: false.
    """
    wanted, judgments = read_topics(topics), read_qrels(qrels)
    with open_index(index_dir) as index:
        figures = {mode: evaluate_run(list(run_topics(index, wanted, mode=mode)), judgments) for mode in SHOWN}
    if as_json:
        print_json({mode: {kind: _values(row) for kind, row in rows.items()} for mode, rows in figures.items()})
        return
    for line in to_table(figures):
        click.echo(line)


def _values(row: Figures) -> dict[str, float | None]:
    """Return the figures by name; JSON has no nan, so what could not be measured is null."""
    return {name: None if math.isnan(value) else value for name, value in asdict(row).items()}


def to_table(figures: dict[Mode, dict[str, Figures]]) -> list[str]:
    """Return a markdown table: a row per class of topic, nDCG@10, evidence@5 and doubted per mode."""
    names = [f"{measure} {mode}" for measure in ("nDCG@10", "evidence@5", "doubted") for mode in figures]
    lines = [f"| type | topics | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for kind in next(iter(figures.values())):
        rows = [figures[mode][kind] for mode in figures]
        values = [f"{getattr(row, measure):.3f}" for measure in ("ndcg", "evidence", "doubted") for row in rows]
        lines.append(f"| {kind} | {rows[0].topics} | {' | '.join(values).replace('nan', '–')} |")
    return lines
