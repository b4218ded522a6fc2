"""Fit `hits.confident` again: weights for the signals of `jeugdzoek.search.confidence`.

    python benchmarks/calibrate.py [COLLECTION...]

Fits a logistic regression per mode on two thirds of the questions with and without an answer, those of
corpus/topics.jsonl and corpus/calibration.jsonl, and prints what belongs in `CALIBRATED`. Below it: the share
flagged of these and of the held-out third, on corpus/, without a third of its reports, and with the training
passages (which answer some); what other limits would flag; and the share of each COLLECTION (see ablation.py).
The same questions give the same figures.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ablation import ROOT, first_of
from numpy.typing import NDArray
from questions import CORPUS, THIRDS, Question, others, topics

from jeugdzoek import Report
from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.reading import Source, read
from jeugdzoek.embedding.pairs import written
from jeugdzoek.evaluation.topics import read_topics
from jeugdzoek.index.builder import build_index
from jeugdzoek.index.reader import open_current
from jeugdzoek.search.backend import MODES, Filters, Mode
from jeugdzoek.search.confidence import CALIBRATED, FEWEST, LOOKED_AT, PASSAGES, Calibration, Signals, measure
from jeugdzoek.search.fusion import FusionSettings
from jeugdzoek.search.local import LocalBackend
from jeugdzoek.search.query import parse
from jeugdzoek.search.searcher import rank

Floats = NDArray[np.float64]
Part = NDArray[np.bool_]
RIDGE = 1.0
"""Penalty on the square of the weights of standardised signals."""
FALSE_ALARMS = 0.05
"""Share flagged of the questions with an answer that are tuned on; of others it is more, and .05 is allowed."""
LOW = 0.2
"""Share of the sums by whose mean indexes of different sizes are compared: a limit alone rests on a few questions."""
CURVE = (0.02, 0.03, 0.04, 0.05, 0.08, 0.1, 0.15, 0.2)
LONG = 5
"""Words that mean something; a query of more is long."""
STEPS = 50


def signals(backend: LocalBackend, text: str, mode: Mode) -> Signals:
    """Return the signals of one query."""
    query = parse(text)
    candidates, fused = rank(backend, query, limit=10, mode=mode, filters=Filters(), fusion=FusionSettings())
    first = fused.order[:LOOKED_AT].tolist()
    passages = backend.fetch(keys := candidates.keys[first].tolist())
    return measure(candidates, first, [passages[key][1].text for key in keys])


class Asked(NamedTuple):
    """What an index answered.

    Parameters
    ----------
    passages
        How many it holds.
    signals
        Mode → questions × signals.
    """

    passages: int
    signals: dict[Mode, Floats]


def ask(source: Source, texts: Sequence[str]) -> Asked:
    """Return the signals of `texts` on an index of `source`."""
    with tempfile.TemporaryDirectory() as folder:
        build_index(source, Path(folder))
        backend = LocalBackend(open_current(Path(folder))[0], Analyzer())
        found = {mode: np.array([signals(backend, text, mode) for text in texts]) for mode in MODES}
        return Asked(len(backend.reader.keys), found)


def logistic(values: Floats, answered: NDArray[np.bool_]) -> Floats:
    """Return the weights of a ridge logistic regression on `values`, by Newton's method."""
    mean, spread = values.mean(axis=0), values.std(axis=0)
    used = spread > 0
    scaled = np.column_stack([(values[:, used] - mean[used]) / spread[used], np.ones(len(values))])
    penalty = np.diag([RIDGE] * int(used.sum()) + [0.0])
    weights = np.zeros(scaled.shape[1])
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (answered - likely) - penalty @ weights
        weights += np.linalg.solve((scaled * (likely * (1 - likely))[:, None]).T @ scaled + penalty, slope)
    raw = np.zeros(values.shape[1])
    raw[used] = weights[:-1] / spread[used]
    return raw


class Evidence(NamedTuple):
    """Questions, and what indexes of three sizes answered.

    Parameters
    ----------
    questions
        In the order of all signals.
    small
        Of corpus/.
    large
        Of corpus/ and the training passages.
    parts
        Of corpus/ without a third of its reports, three times, and which questions kept their answer.
    """

    questions: list[Question]
    small: Asked
    large: Asked
    parts: list[tuple[Asked, Part]]

    @property
    def answered(self) -> Part:
        """Which questions have an answer."""
        return np.array([bool(question.reports) for question in self.questions])

    @property
    def tuned(self) -> Part:
        """Which questions are tuned on."""
        return np.array([not question.held for question in self.questions])


def gather() -> Evidence:
    """Ask all questions of all indexes."""
    questions = topics() + others()
    texts = [question.text for question in questions]
    reports = sorted((r for r in read(CORPUS / "reports") if isinstance(r, Report)), key=lambda report: report.id)
    passages = [Report(f"p{i}", row.passage) for i, row in enumerate(written(ROOT / "training"))]
    parts = []
    for third in range(THIRDS):
        kept = [report for number, report in enumerate(reports) if number % THIRDS != third]
        ids = {report.id for report in kept}
        parts.append((ask(kept, texts), np.array([bool(q.reports) and q.reports <= ids for q in questions])))
    return Evidence(questions, ask(reports, texts), ask([*reports, *passages], texts), parts)


def fit(evidence: Evidence, mode: Mode) -> Calibration:
    """Return the calibration of `mode` on the questions that are tuned on, rounded as it is written down.

    The limit flags `FALSE_ALARMS` of those with an answer. It grows as the lowest sums do from the smaller indexes
    to corpus/ and to the large one.
    """
    answered, tuned = evidence.answered, evidence.tuned
    used = evidence.small.signals[mode].copy()
    if mode == "keyword":
        used[:, -1] = 0
    weights = np.round(logistic(used[tuned], answered[tuned]), 2) + 0.0
    least = _limit(_sums(evidence.small, weights, mode, answered & tuned), FALSE_ALARMS)
    sizes = np.array([np.mean([asked.passages for asked, _ in evidence.parts]), evidence.large.passages])
    smaller = np.concatenate([_sums(asked, weights, mode, kept & tuned) for asked, kept in evidence.parts])
    here, larger = (_sums(asked, weights, mode, answered & tuned) for asked in (evidence.small, evidence.large))
    steps, rises = np.log(sizes / evidence.small.passages), np.array([_low(smaller), _low(larger)]) - _low(here)
    return Calibration(tuple(weights.tolist()), least, round(float(steps @ rises / (steps @ steps)), 2))


def _sums(asked: Asked, weights: Floats, mode: Mode, part: Part) -> Floats:
    sums: Floats = asked.signals[mode][part] @ weights
    return sums


def _limit(sums: Floats, share: float) -> float:
    return math.floor(100 * float(np.quantile(sums, share, method="higher"))) / 100


def _low(sums: Floats) -> float:
    return float(np.sort(sums)[: int(LOW * len(sums))].mean())


def doubted(asked: Asked, mode: Mode, part: Part, calibration: Calibration) -> Part:
    """Return for each of the questions in `part` whether it is flagged."""
    rows = asked.signals[mode][part].tolist()
    return np.array([not calibration.holds(Signals(*row), asked.passages) for row in rows], dtype=np.bool_)


def _all(asked: Asked, mode: Mode) -> Part:
    return np.ones(len(asked.signals[mode]), dtype=np.bool_)


def flagged(asked: Asked, mode: Mode, part: Part, calibration: Calibration) -> str:
    """Return how many of the questions in `part` are flagged, as ``31 of 35 (89%)``."""
    found = doubted(asked, mode, part, calibration)
    return f"{found.sum()} of {len(found)} ({found.mean():.0%})"


def table(evidence: Evidence, mode: Mode, fitted: Calibration) -> Iterable[str]:
    """Yield lines that say what `fitted` flags."""
    answered, tuned = evidence.answered, evidence.tuned
    kinds = np.array([question.kind for question in evidence.questions])
    long = evidence.small.signals[mode][:, Signals._fields.index("words")] > math.log(LONG)
    all_ = [("with an answer", answered), ("without", ~answered)]
    all_ += [(f"{kind}, more than {LONG} words", part & long) for kind, part in all_]
    each = [(kind, kinds == kind) for kind in dict.fromkeys(kinds.tolist())]
    indexes = (("corpus/", evidence.small, all_ + each), ("with the training passages", evidence.large, all_))
    for name, asked, rows in indexes:
        for kind, part in rows:
            shares = [flagged(asked, mode, part & third, fitted) for third in (tuned, ~tuned)]
            yield f"  {name}, {kind}: {shares[0]} tuned on, {shares[1]} held out"
    for number, (asked, kept) in enumerate(evidence.parts):
        shares = [flagged(asked, mode, part, fitted) for part in (kept, answered & ~kept, ~answered)]
        yield f"  without third {number}: {shares[0]} with, {shares[1]} whose reports are left out, {shares[2]} without"


def curve(evidence: Evidence, elsewhere: Mapping[str, Asked], mode: Mode, fitted: Calibration) -> Iterable[str]:
    """Yield lines that say what other limits would flag in corpus/ and `elsewhere`."""
    answered, tuned = evidence.answered, evidence.tuned
    sums = _sums(evidence.small, np.array(fitted.weights), mode, answered & tuned)
    parts = {"with": (answered & tuned, answered & ~tuned), "without": (~answered & tuned, ~answered & ~tuned)}
    for share in CURVE:
        other = replace(fitted, least=_limit(sums, share))
        told = []
        for name, thirds in parts.items():
            shares = (f"{doubted(evidence.small, mode, part, other).mean():.0%}" for part in thirds)
            told.append(f"{' / '.join(shares)} {name}")
        for name, asked in elsewhere.items():
            told.append(f"{doubted(asked, mode, _all(asked, mode), other).mean():.0%} of {name}")
        yield f"  limit {other.least:.2f}: {', '.join(told)}"


def left_out(evidence: Evidence, mode: Mode) -> Iterable[str]:
    """Yield lines that say what would be flagged in corpus/ without each of the signals, the others fitted again."""
    answered, tuned = evidence.answered, evidence.tuned
    for number, name in enumerate(Signals._fields):
        values = evidence.small.signals[mode].copy()
        values[:, number] = 0
        sums = values @ logistic(values[tuned], answered[tuned])
        limit = np.quantile(sums[answered & tuned], FALSE_ALARMS, method="higher")
        parts = (answered & tuned, answered & ~tuned, ~answered & tuned, ~answered & ~tuned)
        one, two, three, four = (f"{np.mean(sums[part] < limit):.0%}" for part in parts)
        yield f"  signals but {name}: {one} / {two} with, {three} / {four} without"


def main() -> int:
    """Print a calibration per mode and what it flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="*", type=Path, metavar="COLLECTION")
    options = parser.parse_args()
    evidence = gather()
    elsewhere = {}
    for folder in options.collections:
        queries = read_topics(first_of(folder, "topics.jsonl", "queries.jsonl"))
        elsewhere[folder.name] = ask(first_of(folder, "reports", "corpus.jsonl"), [query.text for query in queries])
    fewest = min(asked.passages for asked, _ in evidence.parts)
    print(f"PASSAGES = {evidence.small.passages} (now {PASSAGES}), FEWEST = {fewest} (now {FEWEST})")
    fitted = {mode: fit(evidence, mode) for mode in MODES}
    print(f"CALIBRATED{'' if fitted == CALIBRATED else ' (differs)'}:")
    for mode, one in fitted.items():
        print(f'    "{mode}": Calibration({one.weights}, least={one.least}, growth={one.growth}),')
    for mode, one in fitted.items():
        print(f"\n{mode}", *table(evidence, mode, one), *curve(evidence, elsewhere, mode, one), sep="\n")
        print(*left_out(evidence, mode), sep="\n")
        for name, asked in elsewhere.items():
            print(f"  {name}: {flagged(asked, mode, _all(asked, mode), one)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
