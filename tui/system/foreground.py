"""Runs a program in podtop's place on the terminal, as a shell would: the program gets the keys until it ends.

It shares podtop's process group: what the terminal sends to the foreground program (ctrl+c, ctrl+z at a prompt, hangup)
goes to both, and podtop ignores what is meant for the program. The event loop keeps running.
"""

from __future__ import annotations

import asyncio
import os
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

QUIET = 0.4
"""Seconds without a key before one counts: keys typed for the program that ended are not an answer."""

PATIENCE = 1.0
"""Seconds that the program gets to end when podtop has to."""

RESET = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # the mouse
    "\x1b[?2004l\x1b[?1004l"  # bracketed paste, focus reporting
    "\x1b[?1l\x1b>\x1b[4l"  # cursor keys, keypad, insert mode
    "\x1b7\x1b[r\x1b8"  # the scroll region; it moves the cursor, which is put back
    "\x1b[?7h\x1b[?25h\x0f\x1b(B\x1b[m"  # wrap, cursor, character set, colors
)
"""Undoes what a remote program may have left in the terminal when its connection broke."""

Attributes = list[Any]

_INPUT = 0
_ITS_OWN = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)


class NotStarted(Exception):
    """The program could not be started; `str()` says why."""


async def run(argv: Sequence[str], environ: Mapping[str, str], program: str) -> int:
    """Run a program on podtop's own terminal; return its exit code, -n after signal n. `program`: its path.

    When cancelled, it ends the program too. The terminal is restored as it was, without unread input. Raises
    NotStarted.
    """
    with _left_to_it():
        return await _run(argv, environ, program)


async def _run(argv: Sequence[str], environ: Mapping[str, str], program: str) -> int:
    before = _attributes()
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    usual = (*_ITS_OWN, signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores the last two
    try:
        pid = os.posix_spawn(program, list(argv), dict(environ), setsigmask=(), setsigdef=usual)  # noqa: ASYNC221
    except OSError as error:
        raise NotStarted(f"{program}: {error.strerror or error}") from None

    def told(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def tell(code: int) -> None:
        # The loop may be closed: podtop may have ended in the meantime.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(told, code)

    threading.Thread(target=_follow, args=(pid, tell), name="podtop-foreground", daemon=True).start()
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        await _stop(pid, ended)
        raise
    finally:
        _give_back(before)


@contextmanager
def _left_to_it() -> Iterator[None]:
    """Ignore the signals of ctrl+c, ctrl+\\ and ctrl+z: they are not for podtop now."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ITS_OWN}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
                # As asyncio sets it: a signal does not interrupt a read.
                signal.siginterrupt(number, False)


def _follow(pid: int, tell: Callable[[int], object]) -> None:
    """Wait for a program; when it alone was stopped (ssh: ~ ctrl+z), podtop stops too, returning to the shell."""
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            tell(os.waitstatus_to_exitcode(status))
            return
        if os.getpgrp() == os.getsid(0):
            # There is no shell that could continue it.
            os.kill(pid, signal.SIGCONT)
        elif os.WSTOPSIG(status) == signal.SIGTSTP:
            # Stopped from this thread, which resumes only when podtop is continued, and then continues the program,
            # even if not the whole group was woken.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def _stop(pid: int, ended: asyncio.Future[int]) -> None:
    for number in (signal.SIGHUP, signal.SIGKILL):
        if ended.done():
            return
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(ended), PATIENCE)


def _attributes() -> Attributes | None:
    try:
        return termios.tcgetattr(_INPUT)
    except termios.error:
        return None


def _give_back(before: Attributes | None) -> None:
    """Restore the terminal's modes; unread input is dropped."""
    for fd in (0, 1, 2):
        with suppress(OSError):
            os.set_blocking(fd, True)
    if before is not None:
        with suppress(termios.error):
            # Not TCSAFLUSH, which would wait for a terminal that does not read.
            termios.tcsetattr(_INPUT, termios.TCSANOW, before)
            termios.tcflush(_INPUT, termios.TCIFLUSH)


async def key(monotonic: Callable[[], float] = time.monotonic, quiet: float = QUIET) -> None:
    """Wait for a key; ctrl+c and ctrl+z count too. Input that comes without a pause before it does not count."""
    before = _attributes()
    if before is None:
        return
    pressed = asyncio.Event()
    since = monotonic()

    def came() -> None:
        nonlocal since
        try:
            read = os.read(_INPUT, 4096)
        except OSError:
            read = b""
        now = monotonic()
        if not read or now - since >= quiet:
            pressed.set()
        since = now

    loop = asyncio.get_running_loop()
    heard = [*before]
    heard[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
    try:
        termios.tcsetattr(_INPUT, termios.TCSANOW, heard)
        termios.tcflush(_INPUT, termios.TCIFLUSH)
        loop.add_reader(_INPUT, came)
        await pressed.wait()
    except termios.error:
        return
    finally:
        loop.remove_reader(_INPUT)
        # The remaining characters of a multi-character key are dropped too.
        _give_back(before)
