"""Roles of text: the visual meaning of a word. `styles/roles.tcss` gives each its look, once for a whole screen.

A role is a component class of the screen and not of each widget, as Textual styles every component class of every
widget before the first frame.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.widget import Widget

from tui.ui.primitives import ramp

ROLES = (
    "text", "strong", "muted", "quiet", "accent", "key", "good", "warn", "bad", "spark", "rule", "badge", "tab",
)  # fmt: skip

CLASSES = frozenset(f"role--{role}" for role in ROLES)
"""Component classes that a screen has for its widgets to draw with."""

BADGE = "badge-"
"""Prefix of a role's name: a badge in its colour."""

SHADE = "heat-"
"""Prefix of a role's name: a step of the ramp (see `ramp.py`), in the theme's colours."""


def rgb(theme: Mapping[str, str], name: str) -> str:
    """A colour of a theme as #rrggbb, however the theme writes it."""
    return Color.parse(theme[name]).hex6


PAINTED = ("badge", "tab")
"""Roles with a background of their own."""


def style_of(widget: Widget, role: str, under: Style) -> Style:
    """The style of a role on the background of `under`."""
    if role.startswith(BADGE):
        # The colour of another role as the background of a word, without a component class for each.
        style = widget.screen.get_component_rich_style(f"role--{role.removeprefix(BADGE)}")
        return Style(color=under.bgcolor or RichColor.parse("default"), bgcolor=style.color, bold=True)
    if role.startswith(SHADE):
        # Computed from the theme and not component classes, which every widget would pay for before the first frame.
        theme = widget.app.theme_variables
        shades = ramp.colours(rgb(theme, "background"), rgb(theme, "heat"))
        return Style(color=shades[int(role.removeprefix(SHADE)) - 1]) + under.background_style
    style = widget.screen.get_component_rich_style(f"role--{role}")
    return style if role in PAINTED else style + under.background_style
