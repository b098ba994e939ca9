"""Refusals of REST v2 (`application/problem+json`, RFC 9457) as the errors of `tui.api.errors`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

import httpx
from msgspec import Struct
from msgspec.structs import replace

from tui.api.errors import CloudError, Rejected, Restricted, Retired
from tui.api.http import failures
from tui.api.http.sanitize import clean_json
from tui.api.http.transport import told
from tui.api.models import Problem
from tui.api.quantities import Line, Reader, Several
from tui.api.secret import MASK, Secret, mask
from tui.api.values import NOT_UNDERSTOOD

_REJECTED = (400, 402, 405, 409, 413, 422)
"""Statuses by which RunPod refuses a request, and says why only in words."""

_LONGEST_ID = 40
_ODD = re.compile(r"[^A-Za-z0-9._:/+=-]")


class Missing(Rejected):
    """RunPod itself says that there is nothing of that id (HTTP 404): not a gateway's "not found"."""


class WireProblem(Struct):
    title: Line | None = None
    status: float | None = None
    detail: Line | None = None
    errors: Annotated[list[Line | None], Several] | None = None


_problem = Reader[WireProblem](WireProblem)


def read_problem(body: bytes) -> WireProblem | None:
    """A refusal's own words; None if it is no problem document."""
    try:
        wire = _problem.decode(clean_json(body))
    except NOT_UNDERSTOOD:
        return None
    return wire if wire.title or wire.detail else None


def refusal(
    response: httpx.Response,
    body: bytes,
    *,
    host: str,
    wall: Callable[[], float],
    secrets: tuple[Secret, ...],
    may_read: bool,
) -> CloudError:
    """The error for a response that is no success.

    secrets:  what must not appear in RunPod's words.
    may_read: the request was a change, and this key has read before.
    """
    wire, status = read_problem(body), response.status_code
    problems = told(_problems(wire, status), secrets) if wire is not None else ()
    if status == 410 or (wire is not None and wire.status == 410 and 400 <= status < 500):
        return Retired("RunPod has switched this API off (HTTP 410). Nothing was done; use its other API.")
    if status == 403 and problems and may_read:
        text = problems[0].message.rstrip(".")
        return Restricted(f"RunPod does not allow this with this API key or account: {text}.")
    if status == 404 and problems and _is_own(wire, response):
        return Missing(problems)
    if status == 402:
        return Rejected(problems or (Problem("Insufficient balance", code="402"),))
    if status in _REJECTED and problems:
        return Rejected(problems)
    # A gateway's "not found" says nothing about RunPod's pods.
    return failures.of_status(response, body, () if status == 404 else problems, host, wall)


def _is_own(wire: WireProblem | None, response: httpx.Response) -> bool:
    """Whether a 404 is RunPod's own, by its form and its title."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return (
        wire is not None
        and kind == "application/problem+json"
        and (wire.title or "").strip().lower() == "not found"
        and wire.status == 404
        and wire.detail is not None
    )


def _problems(wire: WireProblem, status: int) -> tuple[Problem, ...]:
    details = [text for text in wire.errors or () if text]
    first = (wire.detail or wire.title or "").strip()
    first = first.rstrip(".") if details else first
    return tuple(Problem(text, code=str(status)) for text in (first, *details) if text)


def request_id(response: httpx.Response) -> str:
    """RunPod's name of a request, by which its support finds it; empty if there is none that can be shown."""
    text = _ODD.sub("", response.headers.get("x-request-id", ""))[:_LONGEST_ID]
    # One that looks like a key would be masked.
    return text if MASK not in mask(text) else f"{text[:16]}…"


def with_request_id(error: CloudError, ident: str) -> CloudError:
    """The same error with the id of its request at the end of its words."""
    if not ident:
        return error
    suffix = f" (request id {ident})"
    if isinstance(error, Rejected):
        *others, last = error.problems
        return type(error)((*others, replace(last, message=last.message + suffix)))
    error.args = (f"{error}{suffix}", *error.args[1:])
    return error
