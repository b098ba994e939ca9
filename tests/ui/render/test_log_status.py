"""The Logs screen in words."""

from __future__ import annotations

from tui.ui.primitives.cells import Cell
from tui.ui.render.log_status import within


def test_streams_without_room_are_counted() -> None:
    streams: tuple[Cell, ...] = tuple(((name, "text"),) for name in ("one-pod", "two-pod", "another"))
    assert within(streams, 25) == streams
    assert ["".join(text for text, _ in each) for each in within(streams, 24)] == ["one-pod", "two-pod", "+1"]
    assert ["".join(text for text, _ in each) for each in within(streams, 19)] == ["one-pod", "+2"]
    assert within(streams[:1], 3) == streams[:1]
    assert within((), 3) == ()
