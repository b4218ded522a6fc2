"""What each step of the search brings, per class of query.

    python benchmarks/ablation.py [--held-out] [COLLECTION...]

A collection is a folder with reports (``reports/`` or ``corpus.jsonl``), topics (``topics.jsonl`` or
``queries.jsonl``) and ``qrels.jsonl``; corpus/ when none is named. Prints markdown tables of nDCG@10 per
class, and evidence@5. ``--held-out`` takes every third topic only, those no weight was chosen on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.dictionary import is_dutch
from jeugdzoek.analysis.thesaurus import dutch_thesaurus
from jeugdzoek.evaluation.evaluate import Figures, evaluate
from jeugdzoek.evaluation.topics import Topic, read_qrels, read_topics
from jeugdzoek.index.builder import build_index
from jeugdzoek.index.reader import open_current
from jeugdzoek.search.backend import Filters, Mode
from jeugdzoek.search.expansion import Expander, Weights
from jeugdzoek.search.fusion import FusionSettings
from jeugdzoek.search.local import LocalBackend
from jeugdzoek.search.query import parse
from jeugdzoek.search.searcher import search

ROOT = Path(__file__).resolve().parent.parent
ALL = Weights()
WORDS = Weights(**{name: 0.0 for name in Weights.__dataclass_fields__} | {"word": 1.0})
STEMS = replace(WORDS, word=ALL.word, stem=ALL.stem)
TITLES = replace(STEMS, title=ALL.title)
PARTS = replace(TITLES, inside=ALL.inside, parts=ALL.parts, joined=ALL.joined)

Step = tuple[str, Weights, bool, bool, Mode]
STEPS: tuple[Step, ...] = (
    ("words as written", WORDS, False, False, "keyword"),
    ("+ stems", STEMS, False, False, "keyword"),
    ("+ titles and headings", TITLES, False, False, "keyword"),
    ("+ parts of compounds", PARTS, False, False, "keyword"),
    ("+ corrections", replace(PARTS, corrected=ALL.corrected), False, True, "keyword"),
    ("+ thesaurus: keyword mode", ALL, True, True, "keyword"),
    ("meaning alone: semantic mode", ALL, True, True, "semantic"),
    ("both: hybrid mode", ALL, True, True, "hybrid"),
)
"""(name, weights, with the thesaurus, with corrections, mode)."""


def first_of(folder: Path, *names: str) -> Path:
    """Return the first of `names` that is in `folder`."""
    return next(path for name in names if (path := folder / name).exists())


def answer(backend: LocalBackend, topics: list[Topic], step: Step) -> Iterator[tuple[Topic, object]]:
    """Yield topic and hits with the parts of `step` only."""
    _, weights, with_thesaurus, with_corrections, mode = step
    expander = Expander(
        backend.analyzer,
        dutch_thesaurus() if with_thesaurus else None,
        holds=backend.vocabulary.holds,
        speller=backend.vocabulary.speller if with_corrections else None,
        is_word=is_dutch,
        weights=weights,
    )
    backend.use(expander)
    for topic in topics:
        hits = search(
            backend,
            backend.analyzer,
            parse(topic.text),
            limit=100,
            mode=mode,
            filters=Filters(),
            fusion=FusionSettings(),
        )
        yield topic, hits


def table(folder: Path, held_out: bool) -> list[str]:
    """Return the markdown table of one collection."""
    topics = read_topics(first_of(folder, "topics.jsonl", "queries.jsonl"))
    topics = topics[::3] if held_out else topics
    asked = {topic.id for topic in topics}
    judgments = [judgment for judgment in read_qrels(folder / "qrels.jsonl") if judgment.query in asked]
    rows: list[tuple[str, dict[str, Figures]]] = []
    with tempfile.TemporaryDirectory() as index:
        build_index(first_of(folder, "reports", "corpus.jsonl"), Path(index))
        backend = LocalBackend(open_current(Path(index))[0], Analyzer())
        for step in STEPS:
            run = list(answer(backend, topics, step))
            rows.append((step[0], evaluate(run, judgments)))  # type: ignore[arg-type]
    kinds = [kind for kind, figures in rows[0][1].items() if figures.ndcg == figures.ndcg]
    lines = [f"| step | evidence@5 | {' | '.join(kinds)} |", "|---" * (len(kinds) + 2) + "|"]
    for name, figures in rows:
        values = [f"{figures[kind].ndcg:.3f}" for kind in kinds]
        lines.append(f"| {name} | {figures['all'].evidence:.3f} | {' | '.join(values)} |")
    return lines


def main() -> int:
    """Print a table per collection."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="*", type=Path, metavar="COLLECTION")
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    for folder in options.collections or [ROOT / "corpus"]:
        print(f"\n{folder.name}\n")
        print("\n".join(table(folder, options.held_out)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
