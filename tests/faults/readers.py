"""Readers that go on searching while writers publish and die: no error, no mixed answer."""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from faults.world import TINY

from jeugdzoek.corpus.report import Report
from jeugdzoek.index.builder import build_index
from jeugdzoek.opening import Index
from jeugdzoek.search import live

PUBLISHES, KILLED, READERS = 2_000, 200, 8
REPORTS = 4
PAUSE = 0.03
LONGEST = 0.15


def reports(stand: int) -> list[Report]:
    return [Report(f"r{n}", f"Verslag {n} meldt versie v{stand}x en niets anders.") for n in range(REPORTS)]


def run(folder: Path, scale: float, rng: random.Random, deadline: float) -> Iterator[tuple[str, str]]:
    """Yield (what, complaint): each publish, each kill, and at the end what each reader saw."""
    publishes, killed, readers = int(PUBLISHES * scale), int(KILLED * scale), READERS if scale >= 1 else 3
    root = folder / "i"
    build_index(reports(0), root, encoder=TINY)
    stop = folder / "stop"
    children = [_reader(root, stop, folder / f"reader{number}") for number in range(readers)]
    stand = 0
    done = {"published": 0, "killed": 0}
    while (done["published"] < publishes or done["killed"] < killed) and time.monotonic() < deadline:
        stand += 1
        remaining = publishes - done["published"] + killed - done["killed"]
        kill = rng.random() * remaining < killed - done["killed"]
        ended = _write(root, stand, rng.random() * LONGEST if kill else None)
        done[ended] += 1
        yield f"{ended} {stand}", ""
    stop.touch()
    for number, child in enumerate(children):
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        searches, *complaints = (folder / f"reader{number}").read_text().split("\n", 1)
        yield f"opens and searches {searches}", f"{code} {complaints}" if code or any(complaints) else ""


def _write(root: Path, stand: int, kill_after: float | None) -> str:
    child = os.fork()
    if child == 0:
        build_index(reports(stand), root, encoder=TINY)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), f"a writer ended with {code}"
    return "killed" if code else "published"


def _reader(root: Path, stop: Path, report: Path) -> int:
    child = os.fork()
    if child:
        return child
    searches, complaint = 0, ""
    try:
        live.LOOK_EVERY = -1.0
        while not stop.exists() and not complaint:
            with Index(live.LiveFolder(root, TINY)) as index:
                for _ in range(20):
                    complaint = complaint or _mixed(index)
                    searches += 1
                    time.sleep(PAUSE)
    except BaseException:
        complaint = traceback.format_exc()
    report.write_text(f"{searches}\n{complaint}")
    os._exit(0)


def _mixed(index: Index) -> str:
    """Return what is wrong with an answer: all its hits must be of one version, texts and phrases too."""
    hits = index.search("versie verslag", mode="hybrid")
    versions = {hit.passage.text.split()[4] for hit in hits}
    if len(hits) != REPORTS or len(versions) != 1:
        return f"{len(hits)} hits of {versions}"
    phrase = index.search('"en niets anders"', mode="keyword")
    if len(phrase) != REPORTS or len({hit.passage.text.split()[4] for hit in phrase}) != 1:
        return f"{len(phrase)} hits of a phrase"
    problem = index.info()["problem"]
    return f"could not follow: {problem}" if problem else ""
