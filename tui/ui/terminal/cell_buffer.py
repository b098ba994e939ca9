"""A terminal's cells: the wanted ones, the shown ones, and the shortest way from one to the other. Pure.

Textual's compositor sends every cell of a region that changed. Here a region is first laid over the wanted cells; a
frame then moves, colours and writes only where the terminal differs from them.

Each frame stands alone: its first move is absolute and it ends in the default style, so that a stray write by another
program spoils cells, which `forget` repairs, and never later output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from tui.format.width import STAND_IN, shown
from tui.format.width import width as width_of
from tui.ui.terminal.inks import PLAIN, Cell, Ink, bare, change_ink, ink_of

if TYPE_CHECKING:
    from tui.ui.terminal.scrolling import Scroll

UNKNOWN: Cell = ("\0", PLAIN)

_NARROW = frozenset(
    map(
        chr,
        chain(
            range(0x20, 0x7F),
            range(0xA0, 0xAD),
            range(0xAE, 0x300),
            range(0x2010, 0x2028),
            range(0x2190, 0x2200),
            range(0x2500, 0x25FD),
            range(0x2800, 0x2900),
        ),
    )
)
_PICTOGRAPHS = "\U0001f000"

_SPREAD = 400
"""Cells of a frame up to which it may be written ink by ink: a whole screen appears line by line."""

_MOVED = 150
"""Cells of a frame from which on it is worth a look whether rows have only moved."""


@lru_cache(2048)
def glyphs(text: str) -> tuple[str, ...]:
    """A glyph per terminal cell. Combining and joining characters share one; control characters are dropped."""
    cells: list[str] = []
    last, at, width = "", 0, 0
    for ch in text:
        if ch < " " or "\x7f" <= ch < "\xa0" or ch in "\u2028\u2029":
            continue
        if "\ud800" <= ch <= "\udfff":
            ch = "\ufffd"
        own = cell_len(ch)
        joined = cell_len(last + ch) if last else own
        if last and (own == 0 or joined - width < own):
            last += ch
            cells[at] = last
            cells.extend(repeat("", joined - width))
            width = joined
        elif own:
            last, at, width = ch, len(cells), own
            cells.append(ch)
            cells.extend(repeat("", own - 1))
    return tuple(_agreed(cells))


def _agreed(cells: list[str]) -> list[str]:
    """The same cells, with stand-ins for glyphs whose width differs between terminals."""
    glyphs: list[str] = []
    for at, glyph in enumerate(cells):
        if glyph:
            span = next((n for n, after in enumerate(cells[at + 1 :], 1) if after), len(cells) - at)
            whole = normalize("NFC", glyph)
            same = shown(whole) == whole and width_of(whole) == span
            glyphs.extend((glyph, *repeat("", span - 1)) if same else repeat(STAND_IN, span))
    return glyphs


class _Cells(dict[str, Cell]):
    """The cells of one ink by their glyphs, each created once: new ones would keep the garbage collector busy."""

    def __init__(self, ink: Ink) -> None:
        super().__init__()
        self._ink = ink

    def __missing__(self, glyph: str) -> Cell:
        cell = self[glyph] = (glyph, self._ink)
        return cell


_cells_in = lru_cache(1024)(_Cells)


@lru_cache(4096)
def _drawn(style: Style | None, colours: ColorSystem) -> Callable[[str], Cell]:
    return _cells_in(ink_of(style, colours)).__getitem__


def cells_of(strip: Strip, colours: ColorSystem) -> list[Cell]:
    """The cells that a strip covers."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if not control:
            cells.extend(map(_drawn(style, colours), text if _NARROW.issuperset(text) else glyphs(text)))
    return cells


def _certain(glyph: str) -> bool:
    """Whether every terminal gives it the computed width: joined ones and newly added pictographs are excluded."""
    return len(glyph) == 1 and glyph < _PICTOGRAPHS


def _move(y: int, x: int, to_y: int, to_x: int) -> str:
    """The shortest sequence that moves the cursor; x is -1 if its column is uncertain."""
    ways = [f"\x1b[{to_y + 1};{to_x + 1}H" if to_x else f"\x1b[{to_y + 1}H" if to_y else "\x1b[H"]
    if y == to_y:
        ways.append(f"\x1b[{to_x + 1}G" if to_x else "\r")
    if x >= 0 and to_y >= y:
        down, right = to_y - y, to_x - x
        ways.append(
            _steps(down, "B") + (_steps(right, "C") if right >= 0 else min("\b" * -right, _steps(-right, "D"), key=len))
        )
    return min(ways, key=len)


def _steps(count: int, direction: str) -> str:
    return "" if count == 0 else f"\x1b[{direction}" if count == 1 else f"\x1b[{count}{direction}"


class CellBuffer:
    """The cells of one terminal: wanted, and shown."""

    def __init__(self, width: int, height: int, colours: ColorSystem) -> None:
        self.size = (width, height)
        self._colours = colours
        self._wanted = [[UNKNOWN] * width for _ in range(height)]
        self._shown = [[UNKNOWN] * width for _ in range(height)]
        self._strips: list[dict[int, tuple[Strip, int]]] = [{} for _ in range(height)]
        """Per row, the strips that lie complete on the wanted cells, by column, with their widths."""
        self._changed: set[int] = set()
        self._cursor: tuple[int, int] | None = None
        self._strange = True

    def forget(self) -> None:
        """The terminal's content is unknown: the next frame writes every cell."""
        width, height = self.size
        self._shown = [[UNKNOWN] * width for _ in range(height)]
        self._changed.update(range(height))
        self._cursor = None
        self._strange = True

    def put(self, x: int, y: int, strip: Strip) -> int:
        """Want a strip at a column and row, both from 0; returns its width. The part outside is cut off."""
        width, height = self.size
        if not (0 <= y < height and 0 <= x < width):
            return strip.cell_length
        known = self._strips[y].get(x)
        if known is not None and known[0] is strip:
            return known[1]
        cells = cells_of(strip, self._colours)
        length = len(cells)
        if not length:
            return 0
        end = x + length
        if end > width:
            end = width
            if cells[end - x][0] == "":
                cells[end - x - 1] = (" ", cells[end - x][1])
            del cells[end - x :]
        row = self._wanted[y]
        start, stop = x, end
        if row[x:end] != cells:
            # Half of a wide character is no character: its other half becomes a blank.
            if row[x][0] == "" and x:
                start = x - 1
                row[start] = (" ", row[start][1])
            if end < width and row[end][0] == "":
                row[end] = (" ", row[end][1])
                stop = end + 1
            row[x:end] = cells
            self._changed.add(y)
        strips = self._strips[y]
        for at, (_, span) in list(strips.items()):
            if at < stop and at + span > start:
                del strips[at]
        strips[x] = (strip, length)
        return length

    def frame(self, cursor: tuple[int, int]) -> str:
        """Output that makes the terminal show all wanted cells, with its cursor at a column and row; "" if it already
        does."""
        runs = self._runs(self._changed)
        text = _shortest(runs)
        if not self._strange and sum(len(run.cells) for run in runs) >= _MOVED:
            # Most frames are small, and the first one is written whole.
            from tui.ui.terminal.scrolling import scroll_of

            scroll = scroll_of(self._wanted, self._shown, self._changed)
            text = self._scrolled(scroll, text) if scroll is not None else text
        for y in self._changed:
            self._shown[y][:] = self._wanted[y]
        self._changed.clear()
        if not runs and cursor == self._cursor:
            return ""
        start, self._strange = "\x1b[0m" if self._strange else "", False
        self._cursor = cursor
        x, y = cursor
        return f"{start}{text}{_move(-1, -1, y, x)}"

    def _scrolled(self, scroll: Scroll, text: str) -> str:
        """Let the terminal move rows, and write what differs then; or write this text, if that is shorter: how much a
        cell costs is not known before."""
        written, changed = self._shown, self._changed.union(range(scroll.top, scroll.bottom))
        self._shown = scroll.of(written)
        moved = f"{scroll.sequence}{_shortest(self._runs(changed))}"
        if len(moved) >= len(text):
            self._shown = written
            return text
        self._changed = changed
        return moved

    def _runs(self, rows: Iterable[int]) -> list[Run]:
        return [run for y in sorted(rows) for run in _differing(y, self._wanted[y], self._shown[y])]


class Run(NamedTuple):
    """Adjacent cells to write, from a column of a row on; certain: whether the cursor is known to end behind them."""

    y: int
    x: int
    cells: Sequence[Cell]
    row: Sequence[Cell]
    certain: bool = True


def _differing(y: int, wanted: Sequence[Cell], shown: Sequence[Cell]) -> Iterator[Run]:
    """The runs of a row in which the terminal differs from the wanted cells."""
    start = end = 0
    width = len(wanted)
    for x, (new, old) in enumerate(zip(wanted, shown, strict=True)):
        if new is old or x < end or new == old or new is UNKNOWN:
            continue
        glyph = new[0]
        if glyph == " " and old[0] == " " and bare(new[1]) == bare(old[1]):
            continue
        if x > end:
            if end > start:
                yield Run(y, start, wanted[start:end], wanted)
            start = x
        end = x + 1
        while end < width and wanted[end][0] == "":
            end += 1
        if glyph not in _NARROW and not _certain(glyph):
            yield Run(y, start, wanted[start:end], wanted, certain=False)
            start = end
    if end > start:
        yield Run(y, start, wanted[start:end], wanted)


def _shortest(runs: Sequence[Run]) -> str:
    """The text of a frame: line by line, or ink by ink if that is shorter, as for figures spread over the screen."""
    by_rows = _written(runs)
    if sum(len(run.cells) for run in runs) > _SPREAD or not all(run.certain for run in runs):
        # What is behind a glyph of uncertain width is written after it.
        return by_rows
    groups: dict[Ink, list[Run]] = {}
    for run in runs:
        for ink, piece in _pieces(run):
            groups.setdefault(ink, []).append(piece)
    ordered: list[Run] = []
    pen = PLAIN
    while groups:
        # Next the ink that is the least to change to: a colour is most of what a figure costs.
        ordered += groups.pop(min(groups, key=lambda ink: len(change_ink(pen, ink))))
        pen = ordered[-1].cells[-1][1]
    return min(by_rows, _written(ordered), key=len)


def _pieces(run: Run) -> Iterator[tuple[Ink, Run]]:
    """A run as parts of one ink each: in a row of a table a few inks change many times."""
    cells, start, pen, blank = run.cells, 0, run.cells[0][1], True
    for index, (glyph, ink) in enumerate(cells):
        same = ink is pen or ink == pen or not glyph
        if not same and (blank or glyph == " ") and bare(ink) == bare(pen):
            # A blank cell is written in the ink of its neighbours, those at the start in that of what follows.
            pen, same = (ink, True) if blank else (pen, True)
        if not same:
            yield pen, Run(run.y, run.x + start, cells[start:index], run.row)
            start, pen, blank = index, ink, True
        blank = blank and glyph == " "
    yield pen, run if not start else Run(run.y, run.x + start, cells[start:], run.row)


def _written(runs: Iterable[Run]) -> str:
    writer = _Writer()
    for run in runs:
        writer.write(run)
    return writer.text()


class _Writer:
    """Writes a frame: tracks the position of the cursor (x is -1 if uncertain) and the current ink."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._y, self._x = -1, -1
        self._pen = PLAIN

    def text(self) -> str:
        return "".join(self.out) + change_ink(self._pen, PLAIN)

    def write(self, run: Run) -> None:
        y, x, cells, row, certain = run
        self._go(y, x, row)
        append, pen = self.out.append, self._pen
        for glyph, ink in cells:
            if ink is not pen and ink != pen and not (glyph == " " and bare(ink) == bare(pen)):
                append(change_ink(pen, ink))
                pen = ink
            append(glyph)
        self._pen = pen
        end = x + len(cells)
        # Past the last column terminals differ in the cursor position they report.
        self._y, self._x = y, end if certain and end < len(row) else -1

    def _go(self, y: int, x: int, row: Sequence[Cell]) -> None:
        """Move, or write the cells in between again if that is shorter."""
        if (y, x) == (self._y, self._x):
            return
        way = _move(self._y, self._x, y, x)
        if y == self._y and 0 <= self._x < x <= self._x + len(way):
            between = row[self._x : x]
            text = "".join(glyph for glyph, _ in between)
            if len(text.encode()) <= len(way) and all(map(self._writes, between)):
                way = text
        self.out.append(way)

    def _writes(self, cell: Cell) -> bool:
        """Whether the cell can be written directly, without a change of ink and in one column."""
        glyph, ink = cell
        return glyph in _NARROW and (ink == self._pen or (glyph == " " and bare(ink) == bare(self._pen)))
