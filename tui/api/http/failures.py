"""From failures on the wire to the tree in `tui.api.errors`, in sentences for the user."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Callable

import httpx

from tui.api.errors import (
    Blocked,
    CloudError,
    Faltering,
    Forbidden,
    Malformed,
    Rejected,
    Retired,
    Throttled,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from tui.api.http import name_lookup, notices
from tui.api.http.proxies import Proxy
from tui.api.http.sanitize import clean
from tui.api.models import Problem
from tui.api.refusals import NO_REASON
from tui.format.digits import whole_number

LONGEST_RETRY_AFTER = 3600.0
"""Seconds. A server that requests more is taken at an hour, so that one bad header does not end the monitoring."""

_PLACE_IN_SSL = re.compile(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$")
"""What OpenSSL's messages say to programmers alone."""

_FRONT_DOOR = re.compile(rb"\s*error code: *(\d{1,6})\s*")
"""The body of what the firewall in front of RunPod turned away: it did not pass."""

_GATEWAY_GAVE_UP = (408, 504, 524)


def of_transport(
    error: Exception, host: str, deadline: float, proxy: Proxy | None = None, *, sent: bool = True
) -> CloudError:
    """A request without a response: `error` is whatever httpx, what is below it, or the deadline raised.

    proxy: the one it used; sent: whether it may have left.
    """
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return TimedOut(_not_accepted(host, proxy), sent=False)
        case httpx.TimeoutException() if proxy is not None and not sent:
            return TimedOut(f"The proxy {proxy.where} did not respond in time. Check {proxy.variable}.", sent=False)
        case httpx.TimeoutException():
            return TimedOut(f"{host} did not respond in time.")
        case TimeoutError() if not sent:
            return TimedOut(_not_accepted(host, proxy), sent=False)
        case TimeoutError():
            return TimedOut(f"{host} did not complete its response within {deadline:.0f} s.")
        case httpx.ProxyError():
            return Unreachable(_refused_by_proxy(error, host, proxy), sent=False)
        case httpx.ConnectError():
            return Unreachable(_not_connected(error, host, proxy), sent=False)
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | UnicodeError():
            return Unreachable(f"The API address is invalid: {host}. Check api_url.", sent=False)
        case httpx.LocalProtocolError():
            # Its message quotes the header that it objects to, which may be the key.
            return Unreachable(f"Could not create a valid request to {host}; nothing was sent.", sent=False)
        case _ if proxy is not None and not sent:
            return Unreachable(
                f"{proxy.where} did not respond like a proxy. Check its address and type (http, https, socks5) in "
                f"{proxy.variable}.",
                sent=False,
            )
        case httpx.RemoteProtocolError() if str(error) and not is_dropped(error):
            return Unreachable(f"{host} did not respond with valid HTTP. Check its address.", sent=sent)
        case httpx.HTTPError() | httpx.StreamError() | OSError():
            return Unreachable(f"{host} closed the connection before it responded.", sent=sent)
        case _:
            return Unreachable(f"The request to {host} failed unexpectedly ({type(error).__name__}).", sent=sent)


def is_dropped(error: Exception) -> bool:
    """Whether the other side closed the connection without a byte of a response, as far as can be known."""
    if isinstance(error, httpx.RemoteProtocolError):
        # This message is httpcore's; h11's own, about a response that it does not understand, are others.
        return "disconnected" in str(error).lower()
    return isinstance(error, httpx.ReadError | httpx.WriteError | httpx.CloseError | ConnectionError)


def _not_accepted(host: str, proxy: Proxy | None) -> str:
    name = proxy.host if proxy is not None else host.partition(":")[0]
    if name_lookup.is_slow(name):
        return f"The DNS lookup of {name} timed out. Check the network."
    if proxy is not None:
        return f"The connection to {host} via proxy {proxy.where} timed out. Check {proxy.variable}."
    return f"The connection to {host} timed out. Check the network."


def _refused_by_proxy(error: Exception, host: str, proxy: Proxy | None) -> str:
    """A proxy's refusal of a connection. Its own words are not repeated: only its number."""
    text = str(error)
    status = whole_number(text[:3])
    variable = proxy.variable if proxy is not None else "HTTPS_PROXY"
    name = f"The proxy {proxy.where}" if proxy is not None else "The proxy"
    code = "" if status is None else f" (HTTP {status})"
    if status == 407 or "Invalid username" in text or "USERNAME/PASSWORD" in text or "NO ACCEPTABLE" in text:
        if proxy is not None and proxy.user is not None:
            return (
                f"{name} rejected the user name or password in {variable}{code}. Correct them; special characters must "
                "be percent-encoded (@ as %40)."
            )
        where = proxy.url.replace("://", "://USER:PASSWORD@") if proxy is not None else "http://USER:PASSWORD@HOST:PORT"
        return f"{name} requires a user name and password{code}: set {variable} to {where}"
    return (
        f"{name} did not connect to {host}{code or _because(error)}. Check {variable}, or add {host} to NO_PROXY to "
        "bypass the proxy."
    )


def _not_connected(error: Exception, host: str, proxy: Proxy | None) -> str:
    root = _root(error)
    by = f" via proxy {proxy.where}" if proxy is not None else ""
    if isinstance(root, ssl.SSLCertVerificationError):
        return _untrusted(root, host, by)
    if isinstance(root, ssl.SSLError):
        check = (
            "Check the network and api_url." if proxy is None
            else f"Check whether {proxy.variable} must begin with http or https."
        )  # fmt: skip
        return f"The TLS connection to {host}{by} failed{_because(error)}. {check}"
    if proxy is not None:
        return (
            f"Cannot connect to the proxy {proxy.where}{_because(error)}, set in {proxy.variable}. "
            f"Check that it is running; correct or unset {proxy.variable}."
        )
    return f"Cannot connect to {host}{_because(error)}. Check the network."


_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)
"""OpenSSL's numbers for certificates that no known authority signed: see x509_vfy.h."""


_OUT_OF_DATE = (9, 10)


def _untrusted(error: ssl.SSLCertVerificationError, host: str, by: str) -> str:
    """Why a certificate is not trusted, and what to do about that."""
    start = f"The TLS connection to {host}{by} failed"
    if error.verify_code in _UNKNOWN_AUTHORITY:
        named = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), None)
        if named is not None:
            return f"{start}: its certificate authority is not in {named}. Add it there."
        return (
            f"{start}: unknown certificate authority. Behind a company proxy that decrypts TLS, set SSL_CERT_FILE to "
            "a file with the proxy's CA certificate."
        )
    reason = f" ({detail})" if (detail := clean(error.verify_message or "")) else ""
    check = " Check this machine's clock." if error.verify_code in _OUT_OF_DATE else ""
    return f"{start}{reason}.{check}"


def of_status(
    response: httpx.Response, body: bytes, problems: tuple[Problem, ...], host: str, wall: Callable[[], float]
) -> CloudError:
    """A response whose HTTP status is not a success. `problems`: RunPod's own in its body, fit to show."""
    status = response.status_code
    if status == 401:
        return Unauthorized(
            "RunPod rejected the API key (HTTP 401): it is wrong or revoked. Check it, or create a new one."
        )
    if status == 403 and problems:
        return Forbidden(
            f"RunPod refused the request (HTTP 403): {problems[0].message.rstrip('.')}. The API key may lack this "
            "permission."
        )
    if status == 403:
        return _blocked(host, body)
    if status == 407:
        return Unreachable("The proxy requires a user name and password (HTTP 407): set them in HTTP_PROXY.")
    if status == 410:
        return retired()
    if status == 429:
        after = retry_after(response, wall)
        wait = "" if after is None else f" The next one is allowed in {after:.0f} s."
        return Throttled(f"Too many requests from this account or address (HTTP 429).{wait}", after)
    if response.is_redirect:
        return Unreachable(
            f"{host} redirects elsewhere (HTTP {status}). podtop does not follow, to protect the key. Check api_url.",
        )
    if status in _GATEWAY_GAVE_UP:
        return TimedOut(f"RunPod's gateway timed out (HTTP {status}).")
    if status >= 500:
        quoted = f": {problems[0].message}" if problems else "."
        return Faltering(f"RunPod server error (HTTP {status}){quoted}")
    if problems:
        return Rejected(problems)
    if status in (404, 405):
        ended = ' If RunPod has ended GraphQL, set api = "rest".' if response.url.path.endswith("/graphql") else ""
        return Unreachable(
            f"This address at {host} is not RunPod's API (HTTP {status}). Correct or remove api_url.{ended}"
        )
    # RunPod gives a reason; what stands before it may withhold the response alone.
    return Rejected((Problem(f"RunPod rejected the request (HTTP {status}) without a reason", code=NO_REASON),))


def retired() -> Retired:
    """The error for an API that RunPod has switched off."""
    return Retired("RunPod has switched this API off (HTTP 410). Set api to auto, and podtop uses the other one.")


def not_whole(response: httpx.Response) -> Malformed:
    """The error for a success by another status than the request has: of a change it is unknown what it did."""
    return Malformed(
        f"RunPod's response may be incomplete or not its own (HTTP {response.status_code}); podtop ignores it."
    )


def _blocked(host: str, body: bytes) -> Blocked:
    """The error for a 403 that is not RunPod's own."""
    code = _FRONT_DOOR.fullmatch(body)
    named = f", error code {code[1].decode()}" if code else ""
    return Blocked(
        f"A firewall before {host} refused the request (HTTP 403{named}), not RunPod. The API key is not the reason; "
        "check the network.",
        sent=code is None,
    )


def is_page(response: httpx.Response, body: bytes) -> bool:
    """A web page where JSON should be: a gateway or a login page in RunPod's place."""
    return "html" in response.headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"


def retry_after(response: httpx.Response, wall: Callable[[], float]) -> float | None:
    """Seconds until the server accepts the next request; None if not given.

    The longest of what is given, as a number or as a date, and of the windows of its rate limit that are used up.
    """
    waits = [wait for wait in (_retry_after(response, wall), notices.wait_of(response)) if wait is not None]
    return min(LONGEST_RETRY_AFTER, max(waits)) if waits else None


def _retry_after(response: httpx.Response, wall: Callable[[], float]) -> float | None:
    """A date is compared with the server's own clock if that is reported."""
    text = response.headers.get("retry-after", "").strip()
    if (seconds := whole_number(text[:9])) is not None:
        return min(LONGEST_RETRY_AFTER, float(seconds))
    at = notices.instant_of(text)
    if at is None:
        return None
    now = date_of(response)
    return min(LONGEST_RETRY_AFTER, max(0.0, at - (wall() if now is None else now)))


def date_of(response: httpx.Response) -> float | None:
    """The server's time of day of its response, to the second; None if not reported."""
    return notices.instant_of(response.headers.get("date", ""))


def _root(error: BaseException) -> BaseException:
    """The first cause: anyio, httpcore and httpx wrap the system's error."""
    while True:
        if isinstance(error, BaseExceptionGroup):
            # One for each address of the host.
            error = error.exceptions[0]
        elif (cause := error.__cause__ or error.__context__) is not None:
            error = cause
        else:
            return error


def _because(error: Exception) -> str:
    """The system's message, in brackets. Not that of the libraries: they may quote what was sent."""
    root = _root(error)
    if not isinstance(root, OSError) or not root.errno:
        return ""
    # The codes of DNS and TLS are their own; asyncio's messages for the others repeat the address.
    own = isinstance(root, ssl.SSLError | socket.gaierror)
    text = clean(_PLACE_IN_SSL.sub("", root.strerror or "") if own else os.strerror(root.errno))
    return f" ({text})" if text else ""
