"""Cell for cell: a terminal that is sent only what differs shows what Textual's own bytes would show."""

from __future__ import annotations

import random
from itertools import pairwise

import pyte
import pytest
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import ControlType, Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.ui.terminal.cell_buffer import _NARROW, CellBuffer, glyphs
from tui.ui.terminal.colours import fitted
from tui.ui.terminal.diff_renderer import _lay, _patch
from tui.ui.terminal.inks import PLAIN, Ink, change_ink, ink_of

Cells = list[list[tuple[object, ...]]]

WORDS = (
    "",
    " ",
    "    ",
    "run-7",
    "98%",
    "▁▂▃▄▅▆▇█",
    "漢字",
    "ひら",
    "한",
    "é",
    "e\u0301x",
    "│",
    "⣿⡇",
    "0.42 $/h",
    "a b  c",
)
COLOURS = ("", "red", "bright_blue", "default", "color(123)", "#102030", "#ffaa00")
ATTRIBUTES = ("", "bold", "italic", "underline", "reverse", "strike", "bold italic", "bold dim", "not bold", "blink")


class Emulator:
    """What a terminal shows."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self.screen)
        # As Textual's driver does: nothing wraps.
        self.feed("\x1b[?7l")

    def feed(self, text: str) -> None:
        self._stream.feed(text)

    def cells(self) -> Cells:
        """Every cell, but for what cannot be seen: of a blank only its background, of half a wide character nothing."""
        seen: Cells = []
        for y in range(self.screen.lines):
            line = self.screen.buffer[y]
            row: list[tuple[object, ...]] = []
            for x in range(self.screen.columns):
                char = line[x]
                half = char.data == "" and x > 0 and cell_len(line[x - 1].data) == 2
                data = char.data if char.data or half else " "
                drawn = char.underscore or char.reverse or char.strikethrough
                if data == " " and not drawn:
                    row.append((" ", char.bg))
                else:
                    row.append((data, *char[1:]))
            seen.append(row)
        return seen


def style(rng: random.Random, system: str) -> Style:
    back = rng.choice(COLOURS)
    drawn = Style.parse(f"{rng.choice(ATTRIBUTES)} {rng.choice(COLOURS)} {f'on {back}' if back else ''}")
    # How colours become those that a terminal has is another test's affair: here they are so already.
    drawn = fitted(drawn, SYSTEMS[system])
    # A style keeps the codes of the first colour system that it is rendered for, and Rich gives out equal ones again.
    return drawn + Style.from_meta({"system": system})


def strip(rng: random.Random, width: int, styles: list[Style]) -> Strip:
    segments = []
    room = width
    while room > 0:
        text = rng.choice(WORDS) * rng.choice((1, 1, 2))
        if cell_len(text) > room:
            text = " " * room
        segments.append(Segment(text, rng.choice((*styles, None))))
        room -= cell_len(text)
    return Strip(segments, width)


class Layout:
    """A random screen of strips between cuts, and random updates of it, as the compositor makes them."""

    def __init__(self, rng: random.Random, width: int, height: int, system: str = "truecolor") -> None:
        self.rng, self.width, self.height = rng, width, height
        self.styles = [style(rng, system) for _ in range(4)]
        self.cuts = [sorted({0, width, *rng.sample(range(width), min(3, width))}) for _ in range(height)]
        self.chops = [
            {start: strip(rng, end - start, self.styles) for start, end in pairwise(cuts)} for cuts in self.cuts
        ]

    def whole(self) -> LayoutUpdate:
        return LayoutUpdate([list(chops.values()) for chops in self.chops], Region(0, 0, self.width, self.height))

    def change(self) -> ChopsUpdate:
        rng = self.rng
        spans = []
        shown: list[dict[int, Strip | None]] = [dict.fromkeys(chops) for chops in self.chops]
        for y in sorted(rng.sample(range(self.height), rng.randint(1, self.height))):
            start = rng.randrange(self.width)
            stop = rng.randint(start + 1, self.width)
            spans.append((y, start, stop))
            for at, end in pairwise(self.cuts[y]):
                if at < stop and end > start:
                    if rng.random() < 0.7:
                        self.chops[y][at] = self.altered(self.chops[y][at], end - at)
                    shown[y][at] = self.chops[y][at]
        return ChopsUpdate(shown, spans, [cuts[1:] for cuts in self.cuts])

    def altered(self, old: Strip, width: int) -> Strip:
        if self.rng.random() < 0.5 or width < 2:
            return strip(self.rng, width, self.styles)
        left = self.rng.randrange(1, width)
        return Strip.join([old.crop(0, left), strip(self.rng, width - left, self.styles)])


def console(system: str = "truecolor") -> Console:
    return Console(color_system=system, force_terminal=True, _environ={})  # type: ignore[arg-type]


SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT, "standard": ColorSystem.STANDARD}


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.wide) for seed in range(12, 40))])
def test_random_frames_are_shown_as_textual_shows_them(seed: int) -> None:
    rng = random.Random(seed)
    width, height = rng.randint(1, 60), rng.randint(1, 12)
    system = rng.choice(sorted(SYSTEMS))
    ours, theirs = Emulator(width, height), Emulator(width, height)
    layout = Layout(rng, width, height, system)
    shadow = CellBuffer(width, height, SYSTEMS[system])
    whole: LayoutUpdate | None = layout.whole()
    assert whole is not None
    _lay(shadow, whole)
    theirs.feed(whole.render_segments(console(system)))
    ours.feed(shadow.frame((0, 0)))
    assert ours.cells() == theirs.cells()
    for _ in range(12):
        if rng.random() < 0.2:
            layout, whole = Layout(rng, width, height, system), None
        if whole is None or rng.random() < 0.3:
            whole = layout.whole()
            _lay(shadow, whole)
            theirs.feed(whole.render_segments(console(system)))
        else:
            change = layout.change()
            _patch(shadow, change)
            theirs.feed(change.render_segments(console(system)))
        cursor = rng.randrange(width), rng.randrange(height)
        # A frame that was not sent is made up for by the next.
        if rng.random() < 0.7:
            ours.feed(shadow.frame(cursor))
            assert ours.cells() == theirs.cells()
            assert (ours.screen.cursor.x, ours.screen.cursor.y) == cursor
            assert shadow.frame(cursor) == ""
    ours.feed(shadow.frame((0, 0)))
    assert ours.cells() == theirs.cells()


@pytest.mark.parametrize("seed", range(6))
def test_forgetting_paints_over_whatever_is_there(seed: int) -> None:
    rng = random.Random(seed)
    layout = Layout(rng, 40, 8)
    shadow = CellBuffer(40, 8, ColorSystem.TRUECOLOR)
    _lay(shadow, layout.whole())
    shadow.frame((0, 0))
    ours, theirs = Emulator(40, 8), Emulator(40, 8)
    ours.feed("\x1b[7;31;44m" + "someone else wrote this " * 12)
    shadow.forget()
    ours.feed(shadow.frame((0, 0)))
    theirs.feed(layout.whole().render_segments(console()))
    assert ours.cells() == theirs.cells()


def shown(*texts: str, width: int = 20) -> tuple[CellBuffer, Emulator]:
    shadow, terminal = CellBuffer(width, len(texts), ColorSystem.TRUECOLOR), Emulator(width, len(texts))
    for y, text in enumerate(texts):
        shadow.put(0, y, Strip([Segment(text.ljust(width))]))
    terminal.feed(shadow.frame((0, 0)))
    return shadow, terminal


def test_the_same_again_sends_nothing_and_one_cell_sends_one_cell() -> None:
    shadow, _ = shown("util  10%", "mem   20%")
    shadow.put(0, 0, Strip([Segment("util  10%".ljust(20))]))
    assert shadow.frame((0, 0)) == ""
    shadow.put(0, 1, Strip([Segment("mem   21%".ljust(20))]))
    assert shadow.frame((0, 0)) == "\x1b[2;8H1\x1b[H"


def test_a_strip_that_another_was_laid_upon_is_laid_again() -> None:
    shadow, terminal = shown("-" * 20)
    strip, other = Strip([Segment("a long one")]), Strip([Segment("XX")])
    for one, x in ((strip, 0), (other, 4), (strip, 0), (other, 9), (strip, 0)):
        shadow.put(x, 0, one)
    terminal.feed(shadow.frame((0, 0)))
    assert terminal.screen.display[0] == "a long oneX" + "-" * 9


def test_a_cursor_that_moved_is_moved() -> None:
    shadow, _ = shown("name:")
    assert shadow.frame((6, 0)) == "\x1b[1;7H"
    assert shadow.frame((6, 0)) == ""


def test_what_lies_between_is_written_again_where_that_is_shorter() -> None:
    shadow, _ = shown("a-b-c-d")
    shadow.put(0, 0, Strip([Segment("A-B-C-D".ljust(20))]))
    assert shadow.frame((0, 0)) == "\x1b[HA-B-C-D\x1b[H"


def test_a_row_that_changes_in_one_column_goes_down_that_column() -> None:
    shadow, _ = shown(*["  10%"] * 3)
    for y in range(3):
        shadow.put(0, y, Strip([Segment("  11%".ljust(20))]))
    assert shadow.frame((0, 0)) == "\x1b[1;4H1\x1b[B\b1\x1b[B\b1\x1b[H"


def figures(buffer: CellBuffer, *values: int) -> str:
    """A frame of lines of a red and a green figure each."""
    for y, value in enumerate(values):
        red, green = (Segment(f"{value:6}", Style(color=colour)) for colour in ("red", "green"))
        buffer.put(0, y, Strip([red, Segment("        "), green]))
    return buffer.frame((0, 0))


def test_figures_spread_over_the_screen_are_sent_ink_by_ink() -> None:
    buffer, terminal = shown(*[""] * 3)
    terminal.feed(figures(buffer, 10, 10, 10))
    changed = figures(buffer, 11, 12, 13)
    assert changed.count("\x1b[31m") == changed.count("\x1b[32m") == 1
    terminal.feed(changed)
    assert [line.split() for line in terminal.screen.display[:3]] == [["11", "11"], ["12", "12"], ["13", "13"]]


def test_what_follows_a_glyph_of_uncertain_width_is_sent_after_it() -> None:
    buffer, _ = shown(*[""] * 2)
    red, green = Style(color="red"), Style(color="green")
    for y in range(2):
        buffer.put(0, y, Strip([Segment("e\u0301", red), Segment("x", green)]))
    frame = buffer.frame((0, 0))
    assert frame.count("\x1b[31m") == frame.count("\x1b[32m") == 2


def test_a_colour_that_cannot_be_seen_is_not_sent() -> None:
    shadow, _ = shown("ab  ")
    shadow.put(2, 0, Strip([Segment("  ", Style(color="red", bold=True))]))
    assert shadow.frame((0, 0)) == ""
    shadow.put(2, 0, Strip([Segment("  ", Style(color="red", underline=True))]))
    assert shadow.frame((0, 0)) == "\x1b[1;3H\x1b[4;31m  \x1b[m\x1b[H"


def test_half_a_wide_character_takes_the_other_half_along() -> None:
    shadow, terminal = shown("漢字".ljust(18))
    shadow.put(1, 0, Strip([Segment("x")]))
    terminal.feed(shadow.frame((0, 0)))
    assert terminal.screen.display[0].startswith(" x字 ")
    shadow.put(2, 0, Strip([Segment("y")]))
    terminal.feed(shadow.frame((0, 0)))
    assert terminal.screen.display[0].startswith(" xy  ")


def test_a_wide_character_does_not_hang_over_the_edge() -> None:
    shadow = CellBuffer(3, 1, ColorSystem.TRUECOLOR)
    shadow.put(0, 0, Strip([Segment("漢字")]))
    assert "漢 " in shadow.frame((0, 0))


def test_outside_of_the_screen_nothing_is_put() -> None:
    shadow, _ = shown("ab", width=2)
    for x, y in ((0, 1), (0, -1), (2, 0), (-1, 0)):
        assert shadow.put(x, y, Strip([Segment("long")])) == 4
    assert shadow.frame((0, 0)) == ""
    assert shadow.put(1, 0, Strip([Segment("BC")])) == 2
    assert shadow.frame((0, 0)) == "\x1b[1;2HB\x1b[H"


def test_after_a_glyph_of_uncertain_width_the_column_is_named() -> None:
    shadow, _ = shown(" " * 8)
    shadow.put(0, 0, Strip([Segment("👩ab")]))
    assert shadow.frame((0, 0)) == "\x1b[H👩\x1b[3Gab\x1b[H"


def test_what_terminals_differ_about_is_drawn_as_signs_in_as_many_cells() -> None:
    shadow, _ = shown(" " * 8)
    shadow.put(0, 0, Strip([Segment("👩\u200d👧ab")]))
    assert shadow.frame((0, 0)) == "\x1b[H\ufffd\ufffdab\x1b[H"


def test_control_characters_and_control_segments_never_pass() -> None:
    shadow = CellBuffer(12, 1, ColorSystem.TRUECOLOR)
    shadow.put(
        0, 0, Strip([Segment("\x1b[2J", None, [(ControlType.CLEAR,)]), Segment("a\x1b[31m\x07\x9b\n\x00\u2028b")])
    )
    sent = shadow.frame((0, 0))
    assert "a[31mb" in sent
    assert not set(sent.replace("\x1b[H", "").replace("\x1b[0m", "")) & {"\x1b", "\x07", "\x9b", "\n", "\x00", "\u2028"}


def test_half_a_surrogate_pair_does_not_reach_the_encoder() -> None:
    assert glyphs("a\udc80b") == ("a", "\ufffd", "b")


def test_glyphs_are_as_wide_as_rich_says() -> None:
    for text in (*WORDS, "👩\u200d👧", "✔\ufe0f", "a\u0300\u0301", "🇩🇪", "🙂x"):
        assert len(glyphs(text)) == cell_len(text), text
    assert glyphs("e\u0301漢") == ("e\u0301", "漢", "")
    assert all(cell_len(ch) == 1 for ch in _NARROW)


def test_a_link_is_opened_and_closed_and_a_poisoned_one_is_not() -> None:
    shadow, _ = shown("")
    link = Style(link="https://example.org", bold=True)
    shadow.put(0, 0, Strip([Segment("docs", link)]))
    opened = f"\x1b]8;id={link.link_id};https://example.org\x1b\\"
    assert shadow.frame((0, 0)) == f"\x1b[H{opened}\x1b[1mdocs\x1b]8;;\x1b\\\x1b[m\x1b[H"
    assert ink_of(Style(link="x\x1b\\evil"), ColorSystem.TRUECOLOR) == PLAIN


def test_meta_data_mean_nothing_to_a_terminal() -> None:
    styles = [Style.from_meta({"offset": (x, 0)}) + Style(color="red") for x in range(3)]
    assert {ink_of(one, ColorSystem.TRUECOLOR) for one in styles} == {Ink(fg="31")}


@pytest.mark.parametrize(
    ("before", "after", "sent"),
    [
        (Ink(), Ink(), ""),
        (Ink(("1",), "31"), Ink(), "\x1b[m"),
        (Ink(), Ink(("1",), "31", "44"), "\x1b[1;31;44m"),
        (Ink(("1",), "38;2;1;2;3", "48;2;4;5;6"), Ink((), "38;2;1;2;3", "48;2;4;5;6"), "\x1b[22m"),
        (Ink(("1", "2"), "38;2;1;2;3"), Ink(("2",), "38;2;1;2;3"), "\x1b[22;2m"),
        (Ink((), "38;2;1;2;3", "48;2;4;5;6"), Ink((), "", "48;2;4;5;6"), "\x1b[39m"),
        (Ink(("3",), "31", "44"), Ink((), "32"), "\x1b[0;32m"),
        (Ink(("21",), "31"), Ink((), "31"), "\x1b[0;31m"),
    ],
)
def test_the_shortest_change_of_ink(before: Ink, after: Ink, sent: str) -> None:
    assert change_ink(before, after) == sent


def test_a_row_of_few_inks_that_change_often_is_sent_ink_by_ink() -> None:
    buffer, terminal = shown("", "")
    texts = ("gpu", " 95", " 漢", "% 7 ", "  x")
    parts = [Segment(text, Style(color=("red", "green")[at % 2])) for at, text in enumerate(texts)]
    buffer.put(0, 0, Strip(parts))
    sent = buffer.frame((0, 0))
    assert sent.count("\x1b[31m") == sent.count("\x1b[32m") == 1
    terminal.feed(sent)
    assert terminal.screen.display[0].rstrip() == "gpu 95 漢% 7   x"
