"""Notifies by the terminal that podtop runs in: its bell, and the notifications of OSC 9 and OSC 777."""

from __future__ import annotations

from tui.config.settings import Notify
from tui.services.sinks.sink import Means, Notification, Sink, plain
from tui.system.multiplexer import through_tmux

MOST = 300
"""Characters of a title or a text in a sequence, at most: some terminals drop a longer one."""


def sink(means: Means) -> Sink | None:
    settings, write = means.settings, means.write
    if write is None or not (settings.bell or settings.osc9 or settings.osc777):
        return None

    def send(notification: Notification) -> None:
        write(sequences(settings, notification, means.in_tmux))

    return send


def sequences(settings: Notify, notification: Notification, in_tmux: bool) -> str:
    """The sequences for the terminal. In tmux notifications are passed through to the terminal outside."""
    title, text = plain(notification.title, MOST), plain(notification.text, MOST)
    parts = []
    if settings.osc9:
        parts.append(f"\x1b]9;{title}: {text}\x07")
    if settings.osc777:
        parts.append(f"\x1b]777;notify;{title.replace(';', ',')};{text.replace(';', ',')}\x07")
    if in_tmux:
        parts = [through_tmux(part) for part in parts]
    return "".join(parts) + ("\x07" if settings.bell else "")
