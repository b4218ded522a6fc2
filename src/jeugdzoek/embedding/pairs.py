"""Pairs of Dutch texts that belong together, for training.

The sources carry no claim on what is trained from them: law texts have no
copyright (Auteurswet art. 11), the spoken sentences are CC0, the thesaurus and the
written pairs are the project's own.
"""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Pair(NamedTuple):
    """Two texts that belong together; pairs of one `group` belong together as well."""

    query: str
    passage: str
    group: int


LAWS = "dutch-laws.jsonl.xz"
SPOKEN = "voice-sentences.txt.xz"
WRITTEN = "pairs-*.jsonl"
FIELD = re.compile(
    r"jeugd|kind|ouder|gezin|school|onderwijs|leerling|zorg|maatschappelijk|gemeente|pleeg|voogd|opvoed|begeleid|hulp|wonen|schuld",
    re.IGNORECASE,
)
OTHER_LAWS = 0.35
CLOSENESS = {"same": 1.0, "near": 0.7, "narrower": 0.5, "associated": 0.35}
"""How often a pair of the thesaurus is taken, per round."""
ROUNDS = 4
VERSIONS = 6
"""Times a written pair is shown, all but the first thinned."""
VALIDATION_EVERY = 8


@dataclass(frozen=True, slots=True)
class Written:
    """A passage written for training, with queries it answers.

    Parameters
    ----------
    topic
        Its topic; whole topics are held out for validation.
    passage
        Its text.
    queries
        (type, text) of each query.
    """

    topic: str
    passage: str
    queries: tuple[tuple[str, str], ...]


def laws(data: Path) -> Iterator[tuple[str, str]]:
    """Yield (title and heading, text) of the law paragraphs, markup and doubles left out."""
    seen: set[str] = set()
    with lzma.open(data / LAWS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = " ".join(str(row["x"]).split())
            if 40 <= len(text) <= 2500 and text not in seen:
                seen.add(text)
                yield f"{row.get('t') or ''} {row.get('h') or ''}".strip(), text


def spoken(data: Path) -> Iterator[str]:
    """Yield single everyday sentences."""
    with lzma.open(data / SPOKEN, "rt", encoding="utf-8") as lines:
        yield from (line.strip() for line in lines if len(line.split()) >= 4)


def written(folder: Path) -> list[Written]:
    """Return the written passages in ``pairs-*.jsonl`` of `folder`."""
    lines = (line for path in sorted(folder.glob(WRITTEN)) for line in path.read_text(encoding="utf-8").splitlines())
    rows = [json.loads(line) for line in lines]
    return [Written(r["topic"], r["passage"], tuple((q["type"], q["text"]) for q in r["queries"])) for r in rows]


def split(rows: Sequence[Written]) -> tuple[list[Written], list[Written]]:
    """Return (for training, held out): every eighth topic, in alphabetical order, is held out."""
    held_out = set(sorted({row.topic for row in rows})[::VALIDATION_EVERY])
    return [row for row in rows if row.topic not in held_out], [row for row in rows if row.topic in held_out]


def general_pairs(data: Path, seed: int) -> list[Pair]:
    """Return pairs of general Dutch, in a fixed order for a `seed`.

    Laws give heading and text, and words and the rest of their paragraph; spoken sentences
    two halves of their words.
    """
    rng = random.Random(seed)
    texts: list[tuple[str, str]] = []
    for heading, text in laws(data):
        if not FIELD.search(text) and rng.random() > OTHER_LAWS:
            continue
        if heading:
            texts.append((heading, text))
        texts.extend(halves(text, rng))
    for sentence in spoken(data):
        texts.extend(halves(sentence, rng))
    return [Pair(*both, group) for group, both in enumerate(texts)]


def related_pairs(related: Sequence[tuple[str, str, str]], seed: int) -> list[Pair]:
    """Return (term, related term) of (term, relation, related term), the closer the oftener."""
    rng = random.Random(seed)
    group = {head: -1 - number for number, head in enumerate(dict.fromkeys(head for head, _, _ in related))}
    near: dict[str, list[str]] = {}
    pairs: list[Pair] = []
    for head, kind, term in related:
        pairs += [Pair(head, term, group[head]) for _ in range(ROUNDS) if rng.random() < CLOSENESS[kind]]
        if kind in ("same", "near"):
            near.setdefault(head, []).append(term)
    together = (Pair(head, " ".join(terms), group[head]) for head, terms in near.items() if len(terms) > 1)
    return [*pairs, *together]


def written_pairs(rows: Sequence[Written], seed: int) -> list[Pair]:
    """Return (query, passage) of `rows`, as they are and several times with words left out."""
    rng = random.Random(seed)
    pairs: list[Pair] = []
    for group, row in enumerate(rows):
        for _, query in row.queries:
            pairs.append(Pair(query, row.passage, group))
            for _ in range(VERSIONS - 1):
                pairs.append(Pair(thinned(query, rng, 0.1), thinned(row.passage, rng, 0.3), group))
    return pairs


def halves(text: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Cut the words of `text` in two at random places: a short query-like half and the rest."""
    words = text.split()
    if len(words) < 6:
        return
    size = min(len(words) // 2, rng.randint(3, 12))
    start = rng.randint(0, len(words) - size)
    yield " ".join(words[start : start + size]), " ".join(words[:start] + words[start + size :])


def thinned(text: str, rng: random.Random, share: float) -> str:
    """Return `text` with a `share` of its words left out at random."""
    kept = [word for word in text.split() if rng.random() >= share]
    return " ".join(kept) or text
