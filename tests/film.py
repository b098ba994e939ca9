"""A film of a terminal as one SVG without script: rows that come and go by CSS, each kept once however long it stands.

What cannot move (a reader without CSS animations, a person who wants none) shows the first frame.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME

CELL, LINE, FONT = 8.0, 16.0, 13.2
"""Width and height of a cell, and the size of letters, in units of the picture."""

MARGIN, HEAD, FOOT = 10.0, 26.0, 34.0
"""Around the terminal: its frame, the bar above it, the line below it that tells what is done."""

BASE = 12.4
"""From the top of a line to where its letters stand."""

_WORDS = re.compile(r"\S+(?: \S+)*")

FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"


class Run(NamedTuple):
    """Letters of one look, from cell `x` on; colours as #rrggbb, "" for the terminal's own."""

    x: int
    text: str
    ink: str
    ground: str
    bold: bool


Row = tuple[Run, ...]


class Frame(NamedTuple):
    """What a terminal shows for so many seconds, and what is told of it."""

    rows: tuple[Row, ...]
    caption: str
    seconds: float


def _hex(color: Color | None, foreground: bool) -> str:
    if color is None or color.is_default:
        return ""
    triplet = color.get_truecolor(SVG_EXPORT_THEME, foreground)
    return triplet.hex


def row(segments: Sequence[Segment]) -> Row:
    """A line of the terminal as runs; neighbours that look the same are one."""
    runs: list[Run] = []
    x = 0
    for segment in segments:
        style = segment.style or Style()
        ink, ground = _hex(style.color, True), _hex(style.bgcolor, False)
        if style.reverse:
            ink, ground = ground or "#0e1216", ink or "#cdd6df"
        made = Run(x, segment.text, ink, ground, bool(style.bold))
        x += cell_len(segment.text)
        blank = not segment.text.strip()
        last = runs[-1] if runs else None
        if (
            last is not None
            and last.ground == ground
            and (last[2:] == made[2:] or (blank and last.x + cell_len(last.text) == made.x))
        ):
            runs[-1] = last._replace(text=last.text + segment.text)
        else:
            runs.append(made)
    return tuple(runs)


def _spans(frames: Sequence[Frame]) -> tuple[list[float], float]:
    """When each frame begins, and when the last one ends."""
    starts, at = [], 0.0
    for frame in frames:
        starts.append(at)
        at += frame.seconds
    return starts, at


def _stretches(shown: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Numbers of frames as stretches: first, and the one behind the last."""
    found = []
    for _, group in groupby(enumerate(shown), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in group]
        found.append((numbers[0], numbers[-1] + 1))
    return tuple(found)


class _Looks:
    """Class names for looks, in the order in which they came."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, bool], str] = {}

    def name(self, ink: str, bold: bool) -> str:
        return self.names.setdefault((ink, bold), f"t{len(self.names)}")

    def rules(self) -> str:
        return "".join(
            f".{name}{{fill:{ink or '#cdd6df'}{';font-weight:700' if bold else ''}}}"
            for (ink, bold), name in self.names.items()
        )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _draw(row: Row, y: int, looks: _Looks, own: str) -> str:
    """A row as SVG: grounds that are not the terminal's own, and words at their cells."""
    parts = []
    top = HEAD + y * LINE
    for run in row:
        x, width = MARGIN + run.x * CELL, cell_len(run.text) * CELL
        if run.ground and run.ground != own:
            place = f'x="{_number(x)}" y="{_number(top)}" width="{_number(width + 0.3)}"'
            parts.append(f'<rect {place} height="{_number(LINE + 0.3)}" fill="{run.ground}"/>')
        for piece in _WORDS.finditer(run.text):
            # Each at its own cell and as wide as its cells, whatever font there is.
            text, left = piece[0], x + cell_len(run.text[: piece.start()]) * CELL
            length = f' textLength="{_number(cell_len(text) * CELL)}"' if len(text) > 1 else ""
            parts.append(
                f'<text x="{_number(left)}" y="{_number(top + BASE)}" class="{looks.name(run.ink, run.bold)}"{length}>'
                f"{escape(text, quote=False)}</text>"
            )
    return "".join(parts)


def svg(frames: Sequence[Frame], columns: int, lines: int, title: str, own: str = "#0e1216") -> str:
    """The film, over and over. `own`: the ground of the terminal."""
    starts, whole = _spans(frames)
    starts.append(whole)
    looks = _Looks()
    shown: dict[tuple[int, Row], list[int]] = {}
    captions: dict[str, list[int]] = {}
    for number, frame in enumerate(frames):
        captions.setdefault(frame.caption, []).append(number)
        for y, line in enumerate(frame.rows):
            shown.setdefault((y, line), []).append(number)
    width, height = columns * CELL + 2 * MARGIN, HEAD + lines * LINE + FOOT
    groups: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for (y, line), numbers in shown.items():
        drawn = _draw(line, y, looks, own)
        if drawn:
            groups.setdefault(_stretches(numbers), []).append(drawn)
    for caption, numbers in captions.items():
        if caption:
            text = escape(caption, quote=False)
            drawn = f'<text x="{_number(width / 2)}" y="{_number(height - 12)}" class="c">{text}</text>'
            groups.setdefault(_stretches(numbers), []).append(drawn)
    always = ((0, len(frames)),)
    keyframes, body = [], []
    for n, (stretches, drawn) in enumerate(sorted(groups.items())):
        inside = "".join(drawn)
        if stretches == always:
            body.append(f"<g>{inside}</g>")
            continue
        marks = [] if stretches[0][0] == 0 else ["0%{visibility:hidden}"]
        for first, behind in stretches:
            marks.append(f"{_number(starts[first] / whole * 100)}%{{visibility:visible}}")
            if behind < len(frames):
                marks.append(f"{_number(starts[behind] / whole * 100)}%{{visibility:hidden}}")
        end = "visible" if stretches[-1][1] == len(frames) else "hidden"
        marks.append(f"100%{{visibility:{end}}}")
        keyframes.append(f"@keyframes k{n}{{{''.join(marks)}}}#g{n}{{animation-name:k{n}}}")
        poster = "" if stretches[0][0] == 0 else ' visibility="hidden"'
        body.append(f'<g id="g{n}" class="m"{poster}>{inside}</g>')
    style = (
        f"text{{font-family:{FONTS};font-size:{_number(FONT)}px;white-space:pre}}"
        f".c{{fill:#8b98a9;text-anchor:middle;font-size:14px}}"
        f".m{{animation-duration:{_number(whole)}s;animation-timing-function:step-end;animation-iteration-count:infinite}}"
        f"{looks.rules()}{''.join(keyframes)}"
        "@media (prefers-reduced-motion:reduce){.m{animation:none!important}}"
    )
    dots = "".join(
        f'<circle cx="{_number(MARGIN + 8 + 16 * n)}" cy="13" r="5" fill="{fill}"/>'
        for n, fill in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(width)} {_number(height)}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title><style>{style}</style>'
        f'<rect width="100%" height="100%" rx="8" fill="{own}"/>{dots}{"".join(body)}</svg>\n'
    )
