"""Any sentence-transformers model, by name or folder (extra ``sentence-transformers``)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from jeugdzoek.embedding.encoder import Reading, Vectors, unit_rows
from jeugdzoek.errors import EncoderError, MissingExtraError

EDGE = 1 << 20
FEW_NUMBERS = 256
QUERY_PROMPTS = ("query",)
PASSAGE_PROMPTS = ("document", "passage", "corpus")
"""What a model's configuration may call them, in the order sentence-transformers looks."""


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
    reading
        What changes the vectors: prompts and the longest text.
    """

    device: str | None = None
    batch_size: int = 32
    allow_download: bool = False
    reading: Reading = field(default_factory=Reading)


class SentenceEncoder:
    """A sentence-transformers model behind the encoder seam.

    Parameters
    ----------
    name
        Folder, or name of a model already on this machine.
    settings
        Device, batch size, prompts, and whether a download is allowed.

    Raises
    ------
    MissingExtraError
        When sentence-transformers is not installed.
    EncoderError
        When the model cannot be loaded, or not be read as `settings` say.
    """

    def __init__(self, name: str, settings: SentenceSettings | None = None) -> None:
        self.name = str(Path(name).resolve()) if os.path.isdir(name) else name
        self._settings = settings or SentenceSettings()
        self.reading = self._settings.reading
        self._model = _load(name, self._settings)
        if self.reading.max_length is not None:
            _truncate(self._model, name, self.reading.max_length)
        self.query_prompt = _prompt(self._model, self.reading.query_prompt, QUERY_PROMPTS)
        self.passage_prompt = _prompt(self._model, self.reading.passage_prompt, PASSAGE_PROMPTS)
        self.dimensions = int(self._model.get_embedding_dimension())
        read_as = (self.query_prompt, self.passage_prompt, _longest(self._model), self.dimensions)
        self.fingerprint = _fingerprint(name, self._model, repr(read_as))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query."""
        return self._encode(texts, self._model.encode_query, self.query_prompt)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per passage."""
        return self._encode(texts, self._model.encode_document, self.passage_prompt)

    def _encode(self, texts: Sequence[str], method: Any, prompt: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        vectors = method(list(texts), prompt=prompt, batch_size=self._settings.batch_size, show_progress_bar=False)
        return unit_rows(np.asarray(vectors, dtype=np.float32))


def _load(name: str, settings: SentenceSettings) -> Any:
    try:
        import sentence_transformers
    except ImportError:
        raise MissingExtraError("sentence-transformers", f"model {name!r}") from None
    try:
        with nullcontext() if settings.allow_download else _without_progress_bars():
            return sentence_transformers.SentenceTransformer(
                name, device=settings.device, local_files_only=not settings.allow_download, trust_remote_code=False
            )
    except Exception as error:  # many kinds, from file not found to hub errors
        raise EncoderError(
            f"model {name!r} cannot be loaded from this machine ({_in_one_line(error)}); "
            "name the folder of a downloaded model"
        ) from error


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Keep transformers from drawing on standard error while it loads files that are here."""
    import transformers

    logging: Any = transformers.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _truncate(model: Any, name: str, longest: int) -> None:
    """Let `model` read `longest` tokens of a text, and see that it can."""
    try:
        model.max_seq_length = longest
        model.encode(["a " * longest], show_progress_bar=False)
    except Exception as error:  # no such property, or an index beyond the model's positions
        reason = f"model {name!r} cannot read {longest} tokens ({_in_one_line(error)}); give another --max-length"
        raise EncoderError(reason) from error


def _prompt(model: Any, given: str | None, names: Sequence[str]) -> str:
    """Return the prompt `given`, else the first of `names` that the model's configuration fills in."""
    own = (model.prompts[name] for name in names if model.prompts.get(name))
    return given if given is not None else next(own, "")


def _longest(model: Any) -> int | None:
    """Return how many tokens of a text are read; None for all."""
    found = model.max_seq_length
    return int(found) if found is not None and np.isfinite(found) else None


def _in_one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _fingerprint(name: str, model: Any, read_as: str) -> str:
    """Hash how texts are read and the model itself, by edges: whole, gigabytes would take longer than their use."""
    digest = hashlib.sha256(read_as.encode())
    if os.path.isdir(name):
        for path in sorted(Path(name).rglob("*")):
            if path.suffix in (".safetensors", ".bin", ".json", ".txt", ".model") and path.is_file():
                digest.update(f"{path.relative_to(name).as_posix()} {path.stat().st_size}".encode())
                with path.open("rb") as file:
                    digest.update(file.read(EDGE))
                    file.seek(max(0, path.stat().st_size - EDGE))
                    digest.update(file.read(EDGE))
    else:
        digest.update(name.encode())
        for part, weights in sorted(model.state_dict().items()):
            digest.update(f"{part} {tuple(weights.shape)}".encode())
            flat = weights.detach().flatten()
            for edge in (flat[:FEW_NUMBERS], flat[-FEW_NUMBERS:]):
                digest.update(edge.float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
