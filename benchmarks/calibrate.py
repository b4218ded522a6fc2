"""Fit `hits.confident` again: weights for the signals of `jeugdzoek.search.confidence`.

    python benchmarks/calibrate.py [COLLECTION...]

Fits a logistic regression per mode on two thirds of the topics of corpus/, those with and without
an answer, and prints it with the share it flags of these, of the held-out third, of both on a larger
index that also holds the training passages (which answer some), and of each COLLECTION (see ablation.py).
The same topics give the same figures.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import astuple
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ablation import ROOT, first_of
from numpy.typing import NDArray

from jeugdzoek import Report
from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.corpus.reading import Source
from jeugdzoek.embedding.pairs import written
from jeugdzoek.evaluation.topics import NO_ANSWER, Topic, read_topics
from jeugdzoek.index.builder import build_index
from jeugdzoek.index.reader import open_current
from jeugdzoek.search.backend import MODES, Filters, Mode
from jeugdzoek.search.confidence import CALIBRATED, LOOKED_AT, Calibration, Signals, measure
from jeugdzoek.search.fusion import FusionSettings
from jeugdzoek.search.local import LocalBackend
from jeugdzoek.search.query import parse
from jeugdzoek.search.searcher import rank

Floats = NDArray[np.float64]
RIDGE = 1.0
"""Penalty on the square of the weights of standardised signals."""
FALSE_ALARMS: dict[Mode, float] = {"hybrid": 0.05, "semantic": 0.05, "keyword": 0.1}
"""Of the topics with an answer; keyword mode finds few of the paraphrases, and they look like no answer."""
STEPS = 50


def signals(backend: LocalBackend, text: str, mode: Mode) -> Signals:
    """Return the signals of one query."""
    query = parse(text)
    candidates, fused = rank(backend, query, limit=10, mode=mode, filters=Filters(), fusion=FusionSettings())
    keys = candidates.keys[fused.order[:LOOKED_AT]].tolist()
    passages = backend.fetch(keys)
    return measure(candidates, [passages[key][1].text for key in keys])


class Asked(NamedTuple):
    """What an index answered.

    Parameters
    ----------
    passages
        How many it holds.
    signals
        Mode → topics × signals.
    """

    passages: int
    signals: dict[Mode, Floats]


def ask(source: Source, topics: list[Topic]) -> Asked:
    """Return the signals of `topics` on an index of `source`."""
    with tempfile.TemporaryDirectory() as folder:
        build_index(source, Path(folder))
        backend = LocalBackend(open_current(Path(folder))[0], Analyzer())
        found = {mode: np.array([astuple(signals(backend, t.text, mode)) for t in topics]) for mode in MODES}
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


def fit(small: Asked, large: Asked, answered: NDArray[np.bool_], tuned: NDArray[np.bool_], mode: Mode) -> Calibration:
    """Return the calibration of `mode` on the topics that are `tuned` on, rounded as it is written down.

    At most `FALSE_ALARMS` of those that are `answered` are flagged, on the `small` index and
    on the `large` one, which holds what the small one does.
    """
    values, grown = small.signals[mode].copy(), large.signals[mode].copy()
    if mode == "keyword":
        values[:, -1] = grown[:, -1] = 0
    weights = np.round(logistic(values[tuned], answered[tuned]), 2) + 0.0
    least, most = (_least(part[answered & tuned] @ weights, mode) for part in (values, grown))
    growth = round((most - least) / math.log(large.passages / small.passages), 2)
    one, two, three, four, five = weights.tolist()
    return Calibration((one, two, three, four, five), least, growth)


def _least(sums: Floats, mode: Mode) -> float:
    return math.floor(100 * float(np.quantile(sums, FALSE_ALARMS[mode], method="higher"))) / 100


def flagged(asked: Asked, mode: Mode, part: NDArray[np.bool_], calibration: Calibration) -> str:
    """Return how many of the topics in `part` are flagged, as ``31 of 35 (89%)``."""
    rows = asked.signals[mode][part].tolist()
    none = sum(not calibration.holds(Signals(*row), asked.passages) for row in rows)
    return f"{none} of {len(rows)} ({none / max(1, len(rows)):.0%})"


def passages() -> list[Report]:
    """Return the training passages, each a report: a larger index of the same field."""
    return [Report(f"p{i}", row.passage) for i, row in enumerate(written(ROOT / "training"))]


def main() -> int:
    """Print a calibration per mode and what it flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="*", type=Path, metavar="COLLECTION")
    options = parser.parse_args()
    topics = read_topics(ROOT / "corpus" / "topics.jsonl")
    answered = np.array([topic.type != NO_ANSWER for topic in topics])
    tuned = np.arange(len(topics)) % 3 > 0
    small = ask(ROOT / "corpus" / "reports", topics)
    large = ask([ROOT / "corpus" / "reports", *passages()], topics)
    others = {f: read_topics(first_of(f, "topics.jsonl", "queries.jsonl")) for f in options.collections}
    elsewhere = {f.name: ask(first_of(f, "reports", "corpus.jsonl"), queries) for f, queries in others.items()}
    print(f"{small.passages} passages in corpus/, {large.passages} with the training passages")
    for mode in MODES:
        fitted = fit(small, large, answered, tuned, mode)
        print(f"\n{mode}: {fitted}{'' if fitted == CALIBRATED[mode] else ' (differs from CALIBRATED)'}")
        for name, asked in (("corpus/", small), ("with the training passages", large)):
            for kind, part in (("with", answered), ("without", ~answered)):
                shares = [flagged(asked, mode, part & third, fitted) for third in (tuned, ~tuned)]
                print(f"  {name}, topics {kind} an answer: {shares[0]} tuned on, {shares[1]} held out")
        for name, asked in elsewhere.items():
            every = np.ones(len(asked.signals[mode]), dtype=np.bool_)
            print(f"  {name}: {flagged(asked, mode, every, fitted)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
