"""Whether the compiled inner loops are used; without them numpy does the same, slower.

They are compiled where the package is built by a machine with a C compiler. The environment
variable ``JEUGDZOEK_KERNEL=numpy`` leaves them out, to compare.
"""

from __future__ import annotations

import os
from types import ModuleType

try:
    from jeugdzoek.search import _kernel as _compiled
except ImportError:
    _compiled = None  # type: ignore[assignment]

COMPILED: ModuleType | None = None if os.environ.get("JEUGDZOEK_KERNEL") == "numpy" else _compiled
"""The module of compiled loops; None where numpy is to do them."""

NAME = "compiled" if COMPILED else "numpy"
"""What runs, as ``jeugdzoek info`` says it."""
