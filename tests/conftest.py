"""What tests share: the bundled reports, an index of them, and a fake backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import Index, Report
from jeugdzoek.cli.main import main

ROOT = Path(__file__).parent.parent
REPORTS = ROOT / "corpus" / "reports"


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the bundled reports; tests must not change it."""
    folder = tmp_path_factory.mktemp("corpus") / "index"
    jeugdzoek.build(REPORTS, folder).close()
    return folder


@pytest.fixture
def corpus_index(corpus_folder: Path) -> Iterator[Index]:
    with jeugdzoek.open(corpus_folder) as index:
        yield index


@pytest.fixture
def small() -> list[Report]:
    """Four short reports with known words."""
    return [
        Report(
            "pleeg",
            "De pleegouders in Beekdal krijgen een vergoeding. Zij wachten lang op geld.",
            "Pleegzorg",
            "2021-06-03",
            "Beekdal",
        ),
        Report(
            "ggz",
            "De wachttijd voor de jeugd-ggz is dertig weken. Ouders zoeken zelf hulp.",
            "Wachttijden",
            "2022-01-10",
            "Veenrode",
        ),
        Report(
            "school",
            "De leerplichtambtenaar belt met de school. Kinderen blijven thuis.",
            "Thuiszitters",
            "2023",
            "Beekdal",
        ),
        Report(
            "intern",
            "Vertrouwelijk verslag over een gezin en de wachttijd.",
            "Intern",
            "2023-05-01",
            "Veenrode",
            "team",
        ),
    ]


@pytest.fixture
def jz(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line here; gives exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return (main(arguments), *capsys.readouterr())

    return run
