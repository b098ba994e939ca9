"""What the store costs in memory: a day of 50 large pods, 2,000 pods, and seven days of 100 pods."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.make import pod, snapshot
from tui.api.models import Snapshot
from tui.services.history_loader import RECENT, RECENT_BUDGET
from tui.store.fleet import Fleet

DAY = 86_400


def resident() -> float:
    """Resident MiB of this process."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def fill(fleet: Fleet, answer: Snapshot, seconds: float, tick: Callable[[float], None] = lambda t: None) -> float:
    """Poll for that many simulated seconds at the fleet's interval; returns milliseconds per poll."""
    begun, polls = time.perf_counter(), int(seconds / fleet.interval)
    for number in range(polls):
        fleet.apply(answer, number * fleet.interval)
        tick(number * fleet.interval)
    return (time.perf_counter() - begun) / polls * 1000


def main() -> None:
    quick = "--quick" in sys.argv
    base = resident()
    large = snapshot(*(pod(f"p{i}", utils=(50.0,) * 8) for i in range(50)))
    fleet = Fleet(5, 30)
    per_poll = fill(fleet, large, DAY / 10 if quick else DAY)
    kept = len(next(iter(fleet.records.values())).series) * 5 / 3600
    print(f"store, 50 pods of 8 GPUs, a day at 5 s: {resident() - base:.0f} MiB (goal 100 MB), {kept:.1f} h kept")
    print(f"  {per_poll:.2f} ms a poll")

    base = resident()
    crowd = snapshot(*(pod(f"p{i}", utils=(50.0,) * (1 + i % 4)) for i in range(2000)))
    fleet = Fleet(5, 30)
    per_poll = fill(fleet, crowd, 3600 if quick else 3 * 3600)
    kept = len(next(iter(fleet.records.values())).series) * 5 / 3600
    print(f"store, 2,000 pods, three hours: {resident() - base:.0f} MiB, {kept:.1f} h kept, {per_poll:.1f} ms a poll")

    hundred = snapshot(*(pod(f"p{i}", utils=(50.0,) * (1 + i % 4)) for i in range(100)))
    fleet = Fleet(5, 30)
    days: list[str] = []

    def note(t: float) -> None:
        if t and t % DAY == 0:
            days.append(f"{resident():.0f}")

    fill(fleet, hundred, DAY if quick else 7 * DAY + 5, note)
    print(f"process after each of seven simulated days of 100 pods, nothing recorded: {' '.join(days)} MiB")

    fleet, days[:] = Fleet(5, 30), []
    fleet.keep(RECENT, RECENT_BUDGET)
    base = resident()
    fill(fleet, hundred, DAY if quick else 7 * DAY + 5, note)
    size = sum(len(r.series) * (8 + len(r.series.names)) for r in fleet.records.values()) / 2**20
    print(f"the same while recording: {size:.1f} MiB of samples; process {base:.0f}, then {' '.join(days)} MiB")


if __name__ == "__main__":
    main()
