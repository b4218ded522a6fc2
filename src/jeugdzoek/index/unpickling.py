"""An unpickler that knows a handful of harmless names and refuses all others.

Whoosh keeps its table of contents, segment lists and posting blocks as pickles. A
pickle can call anything, so an index folder from a stranger could run code. Here
only the classes an honest index holds are found; anything else raises.
"""

from __future__ import annotations

import io
import pickle
from typing import IO, Any

ALLOWED = frozenset(
    (
        ("whoosh.codec.whoosh3", "W3Segment"),
        ("whoosh.codec.whoosh3", "W3Codec"),
        ("builtins", "set"),
        ("builtins", "int"),
        ("__builtin__", "set"),
        ("__builtin__", "int"),
        ("collections", "defaultdict"),
    )
)
LARGEST = 1 << 28


class RefusedPickleError(pickle.UnpicklingError):
    """A pickle asked for a name that no index needs."""


class AllowListUnpickler(pickle.Unpickler):
    """Finds the names in `ALLOWED` and latin-1 bytes; refuses the rest."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the class meant, or raise `RefusedPickleError`."""
        if (module, name) == ("_codecs", "encode"):
            return _latin1
        if (module, name) not in ALLOWED:
            raise RefusedPickleError(f"a pickle in the index asks for {module}.{name}")
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> Any:
        """Refuse; no index has persistent ids."""
        raise RefusedPickleError("a pickle in the index has a persistent id")


def safe_load(file: IO[bytes]) -> Any:
    """Unpickle one object from `file` through the allow-list."""
    return AllowListUnpickler(file).load()


def safe_loads(data: bytes) -> Any:
    """Unpickle `data` through the allow-list."""
    if len(data) > LARGEST:
        raise RefusedPickleError("a pickle in the index is larger than any index needs")
    return AllowListUnpickler(io.BytesIO(data)).load()


def _latin1(text: str, encoding: str = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise RefusedPickleError(f"a pickle in the index asks for the codec {encoding!r}")
    return text.encode("latin-1")
