"""Latency over size for every system, one panel for keyword and one for hybrid search, as an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import results

CORPUS = "heads"
"""The generated passages with head words, which are measured at most sizes."""
OPERATIONS = ("keyword", "hybrid")
MARKERS = "osv^Dx*P"


def draw(rows: Sequence[results.Row], path: Path) -> Path:
    """Draw `rows` of the comparison into the file `path`; the same rows give the same bytes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "jeugdzoek", "svg.fonttype": "none", "font.size": 9})
    figure, panels = plt.subplots(1, len(OPERATIONS), figsize=(10.5, 5))
    for panel, operation in zip(panels, OPERATIONS, strict=True):
        _panel(panel, operation, [r for r in rows if r["operation"] == operation and r["corpus"] == CORPUS])
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path


def _panel(panel: Any, operation: str, rows: Sequence[results.Row]) -> None:
    for number, system in enumerate(dict.fromkeys(row["system"] for row in rows)):
        points = sorted((row["passages"], row["median"]) for row in rows if row["system"] == system)
        own = system.startswith("jeugdzoek")
        panel.plot(
            *zip(*points, strict=True),
            label=system,
            marker=MARKERS[number % len(MARKERS)],
            markersize=4,
            linewidth=2.5 if own else 1.2,
            zorder=3 if own else 2,
        )
    panel.set(xscale="log", yscale="log", xlabel="passages", ylabel="median, ms", title=f"{operation}, best 10")
    panel.grid(visible=True, which="major", alpha=0.3)
    panel.xaxis.set_major_formatter("{x:,.0f}")
    panel.yaxis.set_major_formatter("{x:g}")
    panel.legend(fontsize=8, frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
