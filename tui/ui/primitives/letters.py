"""Letters for the entries of a menu: each its own, and as far as possible one of its name. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from string import ascii_lowercase


def letters(names: Sequence[str], taken: Collection[str] = ()) -> tuple[str, ...]:
    """A lower-case letter for each name; empty where none is left. `taken`: those with another meaning."""
    free = set(ascii_lowercase) - set(taken)
    matches: dict[int, str] = {}
    for first in (True, False):
        for number, name in enumerate(names):
            if number in matches:
                continue
            own = [char for char in name.lower() if char in ascii_lowercase]
            letter = next((char for char in own[:1] if char in free), "")
            if not letter and not first:
                letter = next((char for char in (*own, *ascii_lowercase) if char in free), "")
            if letter:
                matches[number] = letter
                free.discard(letter)
    return tuple(matches.get(number, "") for number in range(len(names)))
