"""A numpy reader of sentence-transformers' ``StaticEmbedding`` folders.

A text's vector is the mean of the vectors of its word pieces, at length 1. The
folder is the one ``SentenceTransformer(folder)`` loads, and both give the same
vectors; this reader needs neither torch nor transformers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.numpy
import tokenizers
from numpy.typing import NDArray

from jeugdzoek.embedding.encoder import Vectors, unit_rows
from jeugdzoek.errors import EncoderError

TENSOR = "embedding.weight"
MODULE = "0_StaticEmbedding"
CONFIG = "config_sentence_transformers.json"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
FINGERPRINT = "fingerprint.txt"
KINDS = ("StaticEmbedding", "Normalize")
LIBRARY = "sentence_transformers.models"
BATCH = 1024
ALONE = 10_000
"""Characters: fewer are cut one text at a time, as the tokenizer's threads cost more than they save."""
CACHED_RUNS = 200_000
"""Runs of letters and marks between blanks whose pieces are remembered while passages are encoded."""
ODD_BLANKS = "\x1c\x1d\x1e\x1f"
"""Blanks to Python, not to the tokenizer."""
LETTER_BY_LETTER = frozenset({"BertNormalizer", "NFD", "Lowercase", "StripAccents"})
"""Steps of a tokenizer that never look beyond a blank."""


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


def _open_weights(path: Path) -> Vectors:
    """Return the embedding in `path`, mapped where it is float32: a query needs few rows of it.

    https://huggingface.co/docs/safetensors: eight bytes that say how long a header is, a
    header in JSON, and the numbers.
    """
    with safetensors.safe_open(path, framework="numpy") as checked:
        shape, kind = checked.get_slice(TENSOR).get_shape(), checked.get_slice(TENSOR).get_dtype()
        if kind != "F32" or len(shape) != 2:
            whole: Vectors = np.ascontiguousarray(checked.get_tensor(TENSOR), dtype=np.float32)
            return whole
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        start, _ = json.loads(file.read(length))[TENSOR]["data_offsets"]
    mapped: Vectors = np.asarray(np.memmap(path, "<f4", "r", 8 + length + start, tuple(shape)))
    return mapped


class StaticModel(NamedTuple):
    """What a model's folder holds: tokenizer, the vector of each piece (float32), fingerprint."""

    tokenizer: tokenizers.Tokenizer
    weights: Vectors
    fingerprint: str


def read_model(folder: Path) -> StaticModel:
    """Read the model in `folder`; its tokenizer leaves every text as long as it is.

    Raises
    ------
    EncoderError
        When the folder's files cannot be read as such a model.
    """
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / MODULE / TOKENIZER))
        weights = _open_weights(folder / MODULE / WEIGHTS)
        recorded = folder / FINGERPRINT
        fingerprint = recorded.read_text().strip() if recorded.exists() else folder_fingerprint(folder)
    except Exception as error:  # tokenizers raises a bare Exception
        raise EncoderError(f"{folder}: is no static embedding model ({error}); name another --model") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return StaticModel(tokenizer, weights, fingerprint)


def save_model(folder: Path, tokenizer: tokenizers.Tokenizer, weights: Vectors) -> None:
    """Write a folder that ``SentenceTransformer(folder)`` and `StaticEncoder` load."""
    (folder / MODULE).mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / MODULE / TOKENIZER), pretty=False)
    safetensors.numpy.save_file({TENSOR: weights}, folder / MODULE / WEIGHTS)
    modules = [
        {"idx": 0, "name": "0", "path": MODULE, "type": f"{LIBRARY}.StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": f"{LIBRARY}.Normalize"},
    ]
    _write_json(folder / "modules.json", modules)
    _write_json(folder / "config_sentence_transformers.json", {"prompts": {}, "similarity_fn_name": "cosine"})
    (folder / FINGERPRINT).write_text(folder_fingerprint(folder) + "\n")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def unit_means(weights: Vectors, pieces: Iterable[Sequence[int] | NDArray[np.int64]]) -> Vectors:
    """Return for each text the mean of the `weights` of its `pieces`, at length 1; zeros for one without any."""
    rows = []
    for ids in pieces:
        # What ``mean`` does, without its detours.
        total = np.add.reduce(weights.take(np.asarray(ids, dtype=np.int64), axis=0), axis=0)
        rows.append(total / np.float32(len(ids)) if len(ids) else total)
    return unit_rows(np.stack(rows))


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
        self.folder = folder.resolve()
        self.name = name or str(self.folder)
        self._tokenizer, self._weights, self.fingerprint = read_model(folder)
        self.dimensions = int(self._weights.shape[1])
        self._at_blanks = _is_cut_at_blanks(self._tokenizer)
        self._runs: dict[str, tuple[int, ...]] = {}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query."""
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text; a text without a known piece gives zeros."""
        rows = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            rows[start : start + BATCH] = unit_means(self._weights, self._pieces(texts[start : start + BATCH]))
        return rows

    def _pieces(self, texts: Sequence[str]) -> Iterable[Sequence[int]]:
        if sum(map(len, texts)) < ALONE:
            return [self._tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        if not self._at_blanks or any(mark in text for text in texts for mark in ODD_BLANKS):
            return self._cut(texts)
        known = self._runs if len(self._runs) < CACHED_RUNS else {}
        self._runs = known
        runs = [text.split() for text in texts]
        fresh = list({run for part in runs for run in part if run not in known})
        known.update(zip(fresh, map(tuple, self._cut(fresh)), strict=True))
        return [list(chain.from_iterable(map(known.__getitem__, part))) for part in runs]

    def _cut(self, texts: Sequence[str]) -> list[list[int]]:
        return [e.ids for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def _is_cut_at_blanks(tokenizer: tokenizers.Tokenizer) -> bool:
    """Tell whether what stands between two blanks is always cut in the same way, whatever is beyond them."""
    step = json.loads(tokenizer.normalizer.__getstate__()) if tokenizer.normalizer else {"normalizers": []}
    steps = {part["type"] for part in step.get("normalizers", [step])}
    bert = isinstance(tokenizer.pre_tokenizer, tokenizers.pre_tokenizers.BertPreTokenizer)
    whole = all(len(token.content.split()) == 1 for token in tokenizer.get_added_tokens_decoder().values())
    return bert and whole and steps <= LETTER_BY_LETTER
