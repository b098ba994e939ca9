"""Runs a program in podtop's place on the terminal, as a shell would: the keys are its own until it ends.

It shares podtop's process group: what the terminal sends to the program in front (ctrl+c, ctrl+z at a question, the end
of the line) goes to both, and podtop leaves what is meant for the other to it. The event loop goes on meanwhile.
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
"""Seconds without a key after which one counts: what was typed for the program that ended is no answer."""

PATIENCE = 1.0
"""Seconds that the program gets to end when podtop has to."""

RESET = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # the mouse
    "\x1b[?2004l\x1b[?1004l"  # bracketed paste, telling of focus
    "\x1b[?1l\x1b>\x1b[4l"  # cursor keys, keypad, insert mode
    "\x1b7\x1b[r\x1b8"  # the scroll region; it moves the cursor, which is put back
    "\x1b[?7h\x1b[?25h\x0f\x1b(B\x1b[m"  # wrap, cursor, letters, colours
)
"""Undoes what a program on the other side may have left in the terminal when its connection broke."""

Attributes = list[Any]

_INPUT = 0
_ITS_OWN = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)


class NotStarted(Exception):
    """The program could not be started; `str()` says why."""


async def run(argv: Sequence[str], environ: Mapping[str, str], program: str) -> int:
    """Run a program on podtop's own terminal; its exit code, -n after signal n. `program`: its path.

    Cancelled, it ends the program too. The terminal is given back as it was, without what was typed and not read.
    Raises NotStarted.
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
        # The loop may be closed: podtop has ended in the meantime.
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
    """What the keys ctrl+c, ctrl+\\ and ctrl+z send is not for podtop now."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ITS_OWN}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
                # As asyncio has it: a signal does not break off what is being read.
                signal.siginterrupt(number, False)


def _follow(pid: int, tell: Callable[[int], object]) -> None:
    """Wait for a program; when it alone was stopped (ssh: ~ ctrl+z), podtop stops too, and the shell has the word."""
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            tell(os.waitstatus_to_exitcode(status))
            return
        if os.getpgrp() == os.getsid(0):
            # There is no shell that could continue it.
            os.kill(pid, signal.SIGCONT)
        elif os.WSTOPSIG(status) == signal.SIGTSTP:
            # By this thread, which goes on when podtop was continued and not before; and the program with it, even
            # where not the whole group was woken.
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
    """The terminal's modes as they were; what was typed and not read is dropped."""
    for fd in (0, 1, 2):
        with suppress(OSError):
            os.set_blocking(fd, True)
    if before is not None:
        with suppress(termios.error):
            # Not "flush", which would wait for a terminal that does not read.
            termios.tcsetattr(_INPUT, termios.TCSANOW, before)
            termios.tcflush(_INPUT, termios.TCIFLUSH)


async def key(monotonic: Callable[[], float] = time.monotonic, quiet: float = QUIET) -> None:
    """Wait for a key; ctrl+c and ctrl+z are keys too. What comes without a pause before it is none."""
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
        # The rest of a key that sends several characters goes with it.
        _give_back(before)
