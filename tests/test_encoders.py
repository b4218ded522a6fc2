"""The meaning half: the bundled model, any other, and the recipe that made it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import jeugdzoek
from jeugdzoek import EncoderError, EncoderMismatchError, MissingExtraError, Report
from jeugdzoek.embedding import static
from jeugdzoek.embedding.contrastive import LazyAdam, TrainingSettings, info_nce, train
from jeugdzoek.embedding.encoder import unit_rows
from jeugdzoek.embedding.loading import bundled_folder, load_encoder
from jeugdzoek.embedding.sentence import SentenceEncoder
from jeugdzoek.embedding.static import StaticEncoder, _is_cut_at_blanks, folder_fingerprint, is_static, save_model
from jeugdzoek.embedding.training import quantise, train_tokenizer

TEXTS = ["Kinderen die niet thuis kunnen wonen.", "wachttijd jeugd-ggz", "Één crème brûlée; 18+!", "xyzzyx qwrtp " * 50]


class Letters:
    """A fake encoder: counts letters."""

    name = "letters"
    fingerprint = "letters-1"
    dimensions = 26

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.array([[t.lower().count(chr(97 + i)) for i in range(26)] for t in texts], dtype=np.float32)
        return unit_rows(rows.reshape(-1, 26))

    encode_passages = encode_queries


def test_vectors_are_unit_rows() -> None:
    vectors = load_encoder().encode_passages([*TEXTS, ""])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 1, 0], atol=1e-6)


def test_one_text_gives_the_same_alone_or_among_others() -> None:
    encoder = load_encoder()
    together = encoder.encode_passages(TEXTS)
    for row, text in zip(together, TEXTS, strict=True):
        np.testing.assert_array_equal(encoder.encode_queries([text])[0], row)


ODD = "aéß.'’-\u200b\u0301 \t\n\x1c\x1f\x85\xa0\u2003Σ[UNK]世"
LETTERS = st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"]))
LONG = "woord " * (static.ALONE // 6 + 1)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(LETTERS, max_size=40), min_size=1, max_size=5))
def test_passages_are_cut_at_blanks_as_the_tokenizer_cuts_them(texts: list[str]) -> None:
    encoder = load_encoder()
    many = [*texts, LONG]
    whole = [e.ids for e in encoder._tokenizer.encode_batch_fast(many, add_special_tokens=False)]
    assert [list(ids) for ids in encoder._pieces(many)] == whole


def test_a_tokenizer_that_looks_beyond_blanks_gets_whole_texts() -> None:
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    assert not _is_cut_at_blanks(tokenizer)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    assert _is_cut_at_blanks(tokenizer)
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer()
    assert _is_cut_at_blanks(tokenizer)
    tokenizer.add_tokens(["jeugd hulp"])
    assert not _is_cut_at_blanks(tokenizer)
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.normalizer = tokenizers.normalizers.Replace(" ", "_")
    assert not _is_cut_at_blanks(tokenizer)


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static, "CACHED_RUNS", 3)
    encoder = load_encoder()
    texts = [f"woord{n} kind {LONG}" for n in range(5)]
    rows = [encoder.encode_passages([text])[0] for text in texts]
    assert len(encoder._runs) <= 6
    np.testing.assert_array_equal(encoder.encode_passages(texts), rows)


def test_the_bundled_model_knows_related_words() -> None:
    vectors = load_encoder().encode_queries(["pleegouders", "pleeggezin", "begrotingstekort"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_the_bundled_model_is_what_its_fingerprint_says() -> None:
    folder = bundled_folder()
    assert is_static(folder)
    assert (folder / "fingerprint.txt").read_text().strip() == folder_fingerprint(folder)
    assert "Licence" in (folder / "README.md").read_text()


def test_sentence_transformers_gives_the_same_vectors() -> None:
    transformers = pytest.importorskip("sentence_transformers", reason="needs the CPU build of torch")
    model = transformers.SentenceTransformer(str(bundled_folder()), device="cpu")
    np.testing.assert_allclose(model.encode(TEXTS), load_encoder().encode_passages(TEXTS), atol=1e-5)


def test_any_sentence_transformers_model_can_be_used(tmp_path: Path, small: list[Report]) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the CPU build of torch")
    encoder = SentenceEncoder(str(bundled_folder()))
    with jeugdzoek.build(small, tmp_path / "i", encoder=encoder) as index:
        assert index.search("pleegzorg", mode="semantic")[0].report.id == "pleeg"
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), load_encoder().encode_queries(TEXTS), atol=1e-5)
    assert encoder.encode_passages([]).shape == (0, encoder.dimensions)


def test_a_model_that_is_not_there_ends_in_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the CPU build of torch")

    def refuse(*_: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(EncoderError, match="cannot be loaded") as caught:
        load_encoder("niemand/bestaat-niet")
    assert "\n" not in str(caught.value)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'jeugdzoek\[sentence-transformers\]'"):
        load_encoder("een/model")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    assert not is_static(tmp_path)
    with pytest.raises(EncoderError, match="no static embedding"):
        StaticEncoder(tmp_path)


def test_another_model_is_refused_with_the_command_to_run(tmp_path: Path, small: list[Report]) -> None:
    jeugdzoek.build(small, tmp_path / "i", encoder=Letters()).close()
    with pytest.raises(EncoderMismatchError, match=r"jeugdzoek index SOURCE --index .* --model bundled"):
        jeugdzoek.open(tmp_path / "i", encoder="bundled")


def test_another_model_encodes_everything_anew(tmp_path: Path, small: list[Report]) -> None:
    jeugdzoek.build(small, tmp_path / "i").close()
    with jeugdzoek.build(small, tmp_path / "i", encoder=Letters()) as index:
        assert (index.info()["encoder"], index.info()["dimensions"]) == ("letters", 26)
        assert len(index.search("pleegzorg", mode="semantic")) == 3


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    rng = np.random.default_rng(1)
    queries, passages = (rng.normal(size=(5, 4)).astype(np.float64) for _ in range(2))
    _, (slope, _) = info_nce(queries, passages, 3.0)  # type: ignore[arg-type]
    step = np.zeros_like(queries)
    step[2, 1] = 1e-5
    up, _ = info_nce(queries + step, passages, 3.0)  # type: ignore[arg-type]
    down, _ = info_nce(queries - step, passages, 3.0)  # type: ignore[arg-type]
    assert slope[2, 1] == pytest.approx((up - down) / 2e-5, rel=1e-3)


def test_rows_of_one_group_do_not_push_each_other_away() -> None:
    rng = np.random.default_rng(2)
    queries, passages = (rng.normal(size=(4, 3)).astype(np.float32) for _ in range(2))
    alone = [info_nce(queries[rows], passages[rows], 2.0)[0] for rows in ([0, 2, 3], [1, 2, 3])]
    together, (slope, _) = info_nce(queries, passages, 2.0, np.array([7, 7, 8, 9]))
    assert np.isfinite(slope).all()
    assert together < info_nce(queries, passages, 2.0)[0]
    assert min(alone) - 1 < together < max(alone) + 1


def test_training_brings_pairs_together(tmp_path: Path) -> None:
    words = [("papa", "vader"), ("mama", "moeder"), ("geld", "budget"), ("huis", "woning")] * 30
    tokenizer = train_tokenizer([f"{a} {b}" for a, b in words], pieces=200)
    pairs = [tuple(np.array(tokenizer.encode(word).ids) for word in pair) for pair in words]
    weights = np.random.default_rng(0).normal(0, 0.1, (tokenizer.get_vocab_size(), 16)).astype(np.float32)
    losses = train(LazyAdam(weights), pairs, TrainingSettings(batch_size=16, epochs=40))  # type: ignore[arg-type]
    save_model(tmp_path / "m", tokenizer, quantise(weights))
    encoder = StaticEncoder(tmp_path / "m")
    vectors = encoder.encode_queries(["papa", "vader", "budget"])
    assert losses[-1] < losses[0]
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.5


def test_quantised_weights_hold_few_values() -> None:
    weights = np.random.default_rng(0).normal(size=(500, 64)).astype(np.float32)
    rounded = quantise(weights)
    assert len(np.unique(rounded)) <= 63
    assert float(np.abs(rounded - weights).mean()) < 0.08


def test_a_keyword_search_imports_neither_torch_nor_whoosh(corpus_folder: Path) -> None:
    code = (
        "import sys, jeugdzoek\n"
        f"index = jeugdzoek.open({str(corpus_folder)!r})\n"
        "assert len(index.search('wachttijd', mode='keyword')) and len(index.search('wachttijd'))\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'whoosh', 'starlette', 'rich', 'ir_measures'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
