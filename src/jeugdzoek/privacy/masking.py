"""Contact data and citizen numbers → a word that says what stood there.

Masked before anything is stored, indexed or embedded. Own rules: a mark of form
(an ``@``, a checksum) or of context (the word in front of a number), never a
guess at names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from jeugdzoek.corpus.report import Report

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}\b", re.IGNORECASE)
DIGIT = re.compile(r"\d")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
PHONE = re.compile(
    r"(?<![\w.,€-])(?:(?:\+|00)31[ -]?(?:\(0\))?[ -]?|\(?0)[1-9](?:[ -]?\)?[ -]?\d){8}(?![\w-])"
    r"|(?<![\w.,€-])0[89]00[ -]?\d{4,7}\b"
)
BSN = re.compile(r"(?<![\w.,€-])\d{9}(?![\w,-]|\.\d)|(?<![\w.,€-])\d{4}[. ]\d{2}[. ]\d{3}(?!\w)")
BSN_CONTEXT = re.compile(
    r"\b(?:bsn|burgerservice(?:nummer|nr)|sofi-?(?:nummer|nr))\b\W{0,3}(?:\w+\W{1,3}){0,3}$", re.IGNORECASE
)
STREET = r"(?:straat|laan|weg|plein|gracht|kade|dijk|singel|hof|pad|steeg|dreef|plantsoen)"
ADDRESS = re.compile(
    rf"\b(?:[A-ZÀ-Þ][\w'’.-]+[ ]){{0,3}}[A-ZÀ-Þ][\w'’-]*{STREET}"
    r"[ ]\d{1,4}(?:[ -]?[a-zA-Z]\b|-\d{1,3})?(?:,?[ ]+\d{4}[ ]?[A-Z]{2}\b)?"
)
POSTCODE = re.compile(r"\b[1-9]\d{3}[ ]?(?!SA\b|SD\b|SS\b)[A-Z]{2}\b(?:[ ]?\d{1,5}\b)?")


def mask(text: str) -> str:
    """Replace e-mail addresses, phone, bank and citizen numbers, and street addresses in `text`.

    A nine-digit number is masked when it passes the 11-test and a word like *BSN*
    stands before it; one random number in eleven passes the test, so form alone is
    not enough.

    Examples
    --------
    >>> mask("Bel 06-12345678 of mail jan@voorbeeld.nl")
    'Bel [telefoonnummer] of mail [e-mailadres]'
    """
    if "@" in text:
        text = EMAIL.sub("[e-mailadres]", text)
    if DIGIT.search(text):
        for pattern, label in NUMBERED:
            text = pattern.sub(label, text)
    return text


def mask_report(report: Report) -> Report:
    """Return `report` with text, title and the strings of its metadata masked."""
    metadata = {key: mask(value) if isinstance(value, str) else value for key, value in report.metadata.items()}
    return replace(report, text=mask(report.text), title=mask(report.title), metadata=metadata)


def passes_eleven_test(digits: str) -> bool:
    """Tell whether nine `digits` form a valid citizen number (weights 9 … 2, −1; sum divisible by 11)."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11 == 0


def _mask_iban(match: re.Match[str]) -> str:
    compact = match.group().replace(" ", "")
    moved = compact[4:] + compact[:4]
    valid = int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
    return "[rekeningnummer]" if valid or compact.startswith("NL") else match.group()


def _mask_bsn(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    before = match.string[max(0, match.start() - 40) : match.start()]
    named = BSN_CONTEXT.search(before) is not None
    return "[burgerservicenummer]" if named and passes_eleven_test(digits) else match.group()


NUMBERED: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (IBAN, _mask_iban),
    (BSN, _mask_bsn),
    (PHONE, "[telefoonnummer]"),
    (ADDRESS, "[adres]"),
    (POSTCODE, "[postcode]"),
)
"""What is found by its digits."""
