"""The front door is a list."""

from __future__ import annotations

import inspect

import jeugdzoek


def test_all_is_sorted_and_complete() -> None:
    public = {
        name for name, value in vars(jeugdzoek).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert jeugdzoek.__all__ == sorted(public)


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
