"""The rate limit of the account: three windows, all counted, from which all its keys and programs spend."""

from __future__ import annotations

from typing import NamedTuple


class Window(NamedTuple):
    name: str
    seconds: int
    quota: int


WINDOWS = (Window("minute", 60, 180), Window("hour", 3600, 7200), Window("day", 86_400, 86_400))
"""As measured on two accounts in July and August 2026; RunPod's document shows lower ones as an example."""


class Quotas:
    """Counts requests. Times are in epoch seconds; a window begins again at a multiple of its length."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[int, int]] = {}
        """By window, its number since the epoch and the requests in it."""

    def spend(self, now: float, per_minute: float | None) -> Window | None:
        """Count a request; the window that refuses it, which then counts it in none.

        per_minute: a quota in place of the minute's own.
        """
        windows = _windows(per_minute)
        spent = next((window for window in windows if self._in(window, now) >= window.quota), None)
        if spent is None:
            for window in windows:
                self._used[window.name] = (int(now // window.seconds), self._in(window, now) + 1)
        return spent

    def _in(self, window: Window, now: float) -> int:
        number, used = self._used.get(window.name, (-1, 0))
        return used if number == int(now // window.seconds) else 0

    def headers(self, now: float, per_minute: float | None) -> list[tuple[bytes, bytes]]:
        """`RateLimit` and `RateLimit-Policy`, as structured-field lists."""
        windows = _windows(per_minute)
        live = ", ".join(
            f'"{w.name}";r={max(0, w.quota - self._in(w, now))};t={resets_in(w, now)}' for w in windows
        )  # fmt: skip
        policy = ", ".join(f'"{w.name}";q={w.quota};w={w.seconds}' for w in windows)
        return [(b"ratelimit", live.encode()), (b"ratelimit-policy", policy.encode())]


def resets_in(window: Window, now: float) -> int:
    """Whole seconds until a window begins again, at least 1."""
    return max(1, round(window.seconds - now % window.seconds))


def _windows(per_minute: float | None) -> tuple[Window, ...]:
    minute, *others = WINDOWS
    return (minute if per_minute is None else minute._replace(quota=int(per_minute)), *others)
