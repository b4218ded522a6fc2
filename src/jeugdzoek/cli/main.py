"""The ``jeugdzoek`` command: its subcommands, and what errors end in."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from jeugdzoek.cli.output import say
from jeugdzoek.errors import JeugdzoekError

DONE, FAILED, WRONG_USE, SKIPPED, INTERRUPTED = 0, 1, 2, 3, 130


COMMANDS = (
    "analyze",
    "check",
    "evaluate",
    "forget",
    "index",
    "info",
    "migrate",
    "rollback",
    "run",
    "search",
    "serve",
    "train",
)
"""Each the function of that name in the module of that name."""


class Commands(click.Group):
    """The commands, of which only the one that is run is imported.

    Output may be cut short (``| head``): that is a normal end, without a word.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command `cmd_name`, or None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"jeugdzoek.cli.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command and see its output out."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
            return code
        except BrokenPipeError:
            # else Python writes what is left when it ends, and complains
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jeugdzoek")
def cli() -> None:
    """Search Dutch youth-care session reports.

    Exit codes: 0 done, 1 an error (one line says what), 2 wrong use, 3 done but some
    inputs were skipped, 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        code = cli.main(arguments, "jeugdzoek", standalone_mode=False)
        return code if isinstance(code, int) else DONE
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("jeugdzoek: interrupted; nothing that was there before is lost")
        return INTERRUPTED
    except JeugdzoekError as error:
        say(f"jeugdzoek: {error}")
        return FAILED
    except OSError as error:
        say(f"jeugdzoek: {error.filename or 'the system'}: {error.strerror}; see to it and run again")
        return FAILED
