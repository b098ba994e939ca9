"""Limits a fault of podtop's own to the one response that caused it: logged, reported, and podtop continues."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from tui.api.errors import CloudError, Unforeseen


def own_fault(error: Exception, doing: str) -> Unforeseen:
    """Log a fault with its traceback, without the values of variables; returns it as the error of a failed poll."""
    lines = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    # In the message, since log messages are masked.
    logging.getLogger(__name__).error("%s failed\n%s", doing, lines)
    return Unforeseen(
        f"podtop failed on a response from RunPod ({type(error).__name__} while {doing}) and continues. See its log."
    )


@contextmanager
def own_faults(doing: str) -> Iterator[None]:
    """Raises nothing but `CloudError`: a fault of podtop's own is logged, and raised as `Unforeseen`."""
    try:
        yield
    except CloudError:
        raise
    except Exception as error:
        # Nothing in a response may end polling.
        raise own_fault(error, doing) from None


async def held(work: Awaitable[object], doing: str, say: Callable[[Unforeseen], object] = lambda error: None) -> None:
    """Wait for work that runs beside the polls; a fault of it ends only that."""
    try:
        await work
    except Exception as error:
        # Whatever it was, pods run and are monitored in the meantime.
        say(own_fault(error, doing))
