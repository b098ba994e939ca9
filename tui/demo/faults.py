"""Faults on demand: errors of the simulated RunPod, for tests and for trying out podtop's retries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

HTML = b"<!DOCTYPE html><html><head><title>%d</title></head><body><h1>Error %d</h1>cloudflare</body></html>"

WITH_VALUE = {
    "latency": 0.5,
    "jitter": 0.5,
    "drip": 0.05,
    "429": 20.0,
}
"""Faults that take a number, and its default: seconds."""

WORDS = {
    "latency": "each response takes so many seconds longer",
    "jitter": "and up to so many seconds more, at random",
    "drip": "the response comes 16 bytes at a time, with so many seconds between",
    "429": "too many requests; Retry-After is so many seconds",
    "timeout": "no response",
    "refused": "connections are refused",
    "reset": "connections are reset",
    "401": "the API key is refused",
    "403": "the request is forbidden",
    "500": "server error",
    "502": "bad gateway",
    "503": "service unavailable",
    "524": "the gateway's own timeout",
    "truncated": "the last third of the response is missing",
    "notjson": "a line of plain text in place of JSON",
    "partial": "no pod list, and an error",
    "nulls": "null in place of every field that may be null",
    "acts-502": "mutations are carried out, and answered by 502",
    "acts-timeout": "mutations are carried out, and not answered",
}
"""Every fault, and its effect."""

NAMES = tuple(WORDS)


def listed() -> str:
    """The faults as text for users, one per line, with the number that each takes."""
    names = {name: f"{name}[:{WITH_VALUE[name]:g}]" if name in WITH_VALUE else name for name in NAMES}
    width = max(map(len, names.values()))
    return "\n".join(f"  {names[name]:<{width}}  {meaning}" for name, meaning in WORDS.items())


class FaultError(ValueError):
    """An unknown fault, or a value it does not accept."""


class Faults:
    """The active faults, by name, each with its number. It may be changed while requests come in."""

    def __init__(self, active: Mapping[str, float] | None = None) -> None:
        self.active: dict[str, float] = {}
        for name, value in (active or {}).items():
            self.set(name, value)

    def set(self, name: str, value: float | None = None) -> None:
        if name not in NAMES:
            raise FaultError(f"there is no fault {name!r}; there are {', '.join(NAMES)}")
        number = WITH_VALUE.get(name, 1.0) if value is None else float(value)
        if not 0 <= number <= 3600:
            raise FaultError(f"{name} takes seconds from 0 to 3600, not {value!r}")
        self.active[name] = number

    def clear(self) -> None:
        self.active.clear()

    def __contains__(self, name: str) -> bool:
        return name in self.active

    def status(self) -> int | None:
        """The HTTP status that is sent instead of a response."""
        return next((int(name) for name in self.active if name.isdigit()), None)


def parse(texts: Iterable[str]) -> Faults:
    """Faults from the command line: NAME or NAME:VALUE. Raises FaultError."""
    faults = Faults()
    for word in texts:
        name, colon, value = word.partition(":")
        try:
            faults.set(name, float(value) if colon else None)
        except ValueError as error:
            if isinstance(error, FaultError):
                raise
            raise FaultError(f"{word!r}: {value!r} is not a number") from None
    return faults
