"""`apart`: work that may never end, such as a file on a dead server, in a thread that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def apart(work: Callable[[], T]) -> T:
    """The result of `work`, or what it raises. The thread ends with the program, whatever it is doing."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, fault: Exception | None) -> None:
        if done.done():
            return
        if fault is not None:
            done.set_exception(fault)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, fault = None, None
        try:
            result = work()
        # It is raised again where the result is awaited.
        except Exception as error:
            fault = error
        with suppress(RuntimeError):
            # The loop has ended, and nobody waits any more.
            loop.call_soon_threadsafe(settle, result, fault)

    threading.Thread(target=run, name="podtop-apart", daemon=True).start()
    return await done
