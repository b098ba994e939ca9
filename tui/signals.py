"""What SIGTERM, SIGHUP, SIGINT and SIGQUIT do: an orderly end, and an end in any case."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable

LAST_BREATH = 3.0
"""Seconds after a signal within which podtop ends, whatever the terminal does."""


def end_on_signals(end: Callable[[int], object]) -> None:
    """Call `end` with the exit code (128 + n) when a signal asks for it; a terminal that is gone cannot hold on."""

    def ended(number: signal.Signals) -> None:
        overdue = threading.Timer(LAST_BREATH, os._exit, (128 + number,))
        overdue.daemon = True
        overdue.start()
        end(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            # As nohup and `trap '' HUP` have it: who began podtop so wants it to outlive its terminal.
            continue
        asyncio.get_running_loop().add_signal_handler(number, ended, number)
