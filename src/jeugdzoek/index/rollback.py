"""Back to the generation before."""

from __future__ import annotations

from pathlib import Path

from jeugdzoek.errors import IndexFolderError, IndexMissingError
from jeugdzoek.index.generations import Pointer, Published, current_or_none, generations, number_of, switch
from jeugdzoek.index.layout import read_manifest, read_seal, verify_files


def roll_back(root: Path) -> Published:
    """Point the index at `root` to the generation before the current one.

    Where the current one is damaged, that is the newest whole one before it.

    Raises
    ------
    IndexMissingError
        When there is none.
    """
    reasons = []
    for target in _earlier(root):
        try:
            manifest = read_manifest(target)
            verify_files(target, manifest, contents=True)
        except IndexFolderError as error:
            reasons.append(str(error))
        else:
            return Published(target, manifest, switch(root, Pointer(target, read_seal(target))))
    why = f" ({'; '.join(reasons)})" if reasons else ""
    raise IndexMissingError(root, f"has no earlier generation to go back to{why}; index again")


def _earlier(root: Path) -> list[Path]:
    """Return the generations to go back to, the best first."""
    everything = generations(root)[::-1]
    current = current_or_none(root)
    if current is None:
        return everything
    older = [path for path in everything if number_of(path) < number_of(current)]
    try:
        previous = read_manifest(current).previous
    except IndexFolderError:
        return older
    return [path for path in older if number_of(path) == previous]
