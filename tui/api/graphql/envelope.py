"""The frame around every GraphQL response: `data`, and `errors` beside it or in its place."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from tui.api.errors import CloudError, Malformed, Rejected, Restricted
from tui.api.http.sanitize import clean_json
from tui.api.models import PARTIAL, Problem
from tui.api.quantities import plain_json
from tui.api.values import NOT_UNDERSTOOD


class Answer(NamedTuple):
    """The server's response. `data` is undecoded and clean; None if the response has none."""

    data: Raw | None
    problems: tuple[Problem, ...]


class _Envelope(Struct, frozen=True, gc=False):
    data: Raw = Raw()
    errors: Raw = Raw()


_envelope = msgspec.json.Decoder(_Envelope)

_MOST, _DEEPEST, _LONGEST = 100, 32, 200
"""Errors of a response that are reported; steps of the path of one; characters of a step, and of a code."""


def open_answer(body: bytes, lines: bool = False) -> Answer:
    """Take a response out of its frame. Raises Malformed for anything that is no GraphQL response.

    lines: texts keep their line breaks.
    """
    try:
        envelope = _open(clean_json(body, lines))
    except NOT_UNDERSTOOD:
        envelope = None
    if envelope is None:
        raise Malformed("RunPod's response is not JSON, or is cut short; podtop ignores it.")
    # Only its beginning, since all of it would be copied.
    data = None if bytes(memoryview(envelope.data)[:5]) in (b"", b"null") else envelope.data
    return Answer(data, _problems(envelope.errors))


def _open(body: bytes) -> _Envelope:
    try:
        return _envelope.decode(body)
    except msgspec.DecodeError:
        if b"NaN" not in body and b"Infinity" not in body:
            raise
    # One such number is no reason to discard all the others.
    return _envelope.decode(plain_json(body))


def data_of(answer: Answer) -> Raw:
    """The data of a response. Raises Rejected, Restricted, or Malformed, if it has none."""
    if answer.data is not None:
        return answer.data
    if answer.problems:
        raise refusal(answer.problems)
    raise Malformed("RunPod's response has neither data nor an error.")


def refusal(problems: tuple[Problem, ...]) -> CloudError:
    """The error for problems in place of what was requested."""
    if any(p.message.strip(" .!").lower() == "unauthorized" for p in problems):
        # RunPod's word, at HTTP 200, for a key that is read-only or restricted (skypilot issue 8411).
        return Restricted("RunPod does not allow this with this API key: it is read-only or restricted.")
    return Rejected(problems)


def _problems(raw: Raw) -> tuple[Problem, ...]:
    if not bytes(raw):
        return ()
    try:
        errors: Any = msgspec.json.decode(raw)
    except NOT_UNDERSTOOD:
        return (Problem("RunPod reported an error that podtop cannot read"),)
    if not errors:
        return ()
    all_errors = errors if isinstance(errors, list) else [errors]
    rest = len(all_errors) - _MOST
    problems = tuple(map(_problem, all_errors[:_MOST]))
    return (*problems, Problem(f"RunPod reported {rest:,} more errors")) if rest > 0 else problems


def _problem(error: Any) -> Problem:
    """One entry, whatever its shape: errors are reported even if RunPod violates the GraphQL specification."""
    if not isinstance(error, dict):
        error = {"message": error}
    message, path, extensions = error.get("message"), error.get("path"), error.get("extensions")
    if not isinstance(message, str) or not message:
        message = "RunPod reported an error without a message"
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return Problem(
        message,
        tuple(_step(p) for p in path[:_DEEPEST] if isinstance(p, str | int)) if isinstance(path, list) else (),
        code[:_LONGEST] if isinstance(code, str) and code != PARTIAL else None,
    )


def _step(step: str | int) -> str | int:
    return step[:_LONGEST] if isinstance(step, str) else step
