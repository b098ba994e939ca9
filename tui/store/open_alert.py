"""`OpenAlert`: an alert that has begun and not ended, and its form in a recording. Pure; instants in epoch seconds."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from tui.domain.events import Kind

MOST = 10_000
"""Maximum number of open alerts that are kept in a recording."""


class OpenAlert(Struct, omit_defaults=True):
    """One open alert, as of the last response by which it was judged.

    since, at: when it began, and when it was last judged.
    step:      the highest that was reported, or that it has fallen to; None if unknown, as after an older podtop.
    so_far:    dollars wasted in watched time; None if unknown. `per_hr`: what it wastes now, as far as known.
    unpriced:  watched seconds since its price became unknown.
    holds:     whether it was found at the last judging; `away_for`: watched seconds since it was last found.
    is_over:   whether its opposite was seen then; `over_at`: when it was first seen since the alert was last found;
               `over_for`: watched seconds for which it has been seen since then.
    low_for:   watched seconds for which it has been lower than its step; None while it is not.
    blind:     unwatched seconds since it began, until `over_at`; `over_blind`: and since then.
    witnessed: whether podtop knows that it has not ended and begun again; else its duration is an upper bound.
    settling: watched seconds for which it has been found without having begun; None once it has.
    told:     whether the event log has its beginning.
    """

    since: float
    at: float
    step: int | None = 0
    so_far: float | None = None
    per_hr: float | None = None
    unpriced: float = 0.0
    holds: bool = True
    away_for: float = 0.0
    is_over: bool = False
    over_at: float | None = None
    over_for: float = 0.0
    low_for: float | None = None
    blind: float = 0.0
    over_blind: float = 0.0
    witnessed: bool = True
    settling: float | None = None
    told: bool = True

    @property
    def state(self) -> tuple[object, ...]:
        """What is saved as soon as it changes; the rest follows from it, and from the time since."""
        return (
            self.since, self.step, self.per_hr, self.holds, self.is_over, self.over_at, self.low_for is None,
            self.so_far is None, self.settling is None, self.told,
        )  # fmt: skip

    @property
    def money(self) -> float | None:
        """Dollars wasted so far; None if a part of it is unknown."""
        return None if self.unpriced else self.so_far

    def pays(self, per_hr: float | None, so_far: float | None, lasts: float | None, step: float) -> None:
        """It was found, and wastes `per_hr`, for `step` watched seconds since it was last judged.

        so_far, lasts: what the alert itself says of its dollars and seconds, such as by samples from before podtop ran.
        A price that is unknown for a while is at least the lower one of those around it.
        """
        seconds = step if self.holds else min(max(0.0, lasts or 0.0), self.away_for + step)
        if per_hr is None:
            if self.so_far is not None:
                self.unpriced += seconds
        elif self.so_far is None:
            self.so_far = max(0.0, per_hr * max(lasts or 0.0, seconds) / 3600.0)
            self.per_hr = per_hr
        else:
            least = min(per_hr, self.per_hr or 0.0) if self.unpriced else 0.0
            self.so_far += max(0.0, (per_hr * seconds + least * self.unpriced) / 3600.0)
            self.per_hr, self.unpriced = per_hr, 0.0
        if so_far is not None:
            self.so_far = max(self.so_far or 0.0, so_far)

    def went_on(self, until: float) -> None:
        """After it was saved it went on as it was until an instant, in watched time."""
        seconds = until - self.at
        if seconds <= 0 or not self.witnessed:
            return
        self.at = until
        if not self.holds:
            self.missed(seconds, self.is_over, until)
            return
        self.pays(self.per_hr, None, None, seconds)
        if self.low_for is not None:
            self.low_for += seconds
        if self.settling is not None:
            self.settling += seconds

    def passed(self, at: float, gap: float) -> None:
        """It is judged again at an instant, after some unwatched seconds."""
        self.at = at
        if self.over_at is None:
            self.blind += gap
        else:
            self.over_blind += gap

    def found(self, step: int, fell: bool, seconds: float, rearm: float) -> bool:
        """It was found at this step, which may be one that it fell to. Returns whether it is worse than reported."""
        self.holds, self.away_for, self.over_at, self.over_for = True, 0.0, None, 0.0
        self.is_over = False
        self.blind, self.over_blind = self.blind + self.over_blind, 0.0
        if self.step is None:
            self.step = max(0, step)
        if step > self.step:
            self.step, self.low_for = step, None
            return True
        if not fell:
            self.low_for = None
            return False
        self.low_for = 0.0 if self.low_for is None else self.low_for + seconds
        if self.low_for >= rearm:
            self.step, self.low_for = max(0, step), None
        return False

    def missed(self, seconds: float, over: bool, at: float) -> None:
        """It was not found; `over`: because it is over, rather than for want of data."""
        was_over, self.holds, self.is_over = self.is_over, False, over
        self.away_for += seconds
        if over and self.over_at is None:
            self.over_at, self.over_for = at, 0.0
        elif over and was_over:
            self.over_for += seconds


class _Saved(Struct):
    """One entry of a recording; `kind`: that of its events."""

    pod: str
    kind: str
    alert: OpenAlert


class _SavedAlerts(Struct):
    at: float
    open: tuple[_Saved, ...] = ()


Key = tuple[str, Kind]
Open = dict[Key, OpenAlert]


def encoded(open: Open, at: float) -> bytes:
    """The open alerts as a recording has them."""
    entries = tuple(_Saved(pod, kind.value, alert) for (pod, kind), alert in open.items())
    return msgspec.json.encode(_SavedAlerts(at, entries[:MOST]))


def decoded(data: bytes) -> tuple[float, Open]:
    """When they were saved, and the open alerts; without those that this podtop does not know.

    -inf, and none, for anything that is not valid: a recording is external data.
    """
    try:
        saved = msgspec.json.decode(data, type=_SavedAlerts)
    except msgspec.MsgspecError:
        return -math.inf, {}
    return saved.at, {(entry.pod, Kind(entry.kind)): entry.alert for entry in _known(saved.open)}


def _known(entries: Iterable[_Saved]) -> Iterable[_Saved]:
    kinds = {kind.value for kind in Kind}
    return (entry for entry in entries if entry.kind in kinds)
