"""The part of a passage that shows why it was found.

A snippet is text and spans. How it looks is a formatter's business, and every
formatter escapes.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Collection
from dataclasses import dataclass

from jeugdzoek.analysis.analyzer import Analyzer, Token

WINDOW = 45
"""Words of a snippet; a passage hardly longer is shown whole."""
WHOLE = 60
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
    return " ".join("".join(c if c.isprintable() else " " for c in text).split(" "))


def make_snippet(analyzer: Analyzer, text: str, stems: Collection[str]) -> Snippet:
    """Return the stretch of a passage's `text` that holds most of the `stems` looked for.

    Parameters
    ----------
    analyzer
        The analyser of the index.
    text
        The passage.
    stems
        Stems of the query's words.
    """
    tokens = analyzer.analyze(text)
    matched = [bool(token.term.stem) and token.term.stem in stems for token in tokens]
    if len(tokens) <= WHOLE:
        return Snippet(text, _spans(tokens, matched, 0, len(tokens), 0))
    first = _best_window(tokens, matched)
    last = min(first + WINDOW, len(tokens))
    start = tokens[first].start if first else 0
    end = tokens[last - 1].end if last < len(tokens) else len(text)
    spans = _spans(tokens, matched, first, last, start)
    return Snippet(text[start:end], spans, cut_before=first > 0, cut_after=last < len(tokens))


def _best_window(tokens: list[Token], matched: list[bool]) -> int:
    """Return the first token of the window with most different matches, preferably at a sentence's start."""
    best, best_score = 0, (-1, -1, 0)
    for first in range(0, len(tokens) - WINDOW + 1):
        window = range(first, first + WINDOW)
        hits = [tokens[i].term.stem for i in window if matched[i]]
        starts_sentence = first == 0 or tokens[first].term.surface[:1].isupper()
        score = (len(set(hits)), len(hits) + starts_sentence, -first)
        if score > best_score:
            best, best_score = first, score
    return best


def _spans(tokens: list[Token], matched: list[bool], first: int, last: int, offset: int) -> tuple[tuple[int, int], ...]:
    return tuple((tokens[i].start - offset, tokens[i].end - offset) for i in range(first, last) if matched[i])
