"""RunPod's sentence on the last change of a pod's status, parsed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NoReturn

from msgspec import Struct

from tui.api.quantities import EARLIEST, LATEST


class StatusChange:
    """The last change of a pod, such as "Rented by User: Wed Jul 29 2026 21:51:59 GMT+0000 (Coordinated …)".

    Frozen. Two of the same text are the same; the text is parsed on demand, as there are thousands of them in a
    poll.

    text: the server's, as it is recorded.
    """

    __slots__ = ("text",)
    text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "text", text)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name} of a status change is what the server said")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatusChange) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self) -> tuple[type[StatusChange], tuple[str]]:
        return StatusChange, (self.text,)

    def __repr__(self) -> str:
        return f"StatusChange({self.text!r})"

    @staticmethod
    @lru_cache(25_000)
    def of(text: str | None) -> StatusChange | None:
        """That of a response; None if it has none. Between two polls it is the same one."""
        return StatusChange(text) if text else None

    @property
    def what(self) -> str:
        """What happened, without the date."""
        return _parts(self.text).what

    @property
    def at(self) -> float | None:
        """When, in epoch seconds; None if the text does not say."""
        return _parts(self.text).at

    @property
    def is_outbid(self) -> bool:
        """Whether a spot pod was ended by a higher bid."""
        return self.text.lower().startswith("outbid")

    def moved(self, seconds: float) -> StatusChange:
        """The same with its date moved by `seconds`; as it is if it has none."""
        date = re.search(_JS_DATE, self.text)
        if date is None:
            return self
        try:
            at = datetime.strptime(date[1], "%a %b %d %Y %H:%M:%S") + timedelta(seconds=seconds)
        except (ValueError, OverflowError):
            return self
        return StatusChange(f"{self.text[: date.start(1)]}{at:%a %b %d %Y %H:%M:%S}{self.text[date.end(1) :]}")


class _Parts(Struct, frozen=True):
    what: str
    at: float | None


_JS_DATE = r"(\w{3} \w{3} \d{2} \d{4} \d{2}:\d{2}:\d{2}) GMT([+-]\d{4})"


@lru_cache(25_000)
def _parts(text: str) -> _Parts:
    date = re.search(_JS_DATE, text)
    if date is None:
        return _Parts(text.strip(), None)
    change = text[: date.start()].rstrip(" :")
    try:
        at = datetime.strptime(" ".join(date.groups()), "%a %b %d %Y %H:%M:%S %z").timestamp()
    except (ValueError, OverflowError):
        return _Parts(text.strip(), None)
    return _Parts(change, at if EARLIEST <= at <= LATEST else None)
