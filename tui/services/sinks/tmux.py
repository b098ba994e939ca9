"""Notifies in tmux's status line, if podtop runs in tmux."""

from __future__ import annotations

from tui.services.sinks import command
from tui.services.sinks.sink import Means, Notification, Sink, plain


def sink(means: Means) -> Sink | None:
    if not (means.settings.tmux and means.in_tmux):
        return None
    return lambda notification: command.run(
        ("tmux", "display-message", "-d", "10000", literal(notification)), notification, means
    )


def literal(notification: Notification) -> str:
    """Text escaped for tmux: its formats begin with # and its times with %; only newer versions take text literally."""
    return f"{plain(notification.title)}: {plain(notification.text)}".replace("#", "##").replace("%", "%%")
