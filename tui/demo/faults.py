"""Faults on demand: errors of the simulated RunPod, for tests and for trying out podtop's retries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tui.format.digits import whole_number

HTML = b"<!DOCTYPE html><html><head><title>%d</title></head><body><h1>Error %d</h1>cloudflare</body></html>"

RETIRED = "graphql-410"

WITH_VALUE = {
    "latency": 0.5,
    "jitter": 0.5,
    "drip": 0.05,
    "429": 20.0,
    "graphql-sunset": 45.0,
    RETIRED: 0.0,
    "v2-error": 600.0,
    "v2-throttle": 10.0,
    "v2-logs-drop": 20.0,
}
"""Faults that take a number, and its default: seconds, if their words say nothing else."""

WORDS = {
    "latency": "delay each response by this many seconds",
    "jitter": "random extra delay of up to this many seconds",
    "drip": "send 16 bytes at a time, this many seconds apart",
    "429": "too many requests, with this many seconds in Retry-After",
    "timeout": "no response",
    "refused": "refuse connections",
    "reset": "reset connections",
    "401": "reject the API key",
    "403": "forbid the request to this API key",
    "front-door": "403 with a page of HTML, as from a firewall before RunPod",
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
    "graphql-sunset": "announce in headers that GraphQL ends this many days from now",
    RETIRED: "GraphQL is retired, this many seconds from now: 410",
    "v2-front-door": 'REST v2: 403 with "error code: 1010", as from the proxy before it',
    "v2-throttle": "REST v2: a rate limit of this many requests per minute",
    "v2-short-pages": "REST v2: short and empty pages of pods, though more follow",
    "v2-early-running": "REST v2: RUNNING in place of PROVISIONING and STARTING",
    "v2-error": "REST v2: ERROR for a pod that is not up this many seconds after its start",
    "v2-actions-heed-locks": "REST v2: leave out of a pod's actions what its lock forbids",
    "v2-stopped-cost": "REST v2: the full rate as cost of a stopped pod",
    "v2-ports-shuffle": "REST v2: another order of a pod's ports in each response",
    "v2-no-capacity": "REST v2: no capacity for new and stopped pods",
    "v2-dearer": "REST v2: a new pod costs 20% more than its list price",
    "v2-no-balance": "REST v2: no route for the balance",
    "v2-postpaid": "an account that is invoiced: nothing stops when the balance is 0",
    "v2-logs-drop": "REST v2: cut log streams after this many seconds",
    "v2-logs-hostile": "REST v2: control characters, escape sequences and very long lines in logs",
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
            raise FaultError(f"invalid value {value!r} for {name}; expected a number, from 0 to 3600")
        self.active[name] = number

    def clear(self) -> None:
        self.active.clear()

    def __contains__(self, name: str) -> bool:
        return name in self.active

    def status(self) -> int | None:
        """The HTTP status that is sent instead of a response."""
        return next((status for name in self.active if (status := whole_number(name)) is not None), None)


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
