"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

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


def model_option(function: F) -> F:
    """Add ``--model``."""
    return click.option(
        "--model",
        metavar="NAME",
        help="Model of the meaning half: bundled, a folder, or a sentence-transformers model on this machine.",
    )(function)
