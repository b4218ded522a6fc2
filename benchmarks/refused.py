"""What was measured and not taken: a further field of word pieces, and parts learned from an index.

    python benchmarks/refused.py [COLLECTION...]

Collections as `benchmarks/ablation.py` takes them; corpus/ when none is named. Every third topic of corpus/ is
left out, as it is held out. Prints a markdown table of nDCG@10 and evidence@5 in the keyword and the hybrid mode,
and the words that parts learned from the index would cut.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tokenizers
from ablation import ROOT, first_of

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.lexicon import dutch_lexicon
from jeugdzoek.analysis.wordlists import read_counts
from jeugdzoek.corpus.report import Passage, Report
from jeugdzoek.embedding.loading import bundled_folder
from jeugdzoek.embedding.static import MODULE, TOKENIZER
from jeugdzoek.evaluation.evaluate import Figures, evaluate
from jeugdzoek.evaluation.topics import Topic, read_qrels, read_topics
from jeugdzoek.index.builder import build_index
from jeugdzoek.index.counting import count_terms
from jeugdzoek.index.keyword import WORD
from jeugdzoek.index.postings import Postings, write_postings
from jeugdzoek.index.reader import open_current
from jeugdzoek.search import bm25
from jeugdzoek.search.backend import Candidates, Filters, Mode
from jeugdzoek.search.expansion import Alternative
from jeugdzoek.search.fusion import FusionSettings
from jeugdzoek.search.local import LocalBackend
from jeugdzoek.search.query import Query, parse
from jeugdzoek.search.searcher import search

ANALYZER = Analyzer()
WEIGHTS = (0.02, 0.05, 0.1)
EXTRA = "extra"
LINKS = ("", "s", "e", "en", "n")
ENOUGH = 2
"""Passages in which a word must stand alone to be taken for a part."""

Cutter = Callable[[str], list[str]]


@dataclass
class WithField:
    """A backend of which a further field lifts the candidates."""

    backend: LocalBackend
    field: Mapping[str, Postings]
    cut: Cutter
    weight: float

    def candidates(self, query: Query, mode: Mode, k: int, filters: Filters) -> Candidates:
        """Return the candidates, their keyword scores raised by `weight` times the BM25 of the further field."""
        found = self.backend.candidates(query, mode, k, filters)
        groups = [(Alternative(EXTRA, (piece,), self.weight),) for piece in dict.fromkeys(self.cut(query.wanted))]
        at = np.searchsorted(self.backend.reader.keys, found.keys)
        extra = bm25.rows_at(bm25.Planner(self.field).plan(groups), at).sum(axis=0)
        return replace(found, keyword=found.keyword + extra)

    def fetch(self, keys: Sequence[int]) -> Mapping[int, tuple[Report, Passage]]:
        """Return what the backend does."""
        return self.backend.fetch(keys)


def cutters(analyzer: Analyzer) -> dict[str, Cutter]:
    """Return name → text to pieces."""
    model = tokenizers.Tokenizer.from_file(str(bundled_folder() / MODULE / TOKENIZER))

    def grams(size: int) -> Cutter:
        def cut(text: str) -> list[str]:
            words = [f"^{term.word}$" for term in analyzer.terms(text) if term.stem]
            return [word[at : at + size] for word in words for at in range(len(word) - size + 1)]

        return cut

    return {
        "4 letters": grams(4),
        "5 letters": grams(5),
        "word pieces": lambda text: [piece for piece in model.encode(text).tokens if len(piece.strip("#")) > 2],
    }


def rows(folder: Path, backend: LocalBackend, scratch: Path) -> Iterator[str]:
    """Yield the rows of the table: no further field, then each field at each weight."""
    topics = read_topics(first_of(folder, "topics.jsonl", "queries.jsonl"))
    topics = [topic for number, topic in enumerate(topics) if number % 3 or folder.name != "corpus"]
    found = backend.fetch(backend.reader.keys.tolist())
    texts = [found[key][1].text for key in backend.reader.keys.tolist()]
    plain = row("no further field", backend, topics, folder)
    yield plain
    size = sum(len(postings.docs) for postings in backend.reader.postings.values())
    for name, cut in cutters(backend.analyzer).items():
        documents = [cut(text) for text in texts]
        counts = count_terms(documents, np.array([len(document) for document in documents]))
        write_postings(scratch, EXTRA, counts, backend.reader.report_of)
        field = {EXTRA: Postings(scratch, EXTRA, len(texts))}
        label = f"{name} (+{len(counts.docs) / size:.0%} postings)"
        for weight in WEIGHTS:
            yield row(f"{label} × {weight}", WithField(backend, field, cut, weight), topics, folder)


def row(name: str, backend: LocalBackend | WithField, topics: list[Topic], folder: Path) -> str:
    """Return one row: both modes of one backend."""
    cells = [name]
    for mode in ("keyword", "hybrid"):
        figures = measure(backend, topics, folder, mode)
        cells += [f"{figures.ndcg:.3f}", f"{figures.evidence:.3f}"]
    return f"| {' | '.join(cells)} |"


def measure(backend: LocalBackend | WithField, topics: list[Topic], folder: Path, mode: Mode) -> Figures:
    """Return the figures of all `topics` in one mode."""
    asked = {topic.id for topic in topics}
    judgments = [judgment for judgment in read_qrels(folder / "qrels.jsonl") if judgment.query in asked]
    options = {"limit": 100, "mode": mode, "filters": Filters(), "fusion": FusionSettings()}
    run = [(t, search(backend, ANALYZER, parse(t.text), **options)) for t in topics]  # type: ignore[arg-type]
    return evaluate(run, judgments)["all"]


def learned_cuts(backend: LocalBackend) -> Iterator[str]:
    """Yield the words of an index that words of that index would cut and the bundled parts do not.

    A word is a part where it stands alone in `ENOUGH` passages, is of four letters or more and no part yet;
    the rest must be a part as well, or a word of the index; a word of the list is left whole.
    """
    field, parts = backend.reader.postings[WORD], read_counts("parts.tsv")
    found = {word: field.ptr[at + 1] - field.ptr[at] for word, at in field.terms.items() if word.isalpha()}
    terms = {word: backend.analyzer.term(word) for word in found}
    whole = {word for word in found if len(word) > 3 and not terms[word].stop and not terms[word].pieces}
    own = {word for word in whole if found[word] >= ENOUGH and word not in parts}
    for word in sorted(whole):
        if word not in dutch_lexicon():
            for at in range(4, len(word) - 2):
                first, last = word[:at], word[at:]
                for link in LINKS:
                    begin = first.removesuffix(link)
                    if first.endswith(link) and (
                        (begin in own and (parts.get(last, (0, 0))[1] or last in whole))
                        or (last in own and (parts.get(first, (0, 0))[0] or begin in whole))
                    ):
                        yield f"{first}|{last}"
                        break


def main() -> int:
    """Print a table per collection."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="*", type=Path, metavar="COLLECTION")
    for folder in parser.parse_args().collections or [ROOT / "corpus"]:
        print(f"\n{folder.name}\n\n| field | keyword | evidence@5 | hybrid | evidence@5 |\n|---|---|---|---|---|")
        with tempfile.TemporaryDirectory() as index, tempfile.TemporaryDirectory() as scratch:
            build_index(first_of(folder, "reports", "corpus.jsonl"), Path(index))
            backend = LocalBackend(open_current(Path(index))[0], ANALYZER)
            for line in rows(folder, backend, Path(scratch)):
                print(line, flush=True)
            print(f"\nParts of its own would cut: {', '.join(learned_cuts(backend)) or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
