"""The runway that podtop tells, against a world whose balance really falls to zero."""

from __future__ import annotations

import pytest

from tests.demo.conftest import START
from tui.api.graphql.client import GraphQLCloud
from tui.api.models import Snapshot
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.source import in_process
from tui.demo.world import World
from tui.domain import costs
from tui.domain import runway as outlook
from tui.domain.runway import ENDS, STOPS
from tui.store.fleet import Fleet
from tui.store.views import pod_costs

HOUR = 3600.0


class Life:
    """podtop's fleet on a world of its own, polled when the test says so."""

    def __init__(self, seed: int, runway: float) -> None:
        self.now = START
        self.world = World(seed=seed, start=START - HOUR, runway=runway)
        simulator = Simulator(self.world, lambda: self.now, None, packs=False)
        self.cloud = GraphQLCloud("https://demo.invalid/graphql", KEY, transport=in_process(simulator))
        self.fleet = Fleet(60.0, 60.0)

    async def poll(self) -> Snapshot:
        snapshot = await self.cloud.fleet()
        self.fleet.apply(snapshot, self.now)
        return snapshot


@pytest.mark.wide
@pytest.mark.parametrize("seed", [7, pytest.param(42, marks=pytest.mark.wide)])
@pytest.mark.parametrize("hours", [3.0, pytest.param(26.0, marks=pytest.mark.wide)])
async def test_a_balance_that_falls_to_zero_is_foretold_within_five_percent(seed: int, hours: float) -> None:
    life = Life(seed, hours * HOUR)
    # The pod that is booting at first, and all that is rented in the world's story, is there by then.
    life.now = START + 0.1 * hours * HOUR
    await life.poll()
    told_at = life.now
    foretold = outlook.ends_at(life.fleet.funds, told_at)
    assert foretold is not None
    rows = {row.id: row for row in pod_costs.pod_costs(life.fleet.records, None, told_at)}
    fates = {key: row.fate for key, row in rows.items()}
    assert {ENDS, STOPS} <= set(fates.values())

    balance: float | None = None
    while balance != 0.0:
        life.now += 0.01 * hours * HOUR
        funds = (await life.poll()).funds
        balance = funds.balance if funds else None
        assert life.now < told_at + 3 * hours * HOUR
    took = life.now - told_at
    assert abs((foretold - told_at) - took) <= 0.05 * took

    # And what was told to happen then is what happened.
    left = {pod.id: pod.status for pod in (await life.poll()).pods or ()}
    for key, fate in fates.items():
        if fate == ENDS:
            assert key not in left
        else:
            assert left[key] == "EXITED"
    assert outlook.ends_at(life.fleet.funds, life.now) in (life.now, None) or life.fleet.funds.balance == 0
    await life.cloud.aclose()


async def test_stopping_a_pod_is_foretold_too() -> None:
    life = Life(7, 10 * HOUR)
    await life.poll()
    pods = [r.pod for r in life.fleet.records.values() if r.pod is not None and r.pod.status == "RUNNING"]
    pod = max(pods, key=lambda one: one.cost_per_hr or 0.0)
    change = outlook.change_by_stopping([pod])
    after = costs.changed(life.fleet.funds, change)
    assert after is not None
    life.world.stop(pod.id)
    funds = (await life.poll()).funds
    assert funds is not None
    assert funds.spend_per_hr == pytest.approx(after.spend_per_hr, rel=0.02)
    await life.cloud.aclose()
