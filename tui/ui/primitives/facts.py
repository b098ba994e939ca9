"""Facts as values: labels with values, in titled sections, and their texts for the clipboard. Pure."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell

MASKED = "••••••"
"""Shown for every hidden value, an empty one too: not even its length is revealed."""


class Fact(Struct, frozen=True):
    """One known value. `copy`: the exact text for the clipboard, "" if it is the shown text."""

    label: str
    value: Cell
    copy: str = ""


class Section(NamedTuple):
    """Related facts, under a title."""

    title: str
    facts: tuple[Fact, ...]


def copied(fact: Fact) -> str:
    """The clipboard text of a fact: its own, else the shown text; a hidden value never."""
    if fact.copy:
        return fact.copy
    text = "".join(part for part, _ in fact.value).strip()
    return "" if text in (MASKED, fmt.UNKNOWN) else text
