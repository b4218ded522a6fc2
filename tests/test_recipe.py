"""The recipe of the bundled model: its arithmetic has slow twins, and it runs from text to folder."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jeugdzoek.embedding.contrastive import Bag, Floats, TrainingSettings, info_nce, train
from jeugdzoek.embedding.pairs import LAWS, SPOKEN
from jeugdzoek.embedding.static import StaticEncoder, unit_means
from jeugdzoek.embedding.training import FIRST, train_model

WORDS = ["kind", "ouder", "school", "geld", "huis", "zorg", "hulp", "gezin", "wonen", "schuld", "moeder", "vader"]
PIECES = 40


def texts_of(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    return [rng.integers(PIECES, size=rng.integers(1, 9)) for _ in range(count)]


def gradient(weights: Floats, pair: tuple[np.ndarray, np.ndarray], *others: tuple[np.ndarray, np.ndarray]) -> Floats:
    """Return by differences how the loss of a batch changes with every weight."""
    batch = [pair, *others]
    slopes = np.zeros_like(weights)
    for at in np.ndindex(weights.shape):
        losses = []
        for move in (1e-3, -1e-3):
            moved = weights.copy()
            moved[at] += move
            sides = (unit_means(moved, [texts[side] for texts in batch]) for side in (0, 1))
            losses.append(info_nce(*sides, 5.0)[0])
        slopes[at] = (losses[0] - losses[1]) / 2e-3
    return slopes


class Remembers:
    """Takes no step, and keeps the gradient it was given."""

    def __init__(self, weights: Floats) -> None:
        self.weights, self.gradient = weights, np.zeros_like(weights)

    def step(self, rows: np.ndarray, gradient: Floats, rate: float) -> None:
        self.gradient[rows] = gradient


@given(st.integers(0, 2**32 - 1))
def test_a_text_is_the_mean_of_its_pieces(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, texts = rng.normal(size=(PIECES, 5)).astype(np.float32), texts_of(rng, 6)
    bag = Bag.of(texts, longest=4)
    np.testing.assert_allclose(
        bag.means(weights[bag.ids]), [weights[ids[:4]].mean(axis=0) for ids in texts], rtol=1e-5, atol=1e-6
    )


def test_the_gradient_is_the_slope_of_the_loss_by_every_weight() -> None:
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(PIECES, 3)).astype(np.float64)
    batch = list(zip(texts_of(rng, 4), texts_of(rng, 4), strict=True))
    remembers = Remembers(weights)  # type: ignore[arg-type]
    train(remembers, batch, TrainingSettings(batch_size=4, epochs=1, scale=5.0))
    np.testing.assert_allclose(remembers.gradient, gradient(weights, *batch), atol=2e-3)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def written_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    root = tmp_path_factory.mktemp("recipe")
    rng = np.random.default_rng(6)

    def sentence() -> str:
        return " ".join(rng.choice(WORDS, 12))

    for folder in ("data", "training", "wordlists"):
        (root / folder).mkdir()
    laws = "\n".join(json.dumps({"t": "Jeugdwet", "h": sentence(), "x": sentence()}) for _ in range(60))
    with lzma.open(root / "data" / LAWS, "wt") as file:
        file.write(laws)
    with lzma.open(root / "data" / SPOKEN, "wt") as file:
        file.write("\n".join(sentence() for _ in range(20)))
    (root / "wordlists" / "thesaurus.tsv").write_text("vader\tsame\touder\nmoeder\tnear\touder; gezin\n")
    rows = [
        {"topic": f"t{i}", "passage": sentence(), "queries": [{"type": "question", "text": sentence()}]}
        for i in range(20)
    ]
    (root / "training" / "pairs-a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return root / "model", list(train_model(root / "data", root, root / "model"))


def test_the_recipe_ends_in_a_model_that_can_be_read(written_model: tuple[Path, list[str]]) -> None:
    folder, _ = written_model
    encoder = StaticEncoder(folder)
    assert encoder.dimensions == FIRST.dimensions
    np.testing.assert_allclose(np.linalg.norm(encoder.encode_queries(WORDS), axis=1), 1, atol=1e-6)


def test_the_recipe_tells_figures_after_every_stage(written_model: tuple[Path, list[str]]) -> None:
    _, lines = written_model
    measured = [line.split(":")[0] for line in lines if "question" in line]
    assert measured == ["random vectors", "general", "field", "idf", "rounded"]
