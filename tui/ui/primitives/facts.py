"""Facts as values: a label and what is known under it, in titled sections; what of them may go to a clipboard. Pure."""

from __future__ import annotations

from typing import NamedTuple

from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell

MASKED = "••••••"
"""Shown for every hidden value, an empty one too: not even its length is told."""


class Fact(NamedTuple):
    """One thing that is known. `copy`: the exact text for a clipboard, "" where it is what is read."""

    label: str
    value: Cell
    copy: str = ""


class Section(NamedTuple):
    """Facts that belong together, under a title."""

    title: str
    facts: tuple[Fact, ...]


def copied(fact: Fact) -> str:
    """What goes to the clipboard for a fact: its own text for that, else what is read of it; a hidden value never."""
    if fact.copy:
        return fact.copy
    text = "".join(part for part, _ in fact.value).strip()
    return "" if text in (MASKED, fmt.UNKNOWN) else text
