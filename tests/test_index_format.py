"""docs/index-format.md is true: a second reader, written from that page alone, finds the same."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import jeugdzoek
from jeugdzoek import Report
from jeugdzoek.index.reader import open_current

PAGE = Path(__file__).parent.parent / "docs" / "index-format.md"
HEAD = re.compile(rb"\{'descr': '<(\w\d)', 'fortran_order': False, 'shape': \((\d+),(?: (\d+))?\), \}\s*")


class SecondReader:
    """Reads an index with nothing but the page, numpy for arithmetic, and the standard library."""

    def __init__(self, root: Path) -> None:
        name, sha256 = (root / "CURRENT").read_text().split()
        self.folder = root / name
        data = (self.folder / "manifest.json").read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256 == (self.folder / "READERS").read_text().strip()
        self.manifest = json.loads(data)
        for file, (size, digest) in self.manifest["files"].items():
            contents = (self.folder / file).read_bytes()
            assert (len(contents), hashlib.sha256(contents).hexdigest()) == (size, digest)
        self.store = sqlite3.connect(f"file:{self.folder / 'reports.sqlite'}?mode=ro&immutable=1", uri=True)

    def array(self, name: str) -> np.ndarray:
        data = (self.folder / name).read_bytes()
        assert data[:8] == b"\x93NUMPY\x01\x00"
        start = 10 + int.from_bytes(data[8:10], "little")
        head = HEAD.fullmatch(data[10:start])
        assert head
        shape = [int(length) for length in head.groups()[1:] if length]
        return np.frombuffer(data[start:], dtype=f"<{head[1].decode()}").reshape(shape)

    def postings(self, field: str) -> dict[str, dict[int, float]]:
        """Return term → ordinal → impact, computed from counts and lengths by the formula."""
        text = (self.folder / f"postings/{field}.terms").read_text(encoding="utf-8")
        parts = ("ptr", "docs", "counts", "lengths")
        ptr, docs, counts, lengths = (self.array(f"postings/{field}.{part}.npy") for part in parts)
        report_of = self.array("report_of.npy")
        reports, average = len(set(report_of.tolist())), counts.sum() / len(lengths)
        found: dict[str, dict[int, float]] = {}
        for row, term in enumerate(text.split("\n") if text else []):
            here = slice(ptr[row], ptr[row + 1])
            df = len(set(report_of[docs[here]].tolist()))
            idf = np.log(1 + (reports - df + 0.5) / (df + 0.5))
            tf = counts[here].astype(float)
            impacts = idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * lengths[docs[here]] / average))
            found[term] = dict(zip(docs[here].tolist(), impacts.astype("<f4").tolist(), strict=True))
        return found


@pytest.fixture
def root(tmp_path: Path, small: list[Report]) -> Path:
    jeugdzoek.build(small, tmp_path / "i").close()
    return tmp_path / "i"


@pytest.fixture
def second(root: Path) -> Iterator[SecondReader]:
    reader = SecondReader(root)
    yield reader
    reader.store.close()


def test_a_second_reader_finds_the_same_postings(root: Path, second: SecondReader) -> None:
    first = open_current(root)[0]
    for field, postings in first.postings.items():
        theirs = second.postings(field)
        assert list(theirs) == list(postings.terms)
        for term, row in postings.terms.items():
            here = slice(postings.ptr[row], postings.ptr[row + 1])
            ours = dict(zip(postings.docs[here].tolist(), postings.impacts[here].tolist(), strict=True))
            assert theirs[term] == pytest.approx(ours, rel=1e-6)
    first.close()


def test_a_second_reader_finds_the_same_texts_and_keys(second: SecondReader, small: list[Report]) -> None:
    keys, report_of = second.array("keys.npy"), second.array("report_of.npy")
    rows = second.store.execute(
        "SELECT p.ordinal, p.number, p.text, p.start, p.end, r.number, r.id, r.text "
        "FROM passages p JOIN reports r ON r.number = p.report ORDER BY p.ordinal"
    ).fetchall()
    assert len(rows) == second.manifest["passages"] == len(second.array("vectors.npy"))
    for ordinal, number, text, start, end, report, report_id, whole in rows:
        digest = int.from_bytes(hashlib.sha256(report_id.encode()).digest()[:8], "big")
        assert keys[ordinal] == (digest >> 17) << 16 | number
        assert report_of[ordinal] == report
        assert whole[start:end] == text
    assert {row[6] for row in rows} == {report.id for report in small}


def test_the_page_names_every_file_and_every_key(second: SecondReader) -> None:
    page = PAGE.read_text(encoding="utf-8")
    manifest = second.manifest
    for key in manifest:
        assert f"`{key}`" in page, key
    for name in manifest["files"]:
        shown = re.sub(r"^postings/\w+", "postings/F", name)
        assert f"`{shown}`" in page or name.startswith("whoosh/") or name in page, name
    assert f"Format {manifest['format']}." in page
