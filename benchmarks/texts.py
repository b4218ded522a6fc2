"""Real Dutch passages and queries: of a file the user names, or of the bundled reports, mixed until enough."""

from __future__ import annotations

import itertools
import json
import lzma
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jeugdzoek.corpus.passages import cut_into_passages
from jeugdzoek.corpus.reading import read
from jeugdzoek.corpus.report import Report
from jeugdzoek.embedding.loading import load_encoder

ROOT = Path(__file__).resolve().parent.parent
SEED = 2026
ENCODED_AT_ONCE = 20_000

Vectors = NDArray[np.float32]


def load(path: Path | None) -> tuple[list[str], list[str]]:
    """Return the texts and the queries of the file or folder at `path`; of the bundled reports without.

    Parameters
    ----------
    path
        A folder of reports, or an xz-compressed file with one JSON object a line: `t` title, `h` heading, `x` text.
    """
    return from_file(path) if path and path.is_file() else from_reports(path or ROOT / "corpus" / "reports")


def from_file(path: Path) -> tuple[list[str], list[str]]:
    """Return the texts to encode and, as queries, the headings of the file at `path`."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = ["\n".join(part for part in (row["t"], row["h"], row["x"]) if part) for row in rows]
    return list(dict.fromkeys(texts)), list(dict.fromkeys(row["h"] for row in rows if row["h"]))


def from_reports(folder: Path) -> tuple[list[str], list[str]]:
    """Return the passages of the reports in `folder`, and as queries their titles and headings."""
    reports = [item for item in read(folder) if isinstance(item, Report)]
    passages = [passage for report in reports for passage in cut_into_passages(report)]
    queries = [report.title for report in reports] + [passage.heading for passage in passages if passage.heading]
    return [passage.text for passage in passages], list(dict.fromkeys(queries))


def enough(texts: Sequence[str], count: int) -> Iterator[str]:
    """Yield `count` texts: those there are, then mixtures of a half of one and a half of another."""
    yield from texts[:count]
    rng = np.random.default_rng(SEED)
    halves = [(text[: len(text) // 2], text[len(text) // 2 :]) for text in texts]
    for one, other in rng.integers(0, len(texts), (max(0, count - len(texts)), 2)):
        yield f"{halves[one][0]} {halves[other][1]}"


def encoded(texts: Iterator[str]) -> Vectors:
    """Return the vectors of `texts` by the bundled model."""
    encoder = load_encoder()
    parts = []
    while part := list(itertools.islice(texts, ENCODED_AT_ONCE)):
        parts.append(encoder.encode_passages(part))
    return np.concatenate(parts)
