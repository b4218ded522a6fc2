"""The Dutch analyser: words a second, and what it gets right on the gold lists.

    python benchmarks/bench_analysis.py

Text is the bundled reports, over and over. "New words" starts with empty caches; Whoosh's own
analyser for Dutch runs on the same text in the same run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import machine
import results
from whoosh.analysis import LanguageAnalyzer

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.compounds import dutch_compounds
from jeugdzoek.analysis.stemming import stem
from jeugdzoek.corpus.reading import read
from jeugdzoek.corpus.report import Report

ROOT = Path(__file__).resolve().parent.parent
GOLD = ROOT / "tests" / "gold"
ROUNDS = 20


def text() -> str:
    """Return the text of all bundled reports."""
    reports = [report for report in read(ROOT / "corpus" / "reports") if isinstance(report, Report)]
    return "\n".join(report.text for report in reports)


def words_a_second(analyse: Callable[[str], int], content: str, rounds: int) -> float:
    """Return how many words `analyse` takes a second, over `rounds`."""
    start = time.perf_counter()
    words = sum(analyse(content) for _ in range(rounds))
    return words / (time.perf_counter() - start)


def gold(name: str) -> list[tuple[str, str]]:
    """Return the pairs of a gold list, lower case."""
    lines = (GOLD / name).read_text(encoding="utf-8").lower().splitlines()
    return [(one, other) for one, other in (line.split("\t") for line in lines if line and not line.startswith("#"))]


def share(rows: list[tuple[str, str]], is_right: Callable[[str, str], bool]) -> str:
    """Return the share that is right among the tuned-on and the held-out rows."""
    parts = []
    for held_out in (False, True):
        part = [row for number, row in enumerate(rows, start=1) if (number % 3 == 0) is held_out]
        parts.append(f"{100 * sum(is_right(*row) for row in part) / len(part):.1f} % of {len(part)}")
    return f"{parts[0]}, held out {parts[1]}"


def main() -> int:
    """Print speed and gold-list figures."""
    print(machine.summary())
    content = text()
    whoosh = LanguageAnalyzer("nl")
    analyzer = Analyzer()
    print(f"\n{len(content.split()):,} words of text, {len(set(content.lower().split())):,} different")
    rows = {
        "jeugdzoek, new words": words_a_second(lambda t: len(Analyzer().terms(t)), content, 3),
        "jeugdzoek, known words": words_a_second(lambda t: len(analyzer.terms(t)), content, ROUNDS),
        'Whoosh LanguageAnalyzer("nl")': words_a_second(lambda t: sum(1 for _ in whoosh(t)), content, ROUNDS),
    }
    base = rows['Whoosh LanguageAnalyzer("nl")']
    for name, speed in rows.items():
        print(f"{name:32} {speed:12,.0f} words/s {speed / base:6.2f}×")
    fold = Analyzer().term
    compounds = gold("compounds.tsv")
    cut = [row for row in compounds if "+" in row[1]]
    whole = [row for row in compounds if "+" not in row[1]]
    print()
    print("must join:", share(gold("stem-join.tsv"), lambda a, b: _stem(a) == _stem(b)))
    print("must not join:", share(gold("stem-apart.tsv"), lambda a, b: _stem(a) != _stem(b)))
    print("compounds cut right:", share(cut, lambda w, p: list(fold(w).pieces) == _pieces(p)))
    print("others left whole:", share(whole, lambda w, _: not dutch_compounds().split(fold(w).word)))
    key = {"operation": "analysis", "corpus": "text", "passages": 0}
    made = [{**key, "system": name, "words_per_s": speed, "median": 1e6 / speed} for name, speed in rows.items()]
    results.save("analysis", made, median="ms for 1,000 words")
    return 0


def _stem(word: str) -> str:
    term = Analyzer().term(word)
    return term.stem or stem(term.word)


def _pieces(parts: str) -> list[str]:
    return [Analyzer().term(part).word for part in parts.replace("(", "").replace(")", "").split("+")]


if __name__ == "__main__":
    sys.exit(main())
