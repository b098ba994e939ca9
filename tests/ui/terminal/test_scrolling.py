"""What only moved up or down is moved by the terminal, if that is shorter, and it shows the same as if written."""

from __future__ import annotations

import random
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.ui.terminal.test_cell_buffer import Emulator
from tui.ui.terminal import scrolling
from tui.ui.terminal.cell_buffer import CellBuffer
from tui.ui.terminal.inks import PLAIN, Cell
from tui.ui.terminal.scrolling import Scroll, scroll_of

WIDTH, HEIGHT = 60, 24
STYLES = [Style.parse(text) for text in ("#cdd6df on #0e1216", "bold #79b8ff on #0e1216", "#e3b341 on #223040")]


def row(name: str, figure: int, style: int = 0) -> Strip:
    text = f"│ {name:<40} {figure:>3} 漢│"
    return Strip([Segment(text, STYLES[style]), Segment(" " * (WIDTH - 50), STYLES[0])])


def rows(names: list[str], figures: list[int], at: int = -1) -> list[Strip]:
    return [row(name, figure, 2 if y == at else 0) for y, (name, figure) in enumerate(zip(names, figures, strict=True))]


class Pair:
    """A terminal that is sent frames, and one that is written whole each time."""

    def __init__(self) -> None:
        self._buffer = CellBuffer(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
        self._written = CellBuffer(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
        self._terminal = Emulator(WIDTH, HEIGHT)

    def shows(self, strips: list[Strip]) -> str:
        """Send them; the frame."""
        fresh, whole = CellBuffer(WIDTH, HEIGHT, ColorSystem.TRUECOLOR), Emulator(WIDTH, HEIGHT)
        for y, strip in enumerate(strips):
            for buffer in (self._buffer, self._written, fresh):
                buffer.put(0, y, strip)
        frame = self._buffer.frame((3, 2))
        with patch.object(scrolling, "scroll_of", lambda *asked: None):
            assert len(frame) <= len(self._written.frame((3, 2)))
        self._terminal.feed(frame)
        whole.feed(fresh.frame((3, 2)))
        assert self._terminal.cells() == whole.cells()
        assert (self._terminal.screen.cursor.x, self._terminal.screen.cursor.y) == (3, 2)
        return frame


_dice = random.Random(1)
NAMES = ["".join(_dice.choices("abcdefgh -_0123", k=40)) for _ in range(200)]


def test_a_list_that_moves_on_by_a_row_costs_little_more_than_that_row() -> None:
    pair = Pair()
    title, foot = Strip([Segment("─" * WIDTH)]), Strip([Segment("?" * WIDTH)])

    def at(first: int, cursor: int) -> list[Strip]:
        shown = NAMES[first : first + HEIGHT - 2]
        return [title, *rows(shown, [len(name) for name in shown], cursor), foot]

    whole = len(pair.shows(at(0, HEIGHT - 3)))
    for first in range(1, 6):
        assert len(pair.shows(at(first, HEIGHT - 3))) < whole / 5
    for first in (4, 3, 2):
        assert len(pair.shows(at(first, 0))) < whole / 5
    # Five lines of a log at once.
    assert len(pair.shows(at(7, -1))) < whole / 2


def test_a_row_that_goes_to_the_top_moves_the_rows_above_it() -> None:
    pair = Pair()
    names = NAMES[:HEIGHT]
    whole = len(pair.shows(rows(names, [7] * HEIGHT)))
    names.insert(0, names.pop(15))
    # And figures differ, as it is another response.
    frame = pair.shows(rows(names, list(range(HEIGHT))))
    assert len(frame) < whole / 3
    assert "\x1b[1;16r" in frame
    assert "\x1b[1L" in frame


def test_what_has_not_moved_is_not_moved() -> None:
    pair = Pair()
    pair.shows(rows(NAMES[:HEIGHT], [7] * HEIGHT))
    for other in (NAMES[50 : 50 + HEIGHT], [*NAMES[:2], *NAMES[100 : 98 + HEIGHT]], ["one"] * HEIGHT):
        assert "r" not in pair.shows(rows(other, [8] * HEIGHT))
    # Rows that are the same do not say how far they moved.
    assert "r" not in pair.shows(rows(["one"] * HEIGHT, list(range(HEIGHT))))


def test_what_is_shorter_to_write_than_to_move_is_written() -> None:
    pair = Pair()

    def at(first: int) -> list[Strip]:
        """The right parts stay where they are: fewer cells than the left ones, and each in a colour of its own."""
        return [
            Strip([
                Segment(NAMES[first + y][:35], STYLES[0]),
                *(Segment(letter, STYLES[n % 3]) for n, letter in enumerate(NAMES[-y][:25])),
            ])
            for y in range(1, HEIGHT + 1)
        ]  # fmt: skip

    pair.shows(at(0))
    assert "\x1b[r" not in pair.shows(at(1))


@given(st.data())
def test_whatever_moves_the_terminal_shows_what_is_wanted(data: st.DataObject) -> None:
    pair = Pair()
    names, figures = NAMES[:HEIGHT], [0] * HEIGHT
    pair.shows(rows(names, figures))
    for _ in range(data.draw(st.integers(1, 4))):
        top = data.draw(st.integers(0, HEIGHT - 2))
        bottom = data.draw(st.integers(top + 1, HEIGHT))
        by = data.draw(st.integers(-6, 6))
        block = names[top:bottom]
        new = [NAMES[data.draw(st.integers(0, 199))] for _ in range(min(abs(by), len(block)))]
        block = [*block[by:], *new][: bottom - top] if by >= 0 else [*new, *block][: bottom - top]
        names = [*names[:top], *block, *names[bottom:]]
        if data.draw(st.booleans()):
            figures = [data.draw(st.integers(0, 3)) for _ in range(HEIGHT)]
        pair.shows(rows(names, figures, data.draw(st.integers(-1, HEIGHT - 1))))


def letters(text: str) -> list[list[Cell]]:
    return [[(letter, PLAIN)] * 40 for letter in text]


def test_the_block_that_saves_most_is_moved() -> None:
    def best(before: str, after: str) -> Scroll | None:
        return scroll_of(letters(after), letters(before), range(len(after)))

    assert best("abcdefgh", "bcdefghi") == Scroll(0, 8, 1)
    assert best("abcdefgh", "xabcdefg") == Scroll(0, 8, -1)
    assert best("..abcdefgh..", "..cdefghij..") == Scroll(2, 10, 2)
    assert best("..abcdefgh..", "..xyabcdef..") == Scroll(2, 10, -2)
    # A row that did not move stays outside; too few, or none that moved are written.
    assert best("abcdefgh", "abzdefgh") is None
    assert best("abcdefgh", "bcxxxxxx") is None
    assert best("aaaaaaaa", "aaaaaaaa") is None
