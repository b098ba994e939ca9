"""podtop's own themes, and the variables every theme must have so that `styles/` names meanings, not colours."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme


def _theme(name: str, *, dark: bool, grounds: tuple[str, str, str], colours: Mapping[str, str], charts: str) -> Theme:
    """A theme made of podtop's named colours.

    grounds: background, surface and panel; charts: the lines of a chart, eight or fewer, which are then repeated: none
             has the colour of a state.
    """
    background, surface, panel = grounds
    rule, accent = colours["rule"], colours["accent"]
    lines = (charts.split() * 8)[:8]
    return Theme(
        name=name,
        dark=dark,
        primary=accent,
        secondary=colours["muted"],
        accent=accent,
        warning=colours["warn"],
        error=colours["bad"],
        success=colours["good"],
        foreground=colours["text"],
        background=background,
        surface=surface,
        panel=panel,
        variables={
            **{key: value for key, value in colours.items() if key not in ("text", "accent", "hover")},
            **{f"chart-{number}": colour for number, colour in enumerate(lines, 1)},
            "heat": colours.get("heat", lines[0]),
            "spark-beside": colours.get("spark-beside", f"{colours['spark']} 70%"),
            "footer-key-foreground": accent,
            "border": rule,
            "scrollbar": rule,
            "scrollbar-hover": colours["hover"],
            "scrollbar-active": accent,
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
        },
    )


DARK = _theme(
    "podtop-dark",
    dark=True,
    grounds=("#0e1216", "#12171c", "#1a2027"),
    colours={
        "text": "#cdd6df", "muted": "#8b98a9", "quiet": "#7a8694", "accent": "#79b8ff",
        "good": "#7cc78a", "warn": "#e3b341", "bad": "#f47067",
        "rule": "#2a323c", "hover": "#3a4552", "spark": "#4d7ab0", "cursor": "#22303f", "cursor-away": "#181f27",
        "heat": "#5a8fcb",
    },
    charts="#79b8ff #d58cf5 #45cdb8 #f5b3dc #7280f2 #ccd4dc #3d8f96 #a99fe8",
)  # fmt: skip

LIGHT = _theme(
    "podtop-light",
    dark=False,
    grounds=("#fafbfc", "#f4f6f8", "#e8ecf0"),
    colours={
        "text": "#1c232b", "muted": "#55606d", "quiet": "#646e7a", "accent": "#0b5cb8",
        "good": "#1b6f31", "warn": "#7f5200", "bad": "#b52822",
        "rule": "#cfd6dd", "hover": "#b4bec8", "spark": "#5d90c9", "cursor": "#d6e6f8", "cursor-away": "#eaeff4",
        "heat": "#2f74c4",
    },
    charts="#0b62c4 #9a2fc4 #00807a #c23a94 #3d33b8 #4a5663 #3a90b5 #7a5c92",
)  # fmt: skip

CONTRAST = _theme(
    "podtop-contrast",
    dark=True,
    grounds=("#000000", "#000000", "#1c1c1c"),
    colours={
        "text": "#ffffff", "muted": "#d4d4d4", "quiet": "#b8b8b8", "accent": "#7fd4ff",
        "good": "#5cf08a", "warn": "#ffd83d", "bad": "#ff9089",
        "rule": "#8a8a8a", "hover": "#b8b8b8", "spark": "#7fd4ff", "cursor": "#0a3a66", "cursor-away": "#262626",
    },
    charts="#7fd4ff #f08cff #4fe8d0 #ffc0ea #9aa0ff #ffffff #8fb8c0 #c8a8f0",
)  # fmt: skip
"""High contrast: text at seven to one and more."""

DEUTERANOPIA = _theme(
    "podtop-deuteranopia",
    dark=True,
    grounds=("#0e1216", "#12171c", "#1a2027"),
    colours={
        "text": "#d5dbe1", "muted": "#94a0ae", "quiet": "#78838f", "accent": "#8fc7ff",
        "good": "#4fa8f0", "warn": "#f5e663", "bad": "#f0802a",
        "rule": "#2a323c", "hover": "#3a4552", "spark": "#4d7ab0", "cursor": "#22303f", "cursor-away": "#181f27",
        "heat": "#4a97c8",
    },
    charts="#56b4e9 #eef2f6 #2f55e0 #566e7c #9fd8f2 #7f93ff #9aa7b2 #2f86b0",
)  # fmt: skip
"""For red-green colour blindness (protanopia as well): blue is good, orange is bad, and yellow lies between."""

TRITANOPIA = _theme(
    "podtop-tritanopia",
    dark=True,
    grounds=("#101214", "#15181a", "#1e2124"),
    colours={
        "text": "#d8dadc", "muted": "#989c9f", "quiet": "#808487", "accent": "#5fd3e8",
        "good": "#35c9b4", "warn": "#f6dfa0", "bad": "#ff5f66",
        "rule": "#2f3336", "hover": "#42474b", "spark": "#3f8f99", "cursor": "#23363a", "cursor-away": "#1b2022",
        "heat": "#3fa5b2",
    },
    charts="#4fd0e0 #8a66e0 #eef5f5 #3a7a88 #c3b8ee #8a949c #6f6fd0 #a0e0e6",
)  # fmt: skip
"""For blue-green colour blindness: between cyan and red."""

MONO = _theme(
    "podtop-mono",
    dark=True,
    grounds=("#101010", "#141414", "#202020"),
    colours={
        "text": "#d0d0d0", "muted": "#a8a8a8", "quiet": "#8c8c8c", "accent": "#ffffff",
        "good": "#d0d0d0", "warn": "#ffffff", "bad": "#ffffff",
        "rule": "#383838", "hover": "#505050", "spark": "#909090", "cursor": "#3a3a3a", "cursor-away": "#282828",
    },
    charts="#e8e8e8 #b0b0b0 #808080 #ffffff #c8c8c8 #989898 #707070 #d8d8d8",
)  # fmt: skip
"""No hue at all: glyphs, words and weight carry the meaning."""

SIXTEEN = _theme(
    "podtop-16",
    dark=True,
    grounds=("#000000", "#000000", "#0000aa"),
    colours={
        "text": "#ffffff", "muted": "#aaaaaa", "quiet": "#aaaaaa", "accent": "#55ffff",
        "good": "#55ff55", "warn": "#ffff55", "bad": "#ff5555",
        "rule": "#555555", "hover": "#aaaaaa", "spark": "#00aaaa", "cursor": "#0000aa", "cursor-away": "#0000aa",
        "spark-beside": "#55ffff",
    },
    charts="#55ffff #ff55ff #ffffff #00aaaa #aaaaaa",
)  # fmt: skip
"""For terminals of sixteen colours: each is one of them, and none has to be approximated."""

OWN = (DARK, LIGHT, CONTRAST, DEUTERANOPIA, TRITANOPIA, MONO, SIXTEEN)
DEFAULT = DARK.name

HUELESS = frozenset({MONO.name})
"""Themes in which the lines of a chart cannot be told apart."""


_SHADELESS = frozenset({MONO.name, SIXTEEN.name})


def has_shades(theme: Theme) -> bool:
    """Whether a theme has eight shades of a hue; heights of blocks show amounts otherwise.

    A theme of the terminal's own colours names these, and nobody knows what they look like.
    """
    named = any(colour.startswith("ansi_") for colour in (theme.primary, theme.background or ""))
    return theme.name not in _SHADELESS and not named


_COMPLETE = frozenset(theme.name for theme in OWN)
"""Themes that define all of podtop's variables."""


def variable_defaults(theme: Theme) -> dict[str, str]:
    """podtop's variables for a theme that does not define them (Textual's own): derived from standard variables."""
    if theme.name in _COMPLETE:
        return {}
    colours = theme.to_color_system().generate()
    return {
        "good": colours["success"],
        "warn": colours["warning"],
        "bad": colours["error"],
        "muted": colours["foreground-muted"],
        "quiet": colours["text-disabled"],
        "rule": colours["panel"],
        "spark": colours["primary"],
        # The terminal's own colours are not mixed.
        "spark-beside": colours["secondary"] if theme.primary.startswith("ansi_") else f"{colours['primary']} 70%",
        "heat": colours["primary"],
        "cursor": colours["primary-muted"],
        "cursor-away": colours["panel"],
        "chart-1": colours["primary"],
        "chart-2": colours["secondary"],
        "chart-3": colours["accent"],
        "chart-4": colours["foreground"],
        "chart-5": colours["primary-lighten-3"],
        "chart-6": colours["secondary-lighten-3"],
        "chart-7": colours["accent-darken-2"],
        "chart-8": colours["foreground-muted"],
    }


def names() -> frozenset[str]:
    """The valid names for the setting: podtop's own themes and Textual's."""
    from textual.theme import BUILTIN_THEMES

    return frozenset({*BUILTIN_THEMES, *(theme.name for theme in OWN)})
