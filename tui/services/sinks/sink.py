"""The interface of notification sinks: what they send, and what they may use."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tui.config.keys import Hidden
from tui.config.settings import Notify
from tui.domain.notification import Notification as Notification

if TYPE_CHECKING:
    import httpx

LONGEST = 1800
"""Characters of a title or a text that are sent, at most."""

PATIENCE = 10.0
"""Seconds that a sink gets for one notification."""


class Means(Struct, frozen=True):
    """The inputs of a sink.

    settings:  the table [notify] of config.toml.
    write:     sends text to the terminal, between two frames and never within one; None without a terminal.
    environ:   podtop's environment; hidden: what a program must not receive of it.
    transport: stands in for the network, in tests.
    """

    settings: Notify
    write: Callable[[str], object] | None
    environ: Mapping[str, str]
    hidden: Hidden
    transport: httpx.AsyncBaseTransport | None = None

    @property
    def in_tmux(self) -> bool:
        return self.write is not None and bool(self.environ.get("TMUX"))


class NotSent(Exception):
    """A notification was not delivered; `str()` gives the reason, for the user.

    final: whether it makes no sense to try again.
    after: seconds that the other side asks podtop to wait.
    """

    def __init__(self, reason: str, *, final: bool = False, after: float = 0.0) -> None:
        super().__init__(reason)
        self.final = final
        self.after = after


Sink = Callable[[Notification], Coroutine[Any, Any, None] | None]
"""Sends a notification: at once, or by work that it returns, which raises NotSent."""

MakeSink = Callable[[Means], Sink | None]
"""The `sink` of each module; returns None if the settings do not enable it."""


def plain(text: str, most: int = LONGEST) -> str:
    """Text without anything that a terminal or a program could interpret."""
    clean = "".join(ch if ch.isprintable() else " " for ch in text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"
