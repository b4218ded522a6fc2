"""A model of a disk: what is on it for sure, and what a crash may leave.

It is the strictest that POSIX allows. What was written to a file since its last fsync
may be there, be lost, be zeros, or be there in part. What was done to the names in a
folder since that folder's last fsync may each be done or undone, in any mix. A rename
within a folder is one such thing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from faults.shim import Call

BLOCK = 512
FEW = 8
"""Unsynced changes up to which each is lost alone; beyond that a sample."""
Tree = dict[str, bytes | None]
"""Path below the folder → contents; None for a folder."""


@dataclass(eq=False)
class Node:
    """A file or a folder: what it is now, and what of it is on the disk for sure."""

    folder: bool
    data: bytes = b""
    durable: bytes = b""
    names: dict[str, Node] = field(default_factory=dict)
    durable_names: dict[str, Node] = field(default_factory=dict)
    pending: list[Change] = field(default_factory=list)


@dataclass(eq=False)
class Change:
    """Something done to the names in a folder: some removed, some set."""

    removed: tuple[str, ...]
    made: tuple[tuple[str, Node], ...]

    def apply(self, names: dict[str, Node]) -> None:
        for name in self.removed:
            names.pop(name, None)
        names.update(self.made)


class Disk:
    """The model of one folder, fed with every file operation below it."""

    def __init__(self, folder: Path, without: int = 0) -> None:
        self.folder = folder
        self.root = _load(folder)
        self.without = without
        self.syncs = 0

    def node(self, path: str) -> Node:
        node = self.root
        for part in Path(path).relative_to(self.folder).parts:
            node = node.names[part]
        return node

    def see(self, call: Call) -> None:
        path = Path(call.path)
        if call.kind in ("create", "mkdir"):
            self._change(path.parent, (), ((path.name, Node(call.kind == "mkdir")),))
        elif call.kind == "write":
            node = self.node(call.path)
            start = node.data[: call.offset].ljust(call.offset, b"\0")
            node.data = start + call.data + node.data[call.offset + len(call.data) :]
        elif call.kind == "truncate":
            node = self.node(call.path)
            node.data = node.data[: call.offset].ljust(call.offset, b"\0")
        elif call.kind == "whole":
            if path.name not in self.node(str(path.parent)).names:
                self._change(path.parent, (), ((path.name, Node(False)),))
            self.node(call.path).data = call.data
        elif call.kind in ("rename", "replace"):
            other = Path(call.other)
            assert other.parent == path.parent, "a rename across folders is not modelled"
            self._change(path.parent, (path.name,), ((other.name, self.node(call.path)),))
        elif call.kind == "link":
            other = Path(call.other)
            self._change(other.parent, (), ((other.name, self.node(call.path)),))
        elif call.kind in ("unlink", "rmdir"):
            self._change(path.parent, (path.name,), ())
        elif call.kind == "fsync":
            self._sync(self.node(call.path))

    def _change(self, folder: Path, removed: tuple[str, ...], made: tuple[tuple[str, Node], ...]) -> None:
        node = self.node(str(folder))
        change = Change(removed, made)
        change.apply(node.names)
        node.pending.append(change)

    def _sync(self, node: Node) -> None:
        self.syncs += 1
        if self.syncs == self.without:
            return
        node.durable, node.durable_names = node.data, dict(node.names)
        node.pending.clear()

    def changes(self) -> list[Change]:
        return [change for node in self._nodes() for change in node.pending]

    def dirty(self) -> list[Node]:
        return [node for node in self._nodes() if node.data != node.durable]

    def _nodes(self) -> list[Node]:
        found: dict[int, Node] = {}
        todo = [self.root]
        while todo:
            node = todo.pop()
            if id(node) not in found:
                found[id(node)] = node
                todo += [*node.names.values(), *node.durable_names.values()]
                todo += [made for change in node.pending for _, made in change.made]
        return list(found.values())

    def tree(self, undone: set[Change], contents: Callable[[Node], bytes]) -> Tree:
        """Return what is found when `undone` were lost and unsynced files hold `contents`."""
        tree: Tree = {}
        todo = [("", self.root)]
        while todo:
            where, node = todo.pop()
            names = dict(node.durable_names)
            for change in node.pending:
                if change not in undone:
                    change.apply(names)
            for name, child in names.items():
                path = f"{where}{name}"
                same = child.data == child.durable
                tree[path] = None if child.folder else child.data if same else contents(child)
                if child.folder and path.count("/") < 9:
                    todo.append((f"{path}/", child))
        return tree

    def now(self) -> Tree:
        return self.tree(set(), lambda node: node.data)


def _load(path: Path) -> Node:
    node = Node(path.is_dir())
    if node.folder:
        node.names = {child.name: _load(child) for child in path.iterdir()}
        node.durable_names = dict(node.names)
    else:
        node.data = node.durable = path.read_bytes()
    return node


def _zeroed(node: Node) -> bytes:
    return b"\0" * len(node.data)


def _in_part(node: Node, rng: random.Random) -> bytes:
    blocks = [node.data[start : start + BLOCK] for start in range(0, len(node.data), BLOCK)]
    return b"".join(block if rng.random() < 0.5 else b"\0" * len(block) for block in blocks)


def crashes(disk: Disk, rng: random.Random, mixes: int) -> Iterator[Tree]:
    """Yield what a crash now may leave: the pure cases, each single loss, and random mixes."""
    changes, dirty = disk.changes(), disk.dirty()
    pure: tuple[Callable[[Node], bytes], ...] = (lambda n: n.durable, _zeroed, lambda n: n.data)
    for contents in pure:
        yield disk.tree(set(), contents)
        yield disk.tree(set(changes), contents)
    for change in changes if len(changes) <= FEW else rng.sample(changes, mixes):
        yield disk.tree({change}, lambda node: node.data)
    for node in dirty if len(dirty) <= FEW else rng.sample(dirty, mixes):
        yield disk.tree(set(), lambda other, node=node: _zeroed(other) if other is node else other.data)  # type: ignore[misc]
    for _ in range(mixes if changes or dirty else 0):
        share = rng.random()
        undone = {change for change in changes if rng.random() < share}
        kinds = (*pure, lambda node: _in_part(node, rng))
        chosen = {id(node): rng.choice(kinds)(node) for node in dirty}
        yield disk.tree(undone, lambda node, chosen=chosen: chosen[id(node)])  # type: ignore[misc]
