"""Exit codes, which are a promise to scripts, and what they mean in words for help, manual and README."""

from __future__ import annotations

from enum import IntEnum

from tui.api import errors as api


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


MEANINGS = {
    Exit.OK: "all went well; what was to be done is done, or was so already; a --watch that was told to stop",
    Exit.CRASHED: "podtop crashed, or its output could not be written",
    Exit.USAGE: "the command line, a setting or a file is not as it should be, or there is no API key",
    Exit.NOTHING: "nothing matched: no pod of that id or name, an empty list, no alert",
    Exit.UNAUTHORIZED: "RunPod refused the API key, or this request with this key",
    Exit.UNREACHABLE: "no usable answer: unreachable, timed out, too many requests, trouble at RunPod, not understood",
    Exit.REFUSED: "nothing was changed: podtop, a person at the question, or RunPod refused, or nothing came of it",
    Exit.UNKNOWN: "it was sent, and whether it happened could not be found out: look before trying again",
}
SIGNALLED = "128 + N: ended by signal N"


def code_of(error: api.CloudError) -> Exit:
    """The exit code of a question that RunPod did not answer."""
    match error:
        case api.Insecure() | api.Misconfigured() | api.NotOffered():
            return Exit.USAGE
        case api.Unauthorized() | api.Forbidden():
            return Exit.UNAUTHORIZED
        case _:
            return Exit.UNREACHABLE
