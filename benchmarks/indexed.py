"""Indexes of generated reports, made once and kept in ``indexes/bench-*``."""

from __future__ import annotations

from pathlib import Path

import generate

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.index.builder import build_index
from jeugdzoek.index.reader import open_current
from jeugdzoek.search.local import LocalBackend

ROOT = Path(__file__).resolve().parent.parent


def folder(size: int) -> Path:
    """Return the index of `size` passages; made when it is not there."""
    found = ROOT / "indexes" / f"bench-{size}"
    if not (found / "CURRENT").exists():
        build_index(generate.reports(size), found)
    return found


def backend(size: int) -> LocalBackend:
    """Return the backend on the index of `size` passages."""
    return LocalBackend(open_current(folder(size))[0], Analyzer())
