"""Whatever comes between two polls, an outage, a sleep or a restart of podtop: nothing ends, begins or rings again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import funds, market, offer, pod
from tests.store.pods_at_work import EMPTY, HELD, LATCHED, NOW, WAITS, WORKS, Gpu, box
from tests.store.test_account_alerts import Account
from tui.api.cloud import Cloud
from tui.api.errors import Unreachable
from tui.api.models import Pod, Quote, Snapshot, Unreadable
from tui.api.pod_detail import NetworkVolume
from tui.config.loader import Config
from tui.domain.alert_rules import AlertRules, Rule
from tui.domain.events import Event, Kind
from tui.domain.ringing import RingState, Seen, step
from tui.history.archive.schema import connect
from tui.history.archive.writer import Happened, Polled, Writer
from tui.history.queries import HistoryQueries
from tui.history.recorder import State
from tui.services.monitor import Monitor
from tui.services.source import Source
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import TROUBLE
from tui.store.fleet import Fleet

STEP = 60.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
EIGHT = (WORKS,) * 8
RULES = AlertRules({"gpu-memory": Rule()})
"""Off by default."""


def changed(what: str, at: float) -> str:
    return f"{what}: {datetime.fromtimestamp(at, UTC):%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)"


def full(gpu: Gpu, watts: float = 560.0) -> tuple[Gpu, ...]:
    return (*(WORKS,) * 5, gpu, *(WORKS,) * 2)


def at_work(at: float) -> dict[str, Pod]:
    """Pods with a container, each with its own trouble."""
    t = at - NOW
    long_ago = changed("Rented by User", NOW - 30 * DAY)

    def gpus(*values: Gpu, **more: Any) -> Pod:
        return box(*values, at=at, change=long_ago, **more)

    def since(begin: float, before: tuple[Gpu, ...], then: tuple[Gpu, ...]) -> Pod:
        return gpus(*(before if t < begin else then))

    restarted = {"up": NOW - at}
    return {
        "idle": gpus(*(HELD,) * 8),
        "run-ended": since(HOUR, EIGHT, (EMPTY,) * 8),
        "hung": since(HOUR, EIGHT, (WAITS,) * 8),
        "latched": since(HOUR, EIGHT, (LATCHED,) * 8),
        "waiting": gpus(*((WAITS,) * 8 if t % 600 < 360 else EIGHT)),
        "straggler": gpus(*full(Gpu(47, 80, 300, 50))),
        "unused-gpu": gpus(*full(EMPTY)),
        "under-used": gpus(*(Gpu(20, 80, 200, 50),) * 8),
        "missing-gpu": gpus(*EIGHT[1:], count=8),
        "hot": gpus(*full(Gpu(97, 80, 560, 88))),
        "power-limit": gpus(*(Gpu(97, 80, 400, 60),) * 8, limit=60),
        "gpu-memory": gpus(*(Gpu(97, 99, 560, 60),) * 8),
        "memory": gpus(*EIGHT, memory=96.0),
        "leak": gpus(*EIGHT, memory=min(94.0, 56.0 + 3.0 * t / HOUR)),
        "crash-loop": gpus(*EIGHT, **{"up": restarted["up"] + t % 300}),
        "slow-loop": gpus(*EIGHT, **{"up": restarted["up"] + t % 2700}),
        "forgotten": gpus(*(Gpu(9, 50, 200, 50),) * 8, up=47 * DAY),
        "fine": gpus(*EIGHT),
    }


def others(at: float) -> dict[str, Pod]:
    t = at - NOW
    rented, long_ago = changed("Rented by User", NOW), changed("Rented by User", NOW - 30 * DAY)
    stopped = changed("Exited by user", NOW - 40 * DAY)
    fixed = pod("maintenance", change=long_ago)
    assert fixed.machine is not None
    soon = replace(fixed.machine, maintenance_start=NOW + 20 * HOUR, maintenance_end=NOW + 50 * HOUR)
    pods = {
        "boot": pod("boot", utils=None, change=rented, cost=23.92),
        "lost-container": pod("lost", utils=(90.0,) if t < HOUR else None, change=rented),
        "zero-gpu": replace(pod("zero", utils=(), change=long_ago), gpu_count=0),
        "maintenance": replace(fixed, machine=soon),
        "outbid": pod("outbid", status="EXITED", utils=None, change=changed("Outbid", NOW)),
        "pod-error": pod("error", status="ERROR", utils=None, change=rented),
        "zombie": replace(pod("zombie", status="EXITED", utils=None, change=stopped), volume_gb=100.0),
        "cheaper": pod("cheaper", cost=9.0, utils=(90.0,), change=long_ago, gpu="A40"),
    }
    return {
        key: replace(value, runtime=replace(value.runtime, uptime=int(t + 10 * HOUR))) if value.runtime else value
        for key, value in pods.items()
    }


ALSO = {"leak": "memory", "slow-loop": "crash-loop", "fine": ""}
OF_ACCOUNT = {"runway", "spend-limit", "unreadable"}
OF_RUNS = {kind.name for kind in KINDS if kind.find is not None and kind.find.__module__ == "tui.store.kinds.runs"}
"""They need what a run writes."""

BY_THEIR_NATURE = {
    "key-refused": "an outage by itself", "unwatched": "an outage by itself", "spend-jump": "over in ten minutes",
    "balance-unknown": "there is a balance", "auto-pay": "there is none", "lease-due": "over in ten minutes",
    "idle-stop": "over in ten minutes", "orphan-volume": "unknown beside an unreadable pod",
    "restarted": "no event", "quiet": "no event",
}  # fmt: skip
"""Kinds that this world cannot show, and why."""


class World:
    """A podtop that records, beside everything that can be wrong at once; it restarts when told to."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "one.sqlite"
        self.at = NOW
        self.log: list[Event] = []
        self.rung: Counter[tuple[str, str]] = Counter()
        self.rings = RingState()
        self.start()

    def start(self) -> None:
        self.writer = Writer(connect(self.path, write=True), self.at + STEP - 1.0, silence=3 * STEP)
        self.fleet = Fleet(STEP, STEP)
        self.fleet.tz, self.fleet.alert_rules = UTC, RULES
        source = Source("test", False, Cloud, lambda: self.at)
        self.monitor = Monitor(source, Config(interval=STEP), self.fleet, lambda: None)
        self.monitor._recorder = SimpleNamespace(  # type: ignore[assignment]
            polled=self._polled, happened=self._happened, state=State.RECORDING
        )
        self.monitor._judges = False
        self.first: dict[tuple[str, str], float] = {}

    def _polled(self, at: float, answer: Snapshot | None, events: Any, *rest: Any, **more: Any) -> None:
        self.log += events
        self.writer.write([Polled(at, answer, tuple(events), *rest, **more)])

    def _happened(self, events: tuple[Event, ...]) -> None:
        self.writer.write([Happened(events)] if events else [])

    def _loaded(self) -> None:
        """What an earlier podtop recorded, behind the first response."""

        async def load() -> None:
            self.monitor._history.past = HistoryQueries(self.path, lambda note: None, lambda: self.at)
            await self.monitor._history.fill(
                self.monitor._recorder,
                self.monitor.chronicle,
                self.at,
                self.monitor._in_slices,  # type: ignore[arg-type]
            )
            self.monitor._history.close()
            await self.monitor._judge()

        asyncio.run(load())

    def poll(self, fails: bool = False) -> None:
        self.at += STEP
        if fails:
            self.monitor._pods_failed(Unreachable("no route"), self.at, self.at + STEP)
        else:
            self._answered()
        fleet = self.fleet
        if fleet.judged_at is not None:
            self.first = {a.matter: self.first.get(a.matter, fleet.judged_at) for a in fleet.attention}
            seen = Seen(fleet.attention, fleet.judged_at, fleet.pods_at or 0.0, self.at, first=self.first)
            self.rings, calls = step(self.rings, seen)
            self.rung.update(alert.matter for call in calls for alert in call.alerts)

    def _answered(self) -> None:
        pods = tuple(replace(value, id=key, name=key) for key, value in {**at_work(self.at), **others(self.at)}.items())
        money = replace(funds(1_000.0, 180.0), spend_limit=190.0)
        self.fleet.apply_topic("account", Account((NetworkVolume("v1", "old", 2000, "EU"),)), self.at)
        self.fleet.apply_market(market(offer("A40", Quote(2.0, 1.0, "High"), memory=48)), self.at)
        self.monitor._pods_told(Snapshot(money, pods, (Unreadable("odd", "odd", "no status"),)), self.at, 0.1)
        if not self.monitor._judges:
            self._loaded()

    def polls(self, seconds: float, fails: bool = False) -> None:
        for _ in range(round(seconds / STEP)):
            self.poll(fails)

    def news(self) -> list[tuple[str, str, str]]:
        """What was told since the last call, but for the outage itself."""
        mine = {Kind.OUTAGE, Kind.OUTAGE_OVER, Kind.UNWATCHED, Kind.UNWATCHED_OVER, *TROUBLE}
        happened = {Kind.RESTART, Kind.UP, Kind.DOWN}
        found = [(e.pod, e.kind.value, e.text) for e in self.log if e.kind not in mine | happened]
        self.log.clear()
        return found

    def close(self) -> None:
        self.writer.close()

    def restart(self) -> None:
        self.close()
        self.start()


def outage(world: World, polls: int) -> None:
    world.polls(polls * STEP, fails=True)


def sleep(world: World, polls: int) -> None:
    world.at += polls * STEP


def restart(world: World, polls: int) -> None:
    world.restart()
    world.at += polls * STEP


def refused_restart(world: World, polls: int) -> None:
    """podtop starts again while RunPod cannot be reached."""
    world.restart()
    world.polls(polls * STEP, fails=True)


def begun(folder: Path, hours: float) -> World:
    """Hours in which everything begins; to be forgotten takes half a day."""
    world = World(folder)
    world.polls(hours * HOUR + 7 * MINUTE)
    late = {"forgotten"} if hours < 12 else set()
    kinds = {kind.event: kind.name for kind in KINDS if kind.event is not None}
    found = {(e.pod, kinds[e.kind]) for e in world.log if e.kind in kinds}
    found |= {(a.pod, a.kind) for a in world.fleet.attention}
    named = {ALSO.get(key, key) for key in (*at_work(NOW), *others(NOW))} - {""}
    assert {name for _, name in found} == named - late | OF_ACCOUNT
    assert {kind.name for kind in KINDS} - named - OF_ACCOUNT - OF_RUNS == set(BY_THEIR_NATURE)
    for key in (*at_work(NOW), *others(NOW)):
        assert key in ("fine", *late) or (key, ALSO.get(key, key)) in found, key
    assert not any(key == "fine" for key, _ in found)
    world.news()
    return world


BREAKS: list[tuple[Callable[[World, int], None], int]] = [
    (outage, 1), (outage, 5), (outage, 40), (sleep, 5), (sleep, 40), (restart, 0), (restart, 5), (restart, 40),
    (refused_restart, 5),
]  # fmt: skip


def steady(world: World, what: str) -> None:
    rung = world.rung.copy()
    world.polls(20 * MINUTE)
    assert world.news() == [], what
    again = {matter for matter in world.rung - rung if matter[1] != "unwatched"}
    assert not again, what


@pytest.mark.wide
def test_no_alert_ends_begins_or_rings_again_around_any_break(tmp_path: Path) -> None:
    with closing(begun(tmp_path, 13.0)) as world:
        for number, (way, polls) in enumerate((*BREAKS, *reversed(BREAKS))):
            way(world, polls)
            steady(world, f"{number}: {way.__name__} of {polls} polls")


@pytest.mark.wide
def test_an_outage_and_a_restart_tell_nothing_anew(tmp_path: Path) -> None:
    with closing(begun(tmp_path, 4.0)) as world:
        outage(world, 40)
        steady(world, "outage")
        restart(world, 5)
        steady(world, "restart")
