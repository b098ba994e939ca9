"""`Feed`: the last good value of a polled topic, and the errors since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from tui.api.errors import CloudError

T = TypeVar("T")

STALE_INTERVALS = 2
"""A value older than this many poll intervals is stale: its age is shown and it no longer looks fresh."""


def is_stale(age: float, interval: float, took: float | None = None) -> bool:
    """True if a value of this age, polled at this interval, must no longer look fresh.

    took: seconds that the request takes.
    """
    return age > STALE_INTERVALS * interval + (took or 0.0)


class Feed(Struct, Generic[T], frozen=True):
    """One polled value over time. A failure keeps the last value and records since when it has not been renewed.

    value:        the last good value, None before the first.
    at:           when it was current, in epoch seconds.
    took:         seconds the request took.
    error:        the error of the last attempt, None if that succeeded.
    failed_since: when the present run of failures began.
    retry_at:     when the next attempt is due after a failure.
    """

    value: T | None = None
    at: float | None = None
    took: float | None = None
    error: CloudError | None = None
    failed_since: float | None = None
    retry_at: float | None = None

    def succeeded(self, value: T, at: float, took: float | None = None) -> Feed[T]:
        return Feed(value=value, at=at, took=took)

    def failed(self, error: CloudError, at: float, retry_at: float | None = None) -> Feed[T]:
        since = at if self.failed_since is None else self.failed_since
        # It is kept for as long as the failures last, and its traceback would keep the response that it is about.
        return Feed(self.value, self.at, self.took, error.with_traceback(None), since, retry_at)

    def age(self, now: float) -> float | None:
        """Seconds since the value was current; None if there is none."""
        return None if self.at is None else max(0.0, now - self.at)

    def stale(self, now: float, interval: float) -> bool:
        """True if the value must no longer look fresh."""
        age = self.age(now)
        return age is not None and is_stale(age, interval, self.took)
