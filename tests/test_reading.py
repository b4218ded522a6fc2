"""Files of all kinds become reports; what cannot be read is named and stops nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jeugdzoek.corpus.decoding import decode
from jeugdzoek.corpus.details import find_date, find_details, normal_date
from jeugdzoek.corpus.reading import Skipped, read
from jeugdzoek.corpus.report import Report
from jeugdzoek.errors import SourceError

TEXT = "Verslag werkbezoek\nBeekdal, donderdag 3 juni 2021\n\nCoördinatie van zorg in cafés — dat bleek lastig.\n"


def only(source: object) -> Report:
    (report,) = read(source)  # type: ignore[arg-type]
    assert isinstance(report, Report), report
    return report


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_give_the_same_text(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT.encode(encoding))
    assert only(tmp_path).text == TEXT


def test_windows_line_ends_become_plain(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert only(tmp_path / "a.txt").text == TEXT


@pytest.mark.parametrize("data", [b"PK\x03\x04\x00\x00", b"\x01\x02\x03\x04abc", b"\xff\xfea\x00\x00\xd8"])
def test_binary_is_no_text(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


def test_details_come_from_the_first_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    report = only(tmp_path)
    assert (report.id, report.title, report.date, report.place) == ("a", "Verslag werkbezoek", "2021-06-03", "Beekdal")


def test_front_matter_wins_over_first_lines(tmp_path: Path) -> None:
    head = '---\ntitel: "Een: titel"\ndatum: 14-03-2022\nplaats: Veenrode\nthema: wonen\nid: eigen-id\n---\n'
    (tmp_path / "b.md").write_text(head + "# Kop\n\nTekst met **nadruk** en een [link](https://voorbeeld.nl).\n")
    report = only(tmp_path)
    assert (report.id, report.title, report.date, report.place) == ("eigen-id", "Een: titel", "2022-03-14", "Veenrode")
    assert report.metadata == {"thema": "wonen"}
    assert report.text == "# Kop\n\nTekst met nadruk en een link.\n"


def test_jsonl_keeps_further_keys_and_names_bad_lines(tmp_path: Path) -> None:
    rows = [
        json.dumps({"id": "x", "title": "T", "text": "Tekst.", "url": "u"}),
        "{kapot",
        '{"id": "y"}',
        "[]",
        "NaN",
        "",
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(rows))
    report, *bad = read(tmp_path)
    assert isinstance(report, Report)
    assert report.metadata == {"url": "u"}
    assert [item.source.rsplit(" ", 1)[1] for item in bad if isinstance(item, Skipped)] == ["2", "3", "4", "5"]


def test_bad_files_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "goed.txt").write_text("Een goed verslag.")
    (tmp_path / "leeg.txt").write_text("  \n")
    (tmp_path / "beeld.png").write_bytes(b"\x89PNG")
    (tmp_path / "stuk.txt").write_bytes(b"\x00\x01\x02")
    (tmp_path / ".verborgen.txt").write_text("nee")
    os.mkfifo(tmp_path / "pijp.txt")
    found = {Path(item.source or "").name: type(item) for item in read(tmp_path)}
    assert found == {
        "goed.txt": Report,
        "leeg.txt": Skipped,
        "beeld.png": Skipped,
        "stuk.txt": Skipped,
        "pijp.txt": Skipped,
    }


def test_links_below_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elders.txt").write_text("Geheim.")
    (tmp_path / "map" / "onder").mkdir(parents=True)
    (tmp_path / "map" / "onder" / "link.txt").symlink_to(tmp_path / "elders.txt")
    (item,) = read(tmp_path / "map")
    assert isinstance(item, Skipped)


def test_a_second_report_with_the_same_id_is_skipped() -> None:
    first, second = read([Report("a", "Een."), Report("a", "Twee.")])
    assert isinstance(first, Report)
    assert isinstance(second, Skipped)
    assert "another id" in second.reason


def test_a_source_that_is_not_there_raises() -> None:
    with pytest.raises(SourceError, match="name a file or folder"):
        list(read("/bestaat/niet"))


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("8 March, 2023", "2023-03-08"),
        ("Beekdal, 3 juni 2021", "2021-06-03"),
        ("14-07-2023", "2023-07-14"),
        ("1.2.2019 en 3-4-2020", "2019-02-01"),
        ("nieuwsbrief mei 2018", "2018-05"),
        ("op 16 mei", None),
        ("zo, nu 30 uur", None),
        ("31-02-2020", None),
    ],
)
def test_dates_are_found_only_with_a_year(line: str, date: str | None) -> None:
    assert find_date(line) == date


def test_part_dates_stay_part_dates() -> None:
    assert [normal_date(v) for v in ("2023", "2023-05", "morgen", None)] == ["2023", "2023-05", None, None]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Titel van iets\nBeekdal, 3 juni 2021\nTekst.", "Beekdal"),
        ("Titel van iets\nLocatie: dorpshuis De Brug\nTekst.", "dorpshuis De Brug"),
        ("Titel van iets\nELSTERWAARD – Sinds januari werkt het.", "Elsterwaard"),
        ("Gepubliceerd op 3 juni 2021\nOp 3 juni 2021 kwam het team bijeen.", None),
    ],
)
def test_places_are_taken_only_where_they_are_plain(text: str, place: str | None) -> None:
    assert find_details(text).place == place


def test_the_title_skips_menus_and_dates() -> None:
    assert find_details("skip to Main Content\n\n14-07-2023\n\nHet echte verslag\n").title == "Het echte verslag"
