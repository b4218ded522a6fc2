"""Pairs of Dutch texts that belong together, for training.

The sources carry no claim on what is trained from them: law texts have no
copyright (Auteurswet art. 11), the spoken sentences are CC0, lexicon and written
pairs are the project's own.
"""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

Pair = tuple[str, str]

LAWS = "dutch-laws.jsonl.xz"
SPOKEN = "voice-sentences.txt.xz"
LEXICON = "lexicon-draft.tsv"
WRITTEN = "pairs-draft.jsonl"
FIELD = re.compile(
    r"jeugd|kind|ouder|gezin|school|onderwijs|leerling|zorg|maatschappelijk|gemeente|pleeg|voogd|opvoed|begeleid|hulp|wonen|schuld",
    re.IGNORECASE,
)
OTHER_LAWS = 0.35
LEXICON_REPEATS = 6
WRITTEN_REPEATS = 40
RELATED = re.compile(r"^(.*\S)\s+([01](?:\.\d+)?)$")


def laws(data: Path) -> Iterator[tuple[str, str]]:
    """Yield (title and heading, text) of the law paragraphs, markup and doubles left out."""
    seen: set[int] = set()
    with lzma.open(data / LAWS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = " ".join(str(row["x"]).split())
            if 40 <= len(text) <= 2500 and hash(text) not in seen:
                seen.add(hash(text))
                yield f"{row.get('t') or ''} {row.get('h') or ''}".strip(), text


def spoken(data: Path) -> Iterator[str]:
    """Yield single everyday sentences."""
    with lzma.open(data / SPOKEN, "rt", encoding="utf-8") as lines:
        yield from (line.strip() for line in lines if len(line.split()) >= 4)


def lexicon(data: Path) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """Yield (headword, [(related term, weight), …])."""
    for line in (data / LEXICON).read_text(encoding="utf-8").splitlines():
        head, _, rest = line.partition("\t")
        related = [(m.group(1), float(m.group(2))) for part in rest.split(";") if (m := RELATED.match(part.strip()))]
        if head and related:
            yield head, related


def written(data: Path) -> list[Pair]:
    """Return the written (query, passage) pairs."""
    rows = (json.loads(line) for line in (data / WRITTEN).read_text(encoding="utf-8").splitlines() if line)
    return [(row["query"], row["passage"]) for row in rows]


def vocabulary_texts(data: Path) -> Iterator[str]:
    """Yield the texts the word pieces are learned from; the field's own words count most."""
    for _, text in laws(data):
        if FIELD.search(text):
            yield text
    for sentence in spoken(data):
        yield from (sentence, sentence, sentence)
    for head, related in lexicon(data):
        yield from [" ".join([head, *(term for term, _ in related)])] * 30
    for query, passage in written(data):
        yield from [f"{query} {passage}"] * 30


def training_pairs(data: Path, seed: int) -> list[Pair]:
    """Return all pairs of the recipe, in a fixed order for a `seed`.

    Laws give heading–text and sentence–rest; spoken sentences give two halves of
    the same words; the lexicon gives word–related word, as often as it is near.
    """
    rng = random.Random(seed)
    pairs: list[Pair] = []
    for heading, text in laws(data):
        if not FIELD.search(text) and rng.random() > OTHER_LAWS:
            continue
        if heading:
            pairs.append((heading, text))
        pairs.extend(_halves(text, rng))
    for sentence in spoken(data):
        pairs.extend(_halves(sentence, rng))
    pairs.extend(_lexical(data, rng))
    for query, passage in written(data):
        for _ in range(WRITTEN_REPEATS):
            pairs.append((_thinned(query, rng, 0.1), _thinned(passage, rng, 0.3)))
    return pairs


def _lexical(data: Path, rng: random.Random) -> Iterator[Pair]:
    choose: Callable[[float], bool] = lambda weight: rng.random() < weight  # noqa: E731
    for head, related in lexicon(data):
        for _ in range(LEXICON_REPEATS):
            for term, weight in related:
                if choose(weight):
                    yield head, term
            near = [term for term, weight in related if choose(weight)]
            if near:
                yield head, " ".join(near)


def _halves(text: str, rng: random.Random) -> Iterator[Pair]:
    """Cut the words of `text` in two at random places: a short query-like half and the rest."""
    words = text.split()
    if len(words) < 6:
        return
    size = min(len(words) // 2, rng.randint(3, 12))
    start = rng.randint(0, len(words) - size)
    yield " ".join(words[start : start + size]), " ".join(words[:start] + words[start + size :])


def _thinned(text: str, rng: random.Random, share: float) -> str:
    kept = [word for word in text.split() if rng.random() >= share]
    return " ".join(kept) or text
