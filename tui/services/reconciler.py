"""`Reconciler`: finds out, from the polls that follow, how a request ended. It sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.actions import EVERY
from tui.domain.action import Target
from tui.domain.answers import dearer, unpriced
from tui.domain.operations import LOST, VAGUE, Operation, Outcome, Status
from tui.store.fleet import NAMELESS

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

PATIENCE = 120.0
"""Seconds for which podtop looks for the outcome of a request whose response was lost."""

VAGUE_PATIENCE = 20.0
"""Seconds of that if RunPod did respond, without showing whether anything was done."""


class Reconciler:
    """Compares what was requested with what RunPod shows, with each poll. Instants in epoch seconds.

    skew: seconds by which `clock` is behind the true time; 0 before the first response.
    """

    def __init__(self, fleet: Fleet, clock: Callable[[], float], skew: Callable[[], float] = lambda: 0.0) -> None:
        self._fleet = fleet
        self._clock = clock
        self._skew = skew
        self._polled = asyncio.Event()

    def polled(self) -> None:
        """A poll succeeded or failed: check."""
        self._polled.set()
        self._polled = asyncio.Event()

    async def outcome(self, operation: Operation, is_ours: Callable[[], bool]) -> Outcome | None:
        """The outcome of an operation whose response does not show it; unknown when patience has run out.

        is_ours: whether it may have been for this account; None is returned if it was for another.
        """
        patience = VAGUE_PATIENCE if operation.answer == VAGUE else PATIENCE
        while True:
            await self._polled.wait()
            now, seen = self._clock(), self._fleet.pods_at
            fresh = seen is not None and seen > operation.at
            if not is_ours():
                # Its own account's podtop finds the outcome: nothing is reported or logged from this one's pods.
                return None
            if fresh and (outcome := self._happened(operation)) is not None:
                return outcome
            if now - operation.at < patience:
                continue
            is_legible = fresh and self._is_legible(operation)
            if is_legible and seen is not None and seen - operation.at >= patience / 2:
                return Outcome(Status.NOT_DONE, _nothing_came(operation), "Nothing was sent again.")
            if EVERY[operation.action].target is Target.NEW:
                # Nothing else may be rented before it is known whether this one was.
                continue
            illegible = fresh and not is_legible
            why = "podtop cannot read what RunPod reports of it" if illegible else "RunPod has not reported on it since"
            return Outcome(Status.UNKNOWN, why, "Check the RunPod console before trying again.")

    async def is_shown(self, operation: Operation) -> bool:
        """Whether what RunPod confirmed shows in the polls, within patience."""
        while True:
            await self._polled.wait()
            seen = self._fleet.pods_at
            if seen is not None and seen > operation.at and self._is_reached(operation):
                return True
            if self._clock() - operation.at >= PATIENCE:
                return False

    def _happened(self, operation: Operation) -> Outcome | None:
        """The outcome, if the polled data shows that it happened."""
        if not self._is_reached(operation):
            return None
        answer = operation.answer or LOST
        if EVERY[operation.action].target is Target.POD:
            return Outcome(Status.DONE, f"{answer}, but it went through")
        record = self._record(operation)
        pod = record.id if record is not None else ""
        how = f"{answer}, but it was created: "
        return self.dearer(operation, how) or Outcome(Status.DONE, f"{how}{pod}", pod=pod)

    def dearer(self, operation: Operation, how: str = "") -> Outcome | None:
        """The outcome for a new pod that is listed at a higher price than was agreed to; as in `answers.dearer`."""
        record = self._record(operation)
        if record is None or record.pod is None:
            return None
        return dearer(record.id, operation.agreed, record.pod.cost_per_hr, how)

    def is_unpriced(self, operation: Operation) -> bool:
        """Whether a new pod is listed without a price that could be compared with the agreed one."""
        record = self._record(operation)
        is_known = record is not None and record.pod is not None and bool(record.pod.cost_per_hr)
        return operation.agreed is not None and not is_known

    async def price(self, operation: Operation) -> Outcome | None:
        """The outcome for a new pod, once its price shows: that it is higher than was agreed to, or never shown.

        None if it is as agreed, or if the pod is gone. Meanwhile anything may be done to the pod.
        """
        begun = self._clock()
        while operation.agreed is not None:
            if self._fleet.pods_at is not None:
                if not self.is_unpriced(operation):
                    return self.dearer(operation)
                if self._record(operation) is None and not self._fleet.is_cut and self._fleet.pods_at > operation.at:
                    return None
            if self._clock() - begun >= PATIENCE:
                return unpriced(operation.pod, operation.agreed)
            await self._polled.wait()
        return None

    def _is_legible(self, operation: Operation) -> bool:
        """Whether the pod can be read, so that what is not shown did not happen.

        A new pod may be any of those that came since and cannot be read; any pod may be in a part of the list that
        was not read.
        """
        if EVERY[operation.action].target is Target.POD:
            record = self._fleet.records.get(operation.pod)
            if record is None:
                return not self._fleet.is_cut
            return record.pod is not None and record.told_at > operation.at
        if self._fleet.is_cut:
            return False
        unread = [record for record in self._fleet.records.values() if record.pod is None]
        return not any(record.seen > operation.at or record.id.startswith(NAMELESS) for record in unread)

    def _is_reached(self, operation: Operation) -> bool:
        action, record = EVERY[operation.action], self._record(operation)
        if record is None and self._fleet.is_cut:
            return False
        if action.shown is None:
            return action.reached(record)
        seen = self._fleet.pods_at
        if record is None or record.pod is None or record.unreadable is not None or seen is None:
            return False
        if operation.since:
            # Only now: when it was read from the log, no response may have shown how wrong podtop's clock is.
            operation = replace(operation, since=operation.since - self._skew())
        return action.shown(record.pod, operation, seen)

    def _record(self, operation: Operation) -> Record | None:
        """What RunPod shows of its pod, which is found by its name while its id is unknown."""
        records = self._fleet.records
        if operation.pod:
            return records.get(operation.pod)
        # One without an id cannot be acted on: it is waited for until it has one.
        named = (record for record in records.values() if record.name == operation.name)
        return next((record for record in named if not record.id.startswith(NAMELESS)), None)


def _nothing_came(operation: Operation) -> str:
    if EVERY[operation.action].target is Target.NEW:
        return f"{operation.answer or LOST}; no pod named {operation.name} exists"
    return f"{operation.answer or LOST}; it did not go through"
