"""Ten snippets of real passages with the words of a query marked, as one page of hits needs them.

python benchmarks/bench_snippets.py [--queries 300]
"""

from __future__ import annotations

import argparse
from typing import Any

import machine
import numpy as np
import results
import texts
import timing

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.search.snippets import Snippets

SHOWN = 10


def main() -> None:
    """Run the benchmark and save its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=300)
    count = parser.parse_args().queries
    passages, asked = texts.load(None)
    rng = np.random.default_rng(texts.SEED)
    pages = [(str(rng.choice(asked)), [str(text) for text in rng.choice(passages, SHOWN)]) for _ in range(count)]
    analyzer = Analyzer()

    def make(page: tuple[str, list[str]]) -> list[Any]:
        snippets = Snippets(analyzer, [term.stem for term in analyzer.terms(page[0]) if term.stem])
        return [snippets.make(text) for text in page[1]]

    def make_html(page: tuple[str, list[str]]) -> list[str]:
        return [snippet.to_html() for snippet in make(page)]

    words = sum(len(text.split()) for _, page in pages for text in page) / count
    print(f"{machine.summary()}\n\n## {SHOWN} passages of {words / SHOWN:.0f} words")
    key = {"operation": "snippets", "corpus": "text", "passages": SHOWN}
    calls = {"find and mark": make, "and write as HTML": make_html}
    rows = [{**key, "system": name, **timing.time_calls(call, pages)[0]} for name, call in calls.items()]
    print(results.times(rows))
    results.save("snippets", rows)


if __name__ == "__main__":
    main()
