"""Colours for terminals with few: the nearest available ones that are readable. Pure."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color, ColorSystem, ColorType
from rich.style import Style

Rgb = tuple[int, int, int]

SIXTEEN: tuple[Rgb, ...] = (
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
    (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255),
    (255, 255, 255),
)  # fmt: skip
"""The sixteen colours of most terminals; users change theirs, but little."""

_LEVELS = (0, 95, 135, 175, 215, 255)
_FIRST = 16
_CUBE: tuple[Rgb, ...] = (
    *((r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS),
    *((grey, grey, grey) for grey in range(8, 248, 10)),
)
"""Colours 16 to 255 of the 256, the same in every terminal."""

LEGIBLE = 4.5
"""Contrast that text needs (WCAG 2.2, success criterion 1.4.3)."""

VISIBLE = 1.8
"""Contrast of a rule that nobody has to read."""


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


@lru_cache(1024)
def luminance(rgb: Rgb) -> float:
    """Relative luminance, 0 to 1."""
    red, green, blue = map(_linear, rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(first), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def distance(first: Rgb, other: Rgb) -> float:
    """Approximate visual difference of two colours: the channels weighted by the amount of red."""
    mean = (first[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(first, other, strict=True))
    return (2 + mean / 256) * red * red + 4 * green * green + (2 + (255 - mean) / 256) * blue * blue


@lru_cache(1024)
def nearest_of_256(rgb: Rgb) -> int:
    """The number of the nearest: of the levels around each channel, and of the greys around their mean."""
    sides = [_around(part) for part in rgb]
    grey = min(23, max(0, (sum(rgb) // 3 - 8) // 10))
    near = [36 * r + 6 * g + b for r in sides[0] for g in sides[1] for b in sides[2]]
    near += [216 + grey, 216 + min(23, grey + 1)]
    return _FIRST + min(near, key=lambda n: distance(rgb, _CUBE[n]))


def _around(part: int) -> tuple[int, int]:
    """The two levels of the cube between which a channel lies."""
    above = next(n for n, level in enumerate(_LEVELS) if level >= part)
    return max(0, above - 1), above


@lru_cache(1024)
def ground_of_16(rgb: Rgb) -> int:
    """The background: dark ones become black, as the grey among the sixteen is lighter than any of ours."""
    return 0 if luminance(rgb) < 0.045 and max(rgb) - min(rgb) < 48 else _nearest_of_16(rgb)


def _nearest_of_16(rgb: Rgb) -> int:
    return min(range(16), key=lambda n: distance(rgb, SIXTEEN[n]))


@lru_cache(4096)
def ink_of_16(rgb: Rgb, ground: int, needed: float) -> int:
    """The nearest colour with enough contrast on a background of the sixteen."""
    on = SIXTEEN[ground]
    fit = [n for n in range(16) if contrast(SIXTEEN[n], on) >= needed]
    if not fit:
        return max(range(16), key=lambda n: contrast(SIXTEEN[n], on))
    return min(fit, key=lambda n: distance(rgb, SIXTEEN[n]))


def _rgb(color: Color | None) -> Rgb | None:
    if color is None or color.type is not ColorType.TRUECOLOR or color.triplet is None:
        return None
    red, green, blue = color.triplet
    return red, green, blue


@lru_cache(4096)
def fitted(style: Style, colours: ColorSystem) -> Style:
    """A style in the terminal's colours. Only true colours are changed; others are the terminal's already."""
    fg, bg = _rgb(style.color), _rgb(style.bgcolor)
    if colours is ColorSystem.EIGHT_BIT:
        color, bgcolor = (None if rgb is None else Color.from_ansi(nearest_of_256(rgb)) for rgb in (fg, bg))
    elif colours is ColorSystem.STANDARD:
        ground = None if bg is None else ground_of_16(bg)
        bgcolor = None if ground is None else Color.from_ansi(ground)
        needed = LEGIBLE if fg is None or bg is None or contrast(fg, bg) >= 3 else VISIBLE
        color = None if fg is None else Color.from_ansi(ink_of_16(fg, ground or 0, needed))
    else:
        return style
    return style + Style(color=color, bgcolor=bgcolor)
