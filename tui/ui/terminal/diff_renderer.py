"""Puts a cell buffer between Textual's compositor and its driver: only cells that differ are sent.

It uses internals of Textual: the required names and the versions known to have them are listed here, and checked. If
one is missing, or anything fails later, Textual paints as usual.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import textual
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip

from tui.ui.terminal.cell_buffer import CellBuffer
from tui.ui.terminal.frame_pacer import FramePacer

if TYPE_CHECKING:
    from textual._compositor import ChopsUpdate, LayoutUpdate
    from textual.app import App
    from textual.driver import Driver
    from textual.timer import Timer

SUPPORTED = (8, 2), (9, 0)
"""Supported versions of Textual: from, and below."""

APP = ("_display", "_driver", "_batch_count", "_sync_available", "cursor_position", "driver_class", "post_display_hook")
LAYOUT = ("strips", "region")
CHOPS = ("spans", "chops", "chop_ends")
STRIP = ("render_ansi", "crop", "cell_length")
DRIVER = ("_file", "_writer_thread")

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronized output: the terminal shows a frame whole."""

SMALL = 700
"""Length of a frame that arrives whole without that: it is about a packet, which a terminal reads at once."""

ASK = "\x1b[?2026$p"
"""A query that a terminal with synchronized output answers once all output before it has arrived."""

GLANCE = 0.05
"""Seconds between two checks of whether a frame has arrived."""

_log = logging.getLogger(__name__)


@runtime_checkable
class Paced(Protocol):
    """A driver that reports whether the terminal has accepted its output (`tui.ui.terminal.driver`)."""

    entered: Callable[[], None] | None
    sheds: bool
    took: float | None

    @property
    def ready(self) -> bool: ...
    def when_ready(self, callback: Callable[[], object]) -> None: ...
    def write(self, data: str) -> None: ...


class DiffRenderer:
    """The app's output, in place of its `_display`."""

    def __init__(self, app: App[Any], pace: FramePacer, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._pace = pace
        self._clock = clock
        self._later: Timer | None = None
        self.changed: Callable[[], object] = lambda: None
        """Called when the link is found to be slow, and when it no longer is."""
        self._textual: Callable[[Any, Any], None] | None = getattr(app, "_display", None)
        self._met: object = None
        self._driver: Paced | None = None
        self._shadow: CellBuffer | None = None
        self.active = False

    def touch(self) -> None:
        """The user typed, or must be notified: shown at once, on a slow link too."""
        self._pace.touch(self._clock())
        if self._later is not None:
            self._guarded(self._paint)

    def answered(self) -> None:
        """The terminal has replied to `ASK`."""
        if self._pace.answered(self._clock()):
            self.changed()
        if self._later is not None:
            self._guarded(self._paint)

    @property
    def shown(self) -> bool:
        """Whether the terminal shows the last frame, as far as can be known."""
        if not self.active or self._driver is None or self._shadow is None:
            return True
        return self._driver.ready and self._later is None and not self._pace.awaits(self._clock())

    def when_shown(self, callback: Callable[[], object]) -> None:
        """Call back when the terminal shows the current frame."""
        if self.shown:
            callback()
        else:
            self._app.set_timer(GLANCE, lambda: self.when_shown(callback))

    def forget(self) -> None:
        """Paint everything again: another program may have written to the terminal, or its size has changed."""
        if self._shadow is not None:
            self._shadow.forget()
            # After this message: by then a new size is known, and brings its own layout.
            self._app.call_later(self._again)

    def _again(self) -> None:
        if self._shadow is not None and self._shadow.size == tuple(self._app.size):
            self._guarded(self._paint)

    def display(self, screen: Any, update: Any) -> None:
        """Show an update of the compositor; all other updates are Textual's."""
        if self._app._driver is not self._met:
            self._meet(self._app._driver)
        if self.active and self._driver is not None and self._guarded(lambda: self._take(update)):
            self._app.post_display_hook()
        elif self._textual is not None:
            self._textual(screen, update)

    def _meet(self, driver: object) -> None:
        """Headless, inline and web drivers are not paced: Textual handles them."""
        self._met = driver
        self._driver = driver if isinstance(driver, Paced) else None
        self._shadow = None
        if self._driver is not None:
            self._driver.entered = self.forget
            self._driver.sheds = True

    def _take(self, update: object) -> None:
        from textual._compositor import ChopsUpdate, LayoutUpdate

        if isinstance(update, LayoutUpdate):
            width, height = update.region.size
            if self._shadow is None or self._shadow.size != (width, height):
                name = self._app.console.color_system
                self._shadow = CellBuffer(width, height, COLOR_SYSTEMS[name] if name else ColorSystem.TRUECOLOR)
            _lay(self._shadow, update)
        elif isinstance(update, ChopsUpdate):
            # Before the first layout there is nothing to patch.
            if self._shadow is not None:
                _patch(self._shadow, update)
        elif update is not None:
            raise TypeError(f"Textual paints a {type(update).__name__}")
        self._paint()

    def _paint(self) -> None:
        """Send the differences; while the terminal has not accepted the last frame, wait for that."""
        app, driver, shadow = self._app, self._driver, self._shadow
        if driver is None or shadow is None or app._batch_count or getattr(driver, "blind", False):
            # A terminal without cells is drawn on when it has some: its size arrives as an event.
            return
        if not driver.ready:
            driver.when_ready(lambda: self._guarded(self._paint))
            return
        if driver.took is not None:
            took, driver.took = driver.took, None
            if self._pace.drained(took, app._sync_available):
                self.changed()
        if self._later is not None:
            self._later.stop()
            self._later = None
        now = self._clock()
        if wait := self._pace.wait(now, attended=app.screen.is_modal):
            self._later = app.set_timer(wait, lambda: self._guarded(self._paint))
            return
        width, height = shadow.size
        x, y = app.cursor_position
        frame = shadow.frame((min(max(x, 0), width - 1), min(max(y, 0), height - 1)))
        if frame:
            ask = self._pace.sent(now, len(frame), app._sync_available)
            whole = f"{BEGIN}{frame}{END}" if app._sync_available and len(frame) > SMALL else frame
            driver.write(whole + ASK if ask else whole)

    def _guarded(self, paint: Callable[[], None]) -> bool:
        """Whether this layer still paints afterwards."""
        try:
            if self.active:
                paint()
        except Exception:
            # A failure here costs bytes as Textual paints instead; without that it would cost the screen.
            _log.exception("the diff renderer failed; Textual draws from now on")
            self.active, self._shadow = False, None
            if self._driver is not None:
                self._driver.sheds = False
                self._driver.write("\x1b[m")
            self._app.refresh()
        return self.active


def _lay(shadow: CellBuffer, update: LayoutUpdate) -> None:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            x += shadow.put(x, y, strip)


def _patch(shadow: CellBuffer, update: ChopsUpdate) -> None:
    for y, start, stop in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < stop and end > start:
                shadow.put(x, y, strip if end <= stop else strip.crop(0, stop - x))


def _keep_to_the_size() -> None:
    """Lay screens out at the terminal's size, and not at the one in a message.

    Each layout sends its screen a message with its size. With two sizes in quick succession, as at the start or when a
    window is dragged, each message restored the other's size: Textual drew both in turns forever, and handled nothing
    else.
    """
    laid_out = Screen._screen_resized
    if laid_out.__name__ == "resized":
        return

    def resized(screen: Screen[Any], size: Size) -> None:
        laid_out(screen, screen.app.size)

    Screen._screen_resized = resized  # type: ignore[method-assign, assignment]


def version_of_textual() -> tuple[int, ...]:
    """Read from the name of the folder that pip created beside it, as `importlib.metadata` takes 14 ms of the start."""
    for info in Path(textual.__file__).parent.parent.glob("textual-*.dist-info"):
        version = info.name.removeprefix("textual-").removesuffix(".dist-info")
        break
    else:
        from importlib.metadata import version as installed

        version = installed("textual")
    return tuple(int(part) for part in version.split(".")[:2])


def _lacking(app: App[Any]) -> list[str]:
    """Required names that are missing."""
    from textual._compositor import ChopsUpdate, LayoutUpdate
    from textual._xterm_parser import XTermParser
    from textual.drivers.linux_driver import LinuxDriver

    from tui.ui.input.keyboard import PARSER

    needed: list[tuple[object, tuple[str, ...]]] = [
        (XTermParser(), PARSER),
        (app, APP),
        (LayoutUpdate([], Region()), LAYOUT),
        (ChopsUpdate([], [], []), CHOPS),
        (Strip, STRIP),
        (Screen, ("_screen_resized",)),
    ]
    lacking = [
        f"{type(owner).__name__}.{name}" for owner, names in needed for name in names if not hasattr(owner, name)
    ]
    initialised = LinuxDriver.__init__.__code__.co_names
    return lacking + [f"LinuxDriver.{name}" for name in DRIVER if name not in initialised]


def install(
    app: App[Any],
    driver: type[Driver] | None = None,
    pace: FramePacer | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> DiffRenderer:
    """Make an app that is not running yet send only cells that differ; if that is impossible, it stays unchanged.

    driver: a paced one, to use instead of podtop's. pace: when frames may be sent.
    """
    terminal = DiffRenderer(app, pace or FramePacer(), clock)
    try:
        version = version_of_textual()
        if not SUPPORTED[0] <= version < SUPPORTED[1]:
            raise LookupError(f"Textual {'.'.join(map(str, version))} is not known to it")
        if lacking := _lacking(app):
            raise LookupError(f"Textual has no {', '.join(lacking)}")
        from textual.drivers.linux_driver import LinuxDriver

        from tui.ui.terminal.driver import PacedDriver

        _keep_to_the_size()
        if driver is None and app.driver_class is not LinuxDriver:
            return terminal
        app.driver_class = driver or PacedDriver
        app._display = terminal.display  # type: ignore[method-assign, assignment]
        terminal.active = True
    except Exception as error:
        # Another Textual may differ in any way: podtop then sends more bytes, and is otherwise the same.
        _log.warning("the diff renderer is not used: %s", error)
    return terminal
