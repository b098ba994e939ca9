"""`Messages`: the only way by which any part of podtop sends messages to the user, wherever they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

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
        """Pass messages from now on to this sink too."""
        self._sinks.append(sink)

    def post(self, message: UserMessage) -> None:
        """Send a message to all sinks."""
        for sink in self._sinks:
            sink(message)

    def reply(self, text: str) -> None:
        """Respond to a key: why nothing happened, or what did."""
        self.post(UserMessage(text, Level.REPLY))

    def call(self, title: str, text: str, topic: str = "watch") -> None:
        """Notify a user who looks elsewhere."""
        self.post(UserMessage(text, Level.CALL, title, topic))


class MachineMessages:
    """Messages about this machine: each of its accounts finds out the same, and the first one says it for all."""

    def __init__(self, post: Sink) -> None:
        self._post = post
        self._told: set[str] = set()

    def post(self, cause: str, message: UserMessage) -> None:
        """Send a message, unless one of its cause was sent."""
        if cause not in self._told:
            self._told.add(cause)
            self._post(message)


def to_event_log(happened: Callable[[Event], object]) -> Sink:
    """A sink that passes on the events of messages."""

    def keep(message: UserMessage) -> None:
        if message.event is not None:
            happened(message.event)

    return keep


def post_switched(events: Iterable[Event], post: Sink) -> None:
    """Tell the user that alerts were switched off, or on again: nobody may rely on one that is not there."""
    from tui.domain.events import Kind

    for event in events:
        if event.kind in (Kind.ALERTS_OFF, Kind.ALERTS_ON):
            level = Level.WARNING if event.kind is Kind.ALERTS_OFF else Level.INFO
            post(UserMessage(f"{event.word}: {event.text}", level))


def severity(message: UserMessage) -> Literal["information", "warning"]:
    """The severity with which a message is shown."""
    return "information" if message.level in (Level.INFO, Level.HINT) else "warning"


def logged(component: str) -> Sink:
    """A sink that writes messages into the application log, under that component."""

    def log(message: UserMessage) -> None:
        from tui.api import log_lines

        if message.level is Level.CALL:
            log_lines.event(component, "alarm", kind=message.topic, title=message.title, text=message.text)
        else:
            log_lines.event(component, "told", grade=severity(message), text=message.text)

    return log
