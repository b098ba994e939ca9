"""`TypingApp`: an app in which the order of typing is the order of effect, and no key acts on the wrong screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from textual import events
from textual.app import App, ScreenError
from textual.await_complete import AwaitComplete
from textual.errors import NoWidget
from textual.screen import Screen
from textual.widgets import Input

from tui.ui.input.input_queue import InputQueue
from tui.ui.input.typeahead import Pulse, TypeaheadGuard

KEYS_LOST = "podtop was busy for too long and dropped your keys. Check the screen, and type them again"


class TypingApp(App[None]):
    """Every key, paste and click passes through this class and its queue before any widget gets it.

    A screen may define more: `hears(typed)` whether input typed at an instant is for it, `takes(key)` whether it
    accepts a key that no widget took, `restart()` that the time of the next input is unknown.
    """

    input: InputQueue
    _typeahead: TypeaheadGuard
    _pulse: Pulse
    _pushed = 0

    def take_input(self, monotonic: Callable[[], float]) -> None:
        """Start to take input. `monotonic`: monotonic seconds."""
        self._typeahead = TypeaheadGuard(monotonic)
        self.input = InputQueue(self, self._give, self._lose)
        self._pulse = Pulse(monotonic, self._stalled, lambda: self._typeahead.on or hasattr(self.screen, "hears"))

    # Methods for the app to override

    def touched(self) -> None:
        """The user is typing."""

    def listens(self) -> bool:
        """Whether keys are podtop's now, and not another program's in the same terminal."""
        return True

    def gives_up(self) -> bool:
        """Whether escape cancelled a pending request."""
        return False

    def keys_lost(self) -> None:
        """Keys were dropped: the user must be notified."""

    # Input

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded:
            await self.input.take(event)
            return
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            # Keys still pending while the last screen closes are dropped.
            return
        if isinstance(event, events.InputEvent) and self.input.gave_up(event):
            return
        if isinstance(event, events.Key) and (
            self._typeahead.swallows(event, self._pulse.typed(event)) or not (self.listens() and self._is_meant(event))
        ):
            return
        await super().on_event(event)

    async def _give(self, event: events.Event) -> bool:
        """Deliver a key, paste or click when its turn has come; returns whether it had a target."""
        if not self.screen_stack:
            return False
        self.touched()
        if not self._is_heard(event) or not self.listens() or self._is_for_what_goes(event):
            return False
        if isinstance(event, events.Key) and event.key == "escape" and self._escapes():
            return True
        await super().on_event(event)
        return True

    def _escapes(self) -> bool:
        """Whether escape cancels a pending request, and is not for the screen."""
        return not self.screen.is_modal and not isinstance(self.focused, Input) and self.gives_up()

    def _is_for_what_goes(self, event: events.Event) -> bool:
        """Whether a press is on a removed widget that is still drawn: Textual accesses its parent."""
        if not isinstance(event, events.MouseDown):
            return False
        try:
            widget, _ = self.get_widget_at(event.x, event.y)
        except NoWidget:
            return False
        return widget.parent is None

    def _is_meant(self, event: events.Key) -> bool:
        """Whether a key that no widget took was typed for the current top screen."""
        takes: Callable[[events.Key], bool] | None = getattr(self.screen, "takes", None)
        return takes is None or takes(event)

    def _is_heard(self, event: events.Event) -> bool:
        """Whether an event may pass: a dialog ignores input before it has been on the screen for long enough, and input
        typed for a closed screen is dropped."""
        if isinstance(event, events.MouseMove):
            return True
        if isinstance(event, events.Key) and event.key == "escape" and getattr(self.screen, "busy", False):
            # Whenever it was typed: what is being checked is about to be sent, and this keeps it from that.
            return True
        typed = self._pulse.typed(event)
        if self._typeahead.deep and self._typeahead.swallows(event, typed):
            return False
        hears: Callable[[float], bool] | None = getattr(self.screen, "hears", None)
        if hears is not None:
            return hears(typed)
        # In an input line it is text, and does nothing.
        return not self._typeahead.swallows(event, typed) or isinstance(self.focused, Input)

    # Time of typing

    def _stalled(self) -> None:
        """The event loop stood still: the time of the next input is unknown."""
        self._typeahead.restart(self._pulse.seen)
        restart: Callable[[], None] | None = getattr(self.screen, "restart", None)
        if restart is not None:
            restart()

    def _lose(self, many: int) -> None:
        """A widget did not return from a key: input behind it is dropped until there is a pause."""
        self._typeahead.deepen()
        self._stalled()
        self._watch_pulse()
        if many:
            self.keys_lost()

    def _watch_pulse(self) -> None:
        # Without a terminal there is no waiting input.
        if not self.is_headless:
            self._pulse.watch()

    # Screens opening and closing

    def pop_screen(self) -> AwaitComplete:
        screen = self.screen
        if screen.is_modal:
            # Input right behind a key that closed a screen, or for one that closed automatically, is not for podtop.
            self._typeahead.begin()
        popped = super().pop_screen()
        popped.set_pre_await_callback(partial(_not_by_itself, screen))
        self._watch_pulse()
        return popped

    def push_screen(self, *arguments: Any, **options: Any) -> Any:
        self._pushed += 1
        pushed = super().push_screen(*arguments, **options)
        self._watch_pulse()
        return pushed

    def place(self) -> object:
        """The current screen, and how often one was opened so far; or the input line in use."""
        if isinstance(self.focused, Input):
            return self.focused
        return self.screen, self._pushed, self.current_mode


def _not_by_itself(screen: Screen[Any]) -> None:
    """A screen that waits for its own end would never end; with it the app would wait, deaf to every key."""
    own = {pump._task for pump in screen.walk_children(with_self=True)}
    if asyncio.current_task() in own:
        raise ScreenError(
            f"{type(screen).__name__} would wait for its own end: its handlers must not await pop_screen()"
        )
