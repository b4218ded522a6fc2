"""The part of a passage that shows why it was found.

A snippet is text and spans. How it looks is a formatter's business, and every
formatter escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.tokens import find_words

Span = tuple[int, int]
"""Start and end of a word in its text."""
Match = tuple[int, str]
"""Which word of a text matched, and by which stem."""

WINDOW = 45
"""Words of a snippet; a passage hardly longer is shown whole."""
WHOLE = 60
LEAD = 12
END = re.compile(r"[.!?:] |\n")
"""What stands between two sentences."""
HEADING_MARK = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A stretch of a passage with the words that matched.

    Parameters
    ----------
    text
        As it stands in the report.
    spans
        (start, end) of the matched words, offsets into `text`.
    cut_before, cut_after
        Whether the passage goes on before and after.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    cut_before: bool = False
    cut_after: bool = False

    def to_html(self) -> str:
        """Return HTML with everything escaped and matches in ``<mark>``."""
        import html

        return self._format("<mark>", "</mark>", html.escape)

    def to_terminal(self, *, color: bool = True) -> str:
        """Return one paragraph for a terminal, control characters removed, matches bold."""
        return self._format(BOLD if color else "", PLAIN if color else "", _printable)

    def _format(self, before: str, after: str, escape: Callable[[str], str]) -> str:
        parts = ["… " if self.cut_before else ""]
        at = 0
        for start, end in self.spans:
            parts += [escape(self.text[at:start]), before, escape(self.text[start:end]), after]
            at = end
        return "".join([*parts, escape(self.text[at:]), " …" if self.cut_after else ""])


def _printable(text: str) -> str:
    """Control characters and line breaks become spaces, and marks of headings go."""
    text = HEADING_MARK.sub("", text)
    return re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text))


class Snippets:
    """Makes snippets for one query.

    Parameters
    ----------
    analyzer
        The analyser of the index.
    stems
        Stems of the query's words.
    """

    def __init__(self, analyzer: Analyzer, stems: Collection[str]) -> None:
        self._stems_of = analyzer.stems
        self._stems = frozenset(stems)
        self._known: dict[str, str] = {}

    def make(self, text: str) -> Snippet:
        """Return the stretch of a passage's `text` that holds most of the stems looked for."""
        found = [(match.span(), match.group()) for match in find_words(text)]
        known = self._known
        for surface in {surface for _, surface in found}.difference(known):
            stems = self._stems_of(surface)
            known[surface] = "" if self._stems.isdisjoint(stems) else self._first(stems)
        words = [span for span, _ in found]
        matches = [(i, stem) for i, (_, surface) in enumerate(found) if (stem := known[surface])]
        if len(words) <= WHOLE:
            return Snippet(text, tuple(words[i] for i, _ in matches))
        first = _best_window(text, words, matches)
        last = min(first + WINDOW, len(words))
        start = words[first][0] if first else 0
        end = words[last - 1][1] if last < len(words) else len(text)
        spans = tuple((words[i][0] - start, words[i][1] - start) for i, _ in matches if first <= i < last)
        return Snippet(text[start:end], spans, first > 0, last < len(words))

    def _first(self, stems: Sequence[str]) -> str:
        return next(stem for stem in stems if stem in self._stems)


def _best_window(text: str, words: Sequence[Span], matches: Sequence[Match]) -> int:
    """Return the first word of the window with most different matches; it starts a sentence where one is near."""
    latest = len(words) - WINDOW
    starts = {min(_sentence_start(text, words, i), latest) for i, _ in matches} or {0}

    def worth(first: int) -> tuple[int, int, int]:
        stems = [stem for i, stem in matches if first <= i < first + WINDOW]
        return len(set(stems)), len(stems), -first

    return max(starts, key=worth)


def _sentence_start(text: str, words: Sequence[Span], index: int) -> int:
    """Return the word a window around `index` starts at: that of its sentence or line, else a few words before."""
    for first in range(index, max(-1, index - LEAD), -1):
        if first == 0:
            return first
        between = text[words[first - 1][1] : words[first][0]]
        if between != " " and END.search(between):
            return first
    return max(0, index - LEAD // 2)
