"""Keeps a fault of podtop's own to the one answer that brought it out: written down, told, and then life goes on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from tui.api.errors import CloudError, Unforeseen


def own_fault(error: Exception, doing: str) -> Unforeseen:
    """Write a fault down with its traceback, without the values of variables; it as what a poll fails with."""
    lines = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    # In the message, for what is masked in a log is masked there.
    logging.getLogger(__name__).error("%s failed\n%s", doing, lines)
    return Unforeseen(
        f"RunPod's answer made podtop itself fail ({type(error).__name__} while {doing}): podtop goes on, and its log "
        "says more."
    )


@contextmanager
def own_faults(doing: str) -> Iterator[None]:
    """Raises nothing but `CloudError`: a fault of podtop's own is written down, and told as `Unforeseen`."""
    try:
        yield
    except CloudError:
        raise
    except Exception as error:
        # Nothing that an answer holds may end the asking.
        raise own_fault(error, doing) from None


async def held(work: Awaitable[object], doing: str, say: Callable[[Unforeseen], object] = lambda error: None) -> None:
    """Wait for what runs beside the polls; a fault of it ends it alone."""
    try:
        await work
    except Exception as error:
        # Whatever it was, pods run and are looked after meanwhile.
        say(own_fault(error, doing))
