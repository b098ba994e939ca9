"""A whole number in a text from outside is a number or None, and is asked for in one place."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.source_trees import PACKAGE, SOURCE, modules, nodes
from tui.format.digits import whole_number

ASKS = frozenset({"isdigit", "isdecimal", "isnumeric"})

OF_CHARACTERS = frozenset({
    "api/http/structured_fields.py", "domain/patterns.py", "format/digits.py", "ui/input/sequences.py",
    "ui/keymap_check.py",
})  # fmt: skip
"""Modules that ask it of a character, and make no number of it."""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("007", 7), ("999999999", 999_999_999), ("1000000000", None), ("", None), ("-1", None), ("+1", None),
        (" 1", None), ("1_000", None), ("²", None), ("٣", None), ("１", None), ("9" * 5_000, None),
    ],
)  # fmt: skip
def test_a_whole_number_has_ascii_digits_and_not_too_many(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@given(st.text(max_size=12) | st.text(st.characters(categories=["Nd", "No", "Nl"]), max_size=12))
@example("1²")
def test_no_text_raises(text: str) -> None:
    number = whole_number(text)
    assert number is None or str(number) == (text.lstrip("0") or "0")


@pytest.mark.wide
@SOURCE
def test_every_other_place_asks_here() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in ASKS
    }
    assert found == OF_CHARACTERS
