"""`Secret`: text that must not be shown, such as an API key or the value of an environment variable."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NoReturn

MASK = "•••"

_SHORTEST = 4
"""Characters of a piece that is masked wherever it occurs: to mask every "1" would garble a text and hide nothing."""

_BREAK = re.compile(r"[\s\"'\\]+|\\[nrt]")

LONGEST_PIECE = 8_000
"""Characters without a break that a cut considers as one piece of a secret."""

_FORMS_OF_KEYS = (
    r"rpa_[A-Za-z0-9_-]{3,}"  # RunPod
    r"|(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:"
    r"sk-[A-Za-z0-9_-]{8,}"  # OpenAI, Anthropic
    r"|(?:hf|gh[opsur]|github_pat|glpat|xox[abeprs]|npm|pypi|dop_v1|wandb_v1)[_-][A-Za-z0-9_-]{8,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # a JSON web token
    r"|(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{28,}"  # RunPod's older keys, hexadecimal and base 62
    r")"
)
_BEARER = re.compile(r"(\bbearer[\s:=]+)(?!tokens?\b)[^\s'\",;]{4,}", re.IGNORECASE)


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
    """Mask these wherever podtop writes text of others: in its log, in crash reports."""
    _known.update(dict.fromkeys(secrets))


def known() -> tuple[Secret, ...]:
    """All remembered secrets."""
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


@cache
def _form_of_a_key() -> re.Pattern[str]:
    # Compiled for the first text that is masked: a start has none.
    return re.compile(_FORMS_OF_KEYS)


def looks_like_a_key(text: str) -> bool:
    """Whether something in `text` has the form of an API key."""
    return mask(text) != text


def mask(text: str) -> str:
    """`text` without whatever has the form of an API key, of RunPod's or of another service.

    For text that may repeat what the user typed or pasted into the wrong place.
    """
    return _form_of_a_key().sub(MASK, _BEARER.sub(lambda match: match[1] + MASK, text))


def masked_start(text: str, most: int, hide: Callable[[str], str] = mask) -> str:
    """The first characters of `text`, at most `most`, masked by `hide` before the cut: no part of a secret stays.

    Only what can reach into them is masked: up to the next break, at which every piece of a secret ends.
    """
    end = _BREAK.search(text, most, most + LONGEST_PIECE)
    if end is not None or len(text) <= most + LONGEST_PIECE:
        return hide(text[: end.end()] if end is not None else text)[:most]
    # What this cut leaves of a piece is the end of the masked text, which may have moved into what is kept.
    return hide(text[: most + LONGEST_PIECE])[:-LONGEST_PIECE][:most]
