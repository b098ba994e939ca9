"""The titles of lists in the room that there is. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tui.format import numbers as fmt

_LEAST_FILTER = 3
"""Letters of a filter that its title has at least."""


def headed(name: str, filtered: str, count: str, notes: Sequence[str], room: int) -> str:
    """A title of at most `room` letters, if it is of filtered rows: without the later notes, with the text of the
    filter cut, without its name."""
    whole = ""
    for shown in (notes, notes[:1]):
        whole = "  ".join(part for part in (name, count, *shown) if part)
        if len(whole) <= room or not filtered:
            return whole
    letters = max(_LEAST_FILTER, len(filtered) + room - len(whole))
    short = whole.replace(f"/{filtered}", f"/{fmt.clip(filtered, letters)}", 1)
    return short if len(short) <= room else short.removeprefix(f"{name}  ")
