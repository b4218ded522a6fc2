"""wordlists/thesaurus.tsv → src/jeugdzoek/analysis/data/thesaurus.txt.

    python wordlists/compile_thesaurus.py

Run it after a change of the thesaurus or of the stemming.
"""

from __future__ import annotations

from pathlib import Path

from jeugdzoek.analysis.analyzer import Analyzer
from jeugdzoek.analysis.compiling import compile_thesaurus, read_thesaurus

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "wordlists" / "thesaurus.tsv"
COMPILED = ROOT / "src" / "jeugdzoek" / "analysis" / "data" / "thesaurus.txt"
HEADER = b"""\
# Made by wordlists/compile_thesaurus.py from wordlists/thesaurus.tsv.
# Source: written for this project. Licence: Apache-2.0, as the project.
"""


def main() -> int:
    """Write the compiled thesaurus."""
    COMPILED.write_bytes(HEADER + compile_thesaurus(read_thesaurus(WRITTEN), Analyzer()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
