"""`Notification`: what is sent to a user who looks elsewhere."""

from __future__ import annotations

from msgspec import Struct

from tui.domain.attention import Grade
from tui.domain.ringing import Call


class Notification(Struct, frozen=True):
    """A notification: a title and a sentence, of a kind such as "money", at an instant.

    grade: how bad it is; None for news.
    id:    the same for the same notification, from whichever podtop; empty: it has none yet.
    call:  the alerts that it is about, from which each sink gets those that it is for; None if it is about others.
    """

    title: str
    text: str
    kind: str
    at: float
    grade: Grade | None = None
    id: str = ""
    call: Call | None = None
