"""The interface of notification sinks: what they send, and what they may use."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tui.config.keys import Hidden
from tui.config.settings import Notify

if TYPE_CHECKING:
    import httpx

LONGEST = 300
"""Characters of a title or a text that are sent, at most."""

PATIENCE = 10.0
"""Seconds that a sink gets for one notification."""


class Notification(Struct, frozen=True):
    """A notification: a title and a sentence, of a kind such as "price", at an instant."""

    title: str
    text: str
    kind: str
    at: float


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
        return bool(self.environ.get("TMUX"))


class NotSent(Exception):
    """A notification was not delivered; `str()` gives the reason, for the user."""


Sink = Callable[[Notification], Coroutine[Any, Any, None] | None]
"""Sends a notification: at once, or by work that it returns, which raises NotSent."""

MakeSink = Callable[[Means], Sink | None]
"""The `sink` of each module; returns None if the settings do not enable it."""


def plain(text: str, most: int = LONGEST) -> str:
    """Text without anything that a terminal or a program could interpret."""
    clean = "".join(ch if ch.isprintable() else " " for ch in text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"
