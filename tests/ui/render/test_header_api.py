"""The first line of the header names the API in use, before the time of the last response, wherever there is room."""

from __future__ import annotations

import pytest

from tui.ui.primitives.cells import Cell
from tui.ui.render.header import Badges, first_line

FORMS: tuple[Cell, ...] = (
    (("● live 12:00:05 · 142 ms", "good"),), (("● live 12:00:05", "good"),), (("● live", "good"),), (("●", "good"),),
)  # fmt: skip


def line(width: int, api: str) -> str:
    shown = first_line(Badges("runpod", False, False), FORMS, width, "fleet", False, api, 2)
    return "".join(text for cell in (*shown.left, *shown.right) for text, _ in cell)


@pytest.mark.parametrize("api", ["rest", "graphql"])
@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_the_api_is_named(api: str, width: int) -> None:
    told = line(width, api)
    assert api in told
    assert "● live" in told


def test_the_time_gives_way_first_and_comes_back_with_the_width() -> None:
    assert "12:00:05" not in line(72, "graphql")
    assert "12:00:05 · 142 ms" in line(120, "graphql")


def test_without_one_to_name_nothing_else_changes() -> None:
    assert "12:00:05" in line(80, "")
    assert "runpod" in line(120, "")


@pytest.mark.parametrize("api", ["rest", "graphql", ""])
def test_while_actions_are_locked_the_other_screens_keep_their_numbers(api: str) -> None:
    shown = first_line(Badges("demo", True, False, locked=True), FORMS, 78, "fleet", True, api, 0)
    words = "".join(text for cell in shown.left for text, _ in cell).split()
    assert words[-5:] == ["Fleet", "2", "3", "4", "5"]
    assert words[1] == "LOCKED"
