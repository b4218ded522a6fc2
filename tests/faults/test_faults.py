"""A seeded part of every fault; ``make faults`` does them all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "run.py"


@pytest.mark.parametrize(
    ("part", "scale"),
    [
        ("points", 0.02),
        ("more-points", 0.02),
        ("kills", 0.01),
        ("power", 0.01),
        ("teeth", 0.01),
        ("damage", 0.01),
        ("hostile", 0.02),
        ("readers", 0.02),
    ],
)
def test_nothing_is_lost_mixed_or_answered_over(part: str, scale: float) -> None:
    command = [sys.executable, str(RUN), "--only", part, "--scale", str(scale), "--seed", "7", "--minutes", "0.12"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| 0 |" in done.stdout
