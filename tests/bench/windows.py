"""What the windows cost: a response about 2,000 pods of 8 GPUs, applied and judged, beside the poll interval."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tracemalloc

from msgspec.structs import replace

from tests.make import funds, pod
from tui.api.models import GpuReading, Pod, Runtime, Snapshot, Telemetry
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet
from tui.store.windows import Window

NOW = 1_795_435_200.0
INTERVAL = 5.0


def account(count: int, poll: int) -> Snapshot:
    """Pods of which most work, some wait, some lag and some are idle."""
    return Snapshot(funds(1e6, 10.0), tuple(_pod(number, poll) for number in range(count)))


def _pod(number: int, poll: int) -> Pod:
    what = number % 10
    values = [(90.0 + (number + gpu + poll) % 10, 70.0, 500.0 + 7 * ((gpu + poll) % 20)) for gpu in range(8)]
    if what == 0:
        values = [(0.0, 70.0, 120.0)] * 8
    elif what == 1:
        values = [(100.0, 70.0, 150.0)] * 8
    elif what == 2:
        values[5] = (40.0, 70.0, 300.0)
    readings = tuple(GpuReading(f"G{gpu}", util, memory) for gpu, (util, memory, _) in enumerate(values))
    latest = tuple(GpuReading(f"G{gpu}", util, memory, 60.0, watts) for gpu, (util, memory, watts) in enumerate(values))
    at = NOW + poll * INTERVAL
    runtime = Runtime(36_000 + round(poll * INTERVAL), 30.0, 40.0, readings, ())
    return replace(
        pod(f"p{number}", cost=23.92), gpu_count=8, runtime=runtime, telemetry=Telemetry(at, None, latest)
    )  # fmt: skip


def times(count: int, polls: int, warm: int) -> dict[str, list[float]]:
    """Milliseconds of CPU per response: windows alone, and with all that a response costs."""
    fleet, tracker = Fleet(INTERVAL, 60.0, budget=0), AlertTracker()
    spent: dict[str, list[float]] = {"feed": [], "apply": [], "judge": []}
    feed, fed = Window.feed, [0.0]

    def measured(*arguments: object) -> None:
        begin = time.perf_counter()
        feed(*arguments)  # type: ignore[arg-type]
        fed[0] += time.perf_counter() - begin

    for poll in range(warm + polls):
        snapshot, at = account(count, poll), NOW + poll * INTERVAL
        fed[0] = 0.0
        if poll == warm:
            Window.feed = measured  # type: ignore[method-assign]
        begin = time.process_time()
        fleet.apply(snapshot, at)
        applied = time.process_time()
        tracker.judge(fleet, at)
        judged = time.process_time()
        if poll >= warm:
            spent["feed"].append(1000 * fed[0])
            spent["apply"].append(1000 * (applied - begin))
            spent["judge"].append(1000 * (judged - applied))
    Window.feed = feed  # type: ignore[method-assign]
    return spent


def size(polls: int = 800) -> float:
    """Bytes of one pod's window after an hour and more."""
    fleet = Fleet(INTERVAL, 60.0, budget=0)
    for poll in range(130):
        fleet.apply(account(10, poll), NOW + poll * INTERVAL)
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    windows = [Window() for _ in range(100)]
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    grown = sum(each.size_diff for each in after.compare_to(before, "filename"))
    return grown / len(windows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.windows", description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--polls", type=int, default=20)
    parser.add_argument("--warm", type=int, default=200, help="responses before it is measured: alerts have begun")
    options = parser.parse_args()
    for name, spent in times(options.count, options.polls, options.warm).items():
        median, most = statistics.median(spent), max(spent)
        share = median / (10 * INTERVAL)
        print(f"{name:<6} {median:6.1f} ms median, {most:6.1f} most, {share:.2f} % of {INTERVAL:.0f} s", flush=True)
    print(f"window {size():.0f} bytes a pod (goal: 6,000)")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
