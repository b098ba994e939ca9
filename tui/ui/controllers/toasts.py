"""Messages as toasts over the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from msgspec.structs import replace

from tui.domain.user_message import Level, UserMessage
from tui.format.width import shown
from tui.services.messages import Sink, severity
from tui.ui.terminal.terminal_app import NEWS


class Shows(Protocol):
    """The interface to the app that toasts need."""

    def clear_notifications(self) -> None: ...

    def notify(self, message: str, /, **options: Any) -> None: ...


def toasts(screen: Shows) -> Sink:
    """A sink that shows messages over the screen; the reply to a key replaces the current one."""

    def show(message: UserMessage) -> None:
        if message.level is Level.CALL:
            return
        if message.level in (Level.REPLY, Level.HINT):
            screen.clear_notifications()
            screen.notify(shown(message.text), severity=severity(message), markup=False)
        else:
            screen.notify(shown(message.text), severity=severity(message), timeout=NEWS, markup=False)

    return show


def named(sink: Sink, prefix: Callable[[], str]) -> Sink:
    """A sink for the messages of one of several accounts. `prefix`: what they begin with at the moment."""

    def show(message: UserMessage) -> None:
        sink(replace(message, text=f"{prefix()}{message.text}"))

    return show
