"""What a route is given and what it returns: `Call` and `Reply`, and `Problem` for every refusal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tui.demo.faults import Faults
from tui.demo.world import Refusal, Why, World
from tui.format.digits import whole_number

LARGEST_BODY = 102_400
"""Bytes of the body of a request (RunPod's document of September 2026: 413 above)."""


_TITLES = {
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 410: "Gone", 413: "Content Too Large", 422: "Unprocessable Entity",
    429: "Too Many Requests", 500: "Internal Server Error",
}  # fmt: skip


class Problem(Exception):
    """A refusal, as `application/problem+json` reports it."""

    def __init__(self, status: int, detail: str, errors: list[str] | None = None, allow: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.errors = errors or []
        self.allow = allow

    def document(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "title": _TITLES.get(self.status, "Error"),
            "status": self.status,
            "detail": str(self),
        }
        return shown | {"errors": self.errors} if self.errors else shown


def invalid(*errors: str) -> Problem:
    return Problem(422, "Request validation failed.", list(errors))


def not_found() -> Problem:
    return Problem(404, "resource not found")


_STATUS = {Why.UNKNOWN: 404, Why.STATUS: 409, Why.BALANCE: 402}
_WORDS = {
    Why.UNKNOWN: "resource not found",
    Why.LOCKED: "Pod is locked",
    Why.HOST_FULL: "Failed to resume pod.",
}


def refused(refusal: Refusal) -> Problem:
    """The world's refusal, in REST v2's words where they differ from GraphQL's."""
    return Problem(_STATUS.get(refusal.why, 400), _WORDS.get(refusal.why, str(refusal)))


class Request(NamedTuple):
    """A request for a path below `/v2`. Names of headers are in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """A response: its status and its content, which becomes JSON; None is an empty body."""

    status: int
    content: Any = None


@dataclass
class Call:
    """One request on its way through a route.

    at:   the parts of the path that its pattern names.
    turn: the number of this request among all of them.
    """

    world: World
    faults: Faults
    request: Request
    turn: int = 0
    at: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """A query parameter; unknown ones are never looked at, as RunPod ignores them."""
        return self.request.query.get(name, [None])[-1]

    def phrase(self, name: str, known: tuple[str, ...] | None = None) -> list[str] | None:
        """A comma-separated query parameter; None without it."""
        given = self.text(name)
        if given is None:
            return None
        parts = [part for part in given.split(",") if part]
        for part in parts:
            if known is not None and part not in known:
                raise invalid(f"query.{name}: value must be one of {quoted(known)}")
        return parts

    def word(self, name: str, known: tuple[str, ...], default: str) -> str:
        given = self.text(name)
        if given is not None and given not in known:
            raise invalid(f"query.{name}: value must be one of {quoted(known)}")
        return default if given is None else given

    def flag(self, name: str) -> bool | None:
        given = self.text(name)
        if given not in (None, "true", "false"):
            raise invalid(f"query.{name}: got string, want boolean")
        return None if given is None else given == "true"

    def number(self, name: str, low: int, high: int | None, default: int) -> int:
        given = self.text(name)
        if given is None:
            return default
        # More digits than these are outside of every range, and expensive to read.
        size = whole_number(given.removeprefix("-"), 11)
        if size is None:
            raise invalid(f"query.{name}: got string, want integer")
        number = -size if given.startswith("-") else size
        if number < low:
            raise invalid(f"query.{name}: minimum: got {number}, want {low}")
        if high is not None and number > high:
            raise invalid(f"query.{name}: maximum: got {number}, want {high}")
        return number

    def body(self) -> Any:
        if len(self.request.body) > LARGEST_BODY:
            raise Problem(413, "request body too large")
        try:
            return json.loads(self.request.body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise Problem(400, "request body is not valid JSON") from None


def quoted(phrase: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in phrase)


def _refuse(name: str) -> None:
    raise ValueError(name)
