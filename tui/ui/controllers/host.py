"""`Host`: what a controller is given of the app, which it does not know."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from textual.screen import Screen


class Host(Protocol):
    """Dialogs, work in the background, and the terminal."""

    def push_screen(self, screen: Screen[Any], callback: Callable[[Any], None], /) -> object:
        """Show a dialog, and hand on how it ended."""

    def run_worker(self, work: Coroutine[Any, Any, None], /) -> object:
        """Let something go on in the background."""

    def clear_notifications(self) -> None:
        """Take away what stands over the screen."""

    def suspend(self) -> AbstractContextManager[None]:
        """Give the terminal to another program, for as long as it is entered. Raises SuspendNotSupported."""

    def send(self, text: str, /) -> bool:
        """Send to the terminal, past what is drawn; False where that takes nothing now."""

    def place(self) -> object:
        """What is on the screen: another by the time an answer comes when anything opened, or was gone to."""
