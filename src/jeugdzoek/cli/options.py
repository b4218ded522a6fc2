"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from jeugdzoek.embedding.encoder import Encoder, Reading
from jeugdzoek.embedding.loading import load_encoder
from jeugdzoek.embedding.sentence import SentenceSettings
from jeugdzoek.search.backend import MODES

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_INDEX = "indexes/default"


def index_option(function: F) -> F:
    """Add ``--index DIR``."""
    return click.option(
        "--index",
        "index_dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="JEUGDZOEK_INDEX",
        default=DEFAULT_INDEX,
        show_default="$JEUGDZOEK_INDEX, else indexes/default",
        metavar="DIR",
        help="The index folder.",
    )(function)


def json_option(function: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")(function)


def mode_option(function: F) -> F:
    """Add ``--mode``."""
    return click.option(
        "--mode",
        type=click.Choice(MODES),
        default="hybrid",
        show_default=True,
        help="Words and meaning, or one of them.",
    )(function)


def thesaurus_option(function: F) -> F:
    """Add ``--thesaurus FILE``."""
    return click.option(
        "--thesaurus",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Related words of your own, besides the bundled ones.",
    )(function)


def model_options(function: F) -> F:
    """Add ``--model`` and what goes with it; the command gets the loaded model, or None, as `encoder`."""

    @wraps(function)
    def with_encoder(*arguments: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in MODEL_OPTIONS}
        return function(*arguments, encoder=_encoder(options.pop("model"), given), **options)

    for option in reversed(_MODEL):
        with_encoder = option(with_encoder)
    return cast(F, with_encoder)


MODEL_OPTIONS = ("query_prompt", "passage_prompt", "max_length", "batch_size", "device", "allow_download")

_MODEL = (
    click.option(
        "--model",
        metavar="NAME",
        help="Model of the meaning half: bundled, a folder, or a sentence-transformers model on this machine. "
        "By default the one the index has.",
    ),
    click.option(
        "--query-prompt",
        metavar="TEXT",
        help="Put before every query, for a model that wants it and does not say so itself ('query: ' for E5).",
    ),
    click.option("--passage-prompt", metavar="TEXT", help="Put before every passage ('passage: ' for E5)."),
    click.option("--max-length", type=click.IntRange(1), metavar="TOKENS", help="Read no more of a passage than this."),
    click.option("--batch-size", type=click.IntRange(1), metavar="N", help="Passages the model takes at a time.  [32]"),
    click.option("--device", metavar="NAME", help="Where the model runs: cpu, cuda, …"),
    click.option("--allow-download", is_flag=True, help="Let sentence-transformers fetch the model by name."),
)


def _encoder(model: str | None, given: dict[str, Any]) -> Encoder | None:
    named = {name: value for name, value in given.items() if value not in (None, False)}
    if model is None:
        if named:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in named)
            raise click.UsageError(f"{options} can only be given together with --model")
        return None
    reading = Reading(given["query_prompt"], given["passage_prompt"], given["max_length"])
    running = {name: named[name] for name in ("batch_size", "device", "allow_download") if name in named}
    return load_encoder(model, SentenceSettings(reading=reading, **running))
