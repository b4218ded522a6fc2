"""A numpy reader of sentence-transformers' ``StaticEmbedding`` folders.

A text's vector is the mean of the vectors of its word pieces, at length 1. The
folder is the one ``SentenceTransformer(folder)`` loads, and both give the same
vectors; this reader needs neither torch nor transformers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import tokenizers

from jeugdzoek.embedding.encoder import Vectors, unit_rows
from jeugdzoek.errors import EncoderError

MODULE = "0_StaticEmbedding"
CONFIG = "config_sentence_transformers.json"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
FINGERPRINT = "fingerprint.txt"
KINDS = ("StaticEmbedding", "Normalize")
BATCH = 1024


def is_static(folder: Path) -> bool:
    """Tell whether `folder` holds a static embedding and nothing else: no other part to run, no prompts."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8")) if (folder / CONFIG).exists() else {}
        prompts = any((config.get("prompts") or {}).values())
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        kinds = [module["type"].rsplit(".", 1)[-1] for module in modules]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return not prompts and kinds[:1] == ["StaticEmbedding"] and all(kind in KINDS for kind in kinds)


def folder_fingerprint(folder: Path) -> str:
    """Return the sha256 (16 hex digits) of the tokenizer and the weights in `folder`."""
    digest = hashlib.sha256()
    for name in (TOKENIZER, WEIGHTS):
        digest.update((folder / MODULE / name).read_bytes())
    return digest.hexdigest()[:16]


class StaticEncoder:
    """Mean of word-piece vectors.

    Parameters
    ----------
    folder
        A ``StaticEmbedding`` folder as sentence-transformers saves it.
    name
        What the manifest records; the folder's path by default.

    Raises
    ------
    EncoderError
        When the folder's files cannot be read as such a model.
    """

    def __init__(self, folder: Path, name: str | None = None) -> None:
        self.name = name or str(folder.resolve())
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / MODULE / TOKENIZER))
            weights: Any = safetensors.numpy.load_file(folder / MODULE / WEIGHTS)["embedding.weight"]
            recorded = folder / FINGERPRINT
            self.fingerprint = recorded.read_text().strip() if recorded.exists() else folder_fingerprint(folder)
        except Exception as error:  # tokenizers raises a bare Exception
            raise EncoderError(f"{folder}: is no static embedding model ({error}); name another --model") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._weights = np.ascontiguousarray(weights, dtype=np.float32)
        self.dimensions = int(self._weights.shape[1])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query."""
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text; a text without a known piece gives zeros."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            self._encode_batch(texts[start : start + BATCH], rows[start : start + BATCH])
        return unit_rows(rows)

    def _encode_batch(self, texts: Sequence[str], out: Vectors) -> None:
        if len(texts) == 1:
            ids = self._tokenizer.encode(texts[0], add_special_tokens=False).ids
            if ids:
                out[0] = self._weights[ids].mean(axis=0)
            return
        pieces = [e.ids for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        for row, ids in enumerate(pieces):
            if ids:
                out[row] = self._weights[ids].mean(axis=0)
