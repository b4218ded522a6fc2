"""Written thesaurus (``term<TAB>relation<TAB>term; term``) → the text `Thesaurus` looks terms up in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.thesaurus import (
    CAPITALS,
    INVERSE,
    LONGEST,
    RELATIONS,
    Related,
    Relation,
    Thesaurus,
    key_of,
    to_line,
)
from jeugdzoek.analysis.wordlists import data_bytes
from jeugdzoek.errors import ThesaurusError

Pair = tuple[str, Relation, str]


def read_thesaurus(path: Path) -> list[Pair]:
    """Read the pairs of a written thesaurus.

    Raises
    ------
    ThesaurusError
        When the file cannot be read or a line is not of the form.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ThesaurusError(path, 0, f"cannot be read ({error}); give a text file in UTF-8") from error
    pairs: list[Pair] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            pairs.extend(_pairs(path, number, line))
    return pairs


def _pairs(path: Path, number: int, line: str) -> Iterator[Pair]:
    columns = line.split("\t")
    relation = next((r for r in RELATIONS if len(columns) == 3 and columns[1] == r), None)
    if relation is None:
        raise ThesaurusError(path, number, f"is not term, one of {', '.join(RELATIONS)}, terms; put tabs between")
    for other in columns[2].split(";"):
        if not other.strip() or len(other.split()) > LONGEST:
            raise ThesaurusError(path, number, f"has a term {other.strip()!r} that is empty or too long; mend it")
        yield columns[0].strip(), relation, other.strip()


def compile_thesaurus(pairs: Iterable[Pair], analyzer: Analyzer) -> bytes:
    """Return the sorted lines `Thesaurus` reads, every pair both ways, strongest relation kept."""
    found: dict[str, dict[str, Related]] = {}
    for head, relation, term in pairs:
        for one, kind, other in ((head, relation, term), (term, INVERSE.get(relation, relation), head)):
            stems = tuple(dict.fromkeys(t.stem for t in analyzer.terms(other) if t.stem))
            if stems and not _needs_capitals(other):
                key = (CAPITALS if _needs_capitals(one) else "") + key_of(analyzer.terms(one))
                _keep_strongest(found.setdefault(key, {}), Related(other, stems, kind))
    lines = (to_line(key, terms.values()).encode() + b"\n" for key, terms in found.items())
    return b"".join(sorted(lines))


def own_thesaurus(path: Path, analyzer: Analyzer) -> Thesaurus:
    """Return the bundled thesaurus with the written one at `path` added.

    Raises
    ------
    ThesaurusError
        When the file cannot be read or a line is not of the form.
    """
    return Thesaurus(compile_thesaurus(read_thesaurus(path), analyzer), data_bytes("thesaurus.txt"))


def _keep_strongest(terms: dict[str, Related], new: Related) -> None:
    key = " ".join(new.stems)
    if key not in terms or RELATIONS.index(new.relation) < RELATIONS.index(terms[key].relation):
        terms[key] = new


def _needs_capitals(term: str) -> bool:
    return term.isupper() and term.isalpha() and len(term) <= LONGEST
