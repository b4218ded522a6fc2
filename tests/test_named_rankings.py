"""Small named sets of Dutch text with the order a person expects, above all: rare exact words first."""

from __future__ import annotations

from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import Report
from jeugdzoek.search.fusion import FusionSettings

TEXTS = {
    "fouilleren": "Na verlof werd iedere jongere gefouilleerd. De klachtencommissie vond dat daar per keer een reden "
    "voor moet zijn.",
    "kamercontrole": "De leiding doorzoekt soms kamers en tassen als jongeren terugkomen.",
    "briefadres": "Een jongere zonder huis kan bij de gemeente een briefadres aanvragen. Dat duurde zeven weken.",
    "opvang": "In de opvang staan achttien bedden voor dakloze jongeren. Zij slapen ook bij vrienden op de bank.",
    "methylfenidaat": "De kinderarts begint met een lage dosis methylfenidaat en meet elk half jaar de bloeddruk.",
    "druk": "Het jongetje is druk in de klas en let slecht op. De dokter dacht aan pillen, de juf aan meer bewegen.",
    "woonplaatsbeginsel": "Door het woonplaatsbeginsel betaalt voortaan de gemeente waar het kind stond ingeschreven.",
    "verhuizing": "Het gezin verhuisde naar een andere gemeente en daarna wist niemand wie de rekening moest betalen.",
    "sondevoeding": "De klassenassistent geeft de sondevoeding als de verpleegkundige ziek is.",
    "lunch": "Op de school eten kinderen die extra zorg nodig hebben samen met de verpleegkundige.",
    "equipe": "De GI heeft dertien vacatures. Kinderen met een maatregel wachten op een vaste jeugdbeschermer.",
    "scheiding": "Als ouders uit elkaar gaan en ruzie blijven maken, krijgen kinderen buikpijn op de wisseldag.",
    "papier": "Hulpverleners zijn meer dan een derde van de week kwijt aan verslagen en registratie in drie systemen.",
    "bus": "Het taxibusje was anderhalf uur onderweg en er zat elke dag een andere chauffeur achter het stuur.",
}

RARE_WORDS = [
    ("fouilleren", "fouilleren", "kamercontrole"),
    ("fouilleren van jongeren die terugkomen van verlof", "fouilleren", "kamercontrole"),
    ("briefadres dakloze jongeren", "briefadres", "opvang"),
    ("methylfenidaat", "methylfenidaat", "druk"),
    ("methylfenidaat voor drukke kinderen", "methylfenidaat", "druk"),
    ("woonplaatsbeginsel", "woonplaatsbeginsel", "verhuizing"),
    ("woonplaatsbeginsel bij verhuizing van het gezin", "woonplaatsbeginsel", "bus"),
    ("sondevoeding", "sondevoeding", "lunch"),
    ("wie geeft kinderen op school sondevoeding", "sondevoeding", "lunch"),
]

FIRST = [
    ("ots zonder vaste gezinsvoogd", "equipe"),
    ("vechtscheiding", "scheiding"),
    ("leerlingenvervoer te laat", "bus"),
    ("vakmensen zitten meer te tikken dan dat ze gezinnen zien, al die administratie", "papier"),
    ("woonplaatsbeginsle", "woonplaatsbeginsel"),
]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("named") / "index"
    jeugdzoek.build([Report(name, text) for name, text in TEXTS.items()], folder).close()
    return folder


def order(folder: Path, query: str) -> list[str]:
    with jeugdzoek.open(folder) as index:
        return [hit.report.id for hit in index.search(query, limit=len(TEXTS))]


@pytest.mark.parametrize(("query", "exact", "vague"), RARE_WORDS)
def test_a_rare_exact_word_is_never_outranked_by_a_vague_neighbour(
    texts: Path, query: str, exact: str, vague: str
) -> None:
    found = order(texts, query)
    assert found[0] == exact
    assert vague in found, "the neighbour is found as well, below it"


@pytest.mark.parametrize(("query", "wanted"), FIRST)
def test_what_is_meant_comes_first(texts: Path, query: str, wanted: str) -> None:
    assert order(texts, query)[0] == wanted


def test_the_meaning_half_alone_would_get_some_of_these_wrong(texts: Path) -> None:
    with jeugdzoek.open(texts) as index:
        wrong = [q for q, exact, _ in RARE_WORDS if index.search(q, mode="semantic")[0].report.id != exact]
    assert wrong, "else these cases guard nothing"
    assert FusionSettings().semantic < 0.5
