"""The model of an index, between the manifest and memory."""

from __future__ import annotations

from jeugdzoek.embedding.encoder import Encoder, Reading
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.embedding.sentence import SentenceEncoder, SentenceSettings
from jeugdzoek.index.layout import EncoderRecord


def record_of(encoder: Encoder) -> EncoderRecord:
    """Return what a manifest says of `encoder`."""
    reading = encoder.reading if isinstance(encoder, SentenceEncoder) else Reading()
    return EncoderRecord(encoder.name, encoder.fingerprint, encoder.dimensions, reading)


def load_recorded(record: EncoderRecord) -> Encoder:
    """Load the model that `record` names, and give it texts as then.

    Raises
    ------
    MissingExtraError, EncoderError
        When that is not possible here.
    """
    return load_encoder(record.name, SentenceSettings(reading=record.reading))
