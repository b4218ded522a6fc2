"""What is masked and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import jeugdzoek
from jeugdzoek import QueryError, Report
from jeugdzoek.privacy.audience import allowed_labels
from jeugdzoek.privacy.masking import mask, passes_eleven_test


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail jan.de-wit@voorbeeld.nl.", "mail [e-mailadres]."),
        ("bel 06-12345678 of 030 123 45 67", "bel [telefoonnummer] of [telefoonnummer]"),
        ("bel +31 6 12345678", "bel [telefoonnummer]"),
        ("BSN: 111222333", "BSN: [burgerservicenummer]"),
        ("rekening NL91 ABNA 0417 1643 00", "rekening [rekeningnummer]"),
        ("Dorpsstraat 12, 1234 AB", "[adres]"),
        ("postbus 1234 AB 12", "postbus [postcode]"),
    ],
)
def test_contact_data_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "€ 111222333 begroot",
        "dossier 111222333",
        "in 2015 en 2016",
        "48 gezinnen, 1,8 miljoen",
        "artikel 2.3 lid 1",
        "9.30-11.45 uur",
    ],
)
def test_numbers_of_a_report_stay(text: str) -> None:
    assert mask(text) == text


def test_the_eleven_test() -> None:
    assert passes_eleven_test("111222333")
    assert not passes_eleven_test("111222334")


def test_masked_before_anything_is_stored(tmp_path: Path) -> None:
    report = Report("a", "Vragen over de wachttijd? Mail jan@voorbeeld.nl.", metadata={"contact": "06-12345678"})
    with jeugdzoek.build([report], tmp_path / "i") as index:
        assert index.report("a").metadata == {"contact": "[telefoonnummer]"}
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"jan@voorbeeld" not in stored
    assert b"12345678" not in stored


def test_masking_can_be_switched_off(tmp_path: Path) -> None:
    settings = jeugdzoek.BuildSettings(mask=False)
    with jeugdzoek.build([Report("a", "Mail jan@voorbeeld.nl.")], tmp_path / "i", settings=settings) as index:
        assert "jan@voorbeeld.nl" in index.report("a").text


def test_an_audience_is_labels() -> None:
    assert allowed_labels("team") == {"public", "team"}
    with pytest.raises(QueryError):
        allowed_labels(["", "team"])
