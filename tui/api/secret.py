"""`Secret`: text that must not be seen, such as an API key or the value of an environment variable."""

from __future__ import annotations

from typing import NoReturn


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
        return "•••"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be pickled")


def redact(text: str, *secrets: Secret | None) -> str:
    """`text` with every occurrence of the secrets masked. Servers echo what they were sent in their errors."""
    for secret in secrets:
        if secret is not None and (value := secret.reveal()):
            text = text.replace(value, repr(secret))
    return text
