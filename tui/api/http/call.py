"""One request before it leaves, and what is known of it while it is under way."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import httpx

from tui.api.errors import CloudError
from tui.api.http.body import LARGEST
from tui.api.secret import Secret


class Call(NamedTuple):
    """One request.

    operation: its name in the log.
    url:       with its query; never with a secret.
    secrets:   values in the body that must not appear in the server's messages.
    lines:     texts in the response keep their line breaks.
    largest:   bytes of a response at most.
    whole:     HTTP statuses by which a response is the answer to this request, whole and RunPod's own. By another
               success (202 "accepted", 203 "changed on the way", 206 "a part") it is none, whatever its body says.
    again:     a read: it is sent once more, on a new connection, if the other side had just closed the one that was
               open. A change never is.
    """

    operation: str
    method: str
    url: str
    content: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    with_key: bool = True
    secrets: tuple[Secret, ...] = ()
    lines: bool = False
    whole: tuple[int, ...] = (200,)
    again: bool = False
    largest: int = LARGEST


class Bearer(httpx.Auth):
    """Adds the key to each request as it leaves, so that it is in no client's default headers."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


class Trail:
    """How far a request got, as httpcore reports it; unknown over another transport."""

    def __init__(self, leaving: Callable[[], object] = lambda: None) -> None:
        self.known = False
        self.connected = False
        self.left = False
        self._leaving = leaving

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.known = True
        if event.endswith("connect_tcp.started"):
            self.connected = True
        elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.left = True
            self._leaving()

    @property
    def may_have_left(self) -> bool:
        return self.left or not self.known

    def end(self) -> None:
        """Let go of the deadline: it knows the task, and thereby the response, and httpx's request knows this."""
        self._leaving = lambda: None


class Dropped(CloudError):
    """The other side closed a connection that was open before this request, without any response."""


def is_header_text(text: str) -> bool:
    """Whether a key can be a part of a header."""
    return text.isascii() and text.isprintable() and " " not in text
