"""Whether a published generation is whole: every byte, and its parts with each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jeugdzoek.index.compiling import self_check
from jeugdzoek.index.generations import read_current
from jeugdzoek.index.layout import read_manifest, verify_files


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked and found good.

    Parameters
    ----------
    generation
        Its name.
    files, bytes
        Compared with the manifest's checksums.
    """

    generation: str
    files: int
    bytes: int


def check_index(root: Path) -> Checked:
    """Check the current generation of the index at `root`.

    Raises
    ------
    IndexDamagedError
        For the first thing that is not as it was written.
    """
    pointer = read_current(root)
    manifest = read_manifest(pointer.folder, pointer.manifest_sha256)
    verify_files(pointer.folder, manifest, contents=True)
    self_check(pointer.folder)
    return Checked(pointer.folder.name, len(manifest.files), sum(size for size, _ in manifest.files.values()))
