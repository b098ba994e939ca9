"""`Question`: the content of a question dialog, as a value."""

from __future__ import annotations

from msgspec import Struct

from tui.domain.action import Point
from tui.ui.primitives.cells import Cell


class Question(Struct, frozen=True):
    """The content of a question.

    word:   on the button.
    typed:  the text that must be typed, if a key is not enough.
    key:    all values on which the decision rests: if this has changed, the question is asked again.
    stop:   why it is not possible at all now.
    """

    title: str
    line: Cell
    points: tuple[Point, ...]
    word: str
    key: tuple[object, ...]
    typed: str = ""
    stop: str = ""
