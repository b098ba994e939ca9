"""Text from the API is data: what could move a cursor, hide or turn text around never gets past here."""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """The text without control, format (bidirectional, zero-width) and other unprintable characters; spaces stay."""
    if text.isprintable():
        return text
    kept = (
        " " if ch.isspace() else ch
        for ch in text
        if ch.isprintable() or unicodedata.category(ch) == "Zs" or ch in "\t\n\r"
    )
    return "".join(kept).strip()


def clean_or_none(text: str | None) -> str | None:
    return None if text is None else clean(text)
