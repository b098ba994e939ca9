"""Replaces characters, and removes colours, that a terminal does not support.

Both are line filters of Textual: everything on the screen passes them, including frames, scroll bars and dialogs.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui.ui.terminal.colours import Rgb, contrast

_WORDS = {
    # Text: punctuation, units, arithmetic.
    "–": "-", "—": "-", "−": "-", "…": "~", "·": ".", "×": "x", "÷": "/", "±": "+", "≥": ">", "≤": "<", "°": "'",
    "€": "E", "•": "*", "→": ">", "←": "<", "↵": "<", "⌫": "<", "‹": "[", "›": "]", "🔎": " /",
    "‘": "'", "’": "'", "“": '"', "”": '"', "«": "<", "»": ">",
}  # fmt: skip

SYMBOLS = {
    # State of a pod, a watch or the screen.
    "●": "*", "◌": "/", "◔": "c", "■": "#", "▼": "V", "✕": "X", "◆": ";", "▸": ">", "◂": "{", "▾": "<",
    "✓": "v", "▲": "!", "◉": "@", "◀": "(", "▶": ")", "‖": "|", "∞": "&",
    # Events, and objects.
    "⊘": "z",
    "○": "n", "↻": "r", "↺": "R", "∅": "0", "▣": "m", "△": "T", "▪": ":", "▰": "=", "▱": "_", "↑": "u", "↓": "d",
}  # fmt: skip
"""A character for each symbol with a meaning of its own: no two have the same, and none has that of "?" (unreadable),
"+" (new), "$" (money) or "^" (sorted upwards), which represent themselves."""

_LEVELS = {
    # Amounts: sparklines, heat strips, bars.
    "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#", "▬": "=",
    "▔": "'", "▌": "|", "▐": "|", "▎": "|", "▏": "|", "▕": "|", "▊": "|", "▋": "|", "▍": "|", "▀": '"',
    "▖": ".", "▗": ".",
    "░": ".", "▒": ":", "▓": "%", "━": "#", "╸": "=", "╺": "-", "─": "-", "│": "|", "┃": "|",
}  # fmt: skip

_GLYPHS = {**_WORDS, **SYMBOLS, **_LEVELS}

_IN_CONTEXT = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        # Behind a column's title, and before the key that scrolls there, they are arrows, and no alarm.
        (r"(?<=[\w.])▲|▲(?= pgup)", "^"), (r"(?<=[\w.])▼|▼(?= pgdn)", "v"),
        # With the space beside them there is room for the sign that has two characters.
        (r"(?<= ) ≥|≥ ", ">="), (r"(?<= ) ≤|≤ ", "<="), (r"(?<= ) ±", "+-"), (r" → ", " ->"),
        (r"(?<=\d) °C", " C "), (r"°C", " C"),
        # Around what is chosen: the other side of "▸".
        (r"◂(?= )", "<"),
        # Down and up a network.
        (r"↓(?=\d)", "v"), (r"↑(?=\d)", "^"),
    )
)  # fmt: skip
"""What a symbol is beside certain others, as many characters long as it was: a single letter would not say it."""

_SOME_CONTEXT = re.compile("[▲▼◂≥≤±→°↓↑]")

_ENTER, _KEY = "↵", "enter"
_EDGE = re.compile("─" * (len(_KEY) + 1))

_FRAMES = {"═": "=", "║": "|", "╌": "-", "╎": "|", "┄": "-", "┆": "|", "╍": "-", "╏": "|", "╴": "-", "╶": "-"}


def _braille(ch: str) -> str:
    """A cell of a chart: the position of its dots determines the character."""
    bits = ord(ch) - 0x2800
    left = [row for row, bit in enumerate((0, 1, 2, 6)) if bits >> bit & 1]
    right = [row for row, bit in enumerate((3, 4, 5, 7)) if bits >> bit & 1]
    dots = left + right
    if not dots:
        return " "
    if max(len(left), len(right)) >= 3:
        return "|"
    middle = sum(dots) / len(dots)
    if left and right and abs(rise := sum(left) / len(left) - sum(right) / len(right)) >= 1.5:
        return "/" if rise > 0 else "\\"
    return "'" if middle < 1 else "-" if middle < 2.5 else "_" if len(dots) > 1 else "."


@lru_cache(4096)
def ascii_of(ch: str) -> str:
    """The ASCII replacement of a character, as many cells wide as it is."""
    if " " <= ch <= "~":
        return ch
    width = cell_len(ch)
    if not width:
        return ""
    if "\u2800" <= ch <= "\u28ff":
        return _braille(ch)
    plain = _GLYPHS.get(ch) or _FRAMES.get(ch)
    if plain is None and "\u2500" <= ch <= "\u259f":
        plain = "+" if ch <= "\u257f" else "#"
    if plain is None:
        plain = "".join(part for part in normalize("NFKD", ch) if " " <= part <= "~") or "?"
    return plain[:width].ljust(width, "?" if width > 1 else " ")


@lru_cache(4096)
def ascii_text(text: str) -> str:
    """A text in ASCII, as many cells wide as it is; characters without a replacement become question marks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(ascii_of, _in_context(text)))


def _in_context(text: str) -> str:
    if _SOME_CONTEXT.search(text) is not None:
        for pattern, plain in _IN_CONTEXT:
            text = pattern.sub(plain, text)
    return text


class Ascii(LineFilter):
    """For terminals without box characters, braille and other symbols."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        whole = "".join(text for text, _, _ in segments)
        if whole.isascii() and whole.isprintable():
            return segments
        if _ENTER in whole and _EDGE.search(whole) is not None:
            segments = _spelled(segments)
            whole = "".join(text for text, _, _ in segments)
        # A sign and what decides its meaning may be of two styles.
        plain, at, result = _in_context(whole), 0, []
        for text, style, control in segments:
            part = plain[at : at + len(text)]
            at += len(text)
            # The ends of a scroll bar are parts of a cell, which would be characters that mean something.
            blank = not part.isascii() and style is not None and _is_scroll_bar(style)
            result.append(Segment(" " * cell_len(part) if blank else ascii_text(part), style, control))
        return result


def _is_scroll_bar(style: Style) -> bool:
    return style._meta is not None and "@mouse.down" in style.meta


def _spelled(segments: list[Segment]) -> list[Segment]:
    """The edge of a frame with its key in words, as in the footer: that takes the room of some of the edge."""
    texts = [text for text, _, _ in segments]
    at = next(number for number, text in enumerate(texts) if _ENTER in text)
    edge = next((number for number in range(at, -1, -1) if _EDGE.search(texts[number]) is not None), None)
    if edge is None:
        return segments
    texts[at] = texts[at].replace(_ENTER, _KEY, 1)
    texts[edge] = texts[edge].replace("─" * (len(_KEY) - 1), "", 1)
    return [Segment(text, style, control) for text, (_, style, control) in zip(texts, segments, strict=True)]


FILLED, TINTED = 1.5, 1.12
"""Contrasts to the screen's background from which on a background of its own is shown by reverse, and by a line."""

LIT = 4.0
"""Contrast of a text cursor, which is brighter than its surroundings."""

BRIGHT = 18.0
"""Contrast above which text is meant to be seen first."""


def _rgb(color: RichColor | None) -> Rgb | None:
    if color is None or color.type is ColorType.DEFAULT:
        return None
    red, green, blue = color.get_truecolor()
    return red, green, blue


class Plain(LineFilter):
    """For NO_COLOR: the terminal's own two colours; bold, underlined and reversed replace colours.

    It expects the theme `podtop-mono`, against whose background contrast is measured.
    """

    def __init__(self, ground: str) -> None:
        super().__init__()
        red, green, blue = Color.parse(ground).rgb
        self._ground: Rgb = red, green, blue
        self._styles: dict[tuple[Style, bool], Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        apart = [self._apart(style) for _, style, _ in segments]
        # In a filled line the text cursor, brighter than the line, is a hole.
        filled = any(FILLED <= each < LIT for each in apart)
        return [
            Segment(text, None if style is None else self._plain(style, filled and each >= LIT), control)
            for (text, style, control), each in zip(segments, apart, strict=True)
        ]

    def _apart(self, style: Style | None) -> float:
        """Contrast of a style's background to the screen's."""
        bg = None if style is None else _rgb(style.bgcolor)
        return 1.0 if bg is None else contrast(bg, self._ground)

    def _plain(self, style: Style, hole: bool) -> Style:
        style_seen = self._styles.get((style, hole))
        if style_seen is None:
            style_seen = self._styles[style, hole] = self._without_colours(style, hole)
        return style_seen

    def _without_colours(self, style: Style, hole: bool) -> Style:
        fg, apart = _rgb(style.color), 1.0 if hole else self._apart(style)
        bright = fg is not None and apart < FILLED and contrast(fg, self._ground) >= BRIGHT
        return Style(
            bold=bool(style.bold or bright),
            italic=style.italic,
            underline=bool(style.underline or TINTED <= apart < FILLED),
            strike=style.strike,
            reverse=bool(style.reverse) != (apart >= FILLED),
            link=style.link,
            meta=style.meta or None,
        )
