"""A ramp of eight steps for amounts, as shades of one hue or as heights of a block. Pure.

Every heat map, the GPU map and the blocks of a table use it, so that the same amount looks the same everywhere.
"""

from __future__ import annotations

from functools import lru_cache

STEPS = 8
"""Steps of the ramp: as many as a cell has heights, and as an eye tells apart in one hue."""

HEAT = tuple(f"heat-{number}" for number in range(1, STEPS + 1))
"""Roles of the steps, from next to nothing to all."""

HEIGHTS = "▁▂▃▄▅▆▇█"

BARS = HEIGHTS[:-1]
"""Heights in rows that stand one below the other: a full block would join those of the row above."""

_FAINTEST = 0.26
"""Part of the full colour in the lowest step: it must be seen on the background."""

_CALM = 0.75
"""Part of the lightness of a full amount that a quiet one has."""

Lab = tuple[float, float, float]


def step(part: float) -> int:
    """The step of a part of the whole, 0 to 7; what lies outside of 0 to 1 is the nearest end."""
    return int(min(STEPS - 1.0, max(0.0, part * STEPS)))


def height(part: float) -> str:
    """A block as high as a part of the whole, for where shades cannot be shown or are used up."""
    return HEIGHTS[step(part)]


def bar(part: float) -> str:
    """A block as high as a part of the whole, apart from the row above."""
    return BARS[int(min(len(BARS) - 1.0, max(0.0, part * len(BARS))))]


def cell(part: float, shades: bool) -> tuple[str, str]:
    """A cell for a part of the whole, as text and role: a full block in its shade, or a block of its height.

    shades: whether the terminal shows eight shades of a hue (see `themes.has_shades`).
    """
    return ("█", HEAT[step(part)]) if shades else (height(part), "spark")


def _lab(colour: str) -> Lab:
    """A colour (#rrggbb) in Oklab, in which equal distances look equal (Ottosson, 2020)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _hex(lab: Lab) -> str:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, _gamma(each)))):02x}" for each in channels)


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _gamma(share: float) -> float:
    return 12.92 * share if share <= 0.0031308 else float(1.055 * share ** (1 / 2.4) - 0.055)


@lru_cache(32)
def colours(ground: str, full: str, steps: int = STEPS, faintest: float = _FAINTEST) -> tuple[str, ...]:
    """Evenly spaced colours (#rrggbb) between a background and the colour of a full amount.

    faintest: the part of the full colour in the lowest step.
    """
    start, end = _lab(ground), _lab(full)
    parts = [faintest + (1 - faintest) * number / (steps - 1) for number in range(steps)]
    return tuple(
        _hex((
            start[0] + (end[0] - start[0]) * part,
            start[1] + (end[1] - start[1]) * part,
            start[2] + (end[2] - start[2]) * part,
        ))
        for part in parts
    )  # fmt: skip


@lru_cache(32)
def calm(ground: str, full: str) -> tuple[str, ...]:
    """Shades that are quiet: nearer to the background, and with a third of the color; the lowest is as faint."""
    start, end = _lab(ground), _lab(full)
    most = _hex((start[0] + (end[0] - start[0]) * _CALM, end[1] / 3, end[2] / 3))
    return colours(ground, most, faintest=_FAINTEST / _CALM)
