"""The bundled model, adapted to reports of one's own: a new model folder, without judgments.

Training starts from the bundled vectors and is pulled back to them at every step, so that
what a small set of reports does not speak of stays as it was. A first run holds reports out
and must not find less in them than the bundled model, beyond chance; only then is a second run,
on all reports, written.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.corpus.reading import Skipped, Source, read
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.contrastive import Floats, Ids, LazyAdam, TrainingSettings, ranks_of, train
from jeugdzoek.embedding.loading import bundled_folder
from jeugdzoek.embedding.static import FINGERPRINT, StaticModel, read_model, save_model, unit_means
from jeugdzoek.embedding.unlabelled import pairs_of, questions_of
from jeugdzoek.errors import AdaptationError, EncoderError, SourceError
from jeugdzoek.privacy.audience import allowed_labels
from jeugdzoek.privacy.masking import mask_report

FEWEST_REPORTS = 10
MOST_REPORTS = 5_000
"""More bring time and little else; drawn at random where there are more."""
HELD_OUT_EVERY = 5
CHANCE = 2.0
"""Standard errors of the difference that a loss may be."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class AdaptSettings:
    """How to adapt.

    Parameters
    ----------
    mask
        Mask contact data and citizen numbers before anything is learned.
    audience
        Labels of reports to learn from besides ``public``: a model shapes what everyone finds.
    epochs
        Times over all pairs.
    batch_size
        Pairs a step, at most.
    learning_rate
        Adam's, falling linearly to a tenth.
    pull
        Share of the way back to the bundled vector that a vector goes at every step that moves it.
    seed
        Of all randomness.
    """

    mask: bool = True
    audience: Collection[str] = ()
    epochs: int = 10
    batch_size: int = 256
    learning_rate: float = 0.015
    pull: float = 0.02
    seed: int = 20


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What was learned from, and what it brought.

    Parameters
    ----------
    folder
        The model.
    fingerprint
        Of the new model.
    reports, passages, pairs
        Learned from.
    held_out, queries
        Reports held out of the first run, and headings and sentences asked of them.
    before, after
        Mean reciprocal rank of these by the bundled model, and after the first run.
    left_out
        Reports of another audience.
    skipped
        What could not be read, with reasons.
    """

    folder: Path
    fingerprint: str
    reports: int
    passages: int
    pairs: int
    held_out: int
    queries: int
    before: float
    after: float
    left_out: int = 0
    skipped: tuple[Skipped, ...] = ()


class Anchored(LazyAdam):
    """Adam that goes back to where it started by a share `pull` at every step."""

    def __init__(self, weights: Floats, pull: float) -> None:
        super().__init__(weights)
        self._start = weights.copy()
        self._pull = pull

    def step(self, rows: Ids, gradient: Floats, rate: float) -> None:
        """Move `rows` against their `gradient` and back a little."""
        super().step(rows, gradient, rate)
        self.weights[rows] += self._pull * (self._start[rows] - self.weights[rows])


def adapt_model(
    source: Source, folder: Path, *, settings: AdaptSettings | None = None, progress: Progress | None = None
) -> Adaptation:
    """Adapt the bundled model to the reports of `source` and write it to `folder`.

    Parameters
    ----------
    source
        See `jeugdzoek.corpus.reading.read`.
    folder
        Must not exist yet; appears whole or not at all.
    settings
        See `AdaptSettings`.
    progress
        Called with (stage, steps done, of how many).

    Raises
    ------
    SourceError
        When the source does not exist or holds too few reports.
    EncoderError
        When `folder` is there already.
    AdaptationError
        When the model got worse; nothing is written.
    """
    settings = settings or AdaptSettings()
    with _appearing(folder) as unfinished:
        reports, left_out, skipped = _reports(source, settings)
        model = read_model(bundled_folder())
        held_out, learned = reports[::HELD_OUT_EVERY], [r for i, r in enumerate(reports) if i % HELD_OUT_EVERY]
        trial, _ = _trained(model, learned, settings, _stage(progress, "trying"))
        texts, queries = questions_of(held_out, settings.seed)
        old, new = (_reciprocal_ranks(m, texts, queries) for m in (model, trial))
        before, after = float(old.mean()), float(new.mean())
        if after - before < -CHANCE * float((new - old).std()) / len(queries) ** 0.5:
            raise AdaptationError(before, after)
        final, pairs = _trained(model, reports, settings, _stage(progress, "training"))
        save_model(unfinished, final.tokenizer, final.weights)
        done = Adaptation(
            folder=folder,
            fingerprint=(unfinished / FINGERPRINT).read_text().strip(),
            reports=len(reports),
            passages=len(questions_of(reports, settings.seed)[0]),
            pairs=pairs,
            held_out=len(held_out),
            queries=len(queries),
            before=before,
            after=after,
            left_out=left_out,
            skipped=skipped,
        )
        (unfinished / "README.md").write_text(_card(done, model, len(texts), settings), encoding="utf-8")
    return done


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Yield a folder that gets the name `folder` when all went well, and is gone otherwise."""
    if folder.exists() or folder.is_symlink():
        raise EncoderError(f"{folder}: is there already, and an index may use it; name a new folder")
    target = folder.absolute()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished.mkdir(mode=0o700)
    try:
        yield unfinished
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _reports(source: Source, settings: AdaptSettings) -> tuple[list[Report], int, tuple[Skipped, ...]]:
    """Return the reports to learn from in random order, how many were left out, and what could not be read."""
    allowed = allowed_labels(settings.audience)
    items = list(read(source))
    found = [item for item in items if isinstance(item, Report)]
    reports = sorted((report for report in found if report.audience in allowed), key=lambda report: report.id)
    if len(reports) < FEWEST_REPORTS:
        where = str(source) if isinstance(source, (str, os.PathLike)) else "the given sources"
        others = f", and {len(found) - len(reports)} of another audience" if len(found) > len(reports) else ""
        raise SourceError(where, f"holds {len(reports)} reports to learn from{others}; give {FEWEST_REPORTS} or more")
    random.Random(settings.seed).shuffle(reports)
    taken = [mask_report(report) if settings.mask else report for report in reports[:MOST_REPORTS]]
    return taken, len(found) - len(reports), tuple(item for item in items if isinstance(item, Skipped))


def _stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(name, done, total)) if progress else None


def _trained(
    model: StaticModel, reports: Sequence[Report], settings: AdaptSettings, progress: Callable[[int, int], None] | None
) -> tuple[StaticModel, int]:
    """Return `model` after learning from `reports`, and from how many pairs."""
    queries, passages, groups = zip(*pairs_of(reports), strict=True)
    ids = list(zip(_pieces(model, queries), _pieces(model, passages), strict=True))
    kept = [number for number, (query, passage) in enumerate(ids) if len(query) and len(passage)]
    optimiser = Anchored(model.weights.copy(), settings.pull)
    how = TrainingSettings(
        dimensions=model.weights.shape[1],
        batch_size=min(settings.batch_size, len(kept)),
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        seed=settings.seed,
    )
    train(optimiser, [ids[i] for i in kept], how, groups=[groups[i] for i in kept], progress=progress)
    return model._replace(weights=optimiser.weights), len(kept)


def _pieces(model: StaticModel, texts: Sequence[str]) -> list[Ids]:
    encodings = model.tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]


def _reciprocal_ranks(
    model: StaticModel, texts: Sequence[str], queries: Sequence[tuple[str, int]]
) -> NDArray[np.float64]:
    vectors = _encode(model, [query for query, _ in queries])
    ranks = ranks_of(vectors, _encode(model, texts), np.array([row for _, row in queries]))
    reciprocal: NDArray[np.float64] = 1 / ranks
    return reciprocal


def _encode(model: StaticModel, texts: Sequence[str]) -> Floats:
    return unit_means(model.weights, _pieces(model, texts))


def _card(done: Adaptation, model: StaticModel, held_passages: int, settings: AdaptSettings) -> str:
    template = Template((files("jeugdzoek.embedding") / "data" / "adapted-card.md").read_text(encoding="utf-8"))
    values = {
        name: getattr(done, name) for name in ("fingerprint", "reports", "passages", "pairs", "held_out", "queries")
    }
    return template.substitute(
        values,
        version=version("jeugdzoek"),
        start=model.fingerprint,
        masked="contact data masked" if settings.mask else "contact data not masked",
        settings=settings,
        held_passages=held_passages,
        before=f"{done.before:.3f}",
        after=f"{done.after:.3f}",
    )
