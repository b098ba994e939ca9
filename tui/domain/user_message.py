"""`UserMessage`: what a person has to be told, whoever tells it."""

from __future__ import annotations

from msgspec import Struct


class UserMessage(Struct, frozen=True):
    """A sentence for a person, told once."""

    text: str
    bad: bool = True
