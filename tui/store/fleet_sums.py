"""`FleetSums`: what the header and the list of pods show of all pods; of very many, computed once a response."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from msgspec import field

from tui.domain import pod_health
from tui.store.fleet_state import FleetState, Record
from tui.store.slices import SLICE, Sliced, whole

CROWD = 100
"""From this many pods on, values derived from all of them are cached until the next response."""

UNREAD = 60
"""How often a value is computed ahead that nobody reads: a user is back from another screen within minutes."""

T = TypeVar("T")


def _total(costs: Iterable[float | None]) -> float | None:
    # Before the first response there is nothing to sum up.
    from tui.domain.costs import total

    return total(costs)


class FleetSums(FleetState, eq=False, kw_only=True):
    """Sums over the pods."""

    _derived: dict[Hashable, Any] = field(default_factory=dict)
    _derived_from: dict[str, Record] | None = None
    _ahead: dict[Hashable, tuple[Callable[[Collection[Record]], Sliced[Any]], int]] = field(default_factory=dict)

    def of_all(self, key: Hashable, make: Callable[[Collection[Record]], Sliced[T]]) -> T:
        """A value derived from all records and nothing else, in slices.

        Of very many it is computed ahead with each response, if it was read a short while before.
        """
        self._ahead[key] = make, UNREAD
        return self.derived(key, math.inf, lambda: whole(make(self.records.values())))

    def derived(self, key: Hashable, now: float, make: Callable[[], T]) -> T:
        """A value derived from very many records, computed once per response: it holds until the next one.

        No pod becomes idle between two responses; for an instant before the last one it is computed again.
        """
        if len(self.records) < CROWD or (self.pods_at is not None and now < self.pods_at):
            return make()
        if self._derived_from is not self.records:
            self._derived_from, self._derived = self.records, {}
        if key not in self._derived:
            self._derived[key] = make()
        value: T = self._derived[key]
        return value

    @property
    def totals(self) -> pod_health.Totals:
        return self.derived("totals", math.inf, lambda: self._totals_of(self.records.values()))

    def _deriving(self, records: dict[str, Record], at: float) -> Sliced[dict[Hashable, Any]]:
        """Compute what the header and the list of pods show of very many pods, a slice at a time."""
        if len(records) < CROWD:
            return {}
        sums = pod_health.Totals(0, 0, 0, 0, 0)
        burn: float | None = 0.0
        phases: dict[str, pod_health.Phase] = {}
        all_records = list(records.values())
        for begin in range(0, len(all_records), SLICE):
            yield
            part = all_records[begin : begin + SLICE]
            partial = self._totals_of(part)
            sums = pod_health.Totals(*(first + other for first, other in zip(sums, partial, strict=True)))
            of_part = [record.phase(at) for record in part]
            phases.update(zip((record.id for record in part), of_part, strict=True))
            idle = [r.pod for r, phase in zip(part, of_part, strict=True) if phase is pod_health.Phase.IDLE]
            burn = _total((burn, *(pod.cost_per_hr for pod in idle if pod is not None)))
        derived: dict[Hashable, Any] = {"totals": sums, "idle burn": burn, "phases": phases}
        ahead, self._ahead = self._ahead, {}
        for key, (make, unread) in ahead.items():
            yield
            derived[key] = yield from make(all_records)
            if unread:
                # What was read since has its whole number again.
                self._ahead.setdefault(key, (make, unread - 1))
        return derived

    def phases(self, now: float) -> Mapping[str, pod_health.Phase]:
        """The phase of each pod, by pod id."""
        return self.derived("phases", now, lambda: {record.id: record.phase(now) for record in self.records.values()})

    @staticmethod
    def _totals_of(records: Collection[Record]) -> pod_health.Totals:
        readable = [r.pod for r in records if r.pod is not None]
        return pod_health.totals(readable, len(records) - len(readable))

    def idle_burn(self, now: float) -> float | None:
        """Dollars per hour of the pods that are up and have been idle for `pod_health.IDLE_AFTER`.

        None if one of them has no known price.
        """
        return self.derived("idle burn", now, lambda: self._idle_burn_of(self.records.values(), now))

    @property
    def running_cost(self) -> float | None:
        """Dollars per hour of the pods that run or boot, None if one is unknown or has no known price.

        It is not the account's spend.

        Network volumes, serverless and the disks of stopped pods are not in it.
        """

        def cost() -> float | None:
            readable = [r.pod for r in self.records.values()]
            if self.is_cut or None in readable:
                return None
            return _total(pod.cost_per_hr for pod in readable if pod is not None and pod_health.is_on(pod))

        return self.derived("running cost", math.inf, cost)

    @staticmethod
    def _idle_burn_of(records: Collection[Record], now: float) -> float | None:
        return _total(
            r.pod.cost_per_hr
            for r in records
            if r.pod is not None and pod_health.phase(r.pod, r.idle_for(now)) is pod_health.Phase.IDLE
        )
