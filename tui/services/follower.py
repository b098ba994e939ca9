"""`Follower`: passes on what a poller yields, and survives any fault in one response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from tui.api.errors import CloudError, Throttled
from tui.services.barrier import own_fault
from tui.services.poller import Failed, Fresh, Poller

if TYPE_CHECKING:
    from tui.services.source import Source

T = TypeVar("T")

Fail = Callable[[CloudError, float, float], None]
"""Called with why there is no response, the instant, and the instant of the next attempt."""


class Follower:
    """Follows pollers of a source.

    throttled: called when RunPod reports too many requests.
    changed:   called after every response, and every failure.
    """

    def __init__(self, source: Source, throttled: Callable[[], object], on_change: Callable[[], object]) -> None:
        self._source = source
        self._throttled = throttled
        self._on_change = on_change

    async def follow(self, poller: Poller[T], apply: Callable[[T, float, float], object], fail: Fail) -> None:
        """Pass on each value with its instant and the seconds it took, or why there is none; until cancelled."""
        clocks = self._source.clocks
        async for reading in poller:
            now = self._source.clock()
            try:
                match reading:
                    case Fresh(value, took):
                        at = now if clocks is None else clocks.answered(took)
                        taken = apply(value, at, max(0.0, took - (now - at)))
                        if isinstance(taken, Awaitable):
                            await taken
                    case Failed(error, retry_in):
                        if isinstance(error, Throttled):
                            self._throttled()
                        fail(error, now, now + retry_in * self._source.pace)
            except Exception as error:
                # Whatever is odd in a response, polling goes on: this poll counts as failed.
                self._not_taken_in(own_fault(error, "applying it"), fail, now + poller.interval * self._source.pace)
            self._on_change()

    def _not_taken_in(self, error: CloudError, fail: Fail, retry_at: float) -> None:
        try:
            fail(error, self._source.clock(), retry_at)
        except Exception as another:
            own_fault(another, "reporting the failure")
