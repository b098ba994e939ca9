"""`Host`: the interface to the app that controllers get."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from textual.screen import Screen


class Host(Protocol):
    """Dialogs, work in the background, and the terminal."""

    def push_screen(self, screen: Screen[Any], callback: Callable[[Any], None], /) -> object:
        """Show a dialog, and pass on its result."""

    def run_worker(self, work: Coroutine[Any, Any, None], /) -> object:
        """Run a task in the background."""

    def clear_notifications(self) -> None:
        """Remove all toasts."""

    def suspend(self) -> AbstractContextManager[None]:
        """Give the terminal to another program, as long as the context is entered. Raises SuspendNotSupported."""

    def send(self, text: str, /) -> bool:
        """Send to the terminal, bypassing the drawing; False if it accepts nothing now."""

    def place(self) -> object:
        """Identifies the current screen: it has changed by the time of a response if any screen was opened or
        changed."""
