"""Exit codes, which are stable for scripts, and their meanings in words for the help topics."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.api.errors import CloudError


class Exit(IntEnum):
    """How a command ended."""

    OK = 0
    CRASHED = 1
    USAGE = 2
    NOTHING = 3
    UNAUTHORIZED = 4
    UNREACHABLE = 5
    REFUSED = 6
    UNKNOWN = 7
    PROBLEMS = 8


MEANINGS = {
    Exit.OK: "success: done, or already so; --dry-run; a --watch that was stopped",
    Exit.CRASHED: "podtop crashed, or its output could not be written",
    Exit.USAGE: "invalid command line, setting or file, or no API key",
    Exit.NOTHING: "nothing matched: no pod of that ID or name, an empty list, no alert",
    Exit.UNAUTHORIZED: "RunPod rejected the API key, or forbids this request",
    Exit.UNREACHABLE: "no valid response: unreachable, timeout, rate limit, server error, not understood",
    Exit.REFUSED: "declined, refused or without effect: nothing was changed",
    Exit.UNKNOWN: "sent, but the outcome is unknown: check before you try again",
    # Not 1, which is a crash: a script can tell a doctor that found something from one that failed.
    Exit.PROBLEMS: "podtop doctor found an error, or podtop notify --test could not send",
}


def code_of(error: CloudError) -> Exit:
    """The exit code of a failed RunPod request."""
    from tui.api import errors as api

    match error:
        case api.Insecure() | api.Misconfigured() | api.NotOffered():
            return Exit.USAGE
        case api.Unauthorized() | api.Forbidden():
            return Exit.UNAUTHORIZED
        case _:
            return Exit.UNREACHABLE
