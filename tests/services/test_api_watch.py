"""One of RunPod's APIs ends while podtop watches: what is counted, what the user hears, and what goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.api.capabilities import Capability
from tui.api.cloud import Cloud
from tui.api.dual import DualCloud
from tui.api.errors import CloudError, Forbidden, NotOffered, Retired, Unauthorized, Unreachable
from tui.api.features import Feature
from tui.api.listener import Api, Listener, Quota, Retirement
from tui.api.models import Funds, Market
from tui.config.loader import Config
from tui.domain import retirement
from tui.domain.events import Kind
from tui.domain.user_message import Level, UserMessage
from tui.history.archive.reader import Recording
from tui.history.recorder import Recorder
from tui.services.action_lock import ActionLock
from tui.services.api_watch import ApiWatch
from tui.services.messages import Messages
from tui.services.session import Session
from tui.services.source import Source
from tui.storage.state_files import StateFiles
from tui.store.fleet import Fleet

NOW = retirement.FROM - 86_400.0
LACKS = frozenset({Feature.GPU_POWER, Feature.SPEND, Feature.GPU_TEMPERATURE})


class Backend(Cloud):
    """Answers at once with one pod, or raises; `listener` is who hears of it."""

    def __init__(self, api: Api, lacks: frozenset[Feature] = frozenset(), error: CloudError | None = None) -> None:
        self._is = api
        self.lacks = lacks
        self.error = error
        self.listener = Listener()
        self.asked = 0
        self.funds: Funds | None = Funds("u1", 100.0, 1.0, 80.0)
        self.tick: Callable[[], object] = lambda: None

    @property
    def api(self) -> Api:
        return self._is

    async def fleet(self) -> Any:
        self.asked += 1
        self.tick()
        self.listener.sent(self._is)
        if self.error is not None:
            raise self.error
        return replace(snapshot(pod("a", utils=(50,)), funds=self.funds), lacks=self.lacks)

    async def market(self) -> Any:
        return Market(())

    async def hosts(self) -> Any:
        raise Unreachable("later")

    async def stop(self, pod_id: str) -> Any: ...

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Any: ...

    async def terminate(self, pod_id: str) -> None: ...

    def listen(self, listener: Listener) -> None:
        self.listener = listener

    async def aclose(self) -> None: ...


class GraphQL(Backend):
    async def ledger(self) -> Any: ...


class Rest(Backend):
    async def restart(self, pod_id: str) -> Any: ...

    async def set_locked(self, pod_id: str, locked: bool) -> Any: ...

    async def rename(self, pod_id: str, name: str) -> Any: ...

    async def legal_verbs(self, pod_ids: Any) -> Any: ...

    async def pod_costs(self) -> Any: ...

    def logs(self, pod_id: str, query: Any) -> Any: ...


class Stand:
    """A session over both APIs."""

    def __init__(
        self, tmp_path: Path, config: Config | None = None, now: float = NOW, record: Any = None, **source: Any
    ) -> None:
        self.now = now
        self.graphql, self.rest = GraphQL(Api.GRAPHQL), Rest(Api.REST, LACKS)
        self.graphql.tick = self.rest.tick = self._tick
        self.cloud = DualCloud(self.graphql, lambda: self.rest)
        self.notes: list[UserMessage] = []
        self._changed = asyncio.Event()
        self.session = Session(
            Source("test", False, lambda: self.cloud, lambda: self.now, **source),
            config or Config(interval=0.01), Messages(self.notes.append), ActionLock(),
            state=StateFiles(lambda: tmp_path, "test", "https://test.invalid/graphql"), on_change=self._changed.set,
            record=record,
        )  # fmt: skip
        self.running: asyncio.Task[None] | None = None

    def _tick(self) -> None:
        self.now += 1

    @property
    def fleet(self) -> Fleet:
        return self.session.fleet

    @property
    def watch(self) -> ApiWatch:
        return self.session.monitor.api

    @property
    def told(self) -> list[str]:
        """What is said of APIs; alerts that lost their input are another matter."""
        texts = (note.text for note in self.notes if note.level is not Level.CALL)
        return [text for text in texts if not text.startswith("alerts off")]

    @property
    def events(self) -> list[str]:
        return [event.text for event in self.fleet.events if event.kind is Kind.API]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Watch until it holds."""
        if self.running is None:
            self.running = asyncio.ensure_future(self.session.monitor.run())
        async with asyncio.timeout(20):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def polls(self, cloud: Backend, count: int = 3) -> None:
        already = cloud.asked
        await self.until(lambda: cloud.asked > already + count)

    async def end(self) -> None:
        await self.session.close()
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)


@pytest.fixture
async def stand(tmp_path: Path) -> Any:
    stands: list[Stand] = []

    def make(**options: Any) -> Stand:
        stands.append(Stand(tmp_path, **options))
        return stands[-1]

    yield make
    for one in stands:
        await one.end()


Make = Callable[..., Stand]


async def test_a_switch_in_the_middle_costs_no_sample_and_is_told_once(stand: Make) -> None:
    run = stand()
    await run.polls(run.graphql)
    before = len(run.fleet.records["a"].series)
    assert run.fleet.api is Api.GRAPHQL
    run.graphql.error = Retired("gone")
    await run.polls(run.rest)
    assert run.fleet.api is Api.REST
    assert run.fleet.snapshot.error is None
    assert len(run.fleet.records["a"].series) >= before + 3
    assert not [event for event in run.fleet.events if event.kind in (Kind.OUTAGE, Kind.OUTAGE_OVER)]
    begin = "RunPod switched GraphQL off; podtop now uses REST v2. Not offered there: spend per hour, GPU temperature, "
    assert run.told == [f"{begin}GPU power, charges and payments."]
    assert run.events == run.told
    (call,) = [note for note in run.notes if note.level is Level.CALL]
    assert (call.text, call.topic) == (run.told[0], "api")


async def test_a_long_list_is_cut_in_the_message_and_whole_in_the_event(stand: Make) -> None:
    run = stand()
    run.rest.lacks = frozenset(Feature)
    run.graphql.error = Retired("gone")
    await run.polls(run.rest)
    (text,), (event,) = run.told, run.events
    assert text.endswith(f"cost of stopped pods and {len(Feature) - 3} more."), "with the charges"
    assert all(feature.value in event for feature in Feature)


async def test_a_later_run_says_nothing_of_what_is_known(stand: Make) -> None:
    first = stand()
    first.graphql.error = Retired("gone")
    await first.polls(first.rest)
    assert len(first.told) == 1
    await first.end()
    second = stand()
    second.graphql.error = Retired("gone")
    await second.polls(second.rest)
    assert (second.told, second.events) == ([], [])
    assert second.fleet.api is Api.REST
    third = stand()
    await third.polls(third.graphql)
    third.graphql.error = Retired("gone")
    await third.polls(third.rest)
    assert len(third.told) == 1, "it has seen it happen"


async def test_a_rest_that_does_not_answer_either_is_an_outage_of_rest(stand: Make) -> None:
    run = stand()
    run.graphql.error, run.rest.error = Retired("gone"), Unauthorized("RunPod rejected the API key")
    await run.until(lambda: run.fleet.snapshot.error is not None)
    begin = "RunPod switched GraphQL off; podtop now uses REST v2."
    assert run.told == [f"{begin} Not offered there: charges and payments."]
    assert str(run.fleet.snapshot.error) == "RunPod rejected the API key"
    assert run.fleet.api is Api.REST


async def test_a_watch_without_a_key_switches_too(stand: Make) -> None:
    run = stand(config=Config(market_interval=0.01), keyless=True)

    async def gone() -> Any:
        raise Retired("gone")

    run.graphql.market = gone  # type: ignore[method-assign]
    await run.until(lambda: run.fleet.market.at is not None)
    assert run.fleet.api is Api.REST
    assert len(run.told) == 1


# What goes on


async def test_recording_leases_and_account_go_on_and_the_next_start_finds_them(stand: Make, tmp_path: Path) -> None:
    def record(post: Callable[[UserMessage], object]) -> Recorder:
        recorders.append(Recorder(tmp_path, "https://test.invalid/v2", interval=0.01, post=post))
        return recorders[-1]

    recorders: list[Recorder] = []
    run = stand(record=record)
    run.rest.funds = None
    await run.polls(run.graphql)
    before = run.session.leases.file
    assert before is not None
    begin = run.now
    run.graphql.error = Retired("gone")
    await run.polls(run.rest)
    assert run.fleet.funds is not None
    assert run.fleet.funds.account_id == "u1"
    assert run.session.leases.file is before
    await run.end()
    path = recorders[0].path
    assert path is not None
    with closing(Recording(path)) as recording:
        assert len(recording.samples("a", begin - 100, run.now).times) > 4
        ((first, last),) = recording.spans()
        assert first < begin < last
        assert [event.kind for event in recording.events(0, run.now + 9) if event.kind is Kind.API] == [Kind.API]

    later = stand(record=record, config=Config(interval=0.01, api="rest"), now=run.now + 60)
    later.graphql.error = Retired("gone")
    later.rest.funds = None
    await later.polls(later.rest)
    again = later.session.leases.file
    assert again is not None
    assert again.path == before.path
    await later.end()
    assert recorders[1].path == path


# The end that is coming


async def test_from_the_new_year_on_the_end_is_told_once_a_run(stand: Make) -> None:
    run = stand()
    await run.polls(run.graphql)
    assert run.told == []
    run.now = retirement.FROM
    await run.polls(run.graphql, 5)
    assert run.told == run.events == [retirement.notice(None, auto=True)]
    assert "in early 2027; podtop then uses REST v2. Not offered there: spend" in run.told[0]


@pytest.mark.parametrize("source", [{"simulated": True}, {"clocks": None, "demo": True}])
async def test_a_made_up_runpod_goes_by_no_calendar(stand: Make, source: dict[str, Any]) -> None:
    run = stand(now=retirement.FROM + 1)
    run.session.source = run.session.monitor.api._source = replace(run.session.source, **source)
    await run.polls(run.graphql)
    assert run.told == []


async def test_rest_has_no_end(stand: Make) -> None:
    run = stand(now=retirement.FROM + 1)
    run.graphql.error = Retired("gone")
    await run.polls(run.rest)
    assert [text for text in run.told if "in early 2027" in text] == []


@pytest.mark.parametrize(
    ("at", "when"), [(None, "soon"), (1_803_859_200.0, "on 2027-03-01"), (9e12, "soon"), (-5.0, "soon")]
)
async def test_what_responses_announce_is_told_once(stand: Make, at: float | None, when: str) -> None:
    run = stand()
    await run.polls(run.graphql)
    for _ in range(3):
        run.graphql.listener.retiring(Retirement(Api.GRAPHQL, at))
        await run.polls(run.graphql)
    assert len(run.told) == len(run.events) == 1
    assert f"RunPod switches GraphQL off {when}; podtop then uses REST v2." in run.told[0]


async def test_one_api_by_name_has_to_be_set_to_another(stand: Make) -> None:
    run = stand(config=Config(interval=0.01, api="graphql"), now=retirement.FROM)
    await run.polls(run.graphql)
    assert 'in early 2027; set api = "auto", and podtop then uses REST v2.' in run.told[0]


async def test_another_api_that_ends_is_no_news(stand: Make) -> None:
    run = stand()
    await run.polls(run.graphql)
    run.graphql.listener.retiring(Retirement(Api.REST, None))
    await run.polls(run.graphql)
    assert run.told == []


# Meters


async def test_each_request_counts_for_its_own_api(stand: Make) -> None:
    run = stand()
    await run.polls(run.graphql)
    run.graphql.listener.sent(Api.REST)
    run.graphql.listener.limits(Api.REST, (Quota("minute", 60.0, 180, 2, 30.0),))
    uses = run.watch.uses()
    assert [use.measured for use in uses[Api.GRAPHQL]] == [False] * 3
    assert [(use.asked, use.measured) for use in uses[Api.REST]] == [(178, True)]
    assert not run.watch.use().measured
    assert run.watch.slowness() < 3, "what REST has left slows nothing that GraphQL answers"
    run.graphql.error = Retired("gone")
    await run.until(lambda: run.fleet.api is Api.REST)
    assert run.watch.use().measured
    assert run.watch.slowness() > 3.5


async def test_a_key_that_rest_rejects_is_told_once_and_costs_nothing_else(stand: Make) -> None:
    run = stand()
    await run.polls(run.graphql)

    async def verbs(pods: Any) -> Any:
        raise Forbidden("RunPod refused the request (HTTP 403).")

    run.rest.legal_verbs = verbs  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(NotOffered):
            await run.cloud.legal_verbs(["a"])
    assert run.told == [
        "REST v2 does not accept this API key for restart, lock, rename, legal actions, logs, costs by pod: "
        "RunPod refused the request (HTTP 403)."
    ]
    await run.polls(run.graphql)
    assert run.fleet.snapshot.error is None
    assert not run.cloud.offers(Capability.RESTART)
