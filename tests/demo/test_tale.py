"""The tale of `podtop --demo`: what goes wrong in front of a visitor, by the signatures of real GPUs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from pathlib import Path
from statistics import median

import pytest

from tests.demo.conftest import START
from tui.config.settings import Notify
from tui.demo.pod_views import pod_view
from tui.demo.pods import HOUR, SimPod
from tui.demo.scenario import ENDED_BEFORE, HANGS_FOR, RENTED_AFTER
from tui.demo.source import demo_source
from tui.demo.world import HISTORY, World
from tui.domain.attention import Grade, Topic
from tui.domain.gpu_power import nominal_w
from tui.domain.ringing import Audience, Call
from tui.services.alarms import Alarms
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet

OPENED = START + HISTORY


def told(seed: int = 7, pods: int = 9) -> World:
    world = World(seed=seed, pods=pods, start=START, tale=True)
    world.advance_to(OPENED)
    return world


def named(world: World, name: str) -> SimPod:
    return next(pod for pod in world.pods.values() if pod.name == name)


def samples(pod: SimPod, t: float, seed: int = 7) -> list[tuple[float, float, float]]:
    """Utilization, memory, and share of the nominal power, of each GPU."""
    nominal = nominal_w(pod.gpu.id)
    assert nominal is not None
    gpus = pod_view(pod, t, seed)["latestTelemetry"]()["individualGpuMetrics"]
    return [(g["percentUtilization"], g["memoryUtilization"], g["powerWatts"] / nominal) for g in gpus]


def test_the_six_come_first_and_are_the_same_without_it() -> None:
    plain = World(seed=7, pods=6, start=START)
    plain.advance_to(OPENED)
    assert plain.pods.keys() < told().pods.keys()
    assert list(told(pods=6).pods) == list(plain.pods)
    assert told(pods=6).balance == plain.balance


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_a_hung_run_looks_busy_and_draws_what_waiting_draws(seed: int) -> None:
    pod = named(told(seed), "deepseek-grpo")
    for t in range(int(OPENED - HANGS_FOR) + 10, int(OPENED + HOUR), 300):
        each = samples(pod, t, seed)
        assert len(each) == 8
        assert all(util == 100 and 0.18 < share < 0.25 for util, _, share in each)
        assert {memory for _, memory, _ in each} == {memory for _, memory, _ in samples(pod, OPENED, seed)}
    before = [share for ago in range(60, 660, 60) for *_, share in samples(pod, OPENED - HANGS_FOR - ago, seed)]
    assert median(before) > 0.6


def test_a_run_that_ended_leaves_no_memory_in_use() -> None:
    pod = named(told(), "whisper-finetune")
    at_work = samples(pod, OPENED - ENDED_BEFORE - 120)
    assert all(memory > 80 for _, memory, _ in at_work)
    assert all(each[:2] == (0, 0) and each[2] < 0.12 for each in samples(pod, OPENED - ENDED_BEFORE + 30))


def test_the_bill_jumps_in_front_of_the_visitor_and_the_money_ends_sooner() -> None:
    world = told()
    assert len(world.pods) == 8
    before, lasts = world.spend_per_hour(), world.balance / world.spend_per_hour()
    assert lasts == pytest.approx(12.4)
    world.advance_to(OPENED + RENTED_AFTER + 1)
    assert world.spend_per_hour() - before > max(5.0, 0.1 * before)
    assert world.balance / world.spend_per_hour() < 12


def test_at_work_gpus_draw_a_good_share_of_their_power_and_idle_ones_do_not() -> None:
    world = told()
    shares = [share for *_, share in samples(named(world, "llama-70b-pretrain"), OPENED)]
    assert 0.65 < median(shares) < 0.85
    assert all(0.1 < share < 0.2 for *_, share in samples(named(world, "qwen-eval-sweep"), OPENED))


def test_the_straggler_lags_by_enough_in_nearly_all_samples() -> None:
    pod = named(told(), "mixtral-8x7b-sft")
    lags = 0
    for t in range(int(OPENED - 900), int(OPENED), 10):
        utils = [util for util, *_ in samples(pod, t)]
        others = [util for gpu, util in enumerate(utils) if gpu != 2]
        lags += median(others) >= 60 and median(others) - utils[2] >= 25
    assert lags >= 81


class Visit:
    """A visitor's podtop on the demo, on a clock that the test moves; its notifications are kept."""

    def __init__(self, folder: Path, speed: float = 1.0) -> None:
        self.now = START
        self.speed = speed
        self.source = demo_source(pods=9, speed=speed, wall=lambda: self.now, history_s=3600.0, tale=True)
        self.cloud = self.source.open()
        # To load the past takes a moment.
        self.now += 2.0
        self.fleet, self.tracker = Fleet(5.0 * speed, 30.0 * speed), AlertTracker()
        self.began: dict[str, float] = {}
        self.calls: list[Call] = []
        self.alarms = Alarms(
            self.fleet, Notify(), {Audience.USER: frozenset(Topic)}, file=lambda account: folder / "alarms.json",
            ring=lambda call, audiences: self.calls.append(call), post=lambda note: None,
            clock=self.source.clock, tz=UTC, pace=speed,
        )  # fmt: skip

    async def opens(self) -> None:
        self.fleet.past = True
        assert self.source.history is not None
        async for at, snapshot in self.source.history(self.cloud):
            self.fleet.apply(snapshot, at)
            self.tracker.judge(self.fleet, at)
        self.fleet.past = False

    async def stays(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += 5.0
            at = self.source.clock()
            self.fleet.apply(await self.cloud.fleet(), at)
            self.tracker.judge(self.fleet, at)
            self.fleet.judged_at = at
            for alert in self.fleet.attention:
                if alert.grade is not Grade.NOTICE:
                    self.began.setdefault(alert.kind, self.now - START)
            self.alarms.look()
        self.alarms.close()
        await self.cloud.aclose()

    def rung(self) -> Counter[tuple[str, str]]:
        return Counter((alert.kind, alert.name) for call in self.calls for alert in call.alerts)


EVERYTHING = {"hung", "idle", "straggler", "boot", "run-ended", "outbid", "spend-jump", "runway"}


@pytest.mark.wide
async def test_within_three_minutes_a_newcomer_sees_more_than_six_different_alerts(tmp_path: Path) -> None:
    visit = Visit(tmp_path)
    await visit.opens()
    await visit.stays(180.0)
    assert visit.began.keys() >= EVERYTHING
    assert 60 < visit.began["spend-jump"] < 120
    assert 140 < visit.began["outbid"] < 180


@pytest.mark.wide
async def test_at_120_times_the_speed_each_rings_once(tmp_path: Path) -> None:
    visit = Visit(tmp_path, 120.0)
    await visit.opens()
    await visit.stays(120.0)
    rung = visit.rung()
    assert {kind for kind, _ in rung} >= EVERYTHING - {"spend-jump"}
    # The runway rises from step to step, and rings at each.
    assert {kind: times for (kind, _), times in rung.items() if times > 1 and kind != "runway"} == {}
