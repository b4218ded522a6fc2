"""A layer over the file operations of this process, below one folder.

Every operation on a file below the folder calls `before`, which may kill, raise or
shorten, and then `after`, which may record. It covers ``os``, ``open`` and pathlib, so
numpy, Whoosh and our own code; SQLite writes in C, so there each statement and the
close are the operations, and the file is looked at when it is closed.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import pathlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Call:
    """One operation: its kind, the path, and what else there is to know."""

    kind: str
    path: str
    other: str = ""
    data: bytes = b""
    offset: int = 0

    @property
    def mutates(self) -> bool:
        return self.kind != "read"


ACCESSOR = getattr(pathlib, "_NormalAccessor", None)
"""Python 3.10 keeps functions of ``os`` here for ``Path``; later ones ask ``os`` itself."""


class Shim:
    """See the module."""

    def __init__(
        self,
        folder: str,
        before: Callable[[Call], int | None],
        after: Callable[[Call], None] = lambda _call: None,
    ) -> None:
        self.folder = folder.rstrip("/")
        self.before, self.after = before, after
        self.real = {name: getattr(os, name) for name in PATCHED}
        self.real_open, self.real_connect = io.open, sqlite3.connect
        self.paths: dict[int, str] = {}

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for name in PATCHED:
                stack.enter_context(patch.object(os, name, getattr(self, name)))
            for name in PATCHED:
                if hasattr(ACCESSOR, name) and name != "open":
                    stack.enter_context(patch.object(ACCESSOR, name, staticmethod(getattr(self, name))))
            if hasattr(ACCESSOR, "open"):
                stack.enter_context(patch.object(ACCESSOR, "open", staticmethod(self.open_file)))
            stack.enter_context(patch.object(io, "open", self.open_file))
            stack.enter_context(patch.object(builtins, "open", self.open_file))
            stack.enter_context(patch.object(sqlite3, "connect", self.connect))
            yield

    def where(self, path: Any, dir_fd: int | None = None) -> str | None:
        """Return the absolute path when it is below the folder, else None."""
        if isinstance(path, int):
            return self.paths.get(path)
        name = os.fsdecode(path)
        if dir_fd is not None:
            name = os.path.join(os.readlink(f"/proc/self/fd/{dir_fd}"), name)
        name = os.path.abspath(name)
        return name if name == self.folder or name.startswith(self.folder + "/") else None

    def act(self, call: Call, run: Callable[[], Any]) -> Any:
        self.before(call)
        result = run()
        self.after(call)
        return result

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        name = self.where(path, dir_fd)
        run = lambda: self.real["open"](path, flags, mode, dir_fd=dir_fd)  # noqa: E731
        if name is None:
            return int(run())
        if flags & WRITING:
            descriptor = self.act(Call("open" if os.path.lexists(name) else "create", name), run)
        else:
            descriptor = self.act(Call("read", name), run)
        self.paths[descriptor] = name
        return int(descriptor)

    def close(self, descriptor: int) -> None:
        self.paths.pop(descriptor, None)
        self.real["close"](descriptor)

    def write(self, descriptor: int, data: Any) -> int:
        name = self.paths.get(descriptor)
        if name is None:
            return int(self.real["write"](descriptor, data))
        data = bytes(data)
        offset = os.lseek(descriptor, 0, os.SEEK_CUR)
        limit = self.before(Call("write", name, data=data, offset=offset))
        done = int(self.real["write"](descriptor, data if limit is None else data[:limit]))
        if limit is not None and limit < 0:
            os._exit(KILLED)
        self.after(Call("write", name, data=data[:done], offset=offset))
        return done

    def ftruncate(self, descriptor: int, length: int) -> None:
        name = self.paths.get(descriptor)
        run = lambda: self.real["ftruncate"](descriptor, length)  # noqa: E731
        self.act(Call("truncate", name, offset=length), run) if name else run()

    def fsync(self, descriptor: int) -> None:
        name = self.paths.get(descriptor)
        run = lambda: self.real["fsync"](descriptor)  # noqa: E731
        self.act(Call("fsync", name), run) if name else run()

    def _two(self, kind: str, source: Any, target: Any) -> None:
        one, other = self.where(source), self.where(target)
        run = lambda: self.real[kind](source, target)  # noqa: E731
        self.act(Call(kind, one or "", other or ""), run) if one or other else run()

    def rename(self, source: Any, target: Any) -> None:
        self._two("rename", source, target)

    def replace(self, source: Any, target: Any) -> None:
        self._two("replace", source, target)

    def link(self, source: Any, target: Any) -> None:
        self._two("link", source, target)

    def _one(self, kind: str, path: Any, dir_fd: int | None, run: Callable[[], Any]) -> None:
        name = self.where(path, dir_fd)
        self.act(Call(kind, name), run) if name else run()

    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._one("unlink", path, dir_fd, lambda: self.real["unlink"](path, dir_fd=dir_fd))

    remove = unlink

    def rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._one("rmdir", path, dir_fd, lambda: self.real["rmdir"](path, dir_fd=dir_fd))

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._one("mkdir", path, dir_fd, lambda: self.real["mkdir"](path, mode, dir_fd=dir_fd))

    def chmod(self, path: Any, mode: int, **more: Any) -> None:
        self._one("chmod", path, None, lambda: self.real["chmod"](path, mode, **more))

    def open_file(self, file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **more: Any) -> Any:
        name = None if isinstance(file, int) else self.where(file)
        if name is None:
            return self.real_open(file, mode, buffering, *rest, **more)
        if not set(mode) & set("wax+"):
            return self.act(Call("read", name), lambda: self.real_open(file, mode, buffering, *rest, **more))
        flags = (os.O_RDWR if "+" in mode else os.O_WRONLY) | (0 if "r" in mode else os.O_CREAT)
        descriptor = self.open(file, flags | os.O_CLOEXEC, 0o666)
        if "w" in mode:
            self.ftruncate(descriptor, 0)
        raw = _Raw(self, descriptor)
        binary = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)  # type: ignore[type-var]
        return binary if "b" in mode else io.TextIOWrapper(binary, *rest, **more)

    def connect(self, database: Any, *rest: Any, **more: Any) -> sqlite3.Connection:
        # A store is read with mode=ro, and written as file:PATH?mode=rwc.
        path, _, mode = str(database).removeprefix("file:").partition("?")
        name = None if mode.startswith("mode=ro") else self.where(unquote(path))
        if name is None:
            return self.real_connect(database, *rest, **more)
        self.before(Call("create", name))
        shim = self

        class Watched(sqlite3.Connection):
            def execute(self, *arguments: Any) -> sqlite3.Cursor:
                shim._sqlite(Call("sqlite", name))
                return super().execute(*arguments)

            def close(self) -> None:
                super().close()
                shim.before(Call("sqlite", name))
                with shim.real_open(name, "rb") as file:
                    shim.after(Call("whole", name, data=file.read()))

        return self.real_connect(database, *rest, factory=Watched, **more)

    def _sqlite(self, call: Call) -> None:
        try:
            self.before(call)
        except OSError as error:
            raise sqlite3.OperationalError(
                "database or disk is full" if "space" in str(error.strerror) else "disk I/O error"
            ) from error


class _Raw(io.RawIOBase):
    def __init__(self, shim: Shim, descriptor: int) -> None:
        self._shim, self._descriptor = shim, descriptor

    def fileno(self) -> int:
        raise io.UnsupportedOperation("so that numpy writes through here, not in C")

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def readinto(self, buffer: Any) -> int:
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return self._shim.write(self._descriptor, data)

    def truncate(self, size: int | None = None) -> int:
        length = self.tell() if size is None else size
        self._shim.ftruncate(self._descriptor, length)
        return length

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._shim.close(self._descriptor)


KILLED = 137
PATCHED = (
    "open",
    "close",
    "write",
    "ftruncate",
    "fsync",
    "rename",
    "replace",
    "link",
    "unlink",
    "remove",
    "rmdir",
    "mkdir",
    "chmod",
)
