"""A limit of time for work that cannot be interrupted otherwise: a regular expression may take for ever on one line."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TookTooLong(Exception):
    """The work did not end within its time, and was interrupted."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Interrupt what is done inside after a time, by a timer of the system. Raises TookTooLong.

    Python's `re` looks for signals while it matches. Outside of the main thread, which alone receives them, there is
    no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = True

    def interrupt(*_: object) -> None:
        # A signal that arrives at the very end may be handled after it.
        if armed:
            raise TookTooLong

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
