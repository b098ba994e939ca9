"""`UserMessage`: a message to the user, from any part of podtop."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.domain.events import Event
    from tui.domain.ringing import Call


class Level(StrEnum):
    """How a message reaches the user.

    REPLY:   the response to a key just pressed: it replaces others, and goes soon. HINT: one of no weight.
    INFO:    news that needs no action.
    WARNING: news of something that went wrong, or will.
    CALL:    for a user who looks elsewhere; it is on the screen already.
    """

    REPLY = "reply"
    HINT = "hint"
    INFO = "information"
    WARNING = "warning"
    CALL = "call"


class UserMessage(Struct, frozen=True):
    """A sentence for the user, sent once.

    title, topic: of a call: "podtop: H100", "watch".
    event:        what the event log keeps of it; None if nothing.
    about:        of a call: the alerts that it is about; `audiences`: whom it is for, empty: everybody.
    """

    text: str
    level: Level = Level.WARNING
    title: str = ""
    topic: str = ""
    event: Event | None = None
    about: Call | None = None
    audiences: frozenset[str] = frozenset()
