"""Any other encoder: a tiny BERT of random weights, made here and saved as sentence-transformers saves it."""

from __future__ import annotations

import json
import shutil
import socket
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import jeugdzoek
from jeugdzoek import EncoderError, EncoderMismatchError, Report
from jeugdzoek.embedding.encoder import Reading
from jeugdzoek.embedding.loading import bundled_folder, load_encoder
from jeugdzoek.embedding.sentence import SentenceEncoder, SentenceSettings
from jeugdzoek.embedding.static import is_static
from jeugdzoek.index.reader import open_current

transformers = pytest.importorskip("transformers", reason="needs sentence-transformers and the CPU build of torch")
sentence_transformers = pytest.importorskip("sentence_transformers", reason="needs the CPU build of torch")

Jz = Callable[..., tuple[int, str, str]]
POSITIONS = 48
E5 = Reading("query: ", "passage: ")


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose configuration names no prompts."""
    import torch
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    folder = tmp_path_factory.mktemp("model")
    letters = string.ascii_lowercase + string.digits + ":.,"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(pieces))
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=POSITIONS,
    )
    transformers.BertModel(config).save_pretrained(folder / "bert")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    body = Transformer(str(folder / "bert"), max_seq_length=POSITIONS)
    model = sentence_transformers.SentenceTransformer(modules=[body, Pooling(16)], device="cpu")
    model.save(str(folder / "plain"))
    return folder / "plain"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every connection an error."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was touched")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def with_prompts(plain: Path, target: Path, prompts: dict[str, str]) -> str:
    shutil.copytree(plain, target)
    path = target / "config_sentence_transformers.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "prompts": prompts}))
    return str(target)


def load(name: object, reading: Reading | None = None, **settings: object) -> SentenceEncoder:
    return SentenceEncoder(str(name), SentenceSettings(reading=reading or Reading(), **settings))  # type: ignore[arg-type]


def test_prompts_go_before_queries_and_passages(plain: Path) -> None:
    bare, prompted = load(plain), load(plain, E5)
    np.testing.assert_allclose(prompted.encode_queries(["hulp"]), bare.encode_queries(["query: hulp"]), atol=1e-6)
    np.testing.assert_allclose(prompted.encode_passages(["hulp"]), bare.encode_passages(["passage: hulp"]), atol=1e-6)
    assert np.abs(prompted.encode_queries(["hulp"]) - prompted.encode_passages(["hulp"])).max() > 1e-3


@pytest.mark.parametrize("name", ["document", "passage"])
def test_prompts_of_the_models_configuration_are_used_unless_others_are_given(
    plain: Path, tmp_path: Path, name: str
) -> None:
    model = with_prompts(plain, tmp_path / "m", {"query": "query: ", name: "passage: "})
    own, given = load(model), load(plain, E5)
    np.testing.assert_array_equal(own.encode_queries(["hulp"]), given.encode_queries(["hulp"]))
    np.testing.assert_array_equal(own.encode_passages(["hulp"]), given.encode_passages(["hulp"]))
    none = load(model, Reading("", ""))
    np.testing.assert_array_equal(none.encode_queries(["hulp"]), load(plain).encode_queries(["hulp"]))
    np.testing.assert_array_equal(none.encode_passages(["hulp"]), load(plain).encode_passages(["hulp"]))


def test_vectors_of_both_sides_are_unit_rows(plain: Path) -> None:
    encoder = load(plain, E5, batch_size=2)
    texts = ["a", "kind en gezin", "wachten " * 40]
    for vectors in (encoder.encode_queries(texts), encoder.encode_passages(texts)):
        assert (vectors.dtype, vectors.shape) == (np.float32, (3, 16))
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_more_of_a_text_is_read_than_asked(plain: Path) -> None:
    short, whole = load(plain, Reading(max_length=8)), load(plain)
    texts = ["abcdef", "abcdefghij"]
    assert np.abs(np.subtract(*short.encode_passages(texts))).max() < 1e-5
    assert np.abs(np.subtract(*whole.encode_passages(texts))).max() > 1e-3
    with pytest.raises(EncoderError, match=r"cannot read 5000 tokens .* --max-length"):
        load(plain, Reading(max_length=5000))


def test_the_fingerprint_changes_with_all_that_changes_vectors_and_nothing_else(plain: Path, tmp_path: Path) -> None:
    base = load(plain).fingerprint
    readings = [Reading("q"), Reading(None, "q"), Reading("q", "q"), Reading(max_length=8)]
    assert len({base, *(load(plain, reading).fingerprint for reading in readings)}) == 5
    assert load(plain, Reading("", "", POSITIONS), batch_size=3, device="cpu").fingerprint == base
    moved = Path(with_prompts(plain, tmp_path / "elders", {}))
    (moved / "config_sentence_transformers.json").write_bytes(
        (plain / "config_sentence_transformers.json").read_bytes()
    )
    assert load(moved).fingerprint == base
    weights = moved / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert load(moved).fingerprint != base


def test_an_index_remembers_how_its_model_reads_and_needs_no_network(
    plain: Path, tmp_path: Path, small: list[Report], offline: None
) -> None:
    encoder = load(plain, replace(E5, max_length=40))
    jeugdzoek.build(small, tmp_path / "i", encoder=encoder).close()
    assert open_current(tmp_path / "i")[0].manifest.encoder.reading == Reading("query: ", "passage: ", 40)
    with jeugdzoek.open(tmp_path / "i") as index:
        found = index.search("pleegouders", mode="semantic", audience="team")
        expected = encoder.encode_queries(["pleegouders"]) @ open_current(tmp_path / "i")[0].vectors.T
        assert sorted(hit.why.semantic for hit in found) == pytest.approx(sorted(expected[0].tolist()), abs=1e-5)
        index.add([Report("nieuw", "Een nieuw verslag.")])
        assert index.info()["encoder_fingerprint"] == encoder.fingerprint
    with pytest.raises(EncoderMismatchError, match=r"--query-prompt 'vraag: '$"):
        jeugdzoek.open(tmp_path / "i", encoder=load(plain, Reading("vraag: ")))


def test_a_static_model_with_prompts_is_read_with_its_prompts(tmp_path: Path) -> None:
    model = with_prompts(bundled_folder(), tmp_path / "m", {"query": "vraag: ", "document": ""})
    assert not is_static(Path(model))
    wanted = load_encoder().encode_queries(["vraag: pleegzorg"])
    np.testing.assert_allclose(load_encoder(model).encode_queries(["pleegzorg"]), wanted, atol=1e-5)


def test_code_in_the_folder_of_a_model_is_not_run(plain: Path, tmp_path: Path) -> None:
    model = Path(with_prompts(plain, tmp_path / "m", {}))
    (model / "eigen.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')\nclass Transformer: pass\n")
    modules = json.loads((model / "modules.json").read_text())
    modules[0]["type"] = "eigen.Transformer"
    (model / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load(model)
    assert not (tmp_path / "run").exists()


def test_an_index_finds_the_folder_of_its_model_from_anywhere(
    plain: Path, tmp_path: Path, small: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plain.parent)
    jeugdzoek.build(small, tmp_path / "i", encoder="plain").close()
    monkeypatch.chdir(tmp_path)
    with jeugdzoek.open(tmp_path / "i") as index:
        assert len(index.search("pleegzorg", mode="semantic")) == 3


def test_the_commands_take_what_a_model_needs(plain: Path, tmp_path: Path, jz: Jz, offline: None) -> None:
    (tmp_path / "een.txt").write_text("Verslag over pleegzorg en wachttijden.")
    index = ["--index", str(tmp_path / "i")]
    options = ["--model", str(plain), "--query-prompt", "query: ", "--passage-prompt", "passage: "]
    options += ["--max-length", "40", "--batch-size", "2", "--device", "cpu"]
    assert jz("index", str(tmp_path / "een.txt"), *index, *options)[0] == 0
    assert open_current(tmp_path / "i")[0].manifest.encoder.reading == Reading("query: ", "passage: ", 40)
    assert json.loads(jz("search", "pleegzorg", *index, "--mode", "semantic", "--json")[1])["total"] == 1
    assert "up to date" in jz("migrate", *index)[1]


def test_loading_draws_nothing(plain: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load(plain).encode_passages(["a", "b"])
    assert capfd.readouterr() == ("", "")
