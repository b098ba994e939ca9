"""Terminal cell widths of text, and a form of text that every terminal measures the same. Pure.

Names come from anywhere. Joined emoji, fillers, zero-width marks, flags and characters newer than the terminal differ
in width between terminals: a row that holds one is shifted, and so is everything beside it. `shown` replaces each such
character with a symbol, one for one, so that two names that differ look different; what is copied, sent or typed to
confirm is the true name.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from textwrap import wrap
from typing import Any

STAND_IN = "\ufffd"
"""One cell on every terminal."""

MOST_MARKS = 2
"""Maximum accents on one letter; more would be drawn over neighboring rows."""

_FILLERS = frozenset("\u115f\u3164\uffa0\ufdfd")
_LATELY_WIDE = ((0x2630, 0x2638), (0x268A, 0x2690), (0x4DC0, 0x4E00), (0x1D300, 0x1D380))
"""Wide since Unicode 16, narrow before."""

_PICTOGRAPHS = 0x1F000
_SETTLED = (
    (0x1F004, 0x1F005), (0x1F0CF, 0x1F0D0), (0x1F18E, 0x1F18F), (0x1F191, 0x1F19B), (0x1F200, 0x1F203),
    (0x1F210, 0x1F23C), (0x1F240, 0x1F249), (0x1F250, 0x1F252), (0x1F300, 0x1F3FB), (0x1F400, 0x1F6D3),
    (0x1F6EB, 0x1F6ED), (0x1F6F4, 0x1F6F7), (0x1F910, 0x1F91F), (0x1F920, 0x1F928), (0x1F930, 0x1F931),
    (0x1F933, 0x1F93F), (0x1F940, 0x1F94C), (0x1F950, 0x1F95F), (0x1F980, 0x1F992), (0x1F9C0, 0x1F9C1),
    (0x20000, 0x2FA20),
)  # fmt: skip
"""Wide characters beyond the first plane that terminals have known since Unicode 9."""

_NARROW = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0xAD), *range(0xAE, 0x300), *range(0x2500, 0x25FD))))


@lru_cache(8192)
def certain(character: str) -> int:
    """The cells that every terminal gives a character on its own; 0 if terminals differ, or it has none."""
    if character in _NARROW:
        return 1
    code = ord(character)
    kind = unicodedata.category(character)
    if kind[0] in "CM" or kind in ("Zl", "Zp") or character in _FILLERS:
        return 0
    if 0x1160 <= code < 0x1200 or 0xD7B0 <= code < 0xD800:
        # Vowels and finals of Hangul join with the preceding character on some terminals.
        return 0
    if any(first <= code < end for first, end in _LATELY_WIDE):
        return 0
    wide = unicodedata.east_asian_width(character) in "WF"
    if code >= _PICTOGRAPHS and not (wide and any(first <= code < end for first, end in _SETTLED)):
        return 0
    return 2 if wide else 1


def is_mark(character: str) -> bool:
    """Whether every terminal draws this character over the letter before it, in the same cell."""
    return unicodedata.combining(character) != 0 and unicodedata.category(character) == "Mn"


@lru_cache(8192)
def shown(text: str) -> str:
    """The text as it is drawn: each character on whose width terminals differ is replaced by one symbol."""
    if _NARROW.issuperset(text):
        return text
    parts: list[str] = []
    letter, marks = False, 0
    for character in unicodedata.normalize("NFC", text):
        if letter and marks < MOST_MARKS and is_mark(character):
            parts.append(character)
            marks += 1
            continue
        cells = certain(character)
        # A newline comes from podtop itself: texts from outside have none.
        parts.append(character if cells or character == "\n" else STAND_IN)
        letter, marks = cells == 1 and character.isalpha(), 0
    return "".join(parts)


@lru_cache(8192)
def width(text: str) -> int:
    """Terminal cells that a text occupies as shown."""
    if _NARROW.issuperset(text):
        return len(text)
    return sum(0 if is_mark(character) else certain(character) for character in shown(text))


def cut(text: str, cells: int) -> str:
    """The longest prefix of a text, as shown, that takes at most `cells` cells."""
    text = shown(text)
    left = cells
    for at, character in enumerate(text):
        left -= 0 if is_mark(character) else certain(character)
        if left < 0:
            return text[:at]
    return text


def wrapped(text: str, columns: int, **options: Any) -> list[str]:
    """The lines of a text, as `textwrap.wrap` makes them; there may be no room at all, in a terminal of a column."""
    return wrap(text, max(1, columns), **options)
