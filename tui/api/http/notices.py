"""What the headers of a response say beside it: the rate limit's windows, and the end of an API."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from tui.api.http.structured_fields import Bare, Unstructured, parse_list
from tui.api.listener import Api, Quota, Retirement
from tui.api.quantities import EARLIEST, LATEST, LONGEST_WORD

_WINDOWS = 16
"""Windows of a rate limit that are taken; RunPod has three."""

_LONGEST_WINDOW = 366 * 86_400.0
_MOST = 10**9


def quotas_of(response: httpx.Response) -> tuple[Quota, ...]:
    """The windows of the rate limit, in the server's order; none if they are not reported, or not as a list.

    `RateLimit` has r, the requests left, and t, the seconds until the window starts again; `RateLimit-Policy` q, the
    requests of a window, and w, its seconds (draft-ietf-httpapi-ratelimit-headers). Members of other kinds are ignored.
    """
    if not (text := response.headers.get("ratelimit")):
        return ()
    policies = {name: (_count(of.get("q")), _seconds(of.get("w"))) for name, of in _named(response, "ratelimit-policy")}
    quotas: dict[str, Quota] = {}
    for name, of in _listed(text):
        remaining = _count(of.get("r"))
        most, seconds = policies.get(name, (None, None))
        resets = _seconds(of.get("t"))
        if remaining is not None and (at := seconds if resets is None else resets) is not None:
            quotas[name] = Quota(name, seconds, most, remaining, at)
    return tuple(quotas.values())


def _named(response: httpx.Response, header: str) -> list[tuple[str, dict[str, Bare]]]:
    return _listed(response.headers.get(header, ""))


def _listed(text: str) -> list[tuple[str, dict[str, Bare]]]:
    """Members that are a name, with their parameters; not those of a quota that is counted in another unit."""
    try:
        members = parse_list(text)
    except Unstructured:
        return []
    return [
        (str(member.value)[:LONGEST_WORD], member.parameters)
        for member in members[:_WINDOWS]
        if isinstance(member.value, str) and member.value.isprintable()
        and member.parameters.get("qu", "requests") == "requests"
    ]  # fmt: skip


def _count(value: Bare | None) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return min(_MOST, int(value))


def _seconds(value: Bare | None) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return min(_LONGEST_WINDOW, float(value))


def wait_of(response: httpx.Response) -> float | None:
    """Seconds until every window that is used up has started again; None if none is."""
    return max((quota.resets_in for quota in quotas_of(response) if quota.remaining == 0), default=None)


def retirement_of(response: httpx.Response, api: Api) -> Retirement | None:
    """The end of the API that a response announces: by `Sunset` (RFC 8594), or only `Deprecation` (RFC 9745)."""
    sunset, deprecation = response.headers.get("sunset"), response.headers.get("deprecation")
    if not sunset and (not deprecation or deprecation.strip().lower() in ("false", "?0")):
        return None
    at = instant_of(sunset or "")
    return Retirement(api, at if at is not None and EARLIEST <= at <= LATEST else None)


def instant_of(text: str) -> float | None:
    """Epoch seconds of a date in a header; None if it is not one."""
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
