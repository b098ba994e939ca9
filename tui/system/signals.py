"""Handling of SIGTERM, SIGHUP, SIGINT and SIGQUIT: an orderly end, or a forced one."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

LAST_BREATH = 3.0
"""Seconds after a signal within which podtop ends, whatever it is doing."""

ON_SCREEN = 1.5
"""The same for the screen, which has little to clean up, whatever its event loop and the terminal do."""

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def end_on_signals(
    end: Callable[[int], object], rescue: Callable[[], object] = lambda: None, within: float = LAST_BREATH
) -> None:
    """Call `end` with the exit code (128 + n) on a signal; a terminal that is gone cannot delay the end.

    If that does not end podtop within `within` seconds, a separate thread calls `rescue`, which restores the terminal,
    and exits. It learns of a signal from the interpreter and not from the event loop, which may be busy.
    """
    loop = asyncio.get_running_loop()
    for number in ENDING:
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            # As nohup and `trap '' HUP` set it: podtop is meant to outlive its terminal.
            continue
        loop.add_signal_handler(number, lambda code: end(code), 128 + number)
    read, write = os.pipe()
    os.set_blocking(write, False)
    # The event loop's own wakeup fd: signals are passed on to it.
    before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    passed = os.dup(before) if before >= 0 else -1
    threading.Thread(target=_follow, args=(read, passed, rescue, within), name="podtop-signals", daemon=True).start()


def cancel_on_signals(work: asyncio.Future[int]) -> list[int]:
    """Cancel a task on a signal; returns the list that its exit code is added to."""
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        work.cancel()

    end_on_signals(end)
    return codes


def _follow(read: int, passed: int, rescue: Callable[[], object], within: float) -> None:
    signals = select.poll()
    signals.register(read, select.POLLIN)
    code, due = 0, 0.0
    # This thread waits for the end as well: when memory is short, no other may be available by then.
    while signals.poll(max(0.0, due - time.monotonic()) * 1000 if code else None):
        if not (numbers := os.read(read, 64)):
            return
        if passed >= 0:
            # Full, or the loop is closed: it has been notified, or has ended.
            with suppress(OSError):
                os.write(passed, numbers)
        ending = next((number for number in numbers if number in ENDING), None)
        if ending is not None and not code:
            code, due = 128 + ending, time.monotonic() + within
    _end(code, rescue)


def _end(code: int, rescue: Callable[[], object]) -> None:
    try:
        rescue()
    finally:
        os._exit(code)
