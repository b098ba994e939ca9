"""A week of `podtop record`, whole, on a virtual clock, with a restart each midnight: exactly what a table says rings.

All of it is real but the network, the clock and the program that is called: polls, recording, what is recalled of it,
alerts, coalescing, the files that podtops share, the spool.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from tests.make import funds, snapshot
from tests.store.pods_at_work import EMPTY, HELD, HOUR, WAITS, WORKS, Gpu, box
from tests.ui.conftest import HeldCloud
from tests.virtual_time import VirtualLoop
from tui.api.errors import Unreachable
from tui.api.models import Pod, Snapshot
from tui.commands import record
from tui.commands.watcher import NONE
from tui.config.loader import Config
from tui.config.settings import Notify
from tui.history.recorder import Recorder
from tui.services import poller
from tui.services.sinks import command
from tui.services.sinks.sink import Notification
from tui.services.source import Source
from tui.storage.state_files import StateFiles

MONDAY = 1_795_392_000.0  # 2026-11-23 00:00 UTC
DAY = 86_400.0
API = "https://api.test.invalid/graphql"
STEP = 60.0
"""Seconds between two polls, and of one step of the clock."""

RENTED = "Rented by User: Sun Nov 22 2026 20:00:00 GMT+0000 (Coordinated Universal Time)"
RENTED_NEW = "Rented by User: Wed Nov 25 2026 10:00:00 GMT+0000 (Coordinated Universal Time)"
OUTBID = "Outbid: Wed Nov 25 2026 18:00:00 GMT+0000 (Coordinated Universal Time)"
EIGHT = [WORKS] * 8


class Due(NamedTuple):
    """What rings: words of the notification, and the hours of the week between which it does."""

    words: tuple[str, ...]
    first: float
    last: float


MON, TUE, WED, THU, FRI, SAT, SUN = (24.0 * day for day in range(7))
TABLE = [
    # It costs $23.92/h and does nothing from 03:00 on: in ten minutes $2 are gone.
    Due(("exp: all GPUs idle", "so far"), TUE + 3.1, TUE + 3.3),
    # Rented at 10:00, up at 10:36.
    Due(("new: still booting", "so far"), WED + 10.3, WED + 10.5),
    Due(("bid: outbid", "/h while it runs"), WED + 18.0, WED + 18.1),
    # It hangs from 02:00 on: 120 samples.
    Due(("llm: GPUs report full load", "hung?", "so far"), THU + 3.9, THU + 4.2),
    # No response from 13:00 to 14:00; single ones that fail are nothing.
    Due(("the state of your pods is unknown since Thu 12:59",), THU + 13.2, THU + 13.4),
    Due(("llm: run seems to have ended", "so far"), FRI + 1.0, FRI + 1.2),
    Due(("exp: container gone for 6m 00s", "so far"), SAT + 5.0, SAT + 5.2),
    Due(("11h 58m left", "runs out Sun 16:00"), SUN + 4.0, SUN + 4.2),
    # After a day once more.
    Due(("exp: container gone for 1d 00h", "so far"), SUN + 5.0, SUN + 5.2),
    Due(("5h 58m left",), SUN + 10.0, SUN + 10.2),
    Due(("2h 58m left",), SUN + 13.0, SUN + 13.2),
    Due(("58m 59s left",), SUN + 15.0, SUN + 15.2),
    Due(("13m 59s left",), SUN + 15.7, SUN + 15.9),
]


def within(hour: float, first: float, last: float) -> bool:
    return first <= hour < last


def llm(hour: float, seconds: float) -> list[Gpu]:
    if within(hour, THU + 2, THU + 6):
        return [WAITS] * 8
    if within(hour, FRI + 1, FRI + 8):
        return [EMPTY] * 8
    # It saves for two minutes of each twenty.
    return [HELD] * 8 if seconds % 1200 < 120 else EIGHT


def pods_at(seconds: float) -> Iterator[Pod]:
    hour, at = seconds / HOUR, MONDAY + seconds
    make = partial(box, at=at, up=at - MONDAY + 12 * HOUR, change=RENTED)
    yield replace(make(*llm(hour, seconds), id="a"), name="llm")
    rests = within(hour, TUE + 3, TUE + 6)
    exp = replace(make(*[HELD if rests else WORKS] * 8, id="b"), name="exp")
    yield replace(exp, runtime=None, telemetry=None) if within(hour, SAT + 5, SAT + 30) else exp
    if hour >= WED + 10:
        # Idle for half an hour each noon: $1.50, of which nobody is called.
        gpu = HELD if within(hour % 24, 12, 12.5) else WORKS
        new = replace(make(gpu, id="c", cost=2.99, gpu="H100 PCIe", change=RENTED_NEW), name="new")
        assert new.runtime is not None
        started = replace(new, runtime=replace(new.runtime, uptime=round(seconds - (WED + 10.6) * HOUR) + 1))
        yield replace(new, runtime=None, telemetry=None) if hour < WED + 10.6 else started
    bid = replace(make(WORKS, id="d", cost=0.2, gpu="RTX 4090"), name="bid")
    if hour < WED + 18:
        yield bid
    elif hour < THU:
        yield replace(bid, status="EXITED", runtime=None, telemetry=None, status_change=box(
            WORKS, at=at, change=OUTBID).status_change)  # fmt: skip


def money_at(hour: float) -> Any:
    """It lasts for weeks until Sunday at four, and then for 12 hours at $2/h."""
    if hour < SUN + 4:
        return funds(20_000.0, 60.0)
    return funds(max(0.0, 24.0 - 2.0 * (hour - SUN - 4)), 2.0)


class Week(HeldCloud):
    """RunPod for a week."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self.clock = clock

    async def fleet(self) -> Snapshot:
        seconds = self.clock() - MONDAY
        # One request in a hundred fails, and all do for an hour.
        if within(seconds / HOUR, THU + 13, THU + 14) or round(seconds / STEP) % 97 == 5:
            raise Unreachable("RunPod cannot be reached.")
        return snapshot(*pods_at(seconds), funds=money_at(seconds / HOUR))


@pytest.fixture
def rang(monkeypatch: pytest.MonkeyPatch) -> list[Notification]:
    """What the program of the user's was called with."""
    calls: list[Notification] = []
    monkeypatch.setattr(command, "sink", lambda means: calls.append)
    return calls


def day(number: int, folder: Path, monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    """One run of `podtop record`, from midnight to midnight."""
    loop = VirtualLoop(number * DAY, STEP)

    def now() -> float:
        return MONDAY + loop.time()

    def make(post: Callable[..., object]) -> Recorder:
        return Recorder(folder, API, origin="test", interval=STEP, post=post, wall=now, monotonic=loop.time)

    def ends(end: Callable[[int], object]) -> None:
        loop.call_at((number + 1) * DAY - 1.0, end, 0)

    monkeypatch.setattr(poller, "passed", loop.time)
    monkeypatch.setattr(record, "end_on_signals", ends)
    state = StateFiles(lambda: folder, "test", API)
    source = Source("test", False, lambda: Week(now), now)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(record._record((record.Recorded(source, config, make, state),), NONE, None, None)) == 0


@pytest.mark.wide
def test_in_a_week_with_restarts_exactly_the_table_rings(
    tmp_path: Path, rang: list[Notification], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    config = Config(interval=STEP, market_interval=DAY, notify=Notify(command=("call",), weekly=False))
    for number in range(7):
        day(number, tmp_path, monkeypatch, config)
    said = [((note.at - MONDAY) / HOUR, note.text) for note in rang]
    assert len(said) == len(TABLE), said
    for (hour, text), due in zip(said, TABLE, strict=True):
        assert due.first <= hour <= due.last, (text, hour)
        assert all(word in text for word in due.words), text
        assert "$" in text, text
