"""kill -9 at random instants, the next writer included, on one folder that lives on."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from faults.world import TINY, report, state

from jeugdzoek.index.builder import build_index, change_index
from jeugdzoek.index.forgetting import forget
from jeugdzoek.index.generations import writing
from jeugdzoek.index.rollback import roll_back
from jeugdzoek.privacy.masking import mask_report

LONGEST = 0.05
"""Seconds within which a kill falls; an operation takes about as long."""
SWEEP = 0.01
NAMES = [f"r{number}" for number in range(9)]
THOROUGH_EVERY = 10


@dataclass(frozen=True)
class Action:
    """What a writer does; `after` makes the state it leads to from the one before, None for any earlier one."""

    name: str
    run: Callable[[], object]
    after: Callable[[dict[str, str]], dict[str, str]] | None


def run(folder: Path, kills: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (what, complaint) for every kill; ``recovery`` is a kill of the writer after a killed one."""
    root = folder / "i"
    build_index([report("blijft"), report("r0")], root, encoder=TINY)
    before, was_killed = _held(root, True), False
    history = [before]
    for number in range(kills):
        action = _action(rng, root)
        recovering = was_killed and rng.random() < 0.2
        was_killed, answer = _killed(action, SWEEP if recovering else LONGEST, rng)
        told = ""
        try:
            now = _held(root, number % THOROUGH_EVERY == 0)
            led_to = [action.after(before)] if action.after else history
            allowed = {"a": led_to, "r": [before]}.get(answer, [before, *led_to])
            told = "" if now in allowed else f"{action.name} ({answer}) led to another state: {now}"
            before = now
            history.append(now)
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
        what = "recovery" if recovering else "killed" if was_killed else "ended first"
        yield f"{what}: {action.name} {number}", told
        if told:
            return


def _held(root: Path, thorough: bool) -> dict[str, str]:
    return dict(state(root, thorough=thorough)[1:])  # type: ignore[arg-type]


def _action(rng: random.Random, root: Path) -> Action:
    name, other = rng.sample(NAMES, 2)
    new, stays = (mask_report(report(one, rng.randrange(10**6))) for one in (name, "blijft"))
    changed = {report.id: report.content_hash() for report in (new, stays)}

    def rollback() -> object:
        with writing(root):
            return roll_back(root)

    return rng.choices(
        (
            Action(
                "add",
                lambda: change_index(root, add=[new], remove=[other], encoder=TINY),
                lambda held: {**{k: v for k, v in held.items() if k != other}, name: changed[name]},
            ),
            Action(
                "remove",
                lambda: change_index(root, remove=[name], encoder=TINY),
                lambda held: {k: v for k, v in held.items() if k != name},
            ),
            Action("index", lambda: build_index([new, stays], root, encoder=TINY), lambda _held: changed),
            Action("forget", lambda: forget(root, texts=["komt niet voor"], encoder=TINY), lambda held: held),
            Action("rollback", rollback, None),
        ),
        (5, 3, 3, 1, 1),
    )[0]


def _killed(action: Action, within: float, rng: random.Random) -> tuple[bool, str]:
    """Run `action` in a process that is killed within some seconds.

    Returns whether it was, and what it had answered: ``a`` for acknowledged, ``r`` for refused.
    """
    ready, done = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action.run()
            os.write(done, b"a")
        except Exception:
            os.write(done, b"r")
        finally:
            os._exit(0)
    os.close(done)
    time.sleep(rng.random() * within)
    os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    answer = os.read(ready, 1).decode()
    os.close(ready)
    return code == -signal.SIGKILL, answer
