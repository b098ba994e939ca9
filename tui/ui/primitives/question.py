"""`Question`: what a dialog asks, as a value."""

from __future__ import annotations

from msgspec import Struct

from tui.domain.action import Point
from tui.ui.primitives.cells import Cell


class Question(Struct, frozen=True):
    """What is asked.

    word:   on the button.
    typed:  what has to be typed, where a key is not enough.
    key:    all of it on which the answer rests: when this has changed, it is asked again.
    stop:   why it cannot be done at all now.
    """

    title: str
    line: Cell
    points: tuple[Point, ...]
    word: str
    key: tuple[object, ...]
    typed: str = ""
    stop: str = ""
