"""The client against the simulated RunPod: every operation, its rules and its faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tui.api import errors
from tui.api.cloud import Cloud
from tui.api.graphql.client import GraphQLCloud
from tui.api.orders import DeployOrder, RentOrder
from tui.api.pod_detail import EnvVar
from tui.api.secret import Secret
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY, READ_ONLY_KEY
from tui.demo.faults import Faults
from tui.demo.world import World

START = 1_784_000_000.0


class Place:
    """A simulated RunPod an hour after its beginning, and clouds that ask it."""

    def __init__(self, pods: int = 6) -> None:
        self.now = START + 3600.0
        self.faults = Faults()
        self.simulator = Simulator(World(pods=pods, start=START), lambda: self.now, self.faults)

    def cloud(self, key: str | None = KEY, **options: Any) -> GraphQLCloud:
        transport = httpx.ASGITransport(self.simulator)
        return GraphQLCloud("https://demo.invalid/graphql", key, transport=transport, **options)


@pytest.fixture
def place() -> Place:
    return Place()


async def named(cloud: Cloud, status: str) -> str:
    """The id of some pod in that status."""
    snapshot = await cloud.fleet()
    assert snapshot.pods is not None
    return next(p.id for p in snapshot.pods if p.status == status)


async def small_order(cloud: Cloud) -> dict[str, Any]:
    """What any pod on a GPU of which there is plenty needs."""
    offer = next(o for o in (await cloud.market()).offers if o.secure and o.secure.stock == "High")
    return {"gpu_count": 1, "gpu_type_id": offer.gpu_id, "image": "pytorch:2.4", "container_disk_gb": 20}


async def test_every_read(place: Place) -> None:
    cloud = place.cloud()
    fleet = await cloud.fleet()
    assert fleet.pods is not None
    assert len(fleet.pods) == 6
    assert (fleet.unreadable, fleet.problems) == ((), ())
    assert fleet.funds is not None
    assert fleet.funds.balance
    market = await cloud.market()
    assert len(market.offers) > 30
    assert market.problems == ()
    detail = await cloud.pod(fleet.pods[0].id)
    assert detail is not None
    assert detail.pod == fleet.pods[0]
    account = await cloud.account()
    assert account.funds == fleet.funds
    assert account.problems == ()
    assert account.api_keys
    assert (await cloud.ledger()).charges
    assert (await cloud.templates()).templates
    assert (await cloud.readmes()).texts[0].readme
    assert (await cloud.billing()).gpus
    assert (await cloud.profile()).first_name
    assert (await cloud.hosts()).unreadable == ()
    assert await cloud.cpu_types()
    assert {sheet.gpu_id for sheet in (await cloud.gpu_sheets()).sheets} == {offer.gpu_id for offer in market.offers}
    assert all(flavor.smallest and flavor.smallest.per_hr for flavor in (await cloud.cpu_flavors()).flavors)
    assert "SE" in await cloud.countries()
    extras = await cloud.pod_extras(fleet.pods[0].id)
    assert extras is not None
    assert extras.gpu_name == fleet.pods[0].machine.gpu_name if fleet.pods[0].machine else False
    assert await cloud.pod_extras("nosuchpod") is None
    assert await cloud.pod("nosuchpod") is None


@pytest.mark.wide
async def test_2000_pods_are_all_readable() -> None:
    fleet = await Place(2000).cloud().fleet()
    assert fleet.pods is not None
    assert len(fleet.pods) == 2000
    assert (fleet.unreadable, fleet.problems) == ((), ())


async def test_without_a_key_there_is_a_market_and_no_account(place: Place) -> None:
    for key in (None, "not a key at all", "wrong"):
        cloud = place.cloud(key)
        assert (await cloud.market()).offers
        with pytest.raises(errors.Unauthorized):
            await cloud.fleet()


async def test_stop_resume_and_terminate(place: Place) -> None:
    cloud = place.cloud()
    order = await small_order(cloud)
    pod_id = (await cloud.deploy(DeployOrder(name="short", cloud="SECURE", **order))).pod_id
    assert (await cloud.stop(pod_id)).status == "EXITED"
    assert (await cloud.resume(pod_id)).status == "RUNNING"
    await cloud.terminate(pod_id)
    with pytest.raises(errors.Rejected):
        await cloud.terminate(pod_id)
    assert await cloud.pod(pod_id) is None


async def test_deploy_and_rent(place: Place) -> None:
    cloud = place.cloud()
    env = (EnvVar("HF_TOKEN", Secret("hf_secret")),)
    order = {**await small_order(cloud), "env": env}
    deployed = await cloud.deploy(DeployOrder(name="on demand", cloud="SECURE", **order))
    assert deployed.status == "RUNNING"
    detail = await cloud.pod(deployed.pod_id)
    assert detail is not None
    assert detail.pod.name == "on demand"
    assert detail.pod.runtime is None
    assert detail.env == env
    rented = await cloud.rent(RentOrder(name="interruptible", cloud="SECURE", bid_per_gpu=9.0, **order))
    assert rented.pod_id != deployed.pod_id


async def test_the_servers_words_reach_the_person(place: Place) -> None:
    cloud = place.cloud()
    with pytest.raises(errors.Rejected) as caught:
        await cloud.stop("nosuchpod")
    assert caught.value.problems[0].path == ("podStop",)
    assert caught.value.problems[0].code


async def test_a_key_that_may_only_read(place: Place) -> None:
    cloud = place.cloud(READ_ONLY_KEY)
    pod_id = await named(cloud, "RUNNING")
    with pytest.raises(errors.Forbidden):
        await cloud.stop(pod_id)
    assert await named(cloud, "RUNNING") == pod_id


async def test_read_only_reaches_no_server(place: Place) -> None:
    with pytest.raises(errors.ReadOnly):
        await place.cloud(read_only=True).terminate("any")
    assert place.simulator.requests == 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("timeout", errors.TimedOut),
        ("drip", errors.TimedOut),
        ("reset", errors.Unreachable),
        ("401", errors.Unauthorized),
        ("403", errors.Forbidden),
        ("front-door", errors.Blocked),
        ("429", errors.Throttled),
        ("500", errors.Faltering),
        ("502", errors.Faltering),
        ("503", errors.Faltering),
        ("524", errors.TimedOut),
        ("truncated", errors.Malformed),
        ("notjson", errors.Malformed),
    ],
)
async def test_each_fault_is_its_error(place: Place, fault: str, kind: type[errors.CloudError]) -> None:
    place.faults.set(fault, 3600.0 if fault == "drip" else None)
    waits = fault in ("timeout", "drip")
    with pytest.raises(errors.CloudError) as caught:
        await place.cloud(deadline=0.05 if waits else 30.0).fleet()
    assert type(caught.value) is kind
    if isinstance(caught.value, errors.Throttled):
        assert caught.value.retry_after == 20.0


async def test_partial_answers_show_what_there_is(place: Place) -> None:
    place.faults.set("partial")
    fleet = await place.cloud().fleet()
    assert fleet.pods is None
    assert fleet.funds is not None
    assert fleet.funds.balance
    assert fleet.problems[0].path == ("myself", "pods")


async def test_nulls_wherever_the_schema_allows_them(place: Place) -> None:
    place.faults.set("nulls")
    fleet = await place.cloud().fleet()
    assert fleet.pods is not None
    assert len(fleet.pods) + len(fleet.unreadable) == 6
    assert fleet.funds is not None
    assert fleet.funds.balance is None


Act = Callable[[Cloud, str], Awaitable[object]]


@pytest.mark.parametrize(("fault", "kind"), [("acts-502", errors.Unreachable), ("acts-timeout", errors.TimedOut)])
async def test_a_deed_without_an_answer_is_not_repeated(
    place: Place, fault: str, kind: type[errors.Unreachable]
) -> None:
    cloud = place.cloud()
    pod_id = await named(cloud, "RUNNING")
    place.faults.set(fault)
    with pytest.raises(kind) as caught:
        # Reads have all the time that they need.
        await place.cloud(deadline=1.0 if kind is errors.TimedOut else 30.0).stop(pod_id)
    assert caught.value.sent, "it may have happened"
    assert place.simulator.mutations == 1
    place.faults.clear()
    detail = await cloud.pod(pod_id)
    assert detail is not None
    assert detail.pod.status == "EXITED", "and so it did"
