"""What a sink of notifications is, what it sends, and what it may use."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tui.config.loader import Hidden
from tui.config.settings import Notify

if TYPE_CHECKING:
    import httpx

LONGEST = 300
"""Characters of a title or a text that are sent."""

PATIENCE = 10.0
"""Seconds that a sink gets for one notification."""


class Notification(Struct, frozen=True):
    """What is sent: a title and a sentence, of a kind such as "price", at an instant."""

    title: str
    text: str
    kind: str
    at: float


class Means(Struct, frozen=True):
    """What a sink is made of.

    settings:  the table [notify] of config.toml.
    write:     sends text to the terminal, between two frames and never in the midst of one.
    environ:   podtop's environment; hidden: what a program must not get of it.
    transport: in place of the network, for tests.
    """

    settings: Notify
    write: Callable[[str], object]
    environ: Mapping[str, str]
    hidden: Hidden
    transport: httpx.AsyncBaseTransport | None = None

    @property
    def in_tmux(self) -> bool:
        return bool(self.environ.get("TMUX"))


class NotSent(Exception):
    """A notification did not arrive; `str()` says why, for a person."""


Sink = Callable[[Notification], Coroutine[Any, Any, None] | None]
"""Sends a notification: at once, or by work that it gives back, which raises NotSent."""

MakeSink = Callable[[Means], Sink | None]
"""What each module has as `sink`; None where the settings do not want it."""


def plain(text: str, most: int = LONGEST) -> str:
    """Text without anything that a terminal or a program could take for more than text."""
    clean = "".join(ch if ch.isprintable() else " " for ch in text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"
