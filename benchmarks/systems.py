"""The systems compared, where each lives, and a client of the protocol they speak.

    python benchmarks/systems.py [--environments .peers]

makes the environments: one for each file in ``peers/requirements``. What cannot be installed is named and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import subprocess
import sys
import time
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
REQUIREMENTS = PEERS / "requirements"
ENVIRONMENTS = ROOT / ".peers"
INSTALL_LIMIT = 600
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
"""For searching; an index may be built with all cores."""


class PeerError(Exception):
    """A peer gave no answer; the text says why."""


@dataclass(frozen=True, slots=True)
class System:
    """A system that is compared.

    Parameters
    ----------
    name
        As tables show it.
    script
        File in ``peers/`` that speaks for it.
    environment
        Name of its requirements and its environment; the one that runs this if empty.
    variants
        Ways to answer from the same index, each a row of its own.
    """

    name: str
    script: str
    environment: str = ""
    variants: tuple[str, ...] = ("",)

    def python(self, environments: Path) -> Path | None:
        """Return the interpreter of its environment; None where it is not installed."""
        if not self.environment:
            return Path(sys.executable)
        found = environments / self.environment / "bin" / "python"
        ready = environments / self.environment / "installed"
        return found if ready.exists() else None


OWN = System("jeugdzoek", "peer_jeugdzoek.py", variants=("kernel", "numpy"))
KEYWORD = (
    OWN,
    System("tantivy", "peer_tantivy.py", "tantivy"),
    System("bm25s", "peer_bm25s.py", "bm25s", ("numba", "numpy")),
    System("SQLite FTS5", "peer_sqlite.py"),
    System("Whoosh", "peer_whoosh.py"),
)
HYBRID = (
    OWN,
    System("qdrant-edge-py", "peer_qdrant.py", "qdrant"),
    System("bm25s numba + numpy", "peer_bm25s_numpy.py", "bm25s"),
    System("tantivy + usearch", "peer_tantivy_usearch.py", "tantivy-usearch"),
    System("txtai", "peer_txtai.py", "txtai"),
    System("LanceDB", "peer_lancedb.py", "lancedb"),
    System("semlix", "peer_semlix.py", "semlix"),
)
OPERATIONS = {"keyword": KEYWORD, "hybrid": HYBRID}


class Process:
    """A peer that runs: asked one thing at a time, ended when it takes too long.

    Parameters
    ----------
    python
        Interpreter of its environment.
    script
        File in ``peers/``.
    limits
        Environment variables, such as `ONE_THREAD`.
    """

    def __init__(self, python: Path, script: str, limits: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [python, PEERS / script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **(limits or {})},
        )
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._process.stdout or 0, selectors.EVENT_READ)

    def ask(self, limit: float, **asked: Any) -> dict[str, Any]:
        """Return the answer to `asked`.

        Raises
        ------
        PeerError
            When there is none within `limit` seconds, or it is an error.
        """
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerError("ended before it was asked") from None
        if not self._ready.select(limit):
            self.close()
            raise PeerError(f"{asked['do']} took more than {limit:.0f} s")
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "ended without an answer"}
        if "error" in answer:
            self.close()
            raise PeerError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._ready.close()


def install(names: Sequence[str], environments: Path) -> list[str]:
    """Make the environments `names` that are not there yet; return the names of those that cannot be made."""
    missing = []
    for name in names:
        folder = environments / name
        wanted = (REQUIREMENTS / f"{name}.txt").read_text()
        ready = folder / "installed"
        if ready.exists() and ready.read_text() == wanted:
            continue
        print(f"installing {name}: {', '.join(wanted.split())}", flush=True)
        started = time.perf_counter()
        venv.create(folder, with_pip=True, clear=True)
        python = folder / "bin" / "python"
        command: tuple[str | Path, ...] = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
        try:
            subprocess.run([*command, "-r", REQUIREMENTS / f"{name}.txt"], check=True, timeout=INSTALL_LIMIT)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            why = "pip took too long" if isinstance(error, subprocess.TimeoutExpired) else "pip says why above"
            print(f"{name} is not installable here and will be left out: {why}", flush=True)
            missing.append(name)
        else:
            ready.write_text(wanted)
            print(f"  {time.perf_counter() - started:.0f} s", flush=True)
    return missing


def main() -> None:
    """Make all environments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS)
    install(sorted(path.stem for path in REQUIREMENTS.glob("*.txt")), parser.parse_args().environments)


if __name__ == "__main__":
    main()
