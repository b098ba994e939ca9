"""What history costs at size: `python -m tests.bench.history [pods]`. The archive is made by podtop's own writer: an
hour in full as it is packed, six hours of minutes, thirty days of one pod; times are the median of several."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from tests.bench.archive import DAY, START, Load, month, polls, size
from tests.make import pod as busy
from tests.make import runtime
from tui.domain.attention import Grade
from tui.history.archive.facts import Facts
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.queries import HistoryQueries
from tui.store.alert import Alert
from tui.store.alert_kinds import KINDS
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.series import Series

GPUS = 8
INTERVAL = 15.0
HOUR = 3600.0


def facts(pods: int, at: float) -> Facts:
    """Every tenth pod has been idle from the start, as an alert says too."""
    lasts = at - START + 3000.0
    (kind,) = (kind for kind in KINDS if kind.name == "idle")
    idle = [f"p{number:04}" for number in range(0, pods, 10)]
    known = replace(busy("p", utils=(0.0,)), runtime=runtime((0.0,), int(lasts)))
    records = {key: Record(key, key, known, None, Series(1), START, at, idle=lasts) for key in idle}
    return Facts(records, tuple(Alert(kind, Grade.WARN, key, key, START - 3000.0, lasts) for key in idle))


def written(path: Path, pods: int, seconds: float, interval: float, tidy: float) -> Fleet:
    """A recording of that many pods, packed as of `tidy` seconds after its end; and the live fleet at its end."""
    fleet = Fleet(interval, 60.0)
    with closing(Writer(connect(path, write=True), START - 1, silence=3 * interval)) as writer:
        last: Polled | None = None
        for last in polls(Load(pods, GPUS), START, seconds, interval):
            writer.write([replace(last, facts=facts(pods, last.at))])
        writer.tidy(START + seconds + tidy)
    if last is not None and last.snapshot is not None:
        fleet.apply(last.snapshot, last.at)
    return fleet


async def median(act: Callable[[int], Awaitable[object]], times: int = 5) -> tuple[float, float]:
    """Milliseconds of the first time, and of the median of the next ones."""
    taken = []
    for number in range(times + 1):
        begun = time.perf_counter()
        await act(number)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken[0], sorted(taken[1:])[times // 2]


async def instants(path: Path, like: Fleet, at: float, word: str) -> None:
    past = HistoryQueries(path)
    first, step = await median(lambda number: past.at(at - number * INTERVAL, like))
    print(f"  {word}: to open it {first:.0f} ms, a step {step:.0f} ms")
    past.close()


async def start(path: Path, like: Fleet) -> None:
    assert like.pods_at is not None
    past = HistoryQueries(path)
    begun, cpu = time.perf_counter(), time.process_time()
    await past.fill(like, like.pods_at + INTERVAL, like.pods_at + INTERVAL)
    print(f"  start of podtop: {time.perf_counter() - begun:.2f} s, {time.process_time() - cpu:.2f} s of CPU")
    past.close()


async def one(path: Path, like: Fleet, at: float) -> None:
    past = HistoryQueries(path)
    first, again = await median(lambda number: past.older(like, f"p{number:04}", at - 900, at, 15.0))
    print(f"  15 minutes of one pod: {first:.0f} ms, {again:.0f} ms")
    past.close()


async def chart(path: Path) -> None:
    past = HistoryQueries(path)
    like, end = Fleet(60.0, 60.0), START + 30 * DAY
    first, again = await median(lambda number: past.older(like, "p0000", START, end, 21_600.0))
    print(f"30 days of one pod as a chart: {first:.0f} ms, {again:.0f} ms (goal 100)")
    past.close()


def main() -> None:
    pods = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        full = folder / "full.sqlite"
        like = written(full, pods, HOUR, INTERVAL, -600.0)
        print(f"{pods} pods of {GPUS} GPUs, {size(full):.0f} MB:")
        asyncio.run(instants(full, like, START + HOUR - 60, "the last minutes, not packed"))
        asyncio.run(instants(full, like, START + HOUR / 2 + 600, "a quarter of an hour, packed"))
        asyncio.run(one(full, like, START + HOUR - 60))
        asyncio.run(start(full, like))
        thin = folder / "thin.sqlite"
        like = written(thin, pods, 6 * HOUR, 120.0, 4 * DAY)
        print(f"{pods} pods in minutes, {size(thin):.0f} MB:")
        asyncio.run(instants(thin, like, START + 3 * HOUR, "days ago"))
        month(folder, 60.0)
        asyncio.run(chart(folder / "month.sqlite"))


if __name__ == "__main__":
    main()
