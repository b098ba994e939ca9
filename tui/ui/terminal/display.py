"""`Display`: how podtop is displayed on this terminal: its theme, its characters, its pace."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import COLOR_SYSTEMS
from textual import constants
from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor

from tui.ui import themes
from tui.ui.terminal import capabilities
from tui.ui.terminal.frame_pacer import FramePacer

if TYPE_CHECKING:
    from textual.theme import Theme

    from tui.config.loader import Config


class Display:
    """Decided once, from the settings and the environment; the pace alone changes while podtop runs."""

    def __init__(self, config: Config, environ: Mapping[str, str] | None = None) -> None:
        """`environ`: of the terminal; None for one with all capabilities, as in tests."""
        self._environ = {"LANG": "C.UTF-8"} if environ is None else environ
        self._theme = config.theme
        self.mouse = config.mouse
        self.ascii = config.ascii or capabilities.only_ascii(self._environ)
        self.plain = bool(self._environ.get("NO_COLOR"))
        self.pace = FramePacer(None if config.slow_link == "auto" else bool(config.slow_link))
        self._filters: tuple[LineFilter, ...] = ()
        if self.plain or self.ascii:
            from tui.ui.terminal import filters

            if self.plain:
                self._filters += (filters.Plain(str(themes.MONO.background)),)
            if self.ascii:
                self._filters += (filters.Ascii(),)

    def colour(self, app: App[Any]) -> None:
        """Apply this terminal's colours to an app: rich decides by COLORTERM and a few names."""
        name = capabilities.colour_system(self._environ) if "TERM" in self._environ else None
        if name is not None and constants.COLOR_SYSTEM == "auto" and hasattr(app.console, "_color_system"):
            app.console._color_system = COLOR_SYSTEMS[name]

    def filters(self, given: Sequence[LineFilter]) -> Sequence[LineFilter]:
        """Textual's own, and those that this terminal needs; podtop handles NO_COLOR in its own way."""
        return (*(each for each in given if not isinstance(each, Monochrome | NoColor)), *self._filters)

    def theme(self, app: App[Any], chosen: str, available: Mapping[str, Theme]) -> str:
        """The initial theme. `chosen`: on the screen in an earlier run."""
        few = "TERM" in self._environ and app.console.color_system == "standard"
        light = capabilities.is_light(self._environ)
        return capabilities.theme(self._theme, chosen, available, few=few, light=light, plain=self.plain)


def of_this_terminal(config: Config) -> Display:
    return Display(config, os.environ)
