"""`Secret`: text that must not be seen, such as an API key or the value of an environment variable."""

from __future__ import annotations

import re
from typing import NoReturn

MASK = "•••"

_SHORTEST = 4
"""Characters of a piece that is masked wherever it occurs: to mask every "1" would garble a text and hide nothing."""

_BREAK = re.compile(r"[\s\"'\\]+|\\[nrt]")


class Secret:
    """Wraps a secret so that `repr`, `str`, format, a traceback's locals and a log show a mask.

    `reveal()` is the one way to the value: search for it to find every place that uses one.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be pickled")


_known: dict[Secret, None] = {}


def remember(*secrets: Secret) -> None:
    """Have these masked wherever podtop writes what others said: in its log, in what it tells of a crash."""
    _known.update(dict.fromkeys(secrets))


def known() -> tuple[Secret, ...]:
    """All that was to be remembered."""
    return tuple(_known)


def redact(text: str, secrets: tuple[Secret, ...]) -> str:
    """`text` with the secrets masked: servers echo what they were sent in their errors, escaped in ways of their own.

    So each unbroken piece of a secret is masked, and a short one only as a whole value in quotes.
    """
    for secret in secrets:
        value = secret.reveal()
        for piece in sorted({value, *_BREAK.split(value)}, key=len, reverse=True):
            if len(piece) >= _SHORTEST:
                text = text.replace(piece, MASK)
            elif piece:
                text = text.replace(f'"{piece}"', f'"{MASK}"')
    return text
