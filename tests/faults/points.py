"""Every file operation of every writer × every fault."""

from __future__ import annotations

import errno
import os
import random
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faults.shim import KILLED, Call, Shim
from faults.world import Operation, State, in_doubt, outcomes, recover, state, templates, traces

KINDS = ("kill", "torn", "short", "ENOSPC", "EIO", "EROFS")
GROWING = ("create", "write", "mkdir", "link", "sqlite")
ACKNOWLEDGED, REFUSED, WARNED = 0, 3, 4


@dataclass
class Fault:
    """At operation number `at` of a run: a fault of this kind."""

    kind: str
    at: int
    count: int = 0
    calls: list[str] = field(default_factory=list)

    def __call__(self, call: Call) -> int | None:
        self.count += 1
        self.calls.append(call.kind)
        now, later = self.count == self.at, self.count >= self.at
        if self.kind == "kill" and now:
            os._exit(KILLED)
        if self.kind in ("torn", "short") and now and call.kind == "write" and len(call.data) > 1:
            half = len(call.data) // 2
            return half if self.kind == "short" else half - len(call.data)
        if self.kind == "ENOSPC" and later and call.kind in GROWING:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), call.path)
        if self.kind == "EROFS" and later and call.mutates:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), call.path)
        if self.kind == "EIO" and now:
            raise OSError(errno.EIO, os.strerror(errno.EIO), call.path)
        return None


def calls_of(operation: Operation, folder: Path) -> list[str]:
    """Run `operation` in `folder` without a fault; return the kinds of its file operations."""
    fault = Fault("none", 0)
    with Shim(str(folder), fault).installed():
        operation.run(folder / "i")
    return fault.calls


def in_child(operation: Operation, folder: Path, fault: Fault) -> int:
    """Run `operation` in a process of its own that the fault may end; return its exit code."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            with Shim(str(folder), fault).installed():
                result = operation.run(folder / "i")
            code = WARNED if in_doubt(result) else ACKNOWLEDGED
        except OSError as error:
            code = REFUSED if error.errno else 98
        except Exception as error:
            code = REFUSED if type(error).__module__.startswith("jeugdzoek") else 98
            if code == 98:
                traceback.print_exc()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def verdict(operation: Operation, code: int, root: Path, before: State, after: State) -> str:
    """Return what is wrong after a run that ended with `code`, or nothing."""
    allowed = {ACKNOWLEDGED: {after}, WARNED: {after}, REFUSED: {before}, KILLED: {before, after}}.get(code)
    if allowed is None:
        return f"ended with {code}"
    try:
        if state(root, thorough=code != REFUSED) not in allowed:
            return f"is neither as before nor as after (exit {code})"
        if operation.name == "forget" and code == ACKNOWLEDGED and traces(root):
            return f"forgotten, yet in {traces(root)}"
        if code in (KILLED, WARNED):
            recover(root)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def run(folder: Path, operations: Sequence[Operation], share: float, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (what, complaint) for a share of all points; the complaint is empty when all is well."""
    starts = templates(folder / "starts")
    work = folder / "work"
    ends = {operation.name: outcomes(operation, starts, work) for operation in operations}
    for operation, kind, at, call in _points(operations, starts, work, share, rng):
        _copy(starts[operation.start], work)
        code = in_child(operation, work, Fault(kind, at))
        told = verdict(operation, code, work / "i", *ends[operation.name])
        shutil.rmtree(work)
        yield f"{operation.name}: {kind} at operation {at} ({call})", told


def _points(
    operations: Sequence[Operation], starts: dict[str, Path], work: Path, share: float, rng: random.Random
) -> list[tuple[Operation, str, int, str]]:
    points = []
    for operation in operations:
        _copy(starts[operation.start], work)
        calls = calls_of(operation, work)
        shutil.rmtree(work)
        points += [
            (operation, kind, at, call)
            for at, call in enumerate(calls, start=1)
            for kind in KINDS
            if (call == "write" or kind not in ("torn", "short")) and (call != "read" or kind in ("kill", "EIO"))
        ]
    return rng.sample(points, round(share * len(points)))


def _copy(start: Path, work: Path) -> None:
    """Copy `start`; files of generations never change, so these get a second name."""
    shutil.copytree(start, work, copy_function=lambda a, b: os.link(a, b) if "/gen-" in a else shutil.copy2(a, b))
