"""The tale of `podtop --demo`: what goes wrong in front of a visitor, by the signatures of real GPUs."""

from __future__ import annotations

from statistics import median

import pytest

from tests.demo.conftest import START
from tui.demo.pod_views import pod_view
from tui.demo.pods import HOUR, SimPod
from tui.demo.scenario import ENDED_BEFORE, HANGS_FOR, RENTED_AFTER
from tui.demo.world import HISTORY, World
from tui.domain.gpu_power import nominal_w

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
