"""Cells and their inks: the styles that a terminal is sent, and the shortest way from one to another. Pure."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from tui.ui.terminal.colours import fitted


class Ink(NamedTuple):
    """The style of a cell: SGR attributes, SGR colours ("" is the default), and "id=...;URL" of a link."""

    attrs: tuple[str, ...] = ()
    fg: str = ""
    bg: str = ""
    link: str = ""


PLAIN = Ink()

Cell = tuple[str, Ink]
"""A glyph (one character and what combines with it; "" is the right half of a wide one), and its ink."""

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29"}
_SEEN_ON_A_BLANK = frozenset({"4", "7", "9", "21", "51", "52", "53"})


@lru_cache(4096)
def _ink(sgr: str, link: str) -> Ink:
    attrs: list[str] = []
    fg = bg = ""
    codes = iter(sgr.split(";") if sgr else ())
    for code in codes:
        if code in ("38", "48"):
            kind = next(codes)
            colour = ";".join((code, kind, *islice(codes, 1 if kind == "5" else 3)))
            fg, bg = (colour, bg) if code == "38" else (fg, colour)
        elif code in ("39", "49"):
            fg, bg = ("", bg) if code == "39" else (fg, "")
        elif 30 <= int(code) <= 37 or 90 <= int(code) <= 97:
            fg = code
        elif 40 <= int(code) <= 47 or 100 <= int(code) <= 107:
            bg = code
        else:
            attrs.append(code)
    return Ink(tuple(attrs), fg, bg, link)


def ink_of(style: Style | None, colours: ColorSystem) -> Ink:
    """The ink of a style; its meta data is ignored by a terminal."""
    if style is None:
        return PLAIN
    link = f"id={style.link_id};{style.link}" if style.link and style.link.isprintable() else ""
    return _ink(Strip.render_ansi(fitted(style, colours), colours), link)


@lru_cache(4096)
def bare(ink: Ink) -> Ink:
    """The visible part of an ink on a blank cell."""
    return ink if ink.link or not _SEEN_ON_A_BLANK.isdisjoint(ink.attrs) else Ink(bg=ink.bg)


@lru_cache(4096)
def change_ink(pen: Ink, ink: Ink) -> str:
    """The shortest sequence that switches a terminal from `pen` to `ink`."""
    link = "" if pen.link == ink.link else f"\x1b]8;{ink.link or ';'}\x1b\\"
    if pen[:3] == ink[:3]:
        return link
    anew = ";".join(code for code in ("0", *ink.attrs, ink.fg, ink.bg) if code)
    if anew == "0":
        return f"{link}\x1b[m"
    gone = {_OFF.get(attr, "") for attr in pen.attrs if attr not in ink.attrs}
    if "" in gone:
        return f"{link}\x1b[{anew}m"
    codes = [*sorted(gone), *(attr for attr in ink.attrs if attr not in pen.attrs or _OFF.get(attr) in gone)]
    if pen.fg != ink.fg:
        codes.append(ink.fg or "39")
    if pen.bg != ink.bg:
        codes.append(ink.bg or "49")
    return f"{link}\x1b[{min(';'.join(codes), anew, key=len)}m"
