"""podtop's own themes, and the variables every theme must have so that `styles/` speaks of meaning, not of colour."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="podtop-dark",
    dark=True,
    primary="#79b8ff",
    secondary="#8b98a9",
    accent="#79b8ff",
    warning="#e3b341",
    error="#f47067",
    success="#7cc78a",
    foreground="#cdd6df",
    background="#0e1216",
    surface="#12171c",
    panel="#1a2027",
    variables={
        "good": "#7cc78a",
        "warn": "#e3b341",
        "bad": "#f47067",
        "muted": "#8b98a9",
        "quiet": "#55616f",
        "rule": "#2a323c",
        "spark": "#4d7ab0",
        "cursor": "#22303f",
        "cursor-away": "#181f27",
        "chart-1": "#79b8ff",
        "chart-2": "#7cc78a",
        "chart-3": "#e3b341",
        "chart-4": "#d2a8ff",
        "chart-5": "#56d4dd",
        "chart-6": "#f0883e",
        "chart-7": "#f47067",
        "chart-8": "#cdd6df",
        "footer-key-foreground": "#79b8ff",
        "border": "#2a323c",
        "scrollbar": "#2a323c",
        "scrollbar-hover": "#3a4552",
        "scrollbar-active": "#79b8ff",
        "scrollbar-background": "#0e1216",
        "scrollbar-background-hover": "#0e1216",
        "scrollbar-background-active": "#0e1216",
    },
)

LIGHT = Theme(
    name="podtop-light",
    dark=False,
    primary="#0b62c4",
    secondary="#5b6673",
    accent="#0b62c4",
    warning="#8a5a00",
    error="#c02c25",
    success="#1f7a37",
    foreground="#1c232b",
    background="#fafbfc",
    surface="#f4f6f8",
    panel="#e8ecf0",
    variables={
        "good": "#1f7a37",
        "warn": "#8a5a00",
        "bad": "#c02c25",
        "muted": "#5b6673",
        "quiet": "#98a3af",
        "rule": "#cfd6dd",
        "spark": "#6ea3dd",
        "cursor": "#d6e6f8",
        "cursor-away": "#eaeff4",
        "chart-1": "#0b62c4",
        "chart-2": "#1f7a37",
        "chart-3": "#a86b00",
        "chart-4": "#7a3fc0",
        "chart-5": "#007d87",
        "chart-6": "#bf4f00",
        "chart-7": "#c02c25",
        "chart-8": "#1c232b",
        "footer-key-foreground": "#0b62c4",
        "border": "#cfd6dd",
        "scrollbar": "#cfd6dd",
        "scrollbar-hover": "#b4bec8",
        "scrollbar-active": "#0b62c4",
        "scrollbar-background": "#fafbfc",
        "scrollbar-background-hover": "#fafbfc",
        "scrollbar-background-active": "#fafbfc",
    },
)

OWN = (DARK, LIGHT)
DEFAULT = DARK.name


def variable_defaults(theme: Theme) -> dict[str, str]:
    """podtop's variables for a theme that does not define them (Textual's own): derived from what every theme has."""
    colours = theme.to_color_system().generate()
    return {
        "good": colours["success"],
        "warn": colours["warning"],
        "bad": colours["error"],
        "muted": colours["foreground-muted"],
        "quiet": colours["text-disabled"],
        "rule": colours["panel"],
        "spark": colours["primary"],
        "cursor": colours["primary-muted"],
        "cursor-away": colours["panel"],
        "chart-1": colours["primary"],
        "chart-2": colours["success"],
        "chart-3": colours["warning"],
        "chart-4": colours["secondary"],
        "chart-5": colours["accent"],
        "chart-6": colours["warning-darken-1"],
        "chart-7": colours["error"],
        "chart-8": colours["foreground"],
    }


def names() -> frozenset[str]:
    """The names that a setting may have: podtop's own themes and Textual's."""
    from textual.theme import BUILTIN_THEMES

    return frozenset({*BUILTIN_THEMES, *(theme.name for theme in OWN)})
