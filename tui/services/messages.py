"""`Messages`: the one way by which anything of podtop tells a person something, whatever that is shown on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from tui.api import log_lines
from tui.domain.user_message import Level, UserMessage

if TYPE_CHECKING:
    from tui.domain.events import Event

Sink = Callable[[UserMessage], object]
"""Takes every message, and shows or keeps those of its levels."""


class Messages:
    """Hands each message to all sinks in turn: screen or output, application log, event log, notifier."""

    def __init__(self, *sinks: Sink) -> None:
        self._sinks = list(sinks)

    def add(self, sink: Sink) -> None:
        """Hand what comes from now on to this one too."""
        self._sinks.append(sink)

    def post(self, message: UserMessage) -> None:
        """Tell it."""
        for sink in self._sinks:
            sink(message)

    def reply(self, text: str) -> None:
        """Answer a key: why nothing happened, or what did."""
        self.post(UserMessage(text, Level.REPLY))

    def call(self, title: str, text: str, topic: str = "watch") -> None:
        """Call a person who looks elsewhere."""
        self.post(UserMessage(text, Level.CALL, title, topic))


def to_event_log(happened: Callable[[Event], object]) -> Sink:
    """A sink that hands on what is to be kept as an event."""

    def keep(message: UserMessage) -> None:
        if message.event is not None:
            happened(message.event)

    return keep


def severity(message: UserMessage) -> Literal["information", "warning"]:
    """How loud it is said."""
    return "information" if message.level in (Level.INFO, Level.HINT) else "warning"


def logged(component: str) -> Sink:
    """A sink that writes what is told into the application log, as that component's."""

    def log(message: UserMessage) -> None:
        if message.level is Level.CALL:
            log_lines.event(component, "alarm", kind=message.topic, title=message.title, text=message.text)
        else:
            log_lines.event(component, "told", grade=severity(message), text=message.text)

    return log
