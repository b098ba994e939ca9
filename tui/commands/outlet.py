"""`Outlet`: writing to a stream that may be slow, stopped or gone, without the program ever waiting for it."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import sys
import threading
from collections import deque
from typing import TextIO

from tui.commands.stdio import NotWritten, ReaderGone

WAITING = 64
"""Maximum number of texts that wait to be written; beyond it the oldest are dropped."""

LAST_WAIT = 0.5
"""Seconds that pending texts are given at the end."""


class Outlet:
    """Writes texts to a stream from a thread of its own, in their order.

    A terminal that is stopped (ctrl+s, a dropped link) accepts nothing for any length of time: then texts are dropped.
    A text that cannot be written is dropped too, and the next is tried: a full disk may have room again.

    trouble: why the last text was not written; None if it was.
    lost:    why a text was not written, though a reader was there; None if none is missing.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        out = sys.stdout if out is None else out
        self._out = out
        # Bypasses Python's own buffer, whose lock a write that never returns would hold when Python ends.
        self._file = out.fileno() if any(out is real for real in (sys.__stdout__, sys.__stderr__)) else None
        self.is_terminal = out.isatty()
        self.trouble: OSError | None = None
        self.lost: OSError | None = None
        self._waiting: deque[tuple[str, asyncio.Future[None] | None]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> None:
        """Queue a text to be written when possible; returns at once."""
        self._add(text, None)

    async def written(self, text: str) -> None:
        """Write a text completely and wait for that; nothing else waits in the meantime.

        Raises ReaderGone, and NotWritten if it cannot be written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._add(text, done)
        try:
            await done
        except BrokenPipeError:
            raise ReaderGone from None
        except OSError as error:
            raise NotWritten(error) from None

    async def close(self, seconds: float | None = LAST_WAIT) -> None:
        """Give pending texts that many seconds; None waits as long as they need."""
        if self._thread is None:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._add("", done)
        await asyncio.wait((done,), timeout=seconds)

    def _add(self, text: str, done: asyncio.Future[None] | None) -> None:
        with self._changed:
            self._waiting.append((text, done))
            if done is None and len(self._waiting) > WAITING:
                self._waiting.popleft()
            self._changed.notify()
        if self._thread is None:
            # A daemon: Python does not wait for it at the end, as a write may never return.
            self._thread = threading.Thread(target=self._run, name="output", daemon=True)
            self._thread.start()

    # In the thread

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                text, done = self._waiting.popleft()
            error = self._write(text)
            if text:
                self.trouble = error
            if error is not None and not isinstance(error, BrokenPipeError):
                self.lost = error
            if done is not None:
                _settle(done, error)

    def _write(self, text: str) -> OSError | None:
        try:
            if self._file is None:
                self._out.write(text)
                self._out.flush()
            else:
                _write_all(self._file, text.encode(self._out.encoding, "replace"))
        except OSError as error:
            return error
        except ValueError:
            return OSError(errno.EBADF, "the output is closed")
        return None


def _write_all(file: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(file, data) :]
        except BlockingIOError:
            # Another program that shares the terminal has set it to that mode.
            poll = select.poll()
            poll.register(file, select.POLLOUT)
            poll.poll()


def _settle(done: asyncio.Future[None], error: OSError | None) -> None:
    def settle() -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    try:
        done.get_loop().call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop has ended, and no caller waits any more.
        return
