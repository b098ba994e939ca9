"""Notifies by a program of the user's, never through a shell and never with a key in its environment."""

from __future__ import annotations

from tui.config.settings import Notify
from tui.services.sinks.sink import PATIENCE, Means, Notification, NotSent, Sink, plain
from tui.system import subprocesses


def sink(means: Means) -> Sink | None:
    if not means.settings.command:
        return None
    return lambda notification: run(argv(means.settings, notification), notification, means)


def argv(settings: Notify, notification: Notification) -> tuple[str, ...]:
    """The command with its placeholders filled in: one argument stays one argument."""
    title, text = plain(notification.title), plain(notification.text)
    return tuple(part.replace("{title}", title).replace("{text}", text) for part in settings.command)


async def run(arguments: tuple[str, ...], notification: Notification, means: Means) -> None:
    """Run a program to its end, with the notification in its environment too. Raises NotSent."""
    variables = {
        "PODTOP_TITLE": plain(notification.title), "PODTOP_TEXT": plain(notification.text),
        "PODTOP_KIND": notification.kind,
    }  # fmt: skip
    try:
        code, _ = await subprocesses.run(arguments, means.environ, means.hidden, patience=PATIENCE, variables=variables)
    except TimeoutError:
        raise NotSent(f"{arguments[0]} took longer than {PATIENCE:.0f} s, and was stopped", final=True) from None
    except (OSError, ValueError) as error:
        reason = f"{arguments[0]}: {getattr(error, 'strerror', None) or error}"
        raise NotSent(reason, final=not isinstance(error, BlockingIOError)) from None
    if code:
        raise NotSent(f"{arguments[0]} exited with {code}")
