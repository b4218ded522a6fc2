"""jeugdzoek next to other search engines: the same terms, the same vectors, the same queries, one machine, one run.

    python benchmarks/bench_peers.py [--plan quick|full] [--largest 1000000] [--text FILE] [--environments .peers]

Every system runs in a process (and an environment) of its own. It builds an index, ends, is started again, opens it,
and is asked every query in several rounds, with one thread where that can be said to it; the order of the systems is
another in each round. A row gives the median of the medians and of the 99th percentiles of the rounds. The plan
`quick` takes what needs no environment: SQLite and Whoosh.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import data
import machine
import numpy as np
import results
import timing
from data import Corpus
from systems import ENVIRONMENTS, ONE_THREAD, OPERATIONS, PeerError, Process, System

K = 10
ROUNDS = 5
BUILD_LIMIT = 300.0
"""Seconds; what would take longer, or took a tenth of it at a tenth of the size, is left out."""
ROUND_SECONDS = 8.0
ANSWER_LIMIT = 120.0
NEAREST_QUERIES = 100
GROWTH = 0.9
"""How a build grows with its passages, at least: so much of in proportion."""

Plan = tuple[tuple[str, str, tuple[int, ...]], ...]
PLANS: dict[str, Plan] = {
    "quick": (("keyword", "heads", (1_000, 5_000)), ("hybrid", "heads", (1_000, 5_000))),
    "full": (
        ("keyword", "heads", (1_000, 10_000, 100_000, 1_000_000)),
        ("keyword", "zipf", (10_000,)),
        ("keyword", "text", (10_000,)),
        ("hybrid", "heads", (1_000, 10_000, 100_000)),
        ("hybrid", "text", (10_000,)),
    ),
}


@dataclass(slots=True)
class Served:
    """A system that is open and answers."""

    label: str
    process: Process
    row: results.Row
    rounds: list[dict[str, float]]


class Comparison:
    """Builds, opens and asks all systems, one corpus after another.

    Parameters
    ----------
    environments
        Folder of the environments; None takes only systems that need none.
    text
        Where real text comes from; see `texts.load`.
    """

    def __init__(self, environments: Path | None, text: Path | None) -> None:
        self.environments = environments
        self.text = text
        self.rows: list[results.Row] = []
        self.left_out: dict[str, str] = {}
        self._built: dict[tuple[str, str], tuple[int, float]] = {}

    def run(self, operation: str, corpus: str, size: int) -> None:
        """Compare at one size; prints as it goes and adds to `rows`."""
        with tempfile.TemporaryDirectory(prefix="jeugdzoek-bench-") as name:
            made = data.make(Path(name), corpus, size, vectors=operation == "hybrid", text=self.text)
            print(f"\n## {operation}, {corpus}: {made.describe()}", flush=True)
            served = []
            for system in OPERATIONS[operation]:
                if self.environments or not system.environment:
                    served += self._served(system, operation, made)
            try:
                ids = self._ask(served, made)
                self._compare(served, ids, operation, made)
            finally:
                for one in served:
                    one.process.close()

    def _served(self, system: System, operation: str, made: Corpus) -> list[Served]:
        """Build the index of `system` and open it once for each of its variants."""
        python = system.python(self.environments or ENVIRONMENTS)
        try:
            if python is None:
                raise PeerError("not installed here; make peers installs it, or says why it cannot")
            folder, built = self._build(system, python, operation, made)
        except PeerError as error:
            self._leave_out(f"{operation} {system.name}, {made.size:,} passages", error)
            return []
        served = []
        for variant in system.variants:
            label = f"{system.name} {variant}".strip()
            process = Process(python, system.script, ONE_THREAD)
            try:
                opened = process.ask(ANSWER_LIMIT, do="open", variant=variant, **{"from": str(folder)})
            except PeerError as error:
                self._leave_out(f"{operation} {label}", error)
                continue
            row = {**made.key(operation), "system": label, "versions": opened["versions"], **built}
            served.append(Served(label, process, {**row, "open_ms": opened["seconds"] * 1000}, []))
        return served

    def _build(self, system: System, python: Path, operation: str, made: Corpus) -> tuple[Path, dict[str, float]]:
        key = (operation, system.name)
        smaller, took = self._built.get(key, (made.size, 0.0))
        expected = took * GROWTH * made.size / smaller
        if expected > BUILD_LIMIT and made.size > smaller:
            raise PeerError(f"building would take about {expected:.0f} s, the limit is {BUILD_LIMIT:.0f}")
        folder = made.folder / "indexes" / system.script
        folder.mkdir(parents=True)
        process = Process(python, system.script)
        started = time.perf_counter()
        try:
            built = process.ask(BUILD_LIMIT, do="build", data=str(made.folder), into=str(folder))
        except PeerError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self._built[key] = (made.size, time.perf_counter() - started)
            process.close()
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"  {system.name}: built in {built['seconds']:.1f} s, {size / 1e6:.1f} MB", flush=True)
        return folder, {"build_s": built["seconds"], "build_peak_mb": built["peak_mb"], "index_mb": size / 1e6}

    def _ask(self, served: list[Served], made: Corpus) -> dict[str, list[list[int]]]:
        """Ask all queries of all in every round; return the ids each found."""
        found: dict[str, list[list[int]]] = {}
        for turn in range(ROUNDS):
            first = turn % max(1, len(served))
            for one in [*served[first:], *served[:first]]:
                try:
                    answer = one.process.ask(
                        ANSWER_LIMIT + ROUND_SECONDS, do="search", data=str(made.folder), k=K, seconds=ROUND_SECONDS
                    )
                except PeerError as error:
                    self._leave_out(f"{made.name} {one.label}, {made.size:,} passages", error)
                    served.remove(one)
                    continue
                one.rounds.append(timing.summary(answer["ms"]))
                one.row.update(memory_mb=answer["memory_mb"], queries=len(answer["ms"]))
                one.row.setdefault("first_ms", answer["first_ms"])
                found[one.label] = answer["ids"]
        return found

    def _compare(self, served: list[Served], ids: dict[str, list[list[int]]], operation: str, made: Corpus) -> None:
        """Add a row for each, with what it found of the exact best ten and its ratio to jeugdzoek."""
        exact = made.nearest(K, NEAREST_QUERIES) if operation == "hybrid" else None
        own = next((one for one in served if one.label.startswith("jeugdzoek")), None)
        base = _median(own.rounds, "median") if own else None
        for one in served:
            one.row.update({name: _median(one.rounds, name) for name in ("median", "p99")})
            one.row["ratio"] = one.row["median"] / base if base else None
            try:
                if exact is not None:
                    asked = one.process.ask(ANSWER_LIMIT, do="nearest", data=str(made.folder), k=K, queries=len(exact))
                    one.row["recall"] = data.recall(asked["ids"], exact)
                elif own:
                    one.row["recall"] = data.recall(ids[one.label], ids[own.label])
            except PeerError as error:
                self._leave_out(f"recall of {one.label}, {made.size:,} passages", error)
            self.rows.append(one.row)
        print(shown([one.row for one in served]), flush=True)

    def _leave_out(self, label: str, error: Exception) -> None:
        self.left_out[label] = str(error)
        print(f"  left out: {label}: {error}", flush=True)


def shown(rows: list[results.Row]) -> str:
    """Return the rows of one corpus and size as a table."""
    titles = (
        "system",
        "median ms",
        "p99 ms",
        "× jeugdzoek",
        "recall@10",
        "first ms",
        "open ms",
        "build s",
        "MB",
        "RAM",
    )
    names = ("median", "p99", "ratio", "recall", "first_ms", "open_ms", "build_s", "index_mb", "memory_mb")
    return results.table(titles, [[row["system"], *(results.number(row.get(name)) for name in names)] for row in rows])


def _median(rounds: list[dict[str, float]], name: str) -> float:
    return float(np.median([one[name] for one in rounds]))


def versions(rows: list[results.Row]) -> dict[str, str]:
    """Return name → version of everything that was compared."""
    found: dict[str, str] = defaultdict(str)
    for row in rows:
        found |= row["versions"]
    return dict(sorted(found.items()))


def main() -> None:
    """Run a plan and save its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", choices=PLANS, default="quick")
    parser.add_argument("--largest", type=int, default=1_000_000, help="passages")
    parser.add_argument("--text", type=Path, help="real text: a folder of reports, or a .jsonl.xz file")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS)
    parser.add_argument("--save", type=Path, help="file for the results, besides benchmarks/results/latest")
    options = parser.parse_args()
    print(machine.summary())
    started = time.perf_counter()
    comparison = Comparison(None if options.plan == "quick" else options.environments, options.text)
    for operation, corpus, sizes in PLANS[options.plan]:
        for size in sizes:
            if size <= options.largest:
                comparison.run(operation, corpus, size)
    print("\n" + ", ".join(f"{name} {version}" for name, version in versions(comparison.rows).items()))
    print(f"{(time.perf_counter() - started) / 60:.1f} minutes")
    name = "peers" if options.plan == "full" else "peers-quick"
    results.save(name, comparison.rows, options.save, left_out=comparison.left_out)


if __name__ == "__main__":
    main()
