"""One rule for what an action does to the spend: unknown in, unknown out; and what is told is what is then spent."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.demo.conftest import START, Demo
from tests.make import funds, pod
from tui.actions import ACTIONS, BY_ID
from tui.api.graphql.client import GraphQLCloud
from tui.api.models import Pod, Snapshot
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.source import in_process
from tui.demo.world import World
from tui.domain import consequences, costs, effects, runway
from tui.domain.action import Command, State
from tui.ui.render import money as purse

SIZES = st.one_of(st.none(), st.floats(0, 5000), st.just(math.nan), st.just(math.inf))
PRICES = st.one_of(st.none(), st.floats(0, 100), st.just(math.nan))
PODS = st.builds(
    lambda status, cost, volume, disk: replace(
        pod("a", status=status, cost=cost), volume_gb=volume, container_disk_gb=disk
    ),
    st.sampled_from(["RUNNING", "EXITED", "DEAD", "TERMINATED", "RESTARTING", "CREATED", "A NEW WORD"]),
    PRICES, SIZES, SIZES,
)  # fmt: skip


def _odd(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


def _unknown(one: Pod, then: State) -> bool:
    """Whether a part of what the change rests on is not known, said once more and in other words."""
    if one.status not in ("RUNNING", "EXITED", "DEAD", "TERMINATED"):
        return True
    if costs.state(one) is then:
        return False
    needs_running = one.status == "RUNNING" or then is State.RUNNING
    needs_volume = needs_running or one.status in ("EXITED", "DEAD") or then is State.STOPPED
    return (
        (needs_running and (_odd(one.cost_per_hr) or _odd(one.container_disk_gb)))
        or (needs_volume and _odd(one.volume_gb))
    )  # fmt: skip


@given(PODS, st.sampled_from(State))
def test_unknown_in_unknown_out_and_known_in_known_out(one: Pod, then: State) -> None:
    change = costs.change([one], then)
    assert (change is None) == _unknown(one, then)
    assert change is None or math.isfinite(change)
    assert (costs.runway(funds(100.0, 5.0), change) is None) == (change is None)


@given(st.lists(PODS, max_size=4), PODS, st.sampled_from(State))
def test_one_unknown_among_several_makes_the_sum_unknown(others: list[Pod], one: Pod, then: State) -> None:
    if _unknown(one, then):
        assert costs.change([*others, one], then) is None


@given(PODS.filter(lambda one: one.status == "RUNNING"))
def test_every_place_that_tells_of_a_stop_tells_the_same(one: Pod) -> None:
    change = costs.change([one], State.STOPPED)
    assert runway.change_by_stopping([one]) == change
    money = funds(100.0, 500.0)
    said = " ".join(point.text for point in consequences.case(BY_ID["stop"], ["a"], {"a": one}, {}, money).points)
    facts = purse.facts(None, money, (), [one], False, START, None)
    if_it_stops = "".join(part for fact in facts[0].facts if fact.label == "When stopped" for part, _ in fact.value)
    if change is None:
        assert "unknown amount" in said
        assert "→ unknown" in said
        assert "∞" not in said
        assert "unknown" in if_it_stops
    else:
        assert "unknown amount" not in said
        assert "unknown" not in if_it_stops


@pytest.mark.parametrize("action", [action.id for action in ACTIONS if action.leads is not None])
def test_an_unknown_volume_gives_no_runway_in_any_dialog(action: str) -> None:
    spot = action == "bid"
    status = "EXITED" if action in ("resume", "bid") else "RUNNING"
    one = replace(
        pod("a", status=status, cost=2.99, kind="INTERRUPTABLE" if spot else "RESERVED"),
        volume_gb=None, lowest_bid_to_resume=0.2,
    )  # fmt: skip
    made = consequences.case(BY_ID[action], ["a"], {"a": one}, {}, funds(100.0, 2.99))
    first = made.points[0].text
    assert "→ unknown" in first
    assert "∞" not in first
    assert "unknown" in first or "does not report" in first


def test_every_action_leads_somewhere_and_every_end_has_its_words() -> None:
    for action in ACTIONS:
        one = pod("a", status="EXITED" if action.leads is State.RUNNING else "RUNNING")
        command = Command(action.id, "a", "a", 1, 0.5 if "bid" in action.asks else None)
        made = replace(consequences.case(BY_ID["terminate"], ["a"], {"a": one}, {}, None), action=action)
        assert consequences.points(made, [command], funds())
    assert {action.leads for action in ACTIONS} == {*State, None}


def test_an_action_that_nobody_knows_gets_the_words_of_what_it_leads_to() -> None:
    halt = replace(BY_ID["stop"], id="halt", verb="halt")
    made = consequences.case(halt, ["a"], {"a": pod("a")}, {}, funds())
    assert made.points[0].text.startswith("Saves ")


# What is told is what is then spent


async def _polled(demo: Demo) -> Snapshot:
    cloud = GraphQLCloud("https://demo.invalid/graphql", KEY, transport=in_process(demo.simulator))
    found = await cloud.fleet()
    await cloud.aclose()
    return found


def _spend(snapshot: Snapshot) -> float:
    assert snapshot.funds is not None
    assert snapshot.funds.spend_per_hr is not None
    return snapshot.funds.spend_per_hr


@pytest.mark.parametrize("seed", [7, 11])
async def test_what_stop_and_terminate_are_said_to_save_is_what_the_account_then_spends_less(seed: int) -> None:
    for index in range(6):
        for action in ("stop", "terminate"):
            demo = Demo(seed=seed)
            before = await _polled(demo)
            one = (before.pods or ())[index % len(before.pods or ())]
            if BY_ID[action].refuse(one) is None:
                await _agrees(demo, before, one, action, Command(action, one.id, one.name))
            await demo.http.aclose()


async def test_what_a_resume_is_said_to_cost_is_what_the_account_then_spends_more() -> None:
    demo = Demo()
    before = await _polled(demo)
    tried = 0
    for one in before.pods or ():
        action = next((a for a in ("resume", "bid") if BY_ID[a].refuse(one) is None), None)
        if action is None:
            continue
        bid = one.lowest_bid_to_resume if action == "bid" else None
        # Its host has room again.
        demo.world.pods[one.id].free_gpus = 8
        demo.world.balance = 1000.0
        await _agrees(demo, await _polled(demo), one, action, Command(action, one.id, one.name, one.gpu_count, bid))
        tried += 1
    assert tried
    await demo.http.aclose()


async def _agrees(demo: Demo, before: Snapshot, one: Pod, action: str, command: Command) -> None:
    """What the dialog says in its first sentence, against what the API reports before and after."""
    made = consequences.case(BY_ID[action], [one.id], {one.id: one}, {}, before.funds)
    said = consequences.points(made, [command], before.funds)[0].text
    found = re.match(r"(Saves|Costs) \$([\d.,]+)/h( more)?", said)
    assert found is not None, said
    world = demo.world
    match action:
        case "stop":
            world.stop(one.id)
        case "terminate":
            world.terminate(one.id)
        case "resume":
            world.resume(one.id, command.gpu_count)
        case _:
            world.bid_resume(one.id, command.gpu_count or 1, command.bid or 0.0)
    demo.now += 1
    after = await _polled(demo)
    differs = _spend(after) - _spend(before)
    told = float(found[2].replace(",", "")) * (-1 if found[1] == "Saves" else 1)
    if action in ("resume", "bid"):
        # What it costs once it runs; what its volume cost while it was stopped falls away.
        told -= costs.per_hr(one, State.STOPPED) or 0.0
    assert differs == pytest.approx(told, abs=0.006), said
    prices = [effects.start_cost(one, command)] if BY_ID[action].leads is State.RUNNING else None
    assert differs == pytest.approx(costs.change([one], BY_ID[action].leads, prices), abs=1e-6)


async def test_the_balance_falls_as_the_told_spend_says() -> None:
    world = World(pods=6, start=START)
    simulator = Simulator(world, lambda: world.now)
    cloud: Any = GraphQLCloud("https://demo.invalid/graphql", KEY, transport=in_process(simulator))
    world.advance_to(START + 3600.0)
    before = await cloud.fleet()
    running = [one for one in before.pods if one.status == "RUNNING"]
    change = costs.change(running, State.STOPPED)
    assert change is not None
    for one in running:
        world.stop(one.id)
    world.advance_to(START + 7200.0)
    after = await cloud.fleet()
    then = costs.changed(before.funds, change)
    assert then is not None
    assert then.spend_per_hr is not None
    assert before.funds.balance - after.funds.balance == pytest.approx(then.spend_per_hr, abs=0.02)
    await cloud.aclose()
