"""The part of a passage that shows why it was found.

A snippet is text and spans. How it looks is a formatter's business, and every
formatter escapes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.tokens import find_words

Word = tuple[int, int, str]
"""Start, end, and the stem where it is one that is looked for."""

WINDOW = 45
"""Words of a snippet; a passage hardly longer is shown whole."""
WHOLE = 60
LEAD = 12
ENDS = (". ", "! ", "? ", ": ", "\n")
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
        self._analyzer = analyzer
        self._stems = frozenset(stems)
        self._known: dict[str, str] = {}

    def make(self, text: str) -> Snippet:
        """Return the stretch of a passage's `text` that holds most of the stems looked for."""
        words = [(m.start(), m.end(), self._match(m.group())) for m in find_words(text)]
        if len(words) <= WHOLE:
            return Snippet(text, _spans(words, 0))
        first = _best_window(text, words)
        last = min(first + WINDOW, len(words))
        start = words[first][0] if first else 0
        end = words[last - 1][1] if last < len(words) else len(text)
        return Snippet(text[start:end], _spans(words[first:last], start), first > 0, last < len(words))

    def _match(self, surface: str) -> str:
        """Return the stem of `surface` if it is looked for, else nothing."""
        known = self._known.get(surface)
        if known is None:
            term = self._analyzer.term(surface)
            known = next((text for text in (term.stem, *term.parts) if text in self._stems), "")
            self._known[surface] = known
        return known


def _best_window(text: str, words: Sequence[Word]) -> int:
    """Return the first word of the window with most different matches; it starts a sentence where one is near."""
    latest = len(words) - WINDOW
    starts = {min(_sentence_start(text, words, i), latest) for i, (_, _, stem) in enumerate(words) if stem} or {0}

    def worth(first: int) -> tuple[int, int, int]:
        hits = [stem for _, _, stem in words[first : first + WINDOW] if stem]
        return len(set(hits)), len(hits), -first

    return max(starts, key=worth)


def _sentence_start(text: str, words: Sequence[Word], index: int) -> int:
    """Return the word a window around `index` starts at: that of its sentence or line, else a few words before."""
    for first in range(index, max(-1, index - LEAD), -1):
        if first == 0 or any(mark in text[words[first - 1][1] : words[first][0]] for mark in ENDS):
            return first
    return max(0, index - LEAD // 2)


def _spans(words: Sequence[Word], offset: int) -> tuple[tuple[int, int], ...]:
    return tuple((start - offset, end - offset) for start, end, stem in words if stem)
