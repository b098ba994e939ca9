"""`UserMessage`: what a person has to be told, whoever tells it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.domain.events import Event


class Level(StrEnum):
    """How a message reaches a person.

    REPLY:   the answer to a key just pressed: it takes the place of others, and goes soon. HINT: one of no weight.
    INFO:    news that needs nothing.
    WARNING: news of something that went wrong, or will.
    CALL:    for a person who looks elsewhere; on the screen it stands already.
    """

    REPLY = "reply"
    HINT = "hint"
    INFO = "information"
    WARNING = "warning"
    CALL = "call"


class UserMessage(Struct, frozen=True):
    """A sentence for a person, told once.

    title, topic: of a call: "podtop: H100", "watch".
    event:        what the event log keeps of it; None where it keeps nothing.
    """

    text: str
    level: Level = Level.WARNING
    title: str = ""
    topic: str = ""
    event: Event | None = None
