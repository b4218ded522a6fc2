"""Name of a model → encoder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jeugdzoek.embedding.encoder import Encoder, Reading
from jeugdzoek.embedding.sentence import SentenceEncoder, SentenceSettings
from jeugdzoek.embedding.static import StaticEncoder, is_static
from jeugdzoek.errors import EncoderError

BUNDLED = "bundled"


def bundled_folder() -> Path:
    """Return the folder of the model that ships with jeugdzoek."""
    return Path(__file__).parent / "model"


def load_encoder(name: str | None = None, settings: SentenceSettings | None = None) -> Encoder:
    """Load an encoder.

    Parameters
    ----------
    name
        ``bundled`` (or None) for the model that ships with jeugdzoek, a folder, or the
        name of a sentence-transformers model. A folder with a static embedding is
        read without torch.
    settings
        For sentence-transformers models: device, batch size, prompts, download.

    Raises
    ------
    MissingExtraError
        When the model needs sentence-transformers and it is not installed.
    EncoderError
        When it cannot be loaded, or takes no prompts and some are given.
    """
    known = name or BUNDLED
    static = _bundled() if known == BUNDLED else StaticEncoder(Path(known)) if is_static(Path(known)) else None
    if static is None:
        return SentenceEncoder(known, settings)
    if settings and settings.reading != Reading():
        options = settings.reading.to_options().strip()
        raise EncoderError(f"{known}: is a static model without prompts or a longest text; leave out {options}")
    return static


@cache
def _bundled() -> Encoder:
    return StaticEncoder(bundled_folder(), name=BUNDLED)
