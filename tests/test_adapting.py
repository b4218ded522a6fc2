"""A model of one's own: the bundled one, adapted to the reports."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import jeugdzoek
from jeugdzoek import Adaptation, AdaptationError, AdaptSettings, EncoderError, Report, SourceError, adapt_model
from jeugdzoek.corpus.passages import cut_into_passages
from jeugdzoek.corpus.reading import read
from jeugdzoek.embedding import adapting
from jeugdzoek.embedding.adapting import Anchored
from jeugdzoek.embedding.loading import bundled_folder, load_encoder
from jeugdzoek.embedding.static import StaticEncoder, folder_fingerprint
from jeugdzoek.embedding.unlabelled import pairs_of, questions_of, sentences_and_rests

Jz = Callable[..., tuple[int, str, str]]
REPORTS = Path(__file__).parent.parent / "corpus" / "reports"
QUICK = AdaptSettings(epochs=2)
TEXT = "De wethouder sprak over pleegzorg. Bel mij op 06-12345678 voor vragen. Daarna was er koffie voor iedereen."


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> Adaptation:
    return adapt_model(REPORTS, tmp_path_factory.mktemp("models") / "eigen", settings=QUICK)


def bundled_reports() -> list[Report]:
    return [item for item in read(REPORTS) if isinstance(item, Report)]


def test_the_model_finds_more_in_reports_it_did_not_see(adapted: Adaptation) -> None:
    assert adapted.after > adapted.before > 0.1
    assert (adapted.reports, adapted.held_out, adapted.skipped) == (43, 9, ())
    assert adapted.queries > 60
    assert adapted.pairs > 5 * adapted.passages


def test_the_folder_is_a_model_like_any_other(adapted: Adaptation) -> None:
    encoder = load_encoder(str(adapted.folder))
    assert isinstance(encoder, StaticEncoder)
    assert encoder.fingerprint == adapted.fingerprint == folder_fingerprint(adapted.folder)
    assert encoder.fingerprint != load_encoder().fingerprint
    card = (adapted.folder / "README.md").read_text()
    assert adapted.fingerprint in card
    assert load_encoder().fingerprint in card
    assert f"{adapted.before:.3f} before, {adapted.after:.3f} after" in card
    assert "$" not in card


def test_sentence_transformers_loads_it_as_it_is(adapted: Adaptation) -> None:
    transformers = pytest.importorskip("sentence_transformers", reason="needs the CPU build of torch")
    model = transformers.SentenceTransformer(str(adapted.folder), device="cpu")
    texts = ["wachttijd jeugd-ggz", TEXT]
    np.testing.assert_allclose(model.encode(texts), load_encoder(str(adapted.folder)).encode_queries(texts), atol=1e-5)


def test_the_same_seed_gives_the_same_model(adapted: Adaptation, tmp_path: Path) -> None:
    shuffled = random.Random(1).sample(bundled_reports(), k=43)
    assert adapt_model(shuffled, tmp_path / "m", settings=QUICK).fingerprint == adapted.fingerprint


def test_what_the_reports_do_not_speak_of_stays_as_it_was(adapted: Adaptation) -> None:
    (_, old, _), (_, new, _) = (adapting.read_model(folder) for folder in (bundled_folder(), adapted.folder))
    moved = np.abs(new - old).max(axis=1) > 0
    assert 0.1 < moved.mean() < 0.6
    assert float(np.linalg.norm((new - old)[moved])) < 0.5 * float(np.linalg.norm(old[moved]))


def test_a_model_that_gets_worse_is_not_written(tmp_path: Path) -> None:
    wild = AdaptSettings(epochs=3, learning_rate=20.0, pull=0.0)
    with pytest.raises(AdaptationError, match="nothing was written") as caught:
        adapt_model(REPORTS, tmp_path / "m", settings=wild)
    assert caught.value.after < caught.value.before
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "training":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapt_model(REPORTS, tmp_path / "m", settings=QUICK, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="name a new folder"):
        adapt_model(REPORTS, tmp_path)


def test_few_reports_are_refused_and_those_of_another_audience_not_learned_from(tmp_path: Path) -> None:
    reports = [Report(str(i), TEXT, audience="team" if i % 2 else "public") for i in range(12)]
    with pytest.raises(SourceError, match="holds 6 reports to learn from, and 6 of another audience; give 10 or more"):
        adapt_model(reports, tmp_path / "m")
    seen, left_out, _ = adapting._reports(reports, AdaptSettings(audience=["team"]))
    assert (len(seen), left_out) == (12, 0)


def test_contact_data_is_not_learned(tmp_path: Path) -> None:
    reports = [Report(str(i), TEXT) for i in range(10)]
    for mask in (True, False):
        seen, _, _ = adapting._reports(reports, AdaptSettings(mask=mask))
        assert any("06-12345678" in text for pair in pairs_of(seen) for text in pair[:2]) is not mask


def test_a_sentence_is_a_query_for_the_rest_of_its_passage() -> None:
    found = dict(sentences_and_rests(TEXT))
    assert "Daarna was er koffie voor iedereen." in found
    assert all(sentence not in rest and len(rest) > 40 for sentence, rest in found.items())
    assert list(sentences_and_rests("Er is maar een zin.")) == []


def test_every_passage_is_in_a_pair_and_no_question_is_in_its_text() -> None:
    reports = bundled_reports()[:10]
    passages = [passage.text for report in reports for passage in cut_into_passages(report)]
    assert set(passages) == {text for pair in pairs_of(reports) for text in pair[:2]} & set(passages)
    texts, queries = questions_of(reports, 1)
    assert len(texts) == len(passages)
    assert (texts, queries) == questions_of(reports, 1) != questions_of(reports, 2)
    sentences = [(query, row) for query, row in queries if query in passages[row] and query not in reports[0].title]
    assert sum(query in texts[row] for query, row in sentences) < len(sentences) / 20


def test_a_vector_is_pulled_back_to_where_it_started() -> None:
    free, held = (Anchored(np.zeros((3, 2), dtype=np.float32), pull) for pull in (0.0, 0.5))
    for _ in range(20):
        for optimiser in (free, held):
            optimiser.step(np.array([1]), np.ones((1, 2), dtype=np.float32), 0.1)
    assert np.abs(held.weights[1]).max() < np.abs(free.weights[1]).max() / 5
    assert not held.weights[[0, 2]].any()


def test_the_command_writes_a_model_that_index_takes(tmp_path: Path, jz: Jz) -> None:
    some = [str(path) for path in sorted(REPORTS.iterdir())[:12]]
    sources = [part for path in some for part in ("--reports", path)]
    code, out, err = jz("train", *sources, "--output", str(tmp_path / "m"), "--json")
    found = json.loads(out)
    assert (code, found["reports"]) == (0, 12)
    assert ("finds no more" in err) is (found["after"] <= found["before"])
    index = ["--index", str(tmp_path / "i")]
    assert jz("index", *some, *index, "--model", str(tmp_path / "m"))[0] == 0
    assert found["fingerprint"] in jz("info", *index)[1]
    assert json.loads(jz("search", "wachttijd", *index, "--json")[1])["total"] > 0
    with jeugdzoek.open(tmp_path / "i") as opened:
        assert opened.info()["encoder_fingerprint"] == found["fingerprint"]


def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path, jz: Jz) -> None:
    (tmp_path / "een.txt").write_text("Verslag over pleegzorg.")
    code, out, err = jz("train", "--reports", str(tmp_path / "een.txt"), "--output", str(tmp_path / "m"))
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "holds 1 reports to learn from; give 10 or more" in err
    assert not (tmp_path / "m").exists()
