"""The demo as a source: its clock, its past, and that the two worlds tell one story."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.demo.conftest import START
from tui.api.errors import ReadOnly, TimedOut, Unreachable
from tui.api.models import Snapshot
from tui.demo.catalogue import PLACES, gpu_types
from tui.demo.faults import Faults
from tui.demo.pods import SimPod, gpu_load
from tui.demo.source import COARSE_STEP, STEP, demo_source
from tui.demo.source import instants as instants_of
from tui.services.source import Source


class Wall:
    """A clock on the wall, moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


async def told(source: Source) -> list[tuple[float, Snapshot]]:
    cloud = source.open()
    assert source.history is not None
    past = [moment async for moment in source.history(cloud)]
    await cloud.aclose()
    return past


async def test_a_day_of_past_the_last_hour_finely() -> None:
    told_at = list(instants_of(START, 86_400.0, 6))
    assert told_at[:2] == [START - 86_400, START - 86_400 + COARSE_STEP]
    assert told_at[-240:] == [START - 3600 + STEP * n for n in range(240)]
    assert all(0 < after - before <= COARSE_STEP for before, after in pairwise(told_at))


@pytest.mark.wide
async def test_an_hour_of_past_up_to_now() -> None:
    past = await told(demo_source(wall=Wall(), history_s=3600.0))
    instants = [at for at, _ in past]
    assert instants == [START - 3600 + STEP * n for n in range(240)]
    balances = [s.funds.balance for _, s in past if s.funds and s.funds.balance]
    assert balances == sorted(balances, reverse=True)
    assert len(set(balances)) == 240


async def test_the_past_leads_to_the_present() -> None:
    wall = Wall()
    source = demo_source(wall=wall, history_s=600.0)
    cloud = source.open()
    first = await cloud.fleet()
    past = [moment async for moment in source.history(cloud)]  # type: ignore[misc]
    assert await cloud.fleet() == first, "telling the past changes nothing"
    again = demo_source(wall=wall, history_s=600.0)
    assert (await told(again))[-1] == past[-1]
    spend = first.funds.spend_per_hr  # type: ignore[union-attr]
    before, now = past[-1][1].funds.balance, first.funds.balance  # type: ignore[union-attr]
    assert before - now == pytest.approx(spend * STEP / 3600, rel=0.01)  # type: ignore[operator]


async def test_what_the_visitor_does_is_not_in_the_past_and_stays_done() -> None:
    source = demo_source(wall=Wall(), history_s=600.0)
    cloud = source.open()
    pods = (await cloud.fleet()).pods
    assert pods
    await cloud.stop(pods[0].id)
    assert source.history is not None
    async for _, snapshot in source.history(cloud):
        assert snapshot.pods
        assert snapshot.pods[0].status == "RUNNING"
    after = (await cloud.fleet()).pods
    assert after
    assert after[0].status == "EXITED"


async def test_speed_makes_the_clock_run_and_not_the_past_longer() -> None:
    wall = Wall()
    source = demo_source(wall=wall, speed=100_000.0, history_s=600.0)
    wall.now += 10
    assert source.clock() == START + 1_000_000
    assert source.pace == 100_000
    assert len(await told(source)) == 40


async def test_the_spot_pod_is_outbid_before_the_visitors_eyes() -> None:
    wall = Wall()
    cloud = demo_source(wall=wall).open()
    for seconds, status in ((0, "RUNNING"), (300, "EXITED")):
        wall.now = START + seconds
        pods = (await cloud.fleet()).pods or ()
        assert next(p.status for p in pods if p.name == "distill-student") == status


@pytest.mark.wide
async def test_many_pods_have_a_coarser_past() -> None:
    past = await told(demo_source(wall=Wall(), pods=300, history_s=3600.0))
    assert len(past) == 20
    assert past[0][0] == START - 3600


async def test_no_past_when_none_is_asked_for() -> None:
    assert await told(demo_source(wall=Wall(), history_s=0.0)) == []


async def test_read_only_and_faults() -> None:
    with pytest.raises(ReadOnly):
        await demo_source(wall=Wall(), read_only=True).open().stop("any")
    for name, sent in (("refused", False), ("reset", True)):
        with pytest.raises(Unreachable) as caught:
            await demo_source(wall=Wall(), faults=Faults({name: 1.0})).open().fleet()
        assert caught.value.sent is sent


async def test_two_requests_at_once_and_one_given_up() -> None:
    faults = Faults({"latency": 0.0})
    cloud = demo_source(wall=Wall(), faults=faults).open()
    first, second = await asyncio.gather(cloud.fleet(), cloud.market())
    assert first.pods
    assert second.offers
    given_up = asyncio.create_task(cloud.fleet())
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await cloud.fleet()).pods


def test_nothing_heavy_is_imported_before_it_is_opened() -> None:
    code = (
        "import sys; from tui.demo.source import demo_source; demo_source();"
        "print([m for m in ('httpx', 'graphql', 'uvicorn', 'csv', 'tui.demo.world') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_timeout_is_a_timeout() -> None:
    async def ask() -> None:
        from tui.api.graphql.client import GraphQLCloud
        from tui.demo.asgi import Simulator
        from tui.demo.source import in_process
        from tui.demo.world import World

        world = World(start=START)
        transport = in_process(Simulator(world, lambda: START, Faults({"timeout": 1.0})))
        await GraphQLCloud("https://demo.invalid/graphql", "demo-key", transport=transport, deadline=0.05).fleet()

    with pytest.raises(TimedOut):
        asyncio.run(ask())


@pytest.mark.parametrize(("work", "least"), [("train", 40), ("straggle", 15), ("burst", 10)])
def test_a_day_of_seldom_samples_is_of_epochs_and_no_comb(work: str, least: int) -> None:
    """A checkpoint of half a minute would be hit by some of them."""
    pod = SimPod("p1", "run", gpu_types()["NVIDIA L40S"], 4, PLACES[0], 0.86, work, START)

    def day(coarse_until: float) -> list[int]:
        pod.coarse_until = coarse_until
        return [gpu_load(pod, START + COARSE_STEP * n, 2, 7)[0] for n in range(480)]

    def alone(loads: list[int]) -> int:
        """Samples far from both neighbours."""
        return sum(min(abs(b - a), abs(b - c)) > 20 for a, b, c in zip(loads, loads[1:], loads[2:], strict=False))

    assert alone(day(START + 86_400)) == 0
    assert alone(day(0.0)) > 5, "as it is seen by somebody who looks more often"
    assert min(day(START + 86_400)) >= least, "at work all day: no alert begins"


@pytest.mark.wide
async def test_only_the_seldom_part_of_the_past_is_of_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.demo.source.FINE", 60.0)
    past = await told(demo_source(wall=Wall(), history_s=60.0 + 10 * COARSE_STEP))
    monkeypatch.setattr("tui.demo.source.COARSE_STEP", 60.0)
    often = dict(await told(demo_source(wall=Wall(), history_s=60.0 + 10 * COARSE_STEP)))
    both = [(at, snapshot.pods == often[at].pods) for at, snapshot in past if at in often]
    assert {same for at, same in both if at >= START - 60} == {True}
    assert False in {same for at, same in both if at < START - 60}
