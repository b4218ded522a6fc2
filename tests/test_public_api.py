"""The front door is a list."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import jeugdzoek


def test_all_is_sorted_and_says_what_type_checkers_see() -> None:
    source = ast.parse(Path(jeugdzoek.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in source.body if isinstance(node, ast.If))
    seen = {
        alias.name: str(node.module) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert jeugdzoek.__all__ == sorted(seen) == dir(jeugdzoek)
    for name, module in seen.items():
        assert getattr(jeugdzoek, name) is getattr(importlib.import_module(module), name)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Zoeker'"):
        _ = jeugdzoek.Zoeker


def test_everything_public_is_documented() -> None:
    for name in jeugdzoek.__all__:
        thing = getattr(jeugdzoek, name)
        assert inspect.getdoc(thing), name
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if inspect.isfunction(value) and not member.startswith("_"):
                assert inspect.getdoc(value), f"{name}.{member}"


def test_every_error_has_the_one_base() -> None:
    errors = [getattr(jeugdzoek, name) for name in jeugdzoek.__all__ if name.endswith("Error")]
    assert all(issubclass(error, jeugdzoek.JeugdzoekError) for error in errors)


def test_the_docstring_says_how_data_flows() -> None:
    assert "report files → Report → Passage" in (jeugdzoek.__doc__ or "")
