"""Let all faults loose and print the table of what was tried: ``python tests/faults/run.py``.

Part of the figures is enough for the tests: ``--scale 0.01 --only points``. The exit code
is 1 when anything was found.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: processes are forked here

import argparse
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import damage, hostile, kills, points, power, readers
from faults.world import OPERATIONS

Run = Iterator[tuple[str, str]]
Part = Callable[[Path, float, random.Random, float], Run]
SHOWN = 20
KILLS = 16_000
SOON_TOOTHED = (power.TOOTHED[4], power.TOOTHED[-1], power.TOOTHED[3])
"""A rollback, a collection, and then a removal: the fsyncs of the first two are few."""
PARTS: dict[str, tuple[str, Part]] = {
    "power": (
        "states after a power cut",
        lambda folder, scale, rng, _deadline: power.run(folder, max(1, int(9 * scale)), rng),
    ),
    "teeth": (
        "each single fsync left out is noticed",
        lambda folder, scale, rng, _deadline: power.toothless(folder, power.TOOTHED if scale >= 1 else SOON_TOOTHED),
    ),
    "damage": (
        "bit flips, cuts, swaps, deletions",
        lambda folder, scale, rng, _deadline: damage.run(folder, int(200 * scale), rng),
    ),
    "hostile": (
        "folders of a stranger, checksums right",
        lambda folder, scale, rng, _deadline: hostile.run(folder, scale, rng),
    ),
    "readers": (
        "readers while writers publish and die",
        readers.run,
    ),
    "kills": (
        "kill -9 at random instants",
        lambda folder, scale, rng, _deadline: kills.run(folder, int(KILLS * scale), rng),
    ),
    "points": (
        "every file operation × kill, torn write, short write, ENOSPC, EIO, read-only",
        lambda folder, scale, rng, _deadline: points.run(folder, OPERATIONS[:4], scale, rng),
    ),
    "more-points": (
        "the same in other writers",
        lambda folder, scale, rng, _deadline: points.run(folder, OPERATIONS[4:], scale, rng),
    ),
}


def main() -> int:
    """Run the parts asked for; print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full figures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=28.0, help="stop after this, with what was reached")
    parser.add_argument("--jobs", type=int, default=2, help="parts at the same time")
    chosen = parser.parse_args()
    deadline = time.monotonic() + 60 * chosen.minutes
    if chosen.only:
        return min(1, _part(chosen.only, chosen.scale, random.Random(chosen.seed), deadline))
    say(f"{_where()}; seed {chosen.seed}\n")
    say("| faults | tried | bad | seconds |\n| --- | --- | --- | --- |")
    waiting = list(PARTS)

    def run(name: str) -> int:
        share = (deadline - time.monotonic()) / 60 * min(1.0, chosen.jobs / len(waiting))
        waiting.remove(name)
        return _in_process(name, share, chosen.scale, chosen.seed)

    with ThreadPoolExecutor(chosen.jobs) as workers:
        return max(workers.map(run, PARTS))


def _in_process(name: str, minutes: float, scale: float, seed: int) -> int:
    options = ["--only", name, "--scale", str(scale), "--seed", str(seed), "--minutes", str(minutes)]
    done = subprocess.run([sys.executable, __file__, *options], capture_output=True, text=True, check=False)
    say((done.stdout + (done.stderr if done.returncode else "")).rstrip())
    return done.returncode


def _part(name: str, scale: float, rng: random.Random, deadline: float) -> int:
    title, part = PARTS[name]
    started, kinds, bad = time.monotonic(), Counter[str](), 0
    shared = Path("/dev/shm")  # memory where there is any: no real disk is tested here
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=shared if shared.is_dir() else None))
    try:
        for what, told in part(folder, scale, rng, deadline):
            kinds[what.split(":")[0].rstrip("0123456789 ")] += 1
            bad += bool(told)
            if told and bad <= SHOWN:
                say(f"BAD {what}: {told}")
            if time.monotonic() > deadline:
                title = f"{PARTS[name][0]} (stopped by the clock)"
                if name != "readers":  # it ends by itself, with what its readers saw
                    break
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tried = f"{kinds.total():,} ({', '.join(f'{kind} {count:,}' for kind, count in sorted(kinds.items()))})"
    say(f"| {title} | {tried} | {bad} | {time.monotonic() - started:.0f} |")
    return bad


def _where() -> str:
    git = shutil.which("git") or "git"
    found = subprocess.run([git, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{machine}, jeugdzoek {version('jeugdzoek')}, commit {found.stdout.strip() or 'unknown'}"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
