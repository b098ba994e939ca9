"""The past answers as the present did: a day is watched and recorded, and gone back to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from tests.make import snapshot
from tests.stage import NOON, make_recording
from tests.store.pods_at_work import EMPTY, HELD, HOUR, MINUTE, NOW, WAITS, WORKS, Gpu, box
from tui.api.cloud import Cloud
from tui.api.enums import PodStatus
from tui.api.errors import Unreachable
from tui.api.models import Funds, Pod, Snapshot
from tui.api.status_change import StatusChange
from tui.config.loader import Config
from tui.domain.events import Event
from tui.domain.pod_health import Phase
from tui.history.archive.entries import Polled, Samples
from tui.history.archive.facts import Facts
from tui.history.archive.schema import connect
from tui.history.archive.writer import Writer
from tui.history.queries import HistoryQueries
from tui.services.monitor import Monitor
from tui.services.source import Source
from tui.store.fleet import Fleet
from tui.store.views.attention import wasted

STEP = 60.0
DAY = 24 * HOUR


def stopped(known: Pod, word: str) -> Pod:
    return replace(known, status=PodStatus.EXITED, runtime=None, telemetry=None, status_change=StatusChange(word))


def world(seconds: float) -> Snapshot | None:
    """Pods that live through a day; None: RunPod does not respond."""
    if 13 * HOUR <= seconds < 13 * HOUR + 5 * MINUTE:
        return None
    at = NOW + seconds

    def between(first: float, last: float) -> bool:
        return first * HOUR <= seconds < last * HOUR

    def gpus(*each: Gpu) -> tuple[Gpu, ...]:
        return each * 2

    pods = [
        box(*gpus(HELD if between(3, 5) else WORKS), at=at, id="rests"),
        box(*gpus(WAITS if between(2, 6) else WORKS), at=at, id="hangs"),
        box(*gpus(Gpu(97, 80, 560, 88) if between(7, 8) else WORKS), at=at, id="hot"),
        # Another container from noon on.
        box(*gpus(EMPTY if between(1, 24) else WORKS), at=at, id="done", up=HOUR * (-12 if between(12, 24) else 1)),
        box(*gpus(HELD if seconds % 1800 < 120 else WORKS), at=at, id="dips", memory=95.0 if between(18, 20) else 40.0),
        box(WORKS, HELD, at=at, id="half"),
    ]  # fmt: skip
    other = box(*gpus(WORKS), at=at, id="taken", cost=None)
    pods.append(stopped(other, "Outbid: Sun Nov 29 2026 10:00:00") if between(10, 15) else other)
    if seconds < 20 * HOUR:
        last = box(*gpus(WORKS), at=at, id="stops")
        pods.append(stopped(last, "Exited by user: Sun Nov 29 2026") if between(9, 20) else last)
    if seconds >= 3.5 * HOUR:
        booted = box(*gpus(WORKS), at=at, id="boots", up=-4.7 * HOUR)
        pods.append(replace(booted, runtime=None, telemetry=None) if seconds < 4.7 * HOUR else booted)
    settled = seconds // 300 * 300
    return snapshot(*pods, funds=Funds("user", 600.0 - settled / HOUR * 23.0, 23.0 + len(pods), 80.0))


class Seen(NamedTuple):
    """What a person sees of a fleet."""

    phases: Mapping[str, Phase]
    idle: Mapping[str, float]
    alerts: Mapping[tuple[str, str], tuple[str, int]]
    so_far: Mapping[tuple[str, str], float]
    utils: Mapping[str, list[float | None]]
    uptimes: Mapping[str, int | None]
    money: tuple[float | None, ...]
    settled: float
    busy: tuple[int, ...]


def seen(fleet: Fleet, at: float) -> Seen:
    records, alerts = fleet.records, fleet.attention
    live = {key: r.pod.runtime for key, r in records.items() if r.pod is not None and r.pod.runtime is not None}
    idle = {key: r.idle_for(at) or 0.0 for key, r in records.items()}
    waste = wasted(fleet, at)
    assert fleet.funds is not None
    return Seen(
        {key: r.phase(at) for key, r in records.items()},
        # Less than a minute of idleness is not recorded.
        {key: seconds for key, seconds in idle.items() if seconds >= 60.0},
        {alert.matter: (alert.grade.value, alert.step) for alert in alerts},
        {alert.matter: alert.so_far for alert in alerts if alert.so_far is not None},
        {key: [gpu.util for gpu in runtime.gpus] for key, runtime in live.items()},
        {key: runtime.uptime for key, runtime in live.items()},
        (fleet.funds.balance, fleet.funds.spend_per_hr, waste.per_hr),
        fleet.settled(at),
        tuple(fleet.totals),
    )  # fmt: skip


class Tape:
    """In place of a recorder: keeps what it is handed."""

    def __init__(self) -> None:
        self.entries: list[Polled] = []

    def polled(
        self, at: float, snapshot: Snapshot | None, events: tuple[Event, ...] = (), samples: Samples | None = None,
        alerts: bytes | None = None, facts: Facts | None = None,
    ) -> None:  # fmt: skip
        self.entries.append(Polled(at, snapshot, events, samples or {}, alerts, facts))


@cache
def lived() -> tuple[Tape, Fleet, dict[float, Seen]]:
    """A day as the screen had it, with what was seen at some instants."""
    now = NOW
    fleet, tape = Fleet(STEP, 60.0), Tape()
    monitor = Monitor(Source("test", False, Cloud, lambda: now), Config(interval=STEP), fleet, lambda: None)
    monitor._recorder = tape  # type: ignore[assignment]
    views: dict[float, Seen] = {}
    for number in range(int(DAY / STEP)):
        seconds = number * STEP
        # Nobody watches for a while.
        if 16 * HOUR <= seconds < 16.7 * HOUR:
            continue
        now = NOW + seconds
        answer = world(seconds)
        if answer is None:
            monitor._pods_failed(Unreachable("no route"), now, now + STEP)
            continue
        monitor._pods_told(answer, now, 0.1)
        if number % 65 == 64:
            views[now] = seen(fleet, now)
    return tape, fleet, views


@pytest.mark.wide
@pytest.mark.parametrize("tidied", [pytest.param(False, marks=pytest.mark.wide), True])
async def test_an_instant_of_the_past_answers_as_it_did_when_it_was_the_present(tmp_path: Path, tidied: bool) -> None:
    tape, live, views = lived()
    assert len(views) >= 19
    kinds = {kind for view in views.values() for _, kind in view.alerts}
    assert {"idle", "hung", "hot", "boot", "outbid"} <= kinds, "or nothing is proved"
    path = tmp_path / "a.sqlite"
    with closing(Writer(connect(path, write=True), NOW - 1, silence=3 * STEP)) as writer:
        for entry in tape.entries:
            writer.write([entry])
        if tidied:
            writer.tidy(NOW + DAY)
    past = HistoryQueries(path)
    for at, view in views.items():
        then = seen(await past.at(at, live), at)
        assert then.phases == view.phases
        assert then.alerts == view.alerts, at - NOW
        assert then.idle == pytest.approx(view.idle, abs=2.0)
        assert then.uptimes == pytest.approx(view.uptimes, abs=10.0)
        assert then.utils == view.utils
        assert then.money == pytest.approx(view.money, abs=0.01)
        assert then.busy == view.busy
        assert then.settled == pytest.approx(view.settled, abs=1.0)
        a_poll = dict.fromkeys(view.so_far, 48.0 * STEP / HOUR)
        assert then.so_far.keys() == view.so_far.keys()
        assert all(abs(then.so_far[key] - view.so_far[key]) <= a_poll[key] for key in a_poll)
    past.close()


async def test_the_recording_of_the_pictures_has_what_its_instant_had(tmp_path: Path) -> None:
    path = await asyncio.to_thread(make_recording, tmp_path / "a.sqlite", hours=0.5, step=120.0, pods=4)
    past = HistoryQueries(path)
    then = await past.at(NOON - 60, Fleet(120.0, 60.0))
    past.close()
    idle = {key for key, record in then.records.items() if (record.idle_for(NOON - 60) or 0.0) >= 10 * MINUTE}
    assert idle, "or nothing is proved"
    needing = {alert.pod: alert for alert in then.attention if alert.kind == "idle"}
    assert needing.keys() == idle
    assert all(alert.so_far for alert in needing.values())
    assert wasted(then, NOON - 60).per_hr >= sum(then.records[pod].pod.cost_per_hr or 0.0 for pod in idle)  # type: ignore[union-attr]
