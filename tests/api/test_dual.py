"""Both APIs behind one `Cloud`: when the second takes over, what it is used for before that, and what is sent where."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import Any

import httpx
import pytest

from tests.api.make import KEY, account, cloud, market
from tests.api.make import pod as wire_pod
from tests.make import pod, snapshot
from tests.variants import every
from tui.api import errors
from tui.api.capabilities import Capability
from tui.api.cloud import Cloud
from tui.api.dual import BESIDE, NO_ADDRESS, DualCloud, cloud_at
from tui.api.enums import CloudKind
from tui.api.graphql.client import GraphQLCloud
from tui.api.listener import Api, Listener, Switched
from tui.api.models import Market, PodVerb
from tui.api.orders import DeployOrder, Receipt
from tui.api.pod_logs import LogLine, LogQuery, LogSource
from tui.api.rest.client import RestCloud

LINE = LogLine("1", None, LogSource.CONTAINER, "step 1")
ORDER = DeployOrder(name="new", gpu_count=1, image="pytorch", gpu_type_id="NVIDIA A40", cloud=CloudKind.SECURE)


class Rest(Cloud):
    """A REST backend that keeps what it was asked; `error` is raised in place of every answer."""

    def __init__(self, url: str = "", error: errors.CloudError | None = None) -> None:
        self.url = url
        self.asked: list[str] = []
        self.error = error
        self.closed = 0
        self.listener: Listener | None = None

    @property
    def api(self) -> Api:
        return Api.REST

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    async def fleet(self) -> Any:
        self._ask("fleet")
        return snapshot(pod("rest"))

    async def market(self) -> Any:
        self._ask("market")
        return Market(())

    async def stop(self, pod_id: str) -> Any:
        self._ask("stop")
        return Receipt(pod_id, None, "EXITED", None, None, None, None)

    async def resume(self, pod_id: str, gpu_count: int | None = None) -> Any:
        self._ask("resume")

    async def terminate(self, pod_id: str) -> None:
        self._ask("terminate")

    async def deploy(self, order: DeployOrder) -> Any:
        self._ask("deploy")

    async def restart(self, pod_id: str) -> Any:
        self._ask("restart")

    async def set_locked(self, pod_id: str, locked: bool) -> Any:
        self._ask("set_locked")

    async def rename(self, pod_id: str, name: str) -> Any:
        self._ask("rename")

    async def legal_verbs(self, pod_ids: Sequence[str]) -> Mapping[str, frozenset[PodVerb]]:
        self._ask("legal_verbs")
        return {}

    async def pod_costs(self) -> Any:
        self._ask("pod_costs")

    async def logs(self, pod_id: str, query: LogQuery) -> AsyncIterator[LogLine]:
        self._ask("logs")
        try:
            while True:
                yield LINE
        finally:
            self.closed += 1

    def listen(self, listener: Listener) -> None:
        self.listener = listener

    async def aclose(self) -> None:
        self.closed += 1


class Wire:
    """RunPod's GraphQL on the wire: it counts requests, and answers by `status` until told otherwise."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        text = request.content.decode()
        self.requests.append("mutation" if "mutation " in text else "query")
        if self.status != 200:
            return httpx.Response(self.status, json={"title": "Gone", "status": self.status})
        return httpx.Response(200, json=market() if "gpuTypes" in text else account(wire_pod()))


class Told(list[Any]):
    """What a listener hears."""

    def listener(self) -> Listener:
        return Listener(
            sent=lambda api: self.append(("sent", api)),
            switched=self.append,
            barred=lambda api, error: self.append(("barred", str(error))),
        )

    @property
    def switches(self) -> list[Switched]:
        return [said for said in self if isinstance(said, Switched)]


def both(wire: Wire | Cloud, rest: Cloud | None) -> tuple[DualCloud, Told]:
    graphql = wire if isinstance(wire, Cloud) else cloud(wire)
    dual, told = DualCloud(graphql, (lambda: rest) if rest is not None else None), Told()
    dual.listen(told.listener())
    return dual, told


# When the other takes over


async def test_graphql_is_used_while_it_answers_and_rest_is_not_even_opened() -> None:
    opened: list[str] = []

    def make(url: str) -> Cloud:
        opened.append(url)
        return cloud(Wire()) if "graphql" in url else Rest()

    dual = cloud_at("https://a.b/v2", "auto", make)
    assert (await dual.fleet()).pods is not None
    assert opened == ["https://a.b/graphql"]
    assert dual.api is Api.GRAPHQL


async def test_a_read_that_finds_graphql_gone_is_answered_by_rest_at_once_and_so_are_all_others() -> None:
    wire, rest = Wire(410), Rest()
    dual, told = both(wire, rest)
    answer = await dual.fleet()
    assert answer.pods is not None
    assert answer.pods[0].id == "rest"
    assert dual.api is Api.REST
    assert [(switch.before, switch.after) for switch in told.switches] == [(Api.GRAPHQL, Api.REST)]
    wire.status = 200
    await dual.fleet()
    await dual.market()
    await dual.stop("p1")
    assert wire.requests == ["query"], "GraphQL is not asked again"
    assert rest.asked == ["fleet", "fleet", "market", "stop"]
    assert len(told.switches) == 1


async def test_prices_that_need_no_key_switch_too() -> None:
    rest = Rest()
    dual, told = both(cloud(Wire(410), key=None), rest)
    await dual.market()
    assert rest.asked == ["market"]
    assert len(told.switches) == 1


async def test_reads_at_the_same_time_switch_once() -> None:
    rest = Rest()
    dual, told = both(Wire(410), rest)
    await asyncio.gather(*(dual.fleet() for _ in range(5)), dual.market())
    assert len(told.switches) == 1
    assert sorted(rest.asked) == ["fleet"] * 5 + ["market"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 418, 429, 500, 502, 503, 524, 301])
async def test_nothing_but_410_switches(status: int) -> None:
    rest = Rest()
    dual, told = both(Wire(status), rest)
    for request in (dual.fleet, dual.market):
        with pytest.raises(errors.CloudError):
            await request()
    assert dual.api is Api.GRAPHQL
    assert (rest.asked, told.switches) == ([], [])


async def test_without_an_address_for_rest_the_reader_is_told_what_to_set() -> None:
    dual, told = both(Wire(410), None)
    for request in (dual.fleet(), dual.stop("p1")):
        with pytest.raises(errors.Retired) as caught:
            await request
        assert str(caught.value) == NO_ADDRESS
    assert dual.api is Api.GRAPHQL
    assert told.switches == []
    assert not any(dual.offers(capability) for capability in BESIDE)


# Mutations: over one API, once

MUTATIONS: dict[str, Callable[[Cloud], Any]] = {
    "stop": lambda cloud: cloud.stop("p1"),
    "resume": lambda cloud: cloud.resume("p1"),
    "bid_resume": lambda cloud: cloud.bid_resume("p1", 1, 0.5),
    "terminate": lambda cloud: cloud.terminate("p1"),
    "deploy": lambda cloud: cloud.deploy(ORDER),
}
FAILURES: list[Any] = [
    *(httpx.Response(status, content=b"") for status in (301, 400, 401, 402, 403, 404, 408, 409, 410, 429, 500, 504)),
    httpx.Response(200, content=b"{"), {"data": {}}, {"errors": [{"message": "no"}]},
    httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("Server disconnected"),
    httpx.ReadError("reset"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "name"), every(3, product(range(len(FAILURES)), MUTATIONS), 2))
async def test_a_mutation_is_sent_over_one_api_once_whatever_comes_back(name: str, number: int) -> None:
    requests, answer = [], FAILURES[number]

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(200, json=answer) if isinstance(answer, dict) else answer

    rest = Rest()
    dual, told = both(cloud(handle), rest)
    with pytest.raises(errors.CloudError):
        await MUTATIONS[name](dual)
    assert len(requests) == 1
    assert (rest.asked, told.switches, dual.api) == ([], [], Api.GRAPHQL)


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_switch_between_the_check_and_the_order_does_nothing_and_the_next_try_goes_to_rest(name: str) -> None:
    wire, rest = Wire(), Rest()
    dual, told = both(wire, rest)
    await dual.fleet()
    wire.status = 410
    with pytest.raises(errors.Retired, match=r"nothing was done\. Refresh"):
        await MUTATIONS[name](dual)
    assert (wire.requests, rest.asked) == (["query", "mutation"], [])
    await dual.fleet()
    assert len(told.switches) == 1
    if name == "bid_resume":
        with pytest.raises(errors.NotOffered):
            await MUTATIONS[name](dual)
    else:
        await MUTATIONS[name](dual)
        assert rest.asked == ["fleet", name]
    assert wire.requests == ["query", "mutation", "query"]


@pytest.mark.parametrize("error", [errors.Retired("gone"), errors.TimedOut("slow"), errors.Rejected(())])
async def test_what_rest_answers_to_an_order_leads_nowhere_else(error: errors.CloudError) -> None:
    wire, rest = Wire(410), Rest()
    dual, _ = both(wire, rest)
    await dual.fleet()
    wire.status, rest.error = 200, error
    with pytest.raises(type(error)) as caught:
        await dual.stop("p1")
    assert caught.value is error
    assert rest.asked == ["fleet", "stop"]
    assert wire.requests == ["query"]


class RestWire:
    """RunPod's REST v2 on the wire: reads are answered with no pods, changes by `answer`."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.changes: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            pages = {"nextCursor": None, "hasNextPage": False}
            return httpx.Response(200, json={"pods": [], "gpus": [], "paths": {}, "pagination": pages})
        self.changes.append(f"{request.method} {request.url.path}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return httpx.Response(200, json=self.answer) if isinstance(self.answer, dict) else self.answer


REST_ALONE: dict[str, Callable[[Cloud], Any]] = {
    "restart": lambda cloud: cloud.restart("p1"),
    "set_locked": lambda cloud: cloud.set_locked("p1", True),
    "rename": lambda cloud: cloud.rename("p1", "new"),
}
FROM_REST = [*FAILURES, httpx.Response(410, json={"title": "Gone", "status": 410})]


@pytest.mark.parametrize(
    ("number", "name", "switched"),
    every(
        5,
        [
            *product(range(len(FROM_REST)), [*MUTATIONS, *REST_ALONE], [True]),
            # Before the switch the others go to GraphQL: the test above.
            *product(range(len(FROM_REST)), REST_ALONE, [False]),
        ],
        3,
    ),
)
async def test_what_goes_to_rest_is_sent_there_once_whatever_comes_back(name: str, number: int, switched: bool) -> None:
    answer = FROM_REST[number]
    wire, other = Wire(410 if switched else 200), RestWire(answer)
    rest = RestCloud("https://a.b/v2", KEY, transport=httpx.MockTransport(other))
    dual, told = both(wire, rest)
    await dual.fleet()
    with suppress(errors.CloudError):
        await {**MUTATIONS, **REST_ALONE}[name](dual)
    assert len(other.changes) == (0 if name == "bid_resume" else 1)
    assert wire.requests == ["query"]
    assert len(told.switches) == switched
    await dual.aclose()


async def test_an_order_under_way_while_a_read_switches_is_refused_and_not_repeated() -> None:
    arrived, answer = asyncio.Event(), asyncio.Event()

    class Slow(Rest):
        async def stop(self, pod_id: str) -> Any:
            self.asked.append("stop")
            arrived.set()
            await answer.wait()
            raise errors.Retired("gone")

        async def fleet(self) -> Any:
            raise errors.Retired("gone")

    graphql, rest = Slow(), Rest()
    dual, _ = both(graphql, rest)
    stopping = asyncio.ensure_future(dual.stop("p1"))
    await arrived.wait()
    await dual.fleet()
    answer.set()
    with pytest.raises(errors.Retired, match="nothing was done"):
        await stopping
    assert (graphql.asked, rest.asked) == (["stop"], ["fleet"])


# REST beside GraphQL

ONLY_REST: dict[Capability, Callable[[Cloud], Any]] = {
    Capability.RESTART: lambda cloud: cloud.restart("p1"),
    Capability.SET_LOCKED: lambda cloud: cloud.set_locked("p1", True),
    Capability.RENAME: lambda cloud: cloud.rename("p1", "new"),
    Capability.LEGAL_VERBS: lambda cloud: cloud.legal_verbs(["p1"]),
    Capability.POD_COSTS: lambda cloud: cloud.pod_costs(),
    Capability.LOGS: lambda cloud: anext(cloud.logs("p1", LogQuery())),
}


@pytest.mark.parametrize("capability", ONLY_REST)
async def test_what_only_rest_has_comes_from_it_and_the_rest_from_graphql(capability: Capability) -> None:
    wire, rest = Wire(), Rest()
    dual, told = both(wire, rest)
    assert dual.offers(capability)
    await ONLY_REST[capability](dual)
    await dual.fleet()
    assert (rest.asked, wire.requests) == ([capability.value], ["query"])
    assert dual.api is Api.GRAPHQL
    assert rest.listener is not None
    rest.listener.sent(Api.REST)
    assert told.count(("sent", Api.REST)) == told.count(("sent", Api.GRAPHQL)) == 1


@pytest.mark.parametrize("error", [errors.Unauthorized("wrong"), errors.Forbidden("no pods for you")])
async def test_a_key_that_rest_rejects_costs_what_only_rest_has_and_nothing_else(error: errors.CloudError) -> None:
    wire, rest = Wire(), Rest(error=error)
    dual, told = both(wire, rest)
    for _ in range(3):
        with pytest.raises(errors.NotOffered, match=str(error)):
            await dual.legal_verbs(["p1"])
    assert rest.asked == ["legal_verbs"], "it is not asked again"
    assert len([said for said in told if said[0] == "barred"]) == 1
    assert not any(dual.offers(capability) for capability in ONLY_REST)
    assert dual.offers(Capability.BILLING)
    with pytest.raises(errors.NotOffered):
        await anext(dual.logs("p1", LogQuery()))
    assert (await dual.fleet()).pods is not None
    assert dual.api is Api.GRAPHQL


async def test_a_key_without_the_permission_for_logs_keeps_the_others() -> None:
    rest = Rest(error=errors.Forbidden("no logs for you"))
    dual, told = both(Wire(), rest)
    with pytest.raises(errors.NotOffered, match="logs: no logs for you"):
        await anext(dual.logs("p1", LogQuery()))
    assert {capability for capability in ONLY_REST if not dual.offers(capability)} == {Capability.LOGS}
    with pytest.raises(errors.NotOffered, match="restart, lock, rename, legal actions, costs by pod: no logs for you"):
        await dual.legal_verbs(["p1"])
    assert not any(dual.offers(capability) for capability in ONLY_REST)
    assert len([said for said in told if said[0] == "barred"]) == 2


@pytest.mark.parametrize("error", [errors.TimedOut("slow"), errors.Throttled("wait", 5.0), errors.Malformed("{")])
async def test_a_moment_of_trouble_takes_nothing_away(error: errors.CloudError) -> None:
    rest = Rest(error=error)
    dual, told = both(Wire(), rest)
    with pytest.raises(type(error)):
        await dual.legal_verbs(["p1"])
    assert all(dual.offers(capability) for capability in ONLY_REST)
    assert told == []


async def test_a_mutation_that_rest_refuses_says_nothing_about_reads() -> None:
    rest = Rest(error=errors.Forbidden("read-only key"))
    dual, _ = both(Wire(), rest)
    with pytest.raises(errors.Forbidden, match="read-only key"):
        await dual.restart("p1")
    assert all(dual.offers(capability) for capability in ONLY_REST)


async def test_once_rest_is_all_there_is_its_refusals_are_what_they_are() -> None:
    wire, rest = Wire(), Rest(error=errors.Unauthorized("wrong"))
    dual, _ = both(wire, rest)
    with pytest.raises(errors.NotOffered):
        await dual.legal_verbs(["p1"])
    wire.status = 410
    with pytest.raises(errors.Unauthorized):
        await dual.fleet()
    with pytest.raises(errors.Unauthorized):
        await dual.legal_verbs(["p1"])
    rest.error = None
    await dual.restart("p1")


async def test_what_is_offered_follows_the_api_in_use() -> None:
    wire, rest = Wire(), Rest()
    dual, _ = both(wire, rest)
    assert {capability for capability in Capability if not dual.offers(capability)} == set()
    wire.status = 410
    await dual.fleet()
    assert {capability for capability in Capability if dual.offers(capability)} == {
        capability for capability in Capability if rest.offers(capability)
    }


async def test_objections_to_an_order_are_those_of_the_api_in_use() -> None:
    class Strict(Rest):
        def order_objections(self, order: Any) -> tuple[tuple[str, str], ...]:
            return ((order.name, "not offered"),)

    wire, rest = Wire(), Strict()
    dual, _ = both(wire, rest)
    await dual.restart("p1")
    assert dual.order_objections(ORDER) == ()
    wire.status = 410
    await dual.fleet()
    assert dual.order_objections(ORDER) == (("new", "not offered"),)


async def test_a_stream_of_lines_ends_when_nobody_reads_it() -> None:
    rest = Rest()
    dual, _ = both(Wire(), rest)
    lines: Any = dual.logs("p1", LogQuery())
    assert await anext(lines) == LINE
    await lines.aclose()
    assert rest.closed == 1


# As a whole


async def test_closing_closes_both_and_opens_none() -> None:
    rest = Rest()
    dual, _ = both(Wire(), rest)
    await dual.restart("p1")
    await dual.aclose()
    assert rest.closed == 1
    late, _ = both(Wire(), Rest())
    await late.aclose()
    with pytest.raises(errors.Unreachable):
        await late.restart("p1")


def test_every_method_is_passed_on() -> None:
    methods = {name for name in vars(Cloud) if not name.startswith("_")}
    assert methods <= set(vars(DualCloud))
    for name in methods - {"api"}:
        assert inspect.signature(getattr(DualCloud, name)) == inspect.signature(getattr(Cloud, name)), name


@pytest.mark.parametrize(("api", "url"), [("graphql", "https://a.b/graphql"), ("rest", "https://a.b/v2")])
@pytest.mark.parametrize("given", ["https://a.b/graphql", "https://a.b/v2"])
def test_one_api_by_name_is_that_one_alone(api: str, url: str, given: str) -> None:
    made = cloud_at(given, api, Rest)
    assert isinstance(made, Rest)
    assert made.url == url


def test_graphql_by_name_stays_at_an_address_of_its_own() -> None:
    assert isinstance(made := cloud_at("https://proxy.example/", "graphql", Rest), Rest)
    assert made.url == "https://proxy.example/"


def test_what_rest_alone_offers_is_what_graphql_lacks() -> None:
    graphql, rest = GraphQLCloud("https://a.b/graphql", None), RestCloud("https://a.b/v2", None)
    assert all(rest.offers(capability) for capability in BESIDE)
    assert set(BESIDE) == {capability for capability in Capability if not graphql.offers(capability)}
