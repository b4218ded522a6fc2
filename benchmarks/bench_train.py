"""What ``jeugdzoek train`` brings a search: the bundled model and adapted ones on the same topics.

    python benchmarks/bench_train.py [COLLECTION] [--learn SOURCE] [--held-out] [--unseen] [--seeds 20,21,22]

COLLECTION as for ablation.py, corpus/ by default; the model learns from its reports (never from its
topics), or from those in SOURCE. ``--held-out`` takes every third topic only. With ``--unseen`` it learns
from every other report, and only topics that the rest answer count. Prints nDCG@10 and evidence@5.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from ablation import ROOT, first_of

from jeugdzoek.corpus.reading import Source, read
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.adapting import AdaptSettings, adapt_model
from jeugdzoek.embedding.encoder import Encoder
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.evaluation.evaluate import evaluate
from jeugdzoek.evaluation.runs import run_topics
from jeugdzoek.evaluation.topics import Judgment, Topic, read_qrels, read_topics
from jeugdzoek.opening import build
from jeugdzoek.search.backend import Mode

MODES: tuple[Mode, ...] = ("semantic", "hybrid")


def searched(reports: Source, topics: list[Topic], judgments: list[Judgment], encoder: Encoder) -> str:
    """Return the figures of both modes with `encoder`, as cells of a table."""
    with tempfile.TemporaryDirectory() as folder, build(reports, folder, encoder=encoder) as index:
        figures = [evaluate(list(run_topics(index, topics, mode=mode)), judgments)["all"] for mode in MODES]
    return " | ".join(f"{row.ndcg:.3f} | {row.evidence:.3f}" for row in figures)


def asked(folder: Path, held_out: bool, answered_in: set[str] | None) -> tuple[list[Topic], list[Judgment]]:
    """Return the topics that count, and their judgments."""
    topics = read_topics(first_of(folder, "topics.jsonl", "queries.jsonl"))
    topics = topics[::3] if held_out else topics
    known = {topic.id for topic in topics}
    judgments = [j for j in read_qrels(folder / "qrels.jsonl") if j.query in known]
    judgments = [j for j in judgments if answered_in is None or j.doc in answered_in]
    judged = {judgment.query for judgment in judgments}
    return [topic for topic in topics if topic.id in judged], judgments


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", nargs="?", type=Path, default=ROOT / "corpus")
    parser.add_argument("--learn", type=Path)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--unseen", action="store_true")
    parser.add_argument("--seeds", default="20,21,22")
    options = parser.parse_args()
    source = first_of(options.collection, "reports", "corpus.jsonl")
    reports = [item for item in read(options.learn or source) if isinstance(item, Report)]
    unseen = {report.id for report in reports[1::2]} if options.unseen else None
    learned = reports[::2] if options.unseen else reports
    topics, judgments = asked(options.collection, options.held_out, unseen)
    print(f"{options.collection.name}, {len(topics)} topics, learned from {len(learned)} reports\n")
    print("| | MRR before, after | semantic nDCG@10 | evidence@5 | hybrid nDCG@10 | evidence@5 |\n" + "|---" * 6 + "|")
    print(f"| bundled | | {searched(source, topics, judgments, load_encoder())} |", flush=True)
    for seed in map(int, options.seeds.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            done = adapt_model(learned, Path(folder) / "model", settings=AdaptSettings(seed=seed))
            cells = searched(source, topics, judgments, load_encoder(str(done.folder)))
        print(f"| seed {seed} | {done.before:.3f}, {done.after:.3f} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
