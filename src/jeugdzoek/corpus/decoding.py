"""Bytes of a text file → str, without guessing twice."""

from __future__ import annotations

import codecs

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MOST_CONTROL = 0.1
PLAIN_CONTROL = frozenset("\t\n\r\f\v\x85")


def decode(data: bytes) -> str:
    """Decode `data` by its byte-order mark, else strict UTF-8, else cp1252.

    Line ends become ``\\n``; a character cp1252 leaves open becomes U+FFFD.

    Raises
    ------
    ValueError
        When the bytes are no text: a NUL, a broken byte-order-marked text, or
        more than a tenth control characters.
    """
    text = _decode(data)
    if "\0" in text:
        raise ValueError("is not text (it holds NUL bytes)")
    control = sum(1 for c in text if (c < " " or "\x7f" <= c < "\xa0") and c not in PLAIN_CONTROL)
    if control > MOST_CONTROL * len(text):
        raise ValueError("is not text (over a tenth of it is control characters)")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(data: bytes) -> str:
    for bom, name in BOMS:
        if data.startswith(bom):
            return data.decode(name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
