"""The one tree of errors of requests to RunPod, whichever API carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.refusals import reasons_of
from tui.api.secret import mask

if TYPE_CHECKING:
    from tui.api.models import Problem


class CloudError(Exception):
    """Root of everything a `Cloud` raises. `str()` is a sentence for the user, free of secrets."""

    def __init__(self, message: str) -> None:
        super().__init__(mask(message))


class Unreachable(CloudError):
    """No response arrived: no route, refused, reset, DNS, TLS, or a gateway (5xx, HTML) in RunPod's place.

    `sent`: whether the request may have reached RunPod. False only when it surely did not: then a mutation surely did
    not happen; when True it may have.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class TimedOut(Unreachable):
    """The server did not respond in time. A mutation may or may not have happened (see `sent`)."""


class Faltering(Unreachable):
    """RunPod, or a gateway in its place, reported a server error (HTTP 5xx). A mutation may have happened."""


class Blocked(Unreachable):
    """Something before RunPod's servers refused the request: HTTP 403 in a form that is not RunPod's own.

    A firewall, a CDN or a company's filter: it says nothing about the key. A filter may also withhold a response, so
    a mutation may have happened; not so where the firewall named the rule by which it turned the request away.
    """


class Misconfigured(Unreachable):
    """No request is possible in this environment: a variable names a proxy or certificates that cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class Unauthorized(CloudError):
    """The key is missing, wrong or revoked (HTTP 401, or `myself: null` without an error)."""


class Forbidden(CloudError):
    """RunPod itself refuses (HTTP 403, a scoped or read-only key): not proof that the key is dead."""


class Restricted(Forbidden):
    """RunPod's "Unauthorized" at HTTP 200: this key may read, and may change nothing, or not this (skypilot 8411)."""


class ReadOnly(Forbidden):
    """podtop itself refuses: it was started read-only, so nothing was sent."""


class Insecure(Forbidden):
    """podtop itself refuses to send the key to this address, so nothing was sent."""


class Throttled(CloudError):
    """Too many requests (HTTP 429). `retry_after`: seconds to wait that the server requests, if given."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(CloudError):
    """The server understood and refused.

    Also an order that makes no sense, which podtop does not send; its message says so.

    problems: every message, with its path and code.
    reasons:  why, as far as podtop knows RunPod's messages; the most specific first.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(p.message for p in problems) or "the request was rejected without a message")
        self.problems = problems
        self.reasons = reasons_of(str(self), [problem.code for problem in problems])


class NotOffered(CloudError):
    """The API has no way to do or to report this. Nothing was sent, and a retry is of no use."""


class Retired(CloudError):
    """RunPod has switched this API off (HTTP 410). Nothing was done, and a retry is of no use; another API may do."""


class Malformed(CloudError):
    """A response that is not what the API promises: not JSON, cut short, too large, or without `data`."""


class Unforeseen(CloudError):
    """A response that podtop itself failed on: a fault of podtop's own, described in its log."""
