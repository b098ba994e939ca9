"""`TerminalApp`: an app that sends its terminal only changed cells, in the colours and at the pace it supports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import time
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.filter import LineFilter
from textual.screen import ModalScreen

from tui.files.paths import styles
from tui.system.signals import ON_SCREEN, end_on_signals
from tui.ui import themes
from tui.ui.terminal import diff_renderer
from tui.ui.terminal.stylesheet_cache import KeptStylesheet

if TYPE_CHECKING:
    from textual.notifications import Notification

    from tui.storage.preferences import Preferences
    from tui.ui.terminal.diff_renderer import DiffRenderer
    from tui.ui.terminal.display import Display


SLOW_LINK = (
    "Slow connection: podtop draws less and updates every 10 s. Keys work as before. "
    "To turn this off: slow_link = false"
)

STYLES = ("app", "roles", "panes", "table")
"""Styles of the first frame; dialogs and the palette bring their own."""

LATER_STYLES = ("chart", "later")
"""Styles of what the first frame does not have yet."""

NEWS = 20.0
"""Seconds that news stay on the screen; a reply to a key disappears sooner."""

_KEPT = 5
"""News that wait behind a dialog, at most: the newest."""


class TerminalApp(App[None]):
    """Output to the terminal, and its look there."""

    display_settings: Display
    preferences: Preferences
    _renderer: DiffRenderer
    _has_theme = False
    _waiting: tuple[Notification, ...] = ()
    """News that came while a dialog was open."""

    def use_display(self, display: Display) -> None:
        """Draw for this terminal. Called first, as colours are decided here."""
        # No unnecessary animation: every move is sent.
        self.animation_level = "none"
        self.display_settings = display
        self.stylesheet = KeptStylesheet(variables=self.stylesheet._variables)
        display.colour(self)

    def use_renderer(self, preferences: Preferences, *, remember: bool) -> None:
        """Draw by cells from now on, and set the first theme. `remember`: use the theme chosen in an earlier run."""
        self.preferences = preferences
        self._renderer = diff_renderer.install(self, pace=self.display_settings.pace)
        self._renderer.changed = self.link_changed
        for theme in themes.OWN:
            self.register_theme(theme)
        chosen = self.preferences.get("theme") if remember else ""
        self._start_with(self.display_settings.theme(self, chosen, self.available_themes))

    def read_later_styles(self) -> None:
        """Read the styles that the first frame did not need; what came too early for them is styled again."""
        for path in styles(*LATER_STYLES):
            self.stylesheet.read(path)
        self.stylesheet.reparse()
        self.stylesheet.update(self)

    def link_changed(self) -> None:
        """The link was found to be slow, or no longer is."""

    def _start_with(self, theme: str) -> None:
        """Set the first theme without Textual's watcher, which would parse every style sheet twice more at start."""
        self.set_reactive(App.theme, theme)
        self._has_theme = True
        self.stylesheet.set_variables(self.get_css_variables())
        # A theme of the terminal's own colours must not be converted to others.
        self._refresh_truecolor_filter(self.ansi_theme)
        dark = self.current_theme.dark
        self.update_classes({f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False)

    def watch_theme(self, theme: str) -> None:
        """Chosen on the screen: it is stored for the next start."""
        self.preferences.keep("theme", theme)

    def get_css_variables(self) -> dict[str, str]:
        # Textual asks before the first theme is known: nothing is parsed by then.
        return super().get_css_variables() if self._has_theme else {}

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.variable_defaults(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return self.display_settings.filters(super().get_line_filters())

    def on_mount(self) -> None:
        if not self.is_headless:
            rescue = getattr(self._driver, "rescue", lambda: None)
            end_on_signals(lambda code: self.exit(return_code=code), rescue, ON_SCREEN)

    def on_resize(self) -> None:
        # A terminal that shrank and grew back has lost cells, though its size is the same.
        self._renderer.forget()

    def on_terminal_supports_synchronized_output(self) -> None:
        self._renderer.answered()

    def notify(self, *arguments: Any, **options: Any) -> None:
        super().notify(*arguments, **options)
        self._renderer.touch()

    def _refresh_notifications(self) -> None:
        # Textual calls it with each notification, and when a screen comes to the front. News would cover what a dialog
        # says of money and data: they wait until it has closed.
        if self._screen_stack and isinstance(self.screen, ModalScreen):
            news = [each for each in self._notifications if each.timeout >= NEWS]
            self._waiting = (*self._waiting, *news)[-_KEPT:]
            for each in news:
                del self._notifications[each]
        else:
            waiting, self._waiting = self._waiting, ()
            for each in waiting:
                self._notifications.add(replace(each, raised_at=time()))
        super()._refresh_notifications()

    def when_shown(self, callback: Callable[[], object]) -> None:
        """Call back when the terminal shows the current frame."""
        self._renderer.when_shown(callback)

    def send(self, text: str) -> bool:
        """Write to the terminal, past the drawing: the driver's writer keeps it whole. False if nothing is accepted."""
        if self._driver is None or self.is_headless or not getattr(self._driver, "takes", True):
            return False
        self._driver.write(text)
        return True

    def action_redraw(self) -> None:
        self._renderer.forget()
        self.refresh(repaint=True, layout=True)
