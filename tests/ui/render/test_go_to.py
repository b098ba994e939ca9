"""What is said of a time while it is typed."""

from __future__ import annotations

from datetime import UTC

import pytest

from tui.domain.time_text import ACCEPTED
from tui.ui.primitives.cells import Cell
from tui.ui.render import go_to

NOW = 1_795_990_000.0
ROOM = 38
"""Columns for it in a terminal of 40."""


def said(text: str) -> tuple[Cell, bool]:
    return go_to.meaning(text, NOW, ((NOW - 86_400.0, NOW),), UTC, replay=False)


@pytest.mark.parametrize("text", [*ACCEPTED.split(", "), "3h 20m ago", "Friday 27 nov 12:00"])
def test_half_a_time_is_no_error(text: str) -> None:
    for typed in range(1, len(text)):
        note, _ = said(text[:typed])
        assert "not a time" not in note[0][0], text[:typed]


@pytest.mark.parametrize("text", ["xyz", "25:", "02:99", "31 feb", "mon 99", "noww", "2026-13"])
def test_what_can_become_no_time_is_said_at_once(text: str) -> None:
    assert said(text) == (((f"▲ {go_to.INVALID}", "warn"),), False)


def test_what_is_half_typed_leads_nowhere_and_says_what_does() -> None:
    assert said("02:3") == (((go_to.UNFINISHED, "muted"),), False)


def test_it_fits_a_narrow_terminal() -> None:
    assert all(len(note[0][0]) <= ROOM for note, _ in (said("02:3"), said("xyz")))
