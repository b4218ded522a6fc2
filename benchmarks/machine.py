"""Where and with what a benchmark ran."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("jeugdzoek", "numpy", "Whoosh", "tokenizers")


def describe() -> dict[str, str]:
    """Return processor, cores, how many processes want one, Python, versions and commit."""
    found = {"processor": _processor(), "cores": str(os.cpu_count()), "python": platform.python_version()}
    found |= {"load": f"{os.getloadavg()[0]:.1f}"} | {name: version(name) for name in PACKAGES}
    return found | {"commit": _commit()}


def summary() -> str:
    """Return the same in one line."""
    return ", ".join(f"{name} {value}" for name, value in describe().items())


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    return done.stdout.strip() or "unknown"
