"""`bounded_output`: runs a program whose output is another machine's, and reads no more of it than it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from tui.config.keys import NOTHING, Hidden
from tui.system.subprocesses import kill, without_keys

_PIECE = 65_536


class Output(NamedTuple):
    """How it ended, and what it wrote; `cut`: whether it was killed because it wrote more than is read."""

    code: int
    out: bytes
    err: bytes
    cut: bool = False


async def bounded_output(
    argv: Sequence[str],
    environ: Mapping[str, str],
    text: bytes,
    *,
    hidden: Hidden = NOTHING,
    most: int,
    patience: float,
) -> Output:
    """Run a program with `text` as its input to its end, or until it has written `most` bytes.

    environ, hidden: its environment is `without_keys` of these.
    Raises OSError if it cannot be started, TimeoutError if it was killed after `patience` seconds. It is also killed
    when this is cancelled.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, env=without_keys(environ, hidden)
    )
    try:
        async with asyncio.timeout(patience):
            if process.stdin is not None:
                with suppress(ConnectionError):
                    process.stdin.write(text)
                    await process.stdin.drain()
                    process.stdin.close()
            (out, cut), (err, _) = await asyncio.gather(
                _read(process, process.stdout, most), _read(process, process.stderr, most)
            )
            code = await process.wait()
    except (TimeoutError, asyncio.CancelledError):
        await _end(process)
        raise
    return Output(code, out, err[:_PIECE], cut)


async def _read(
    process: asyncio.subprocess.Process, stream: asyncio.StreamReader | None, most: int
) -> tuple[bytes, bool]:
    """What it writes, up to `most` bytes: then it is killed."""
    pieces, size = [], 0
    while stream is not None and size < most and (piece := await stream.read(_PIECE)):
        pieces.append(piece)
        size += len(piece)
    if size >= most:
        kill(process)
        await _drain(stream)
    return b"".join(pieces)[:most], size >= most


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill it, and read what is left in its pipes: it has not ended for asyncio as long as there is something."""
    kill(process)
    for stream in (process.stdout, process.stderr):
        await _drain(stream)
    await process.wait()


async def _drain(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(_PIECE):
        pass
