"""Notifies on the desktop by `notify-send`, if that is installed."""

from __future__ import annotations

import shutil

from tui.domain.attention import Grade
from tui.services.sinks import command
from tui.services.sinks.sink import Means, Notification, Sink, plain

PROGRAM = "notify-send"


def sink(means: Means) -> Sink | None:
    if not means.settings.desktop or shutil.which(PROGRAM, path=means.environ.get("PATH")) is None:
        return None
    return lambda notification: command.run(argv(notification), notification, means)


def argv(notification: Notification) -> tuple[str, ...]:
    """The command. Its body is markup for some desktops, so that it is escaped."""
    text = plain(notification.text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    urgency = "critical" if notification.grade is Grade.BAD else "normal"
    return (PROGRAM, "--app-name=podtop", f"--urgency={urgency}", "--", plain(notification.title), text)
