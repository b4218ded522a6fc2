"""Any sentence-transformers model, by name or folder (extra ``sentence-transformers``)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jeugdzoek.embedding.encoder import Vectors, unit_rows
from jeugdzoek.errors import EncoderError, MissingExtraError

EDGE = 1 << 20


@dataclass(frozen=True, slots=True)
class SentenceSettings:
    """How to run the model.

    Parameters
    ----------
    device
        ``cpu``, ``cuda``, …; None lets the library choose.
    batch_size
        Texts encoded at a time.
    allow_download
        True to let the model be fetched by name; never otherwise is the network touched.
    """

    device: str | None = None
    batch_size: int = 32
    allow_download: bool = False


class SentenceEncoder:
    """A sentence-transformers model behind the encoder seam.

    Query and passage prompts that the model's own configuration names are used.

    Parameters
    ----------
    name
        Folder, or name of a model already on this machine.
    settings
        Device, batch size, and whether a download is allowed.

    Raises
    ------
    MissingExtraError
        When sentence-transformers is not installed.
    EncoderError
        When the model cannot be loaded.
    """

    def __init__(self, name: str, settings: SentenceSettings | None = None) -> None:
        self.name = name
        self._settings = settings or SentenceSettings()
        self._model = _load(name, self._settings)
        self.dimensions = int(self._model.get_embedding_dimension())
        self.fingerprint = _fingerprint(name, self._model)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query."""
        return self._encode(texts, self._model.encode_query)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per passage."""
        return self._encode(texts, self._model.encode_document)

    def _encode(self, texts: Sequence[str], method: Any) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        vectors = method(list(texts), batch_size=self._settings.batch_size, show_progress_bar=False)
        return unit_rows(np.asarray(vectors, dtype=np.float32))


def _load(name: str, settings: SentenceSettings) -> Any:
    try:
        import sentence_transformers
    except ImportError:
        raise MissingExtraError("sentence-transformers", f"model {name!r}") from None
    try:
        return sentence_transformers.SentenceTransformer(
            name, device=settings.device, local_files_only=not settings.allow_download
        )
    except Exception as error:  # many kinds, from file not found to hub errors
        reason = " ".join(str(error).split())[:200]
        raise EncoderError(
            f"model {name!r} cannot be loaded from this machine ({type(error).__name__}: {reason}); "
            "name the folder of a downloaded model"
        ) from error


def _fingerprint(name: str, model: Any) -> str:
    """Hash the files by name, size and edges: reading gigabytes whole would take longer than using them."""
    digest = hashlib.sha256(f"{Path(name).name} {model.get_embedding_dimension()}".encode())
    if os.path.isdir(name):
        for path in sorted(Path(name).rglob("*")):
            if path.suffix in (".safetensors", ".bin", ".json") and path.is_file():
                digest.update(f"{path.relative_to(name).as_posix()} {path.stat().st_size}".encode())
                with path.open("rb") as file:
                    digest.update(file.read(EDGE))
                    file.seek(max(0, path.stat().st_size - EDGE))
                    digest.update(file.read(EDGE))
    return digest.hexdigest()[:16]
