"""kill -9 at random instants, the next writer included, on one folder that lives on."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from faults.world import TINY, State, report, state

from jeugdzoek.index.builder import build_index, change_index
from jeugdzoek.index.forgetting import forget
from jeugdzoek.index.generations import writing
from jeugdzoek.index.rollback import roll_back

LONGEST = 0.09
"""Seconds within which a kill falls; an operation takes about two thirds of it."""
SWEEP = 0.01
NAMES = [f"r{number}" for number in range(9)]
THOROUGH_EVERY = 10


def run(folder: Path, kills: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (what, complaint) for every kill; ``recovery`` is a kill of the writer after a killed one."""
    root = folder / "i"
    build_index([report("blijft"), report("r0")], root, encoder=TINY)
    before, was_killed = state(root), False
    for number in range(kills):
        action = _action(rng, root)
        recovering = was_killed and rng.random() < 0.2
        was_killed, acknowledged = _killed(action, SWEEP if recovering else LONGEST, rng)
        told = ""
        try:
            now = state(root, thorough=number % THOROUGH_EVERY == 0)
            told = _judge(action, root, before, now, acknowledged)
            before = now
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
        what = "recovery" if recovering else "killed" if was_killed else "ended first"
        yield f"{what}: {action.__name__} {number}", told
        if told:
            return


def _action(rng: random.Random, root: Path) -> Callable[[], object]:
    name, stand = rng.choice(NAMES), rng.randrange(10**6)

    def add() -> object:
        return change_index(root, add=[report(name, stand)], encoder=TINY)

    def remove() -> object:
        return change_index(root, remove=[name], encoder=TINY)

    def index() -> object:
        return build_index([report("blijft"), report(name, stand)], root, encoder=TINY)

    def rollback() -> object:
        with writing(root):
            return roll_back(root)

    def forgetting() -> object:
        return forget(root, texts=[f"stand {stand}"], encoder=TINY)

    return rng.choices((add, remove, index, rollback, forgetting), (5, 3, 3, 1, 1))[0]


def _killed(action: Callable[[], object], within: float, rng: random.Random) -> tuple[bool, bool]:
    """Run `action` in a process that is killed within some seconds; return (killed, acknowledged)."""
    ready, done = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
            os.write(done, b"a")
        except Exception:
            os.write(done, b"r")
        finally:
            os._exit(0)
    os.close(done)
    time.sleep(rng.random() * within)
    os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    answer = os.read(ready, 1)
    os.close(ready)
    return code == -signal.SIGKILL, answer == b"a"


def _judge(action: Callable[[], object], root: Path, before: State, now: State, acknowledged: bool) -> str:
    """Return what is wrong with `now`: it must be as before, or as the action makes it."""
    known, held = dict(before[1:]), dict(now[1:])  # type: ignore[arg-type]
    differs = {name for name in {*known, *held} if known.get(name) != held.get(name)}
    allowed = {"add": 1, "remove": 1, "index": len(NAMES), "rollback": len(NAMES), "forgetting": 0}[action.__name__]
    if len(differs) > allowed or "blijft" not in held:
        return f"mixed: {sorted(differs)} differ after {action.__name__}"
    if acknowledged and action.__name__ in ("add", "index") and not differs:
        return "an acknowledged change is lost"
    return ""
