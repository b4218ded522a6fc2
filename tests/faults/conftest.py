"""The harness runs in processes of its own: pytest looks at its tests alone."""

from __future__ import annotations

collect_ignore_glob = ["[!t]*.py"]
