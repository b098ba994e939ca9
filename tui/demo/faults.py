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
    "latency": "delay each response by this many seconds",
    "jitter": "random extra delay of up to this many seconds",
    "drip": "send 16 bytes at a time, this many seconds apart",
    "429": "too many requests, with this many seconds in Retry-After",
    "timeout": "no response",
    "refused": "refuse connections",
    "reset": "reset connections",
    "401": "reject the API key",
    "403": "forbid the request",
    "500": "server error",
    "502": "bad gateway",
    "503": "service unavailable",
    "524": "gateway timeout",
    "truncated": "cut off the last third of the response",
    "notjson": "plain text in place of JSON",
    "partial": "an error in place of the pod list",
    "nulls": "null in every nullable field",
    "acts-502": "carry out mutations, but respond with 502",
    "acts-timeout": "carry out mutations, but do not respond",
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
            raise FaultError(f"unknown fault {name!r}; expected {', '.join(NAMES)}")
        number = WITH_VALUE.get(name, 1.0) if value is None else float(value)
        if not 0 <= number <= 3600:
            raise FaultError(f"invalid value {value!r} for {name}; expected seconds, from 0 to 3600")
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
            raise FaultError(f"invalid value {value!r} in {word!r}; expected a number") from None
    return faults
