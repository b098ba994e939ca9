"""One podtop for many readers: they get what the recorder has, never older than it looks, and nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests import make
from tui.api.capabilities import Capability
from tui.api.errors import CloudError, Malformed, ReadOnly, Unauthorized, Unreachable
from tui.api.models import Quote
from tui.api.secret import Secret
from tui.clocks import Clocks
from tui.domain.attention import Attention, Grade
from tui.domain.events import Event, Kind
from tui.domain.lease import Lease
from tui.domain.listen_address import ListenAddress
from tui.domain.market_watch import ArmedDeploy, MarketWatch, State
from tui.services.exporter.exporter import AccountExport, Exporter
from tui.services.hub import action_log
from tui.services.hub.client import FLEET, HubCloud
from tui.services.hub.reader import taking_over
from tui.services.hub.state import HubState, decoded, encoded, state_of
from tui.storage.audit_log import AuditLog
from tui.storage.owner_file import Duty, Owner
from tui.store.fleet import Fleet

TOKEN = Secret("a-token-of-some-length")


def fleet() -> Fleet:
    made = Fleet(5.0, 60.0)
    made.apply(
        make.snapshot(make.pod("a", change="Rented by User"), make.pod("b", status="NEWER", kind="NEWER")), 100.0
    )
    made.apply_market(make.market(make.offer("H100 SXM", Quote(2.99, None, "High"))), 100.0)
    made.attention = (Attention("idle", "idle", Grade.WARN, "does nothing", "a", "pod a", so_far=1.5),)
    made.events.append(Event(90.0, "a", Kind.NEW, "first seen"))
    return made


@asynccontextmanager
async def serving(of: Fleet, token: Secret | None = None) -> AsyncIterator[tuple[AccountExport, str]]:
    exporter = Exporter([export := AccountExport("work", of, lambda: 101.0)], token)
    where = await exporter.start(ListenAddress("127.0.0.1", 0))
    try:
        yield export, f"http://{where}"
    finally:
        await exporter.close()


def test_a_state_survives_the_way() -> None:
    state = state_of(fleet(), "work", ("enforces leases",))
    assert decoded(encoded(state)) == state
    assert b"user_1" not in encoded(state)


async def test_a_reader_has_what_the_recorder_has() -> None:
    made = fleet()
    async with serving(made) as (_, url):
        cloud = HubCloud(url)
        snapshot = await cloud.fleet()
        market = await cloud.market()
        await cloud.aclose()
    assert snapshot.pods == made.snapshot.value.pods  # type: ignore[union-attr]
    assert market == made.market.value
    assert cloud.state is not None
    assert cloud.state.attention == made.attention
    assert Event(90.0, "a", Kind.NEW, "first seen") in cloud.state.events


async def test_a_reader_has_what_is_done_automatically(tmp_path: Path) -> None:
    made = fleet()
    plan = ArmedDeploy({"image": "private/image"}, ("WANDB_API_KEY",), ("docker_args",), 3.0, 2)
    watch = MarketWatch("w", 50.0, ("h100",), ("H100",), state=State.ARMED, account="user_1", holder="t", plan=plan)
    made.leases = {"a": Lease("a", "pod a", "stop", 900.0, 50.0)}
    made.idle_stops = {"b": Lease("b", "pod b", "stop", 800.0, 50.0)}
    made.watches = {"w": watch, "x": replace(watch, id="x", account="user_2")}
    made.owners = {Duty.LEASES: Owner("record", 7, "jump1", 40.0)}
    body = encoded(state_of(made, "work"))
    assert not [word for word in (b"user_1", b"user_2", b"private", b"WANDB", b"docker_args") if word in body]
    read = Fleet(5.0, 60.0)
    for _ in taking_over(read, decoded(body), 100.0):
        pass
    assert (read.leases, read.idle_stops, read.owners) == (made.leases, made.idle_stops, made.owners)
    assert [(each.id, each.may_spend, each.plan and each.plan.cap) for each in read.watches.values()] == [
        ("w", True, 3.0)
    ]


@pytest.mark.parametrize("skew", [600.0, -600.0])
async def test_the_instants_of_a_hub_are_brought_to_the_readers_clock(skew: float) -> None:
    """The reader's clock is behind the hub's, or ahead of it, by ten minutes."""
    made, here = fleet(), Clocks(wall=lambda: 100.5 + 1e9 - skew, passed=lambda: 0.0)
    made.leases = {"a": Lease("a", "pod a", "stop", 900.0 + 1e9, 50.0 + 1e9)}
    made.attention = (replace(made.attention[0], since=40.0 + 1e9),)
    exporter = Exporter([AccountExport("work", made, lambda: 101.0 + 1e9)])
    cloud = HubCloud(f"http://{await exporter.start(ListenAddress('127.0.0.1', 0))}", dated=here.dated)
    try:
        await cloud.fleet()
    finally:
        await cloud.aclose()
        await exporter.close()
    assert here.skew == pytest.approx(skew, abs=2)
    assert cloud.state is not None
    read = Fleet(5.0, 60.0)
    for _ in taking_over(read, cloud.state, 100.0, skew):
        pass
    lease = read.leases["a"]
    assert (lease.ends + skew, lease.set_at + skew, lease.sent_at) == (900.0 + 1e9, 50.0 + 1e9, None)
    assert [alert.since for alert in read.attention] == [40.0 + 1e9 - skew]
    assert max(event.at for event in read.events) == max(event.at for event in made.events) - skew


def test_of_the_action_log_a_reader_has_its_accounts_lines_without_what_was_ordered(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "actions.jsonl", origin="test")
    mine = log.intent("resume", "a", "pod a", {"gpuCount": 2, "imageName": "private"}, account="user_1")
    log.outcome(mine, "done", "running", "a")
    log.intent("stop", "b", "pod b", {}, account="user_2")
    AuditLog(log.path, origin="another.host").intent("stop", "a", "pod a", {}, account="user_1")
    lines = action_log.decoded(body := action_log.served(log.path, "test", "user_1"))
    assert [(line.phase, line.pod, line.outcome, line.inputs) for line in lines] == [
        ("intent", "a", "", {"gpuCount": 2}), ("outcome", "a", "done", {}),
    ]  # fmt: skip
    assert b"user_1" not in body
    assert b"private" not in body
    assert action_log.decoded(action_log.served(tmp_path / "none", "test", "user_1")) == ()


async def test_the_action_log_is_read_over_the_hub(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "actions.jsonl", origin="test")
    log.intent("stop", "a", "pod a", {}, by="lease", account="user_1")
    export = AccountExport("work", fleet(), lambda: 101.0, log=lambda: (log.path, "test"))
    other = AccountExport("lab", Fleet(5.0, 60.0), lambda: 101.0, log=lambda: (log.path, "test"))
    exporter = Exporter([export, other], TOKEN)
    where = await exporter.start(ListenAddress("127.0.0.1", 0))
    try:
        cloud = HubCloud(f"http://{where}/work", TOKEN)
        assert [(line.action, line.pod, line.by) for line in await cloud.action_log()] == [("stop", "a", "lease")]
        await cloud.aclose()
        for path, error in (("", Malformed), ("/lab", Unreachable), ("/none", Malformed)):
            cloud = HubCloud(f"http://{where}{path}", TOKEN)
            with pytest.raises(error):
                await cloud.action_log()
            await cloud.aclose()
        cloud = HubCloud(f"http://{where}/work")
        with pytest.raises(Unauthorized):
            await cloud.action_log()
        await cloud.aclose()
    finally:
        await exporter.close()


@pytest.mark.parametrize(
    ("log", "pods", "said"),
    [
        (404, 200, "older podtop"),
        (404, 404, "several accounts"),
        (503, 200, r"failed \(HTTP 503\)$"),
    ],
)
async def test_why_a_hub_has_no_action_log_is_said(log: int, pods: int, said: str) -> None:
    """404: by a hub that is too old it is as by one of several accounts. A command that ends does not try again."""
    status = {action_log.LOG: log, FLEET: pods}
    cloud = HubCloud(
        "http://hub:9464", transport=httpx.MockTransport(lambda request: httpx.Response(status[request.url.path]))
    )
    with pytest.raises(CloudError, match=said):
        await cloud.action_log()
    await cloud.aclose()


async def test_the_next_reading_waits_for_the_next_response() -> None:
    made = fleet()
    async with serving(made) as (export, url):
        cloud = HubCloud(url)
        await cloud.fleet()
        following = asyncio.ensure_future(cloud.fleet())
        # A change that is no response ends no waiting.
        export.changed()
        done, _ = await asyncio.wait([following], timeout=0.3)
        assert not done
        made.apply(make.snapshot(make.pod("c")), 105.0)
        export.changed()
        snapshot = await asyncio.wait_for(following, 10)
        await cloud.aclose()
    assert [pod.id for pod in snapshot.pods or ()] == ["c"]


async def test_what_is_not_current_at_the_hub_is_an_outage_here() -> None:
    made = fleet()
    made.fail(Unreachable("no route to RunPod"), 106.0)
    async with serving(made) as (_, url):
        cloud = HubCloud(url)
        with pytest.raises(Unreachable, match="no route to RunPod"):
            await cloud.fleet()
        await cloud.aclose()


async def test_a_hub_that_is_away_is_an_outage() -> None:
    cloud = HubCloud("http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        await cloud.fleet()
    await cloud.aclose()


async def test_without_its_token_nothing_is_read() -> None:
    async with serving(fleet(), TOKEN) as (_, url):
        for token in (None, Secret("another-token-of-it")):
            cloud = HubCloud(url, token)
            with pytest.raises(Unauthorized, match="token"):
                await cloud.fleet()
            await cloud.aclose()
        cloud = HubCloud(url, TOKEN)
        assert await cloud.fleet()
        await cloud.aclose()


async def test_a_reader_changes_nothing() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(500)

    cloud = HubCloud("http://hub:9464", transport=httpx.MockTransport(answer))
    for change in (cloud.stop("a"), cloud.resume("a"), cloud.terminate("a")):
        with pytest.raises(ReadOnly, match="hub:9464"):
            await change
    assert not sent
    assert [each for each in Capability if cloud.offers(each)] == [Capability.MARKET]


@given(
    st.binary(max_size=60)
    | st.sampled_from([b"{}", b"[]", b'{"account":"a","version":2}', b'{"account":1}', b'{"account":"a"}'])
)
def test_whatever_a_hub_says_is_a_state_or_an_error(content: bytes) -> None:
    cloud = HubCloud("http://hub", transport=httpx.MockTransport(lambda request: httpx.Response(200, content=content)))
    with pytest.raises((Malformed, Unreachable)):
        asyncio.run(asyncio.wait_for(cloud.fleet(), 5))


async def test_ten_readers_of_one_response_cost_one_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    made, count = fleet(), [0]

    def counted(state: HubState) -> bytes:
        count[0] += 1
        return encoded(state)

    monkeypatch.setattr("tui.services.exporter.exporter.encoded", counted)
    async with serving(made) as (_, url):
        clouds = [HubCloud(url) for _ in range(10)]
        await asyncio.gather(*(cloud.fleet() for cloud in clouds))
        for cloud in clouds:
            await cloud.aclose()
    assert count == [1]
