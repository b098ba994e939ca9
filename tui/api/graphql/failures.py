"""From what went wrong on the wire to the tree in `tui.api.cloud`, in sentences for people."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from tui.api.cloud import (
    CloudError,
    Faltering,
    Forbidden,
    Rejected,
    Throttled,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from tui.api.graphql.text import clean
from tui.api.models import Problem

LONGEST_RETRY_AFTER = 3600.0
"""Seconds. A server that asks for more is taken at an hour, so that one bad header does not end the monitoring."""

_GATEWAY_GAVE_UP = (408, 504, 524)


def of_transport(error: Exception, host: str, deadline: float) -> CloudError:
    """A request that brought no answer: `error` is what httpx or the deadline raised."""
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return TimedOut(f"{host} did not accept a connection in time. Check the network.", sent=False)
        case httpx.TimeoutException():
            return TimedOut(f"{host} did not answer in time.")
        case TimeoutError():
            return TimedOut(f"{host} did not finish its answer within {deadline:.0f} s.")
        case httpx.ProxyError():
            return Unreachable(f"The proxy did not connect to {host}{_because(error)}. Check HTTPS_PROXY.", sent=False)
        case httpx.ConnectError():
            if isinstance(_root(error), ssl.SSLError):
                return Unreachable(f"No secure connection to {host}{_because(error)}.", sent=False)
            return Unreachable(f"Cannot connect to {host}{_because(error)}. Check the network.", sent=False)
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return Unreachable(f"{host} is not an address that podtop can ask.", sent=False)
        case httpx.LocalProtocolError():
            # Its words quote the header that it objects to, which may be the key.
            return Unreachable(f"The request to {host} could not be written.", sent=False)
        case _:
            return Unreachable(f"{host} closed the connection before it answered.")


def of_status(
    response: httpx.Response, problems: tuple[Problem, ...], host: str, wall: Callable[[], float]
) -> CloudError:
    """An answer whose HTTP status is not a success. `problems`: what its body says, fit to be shown."""
    status = response.status_code
    if status == 401:
        return Unauthorized(
            "RunPod refused the API key (HTTP 401): it is wrong or revoked. Check it, or make a new one."
        )
    if status == 403:
        return Forbidden(
            "RunPod refused this request (HTTP 403). The key may be restricted, or a firewall blocks this machine."
        )
    if status == 429:
        after = retry_after(response, wall)
        wait = "" if after is None else f" It asks podtop to wait {after:.0f} s."
        return Throttled(f"Too many requests for this account or address (HTTP 429).{wait}", after)
    if response.is_redirect:
        return Unreachable(
            f"{host} sends podtop to another address (HTTP {status}). podtop does not follow: the key would go along.",
        )
    if status in _GATEWAY_GAVE_UP:
        return TimedOut(f"RunPod did not answer its own gateway in time (HTTP {status}).")
    if status >= 500:
        said = f" It said: {problems[0].message}" if problems else ""
        return Faltering(f"RunPod has trouble answering (HTTP {status}).{said}")
    if problems:
        return Rejected(problems)
    if status in (404, 405, 410):
        return Unreachable(f"There is no GraphQL API at this address of {host} (HTTP {status}).")
    return Rejected((Problem(f"RunPod rejected the request (HTTP {status}) without saying why"),))


def is_page(response: httpx.Response, body: bytes) -> bool:
    """A web page where JSON should be: a gateway or a login page answers in RunPod's place."""
    return "html" in response.headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"


def retry_after(response: httpx.Response, wall: Callable[[], float]) -> float | None:
    """Seconds until the server wants to be asked again, given as a number or as a date; None when it did not say.

    A date is compared with the server's own clock where it tells it.
    """
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(LONGEST_RETRY_AFTER, float(text[:9]))
    at = _date(text)
    if at is None:
        return None
    now = date_of(response)
    return min(LONGEST_RETRY_AFTER, max(0.0, at - (wall() if now is None else now)))


def date_of(response: httpx.Response) -> float | None:
    """The server's time of day when it answered, to the second; None where it does not tell it."""
    return _date(response.headers.get("date", ""))


def _date(text: str) -> float | None:
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _root(error: BaseException) -> BaseException:
    """The first cause: anyio, httpcore and httpx wrap what the system said."""
    while True:
        if isinstance(error, BaseExceptionGroup):
            # One for each address of the host.
            error = error.exceptions[0]
        elif (cause := error.__cause__ or error.__context__) is not None:
            error = cause
        else:
            return error


def _because(error: Exception) -> str:
    """What the system said, in brackets. Not what the libraries said: they may quote what was sent."""
    root = _root(error)
    if not isinstance(root, OSError) or not root.errno:
        return ""
    # The codes of DNS and TLS are their own; asyncio's words for the others repeat the address.
    own = isinstance(root, ssl.SSLError | socket.gaierror)
    words = clean((root.strerror or "") if own else os.strerror(root.errno))
    return f" ({words})" if words else ""
