"""Word list → the parts that Dutch compounds are made of, and how often they begin and end one.

    python wordlists/compile_parts.py WORDS… > src/jeugdzoek/analysis/data/parts.tsv

WORDS are files with a word a line (plain or .xz): OpenTaal's basiswoorden and flexies, as in
Debian's package ``wdutch``. A cut is counted only at a hyphenation point (package ``pyphen``):
that removes *gesp|rekken* and *ins|tellingen*. ``parts-rules.txt`` says what counting cannot see.
"""

from __future__ import annotations

import lzma
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyphen

HERE = Path(__file__).parent
SHORTEST = 3
FEWEST = {3: 5, 4: 5}
"""Words a part of so many letters must begin or end to be believed."""
SOURCE = """\
# From the OpenTaal word list (© 2006-2020 OpenTaal, © 2001-2005 Simon Brouwer e.a., © 1996 Nederlandstalige
# TeX Gebruikersgroep). Source: https://github.com/OpenTaal/opentaal-wordlist.
# Licence: revised BSD or CC BY 3.0; see LICENSE-OpenTaal.txt.
"""
HEADER = f"""\
# Parts of Dutch compounds: the part, how many words of the list it begins, how many it ends.
# Made by wordlists/compile_parts.py, with wordlists/parts-rules.txt.
{SOURCE}"""


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a plain or .xz file."""
    data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    yield from (line.strip() for line in data.decode("utf-8").splitlines())


def read_words(paths: Iterable[Path]) -> set[str]:
    """Return the lower-case words without hyphens or digits, accents folded."""
    words = set()
    for path in paths:
        for word in read_lines(path):
            if re.fullmatch(r"[^\W\d_A-Z]{2,}", word):
                folded = unicodedata.normalize("NFD", word)
                words.add("".join(c for c in folded if not unicodedata.combining(c)))
    return words


def cuts(words: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (first, last) for every word that is two words, or a word with a linking s and a word."""
    hyphens = pyphen.Pyphen(lang="nl_NL")
    for word in words:
        for point in hyphens.positions(word) if len(word) >= 2 * SHORTEST else ():
            first, last = word[:point], word[point:]
            if min(len(first), len(last)) >= SHORTEST and last in words and _is_first(first, words):
                yield first, last


def _is_first(part: str, words: set[str]) -> bool:
    return part in words or (len(part) > SHORTEST and part[-1] == "s" and part[:-1] in words)


def read_rules() -> dict[str, list[str]]:
    """Return rule → its words, from ``parts-rules.txt``."""
    rules: dict[str, list[str]] = {}
    for line in (HERE / "parts-rules.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, *words = line.split()
            rules.setdefault(name, []).extend(words)
    return rules


def count(words: set[str]) -> dict[str, tuple[int, int]]:
    """Return part → (words it begins, words it ends), rules applied."""
    rules = read_rules()
    firsts, lasts = Counter[str](), Counter[str]()
    for first, last in cuts(words):
        firsts[first] += 1
        lasts[last] += 1
    _drop(firsts, rules["never-first"], rules["short-first"])
    _drop(lasts, rules["never-last"], rules["short-last"])
    for word, number in zip(rules["bound"][::2], rules["bound"][1::2], strict=True):
        firsts[word] = max(firsts[word], int(number))
    for word, first_count, last_count in zip(*(rules["add"][i::3] for i in range(3)), strict=True):
        firsts[word] = max(firsts[word], int(first_count))
        lasts[word] = max(lasts[word], int(last_count))
    return {
        word: (firsts[word], lasts[word])
        for word in sorted(firsts.keys() | lasts.keys())
        if firsts[word] or lasts[word]
    }


def _drop(counts: Counter[str], never: list[str], short: list[str]) -> None:
    base = set(never)
    for word in list(counts):
        linked = word[:-1] if word.endswith("s") else word
        if (
            counts[word] < FEWEST.get(len(word), 2)
            or word in base
            or linked in base
            or (len(word) <= SHORTEST and word not in short)
        ):
            del counts[word]


def main(arguments: list[str]) -> int:
    """Print the table."""
    table = count(read_words(Path(argument) for argument in arguments))
    sys.stdout.write(HEADER)
    for word, (first, last) in table.items():
        sys.stdout.write(f"{word}\t{first}\t{last}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
