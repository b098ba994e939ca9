"""A restart forgets nothing: by the recording, a new podtop and `once` judge as one that kept running."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import snapshot
from tests.store.pods_at_work import (
    EMPTY,
    HELD,
    HOUR,
    LATCHED,
    MINUTE,
    NOW,
    RICH,
    UNKNOWN,
    WAITS,
    WORKS,
    Gpu,
    Watch,
    box,
)  # fmt: skip
from tui.api.models import Pod, Snapshot
from tui.commands.recall import recall
from tui.domain.events import Kind
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.queries import HistoryQueries
from tui.store.alert_tracker import AlertTracker
from tui.store.alerts import alerts
from tui.store.fleet import Fleet
from tui.store.window_fill import window_of, window_step

STEP = 10.0
EIGHT = [WORKS] * 8


def but(gpu: Gpu, others: Gpu = WORKS) -> list[Gpu]:
    return [*[others] * 5, gpu, *[others] * 2]


def then(minutes: float, first: list[Gpu], second: list[Gpu]) -> Callable[[float], list[Gpu]]:
    return lambda seconds: first if seconds < minutes * MINUTE else second


def blips(seconds: float) -> list[Gpu]:
    return (
        [Gpu(60, 80, 200)] * 8
        if seconds > 40 * MINUTE and seconds % 300 < STEP
        else then(40, EIGHT, [HELD] * 8)(seconds)
    )


SCENES: dict[Kind, tuple[Callable[[float], list[Gpu]], float]] = {
    Kind.IDLE: (then(40, EIGHT, [HELD] * 8), 55),
    Kind.ENDED: (then(40, EIGHT, [EMPTY] * 8), 50),
    Kind.HUNG: (then(40, EIGHT, [WAITS] * 8), 62),
    Kind.LATCHED: (then(40, EIGHT, but(LATCHED, EMPTY)), 62),
    Kind.STRAGGLER: (then(10, EIGHT, but(Gpu(47, 80, 300))), 30),
    Kind.UNUSED: (then(0, EIGHT, but(EMPTY)), 35),
    Kind.MISSING: (then(10, EIGHT, but(UNKNOWN)), 20),
    Kind.HOT: (then(10, EIGHT, but(Gpu(97, 80, 560, 87))), 25),
    Kind.UNDER: (lambda _: [Gpu(20, 80, 200)] * 8, 65),
    Kind.WAITING: (lambda seconds: [WAITS] * 8 if seconds % 300 < 200 else EIGHT, 65),
}
IDLE_WITH_BLIPS = (blips, 60.0)


class Life(Watch):
    """A podtop that records what it sees."""

    def __init__(self) -> None:
        super().__init__(STEP)
        self.entries: list[Polled] = []

    def poll(self, *pods: Pod) -> None:
        before = len(self.told)
        snapshot_now, at = snapshot(*pods, funds=RICH), self.at
        super().poll(*pods)
        self.entries.append(Polled(at, snapshot_now, tuple(self.told[before:])))

    def written(self, path: Path) -> Path:
        with closing(Writer(connect(path, write=True), NOW - 1, silence=60.0, origin="here")) as writer:
            writer.write(self.entries)
        return path


def names(fleet: Fleet, at: float) -> set[str]:
    return {alert.kind.name for alert in alerts(fleet, at, quiet=False)}


def restarted(path: Path, first: Snapshot, at: float) -> Fleet:
    fleet = Fleet(STEP, 60.0)
    fleet.apply(first, at)
    recall(fleet, path, at, AlertTracker())
    return fleet


@pytest.mark.wide
@pytest.mark.parametrize("scene", [*SCENES.items(), (Kind.IDLE, IDLE_WITH_BLIPS)], ids=lambda each: each[0].value)
def test_once_says_what_a_podtop_that_kept_running_says(
    scene: tuple[Kind, tuple[Callable[[float], list[Gpu]], float]], tmp_path: Path
) -> None:
    kind, (gpus, minutes) = scene
    life = Life()
    life.run(lambda s: box(*gpus(s), at=life.at), minutes * MINUTE)
    assert kind in life.kinds
    now = life.at
    last = snapshot(box(*gpus(now - NOW), at=now), funds=RICH)
    fleet = restarted(life.written(tmp_path / "a.sqlite"), last, now)
    life.poll(box(*gpus(now - NOW), at=now))
    assert names(fleet, now) == names(life.fleet, now) != set()
    for mine, its in zip(alerts(fleet, now, False), alerts(life.fleet, now, False), strict=True):
        assert mine.lasts == pytest.approx(its.lasts, abs=2 * MINUTE)
        assert mine.so_far == pytest.approx(its.so_far, rel=0.1, abs=0.5)


@cache
def begins(kind: Kind) -> float:
    """When an alert begins, in seconds, where podtop keeps running; it does so once."""
    gpus, minutes = SCENES[kind]
    watch = Watch(STEP)
    watch.run(lambda s: box(*gpus(s), at=watch.at), minutes * MINUTE * 2)
    (begun,) = watch.when(kind)
    return begun


@pytest.mark.parametrize("share", [0.5, 0.95])
@pytest.mark.parametrize("kind", SCENES)
async def test_an_alert_begins_when_it_would_have_without_a_restart(kind: Kind, share: float, tmp_path: Path) -> None:
    (gpus, _), begun = SCENES[kind], begins(kind)
    cut = Life()
    cut.run(lambda s: box(*gpus(s), at=cut.at), begun * share // STEP * STEP)
    assert kind not in cut.kinds
    past = HistoryQueries(cut.written(tmp_path / "a.sqlite"))
    cut.fleet, cut.tracker, first = Fleet(STEP, 60.0, budget=0), AlertTracker(), cut.at
    # Some polls come in while the recording is read.
    for _ in range(3):
        cut.fleet.apply(snapshot(box(*gpus(cut.at - NOW), at=cut.at), funds=RICH), cut.at)
        cut.at += STEP
    await past.fill(cut.fleet, first, cut.at - STEP)
    past.close()
    cut.run(lambda s: box(*gpus(s), at=cut.at), begun + 10 * MINUTE - (cut.at - NOW))
    assert cut.when(kind) == [pytest.approx(begun, abs=MINUTE + STEP)]


def test_an_outage_is_no_idleness_though_the_first_response_shows_no_work() -> None:
    watch = Watch().play(HOUR, *EIGHT)
    watch.run(lambda _: None, 30 * MINUTE)
    watch.play(40.0, *[HELD] * 8).play(HOUR, *EIGHT)
    assert watch.kinds == []


def test_a_run_that_ended_long_ago_is_still_that_behind_a_restart(tmp_path: Path) -> None:
    life = Life().play(HOUR, *EIGHT).play(3 * HOUR, *[EMPTY] * 8)
    assert life.kinds == [Kind.ENDED]
    last = snapshot(box(*[EMPTY] * 8, at=life.at), funds=RICH)
    fleet = restarted(life.written(tmp_path / "a.sqlite"), last, life.at)  # type: ignore[attr-defined]
    assert names(fleet, life.at) == {"run-ended"}


def test_memory_that_grows_is_known_behind_a_restart(tmp_path: Path) -> None:
    life = Life()
    life.run(lambda s: box(*EIGHT, at=life.at, memory=40 + 5 * s / HOUR), 4.5 * HOUR)
    assert life.kinds == [Kind.MEMORY]
    last = snapshot(box(*EIGHT, at=life.at, memory=62.5), funds=RICH)
    assert names(restarted(life.written(tmp_path / "a.sqlite"), last, life.at), life.at) == {"memory"}


async def test_a_container_that_was_lost_long_ago_does_not_boot_behind_a_restart(tmp_path: Path) -> None:
    rented = "Rented by User: Mon Nov 23 2026 02:00:00 GMT+0000 (Coordinated Universal Time)"
    step = 120.0

    def down(at: float) -> Snapshot:
        pod = replace(box(*EIGHT, at=at, change=rented), runtime=None, telemetry=None)
        return snapshot(pod, funds=RICH)

    life = Life()
    life.step, life.fleet = step, Fleet(step, 60.0)
    life.run(lambda _: box(*EIGHT, at=life.at, change=rented), HOUR)
    life.run(lambda _: (down(life.at).pods or ())[0], 9 * HOUR)
    assert life.kinds == [Kind.LOST]
    path, first = life.written(tmp_path / "a.sqlite"), life.at
    once, fleet, tracker = Fleet(step, 60.0), Fleet(step, 60.0), AlertTracker()
    once.apply(down(first), first)
    recall(once, path, first, AlertTracker())
    past = HistoryQueries(path)
    tracker.recall(life.told)
    told = []
    for poll in range(60):
        at = first + poll * step
        once.apply(down(at), at)
        fleet.apply(down(at), at)
        if poll == 2:
            await past.fill(fleet, first, at)
        told += tracker.judge(fleet, at) if poll >= 2 else ()
        if poll >= 5:
            assert names(once, at) == names(fleet, at) == {"lost-container"}
    past.close()
    assert told == [], "the same waste is not told by another name"


@pytest.mark.wide
@pytest.mark.parametrize("scene", SCENES.items(), ids=lambda each: each[0].value)
def test_of_very_many_pods_fewer_samples_say_the_same(
    scene: tuple[Kind, tuple[Callable[[float], list[Gpu]], float]],
) -> None:
    kind, (gpus, minutes) = scene
    life = Watch(5.0)
    life.run(lambda s: box(*gpus(s), at=life.at), minutes * MINUTE)
    assert kind in life.kinds
    (record,) = life.fleet.records.values()
    assert record.pod is not None
    samples, step, found = record.series.stretch(0.0, record.series.names), window_step(2_000, 5.0), []
    assert step >= 15.0
    for each in (0.0, step):
        window = window_of(samples, record.pod, record.told_at, 5.0, each)
        life.fleet.records = {record.id: replace(record, window=window)}
        found.append(names(life.fleet, life.at))
    assert found[0] == found[1] != set()
