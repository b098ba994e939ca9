"""The world: its clock, its money, its story."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.demo.conftest import START
from tui.demo.account import user
from tui.demo.pod_views import pod_view
from tui.demo.pods import HOUR
from tui.demo.random_walk import wander
from tui.demo.world import HISTORY, World

OPENED = START + HISTORY


def told(world: World) -> object:
    """All that can be seen of a world's pods and money."""

    def whole(value: object) -> object:
        if isinstance(value, dict):
            return {k: whole(v() if callable(v) else v) for k, v in value.items()}
        return [whole(v) for v in value] if isinstance(value, list) else value

    return round(world.balance, 6), [whole(pod_view(pod, world.now, world.seed)) for pod in world.pods.values()]


def world_at(t: float, **options: int) -> World:
    world = World(start=START, **options)
    world.advance_to(t)
    return world


def test_the_same_seed_and_instant_give_the_same_world() -> None:
    assert told(world_at(OPENED, seed=3, pods=20)) == told(world_at(OPENED, seed=3, pods=20))
    assert told(world_at(OPENED, seed=3, pods=20)) != told(world_at(OPENED, seed=4, pods=20))


@given(st.lists(st.floats(0, 2 * HOUR), max_size=8))
def test_the_steps_do_not_matter(steps: list[float]) -> None:
    world = World(start=START)
    for step in sorted(steps):
        world.advance_to(START + step)
    world.advance_to(START + 2 * HOUR)
    assert told(world) == told(world_at(START + 2 * HOUR))


def test_it_moves_only_forward_and_only_when_told() -> None:
    world = world_at(OPENED)
    before = told(world)
    world.advance_to(START)
    assert told(world) == before


@given(st.floats(0, 1e9), st.floats(1, 1e5))
def test_noise_stays_in_its_range_and_is_smooth(t: float, period: float) -> None:
    value = wander(t, period, 7, "x")
    assert 0 <= value <= 1
    assert abs(wander(t + period / 1000, period, 7, "x") - value) < 0.01


def test_the_balance_falls_exactly_with_the_spend() -> None:
    world = world_at(START)
    balance, spend = world.balance, world.spend_per_hour()
    world.advance_to(START + 1800)
    assert world.balance == pytest.approx(balance - spend / 2)
    assert world.charged == pytest.approx(spend / 2)


def test_what_is_billed_is_what_the_account_says() -> None:
    world = world_at(OPENED)
    details = user(world)["spendDetails"]()
    assert sum(details.values()) == pytest.approx(world.spend_per_hour())
    stopped = next(p for p in world.pods.values() if p.status == "EXITED")
    assert stopped.spend() == pytest.approx(200 * 0.20 / 730), "a stopped pod's volume is billed, at twice the price"


def test_2000_pods_run_out_of_money_and_time_goes_on() -> None:
    world = World(start=START, pods=2000, runway=0.5 * HOUR)
    world.advance_to(START + 10 * HOUR)
    assert world.balance == 0
    assert {p.status for p in world.pods.values()} == {"EXITED"}


def test_at_zero_pods_stop_and_those_without_a_network_volume_are_gone() -> None:
    world = World(start=START, runway=0.5 * HOUR)
    world.advance_to(START + 10 * HOUR)
    assert world.balance == 0
    assert [p.name for p in world.pods.values()] == ["llama-70b-pretrain"]
    (pod,) = world.pods.values()
    assert pod.status == "EXITED"
    assert pod.change.startswith("Exited by RunPod: Insufficient balance: ")


def test_the_story() -> None:
    pods = {p.name: p for p in world_at(OPENED).pods.values()}
    views = {name: pod_view(pod, OPENED, 7) for name, pod in pods.items()}
    run = views["llama-70b-pretrain"]["runtime"]()
    assert len(run["gpus"]) == 8
    straggler = [g["gpuUtilPercent"] for g in views["mixtral-8x7b-sft"]["runtime"]()["gpus"]]
    assert straggler[2] < min(straggler[:2] + straggler[3:])
    assert {g["gpuUtilPercent"] for g in views["qwen-eval-sweep"]["runtime"]()["gpus"]} == {0}
    assert views["flux-lora-train"]["desiredStatus"] == "RUNNING"
    assert views["flux-lora-train"]["runtime"]() is None
    assert views["dataset-prep"]["desiredStatus"] == "EXITED"
    assert views["dataset-prep"]["machine"]()["gpuAvailable"] == 0


def test_the_spot_pod_is_outbid_after_some_minutes() -> None:
    world = world_at(OPENED + 100)
    spot = next(p for p in world.pods.values() if p.spot)
    assert spot.status == "RUNNING"
    world.advance_to(OPENED + 300)
    assert spot.status == "EXITED"
    assert spot.change.startswith("Outbid: ")


@pytest.mark.parametrize("count", [0, 1, 3, 6, 50, pytest.param(2000, marks=pytest.mark.wide)])
def test_any_number_of_pods(count: int) -> None:
    world = world_at(OPENED, pods=count)
    assert len(world.pods) == count
