"""Asks a person on a plain terminal: input typed before the question was shown is ignored."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from typing import TextIO

DEAF = 0.4
"""Seconds without a line before the question is shown: a lagging link delivers old Enters, a paste continues."""


class Terminal:
    """The terminal for questions. `there`: whether there is a person to ask, who also sees the question."""

    def __init__(self, keys: TextIO | None = None, out: TextIO | None = None) -> None:
        self._keys = sys.stdin if keys is None else keys
        self._out = sys.stderr if out is None else out

    @property
    def there(self) -> bool:
        try:
            return self._keys.isatty() and self._out.isatty()
        except (AttributeError, ValueError):
            # A closed standard input is None, or raises.
            return False

    async def ask(self, question: str) -> str | None:
        """One line of reply without its white space; None if none will come. Cancellable."""
        file = self._keys.fileno()
        while await _readable(file, DEAF):
            termios.tcflush(file, termios.TCIFLUSH)
            if await _ended(file):
                return None
        termios.tcflush(file, termios.TCIFLUSH)
        self._out.write(question)
        self._out.flush()
        await _readable(file, None)
        try:
            answer = os.read(file, 4096)
        except OSError:
            return None
        if not answer.endswith(b"\n"):
            self._out.write("\n")
        return answer.decode("utf-8", "replace").strip() if answer else None


async def _readable(file: int, seconds: float | None) -> bool:
    """Whether a line came within the time; None waits without limit."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(file, ready.set)
    try:
        async with asyncio.timeout(seconds):
            await ready.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(file)
    return True


async def _ended(file: int) -> bool:
    """Whether the terminal is gone: a lost one stays readable though it was emptied."""
    if not await _readable(file, 0.01):
        return False
    try:
        return not os.read(file, 4096)
    except OSError:
        return True
