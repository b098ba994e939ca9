"""Programs that podtop starts: the environment they get, and that they end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tui.config.keys import NOTHING, Hidden

_WITHIN = 6
"""Minimum characters of a secret that is searched for inside values: a shorter one occurs in many by chance."""


def without_keys(environ: Mapping[str, str], hidden: Hidden = NOTHING) -> dict[str, str]:
    """The environment of every program that podtop starts.

    Without variables that hold a key by their name, and without those that hold one of podtop's secrets, or another
    RunPod key, by their value.
    """
    return {name: value for name, value in environ.items() if not _is_secret(name, value, hidden)}


def _is_secret(name: str, value: str, hidden: Hidden) -> bool:
    if "API_KEY" in name.upper() or name in hidden.names or "rpa_" in value:
        return True
    secrets = (secret.reveal() for secret in hidden.secrets)
    return any(secret in value if len(secret) >= _WITHIN else secret == value for secret in secrets if secret)


async def run(
    argv: Sequence[str],
    environ: Mapping[str, str],
    hidden: Hidden,
    *,
    patience: float,
    variables: Mapping[str, str] | None = None,
    text: bytes | None = None,
    reads: bool = False,
) -> tuple[int, bytes]:
    """Run a program to its end; return its exit code, and with `reads` its standard output.

    environ, hidden: its environment is `without_keys` of these, and `variables`.
    text: its standard input.
    patience: seconds after which it is killed, with everything it started.
    Raises OSError and ValueError if it cannot be started, TimeoutError if it was killed. It is also killed when this is
    cancelled.
    """
    nothing, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=nothing if text is None else pipe, stdout=pipe if reads else nothing, stderr=nothing,
        start_new_session=True, env={**without_keys(environ, hidden), **(variables or {})},
    )  # fmt: skip
    try:
        async with asyncio.timeout(patience):
            output, _ = await process.communicate(text)
    except (TimeoutError, asyncio.CancelledError):
        kill(process)
        await process.wait()
        raise
    return process.returncode or 0, output or b""


def kill(process: asyncio.subprocess.Process) -> None:
    """Kill a program that leads a session of its own, and everything it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
