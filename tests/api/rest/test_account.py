"""The account over REST v2: money where the server has it, and "not offered" where it does not."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.rest.make import BALANCE, PLAIN, WITH_MONEY, Given, Server, document, example, pod, pods, problem
from tui.api import errors
from tui.api.account import BillSummary, PodCost, RegistryLogin, StorageBilled
from tui.api.doubt import doubt
from tui.api.enums import BillingMode
from tui.api.features import Feature
from tui.api.models import Funds
from tui.api.pod_detail import NetworkVolume
from tui.api.rest import slow_reads

MONEY: dict[str, Given] = {
    "/openapi.json": WITH_MONEY,
    "/billing/balance": BALANCE,
    "/account": {"id": "user_1", "email": "me@example.com"},
    "/account/limits": {"spendRate": {"limit": 80, "current": 3}, "serverlessWorkers": {"max": 30}},
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds, of podtop's own clock and of the day."""
    now = [1000.0]
    monkeypatch.setattr(slow_reads, "passed", lambda: now[0])
    return now


async def test_money_where_the_server_has_it(clock: list[float]) -> None:
    server = Server(MONEY)
    snapshot = await server.cloud(wall=lambda: clock[0]).fleet()
    assert snapshot.funds == Funds("user_1", 42.5, None, 80.0, BillingMode.PREPAID, None)
    assert not snapshot.lacks & {Feature.BALANCE, Feature.SPEND_LIMIT}
    assert Feature.SPEND in snapshot.lacks
    assert snapshot.problems == ()


async def test_where_it_does_not_that_is_said_and_nothing_is_asked() -> None:
    server = Server({"/openapi.json": PLAIN})
    connection = server.cloud()
    for _ in range(3):
        snapshot = await connection.fleet()
        assert snapshot.funds is None
        assert snapshot.lacks >= {Feature.BALANCE, Feature.SPEND, Feature.SPEND_LIMIT}
    assert len(server.asked("/openapi.json")) == 1
    assert {request.url.path for request in server.requests} == {"/v2/openapi.json", "/v2/pods", "/v2/catalog/gpus"}


async def test_the_balance_is_asked_for_once_a_minute_and_has_an_age(clock: list[float]) -> None:
    server = Server(MONEY)
    connection = server.cloud(wall=lambda: clock[0])
    ages = []
    for _ in range(25):
        funds = (await connection.fleet()).funds
        assert funds is not None
        ages.append(funds.as_of)
        clock[0] += 5
    assert len(server.asked("/billing/balance")) == 3
    assert ages[:2] == [None, 1000.0]
    assert ages[12:14] == [None, 1060.0]
    assert len(server.asked("/account")) == len(server.asked("/account/limits")) == 1


async def test_a_postpaid_account_is_told_apart() -> None:
    server = Server({**MONEY, "/billing/balance": {"balanceAmount": -12.25, "billingMode": "POSTPAID"}})
    funds = (await server.cloud().fleet()).funds
    assert funds is not None
    assert (funds.balance, funds.billing_mode) == (-12.25, BillingMode.POSTPAID)


@pytest.mark.parametrize(
    ("answer", "again"),
    [(problem(403, "needs billing:read"), False), (problem(500, "no"), True), (problem(429, "slow"), True),
     ({"balanceAmount": "much"}, True), ({"balanceAmount": 1e300, "billingMode": "PREPAID"}, True), ([], True)],
)  # fmt: skip
async def test_a_balance_that_cannot_be_read_is_unknown_and_not_lacking(
    clock: list[float], answer: Any, again: bool
) -> None:
    server = Server({**MONEY, "/pods": pods(pod()), "/billing/balance": answer})
    connection = server.cloud()
    snapshot = await connection.fleet()
    assert snapshot.funds == Funds("user_1", None, None, 80.0)
    assert Feature.BALANCE not in snapshot.lacks
    (told,) = snapshot.problems
    assert "balance" in told.message
    assert not doubt(snapshot)
    clock[0] += 61
    await connection.fleet()
    assert len(server.asked("/billing/balance")) == 1 + again
    clock[0] += 600
    server.answers["/billing/balance"] = BALANCE
    await connection.fleet()
    snapshot = await connection.fleet()
    assert snapshot.funds is not None
    assert snapshot.funds.balance == 42.5
    assert snapshot.problems == ()


async def test_a_balance_that_fails_later_keeps_the_last_with_its_age(clock: list[float]) -> None:
    server = Server(MONEY)
    connection = server.cloud(wall=lambda: clock[0])
    await connection.fleet()
    server.answers["/billing/balance"] = problem(500, "no")
    clock[0] += 70
    snapshot = await connection.fleet()
    assert snapshot.funds is not None
    assert (snapshot.funds.balance, snapshot.funds.as_of) == (42.5, 1000.0)
    assert len(snapshot.problems) == 1


async def test_a_balance_that_cannot_be_renewed_for_long_is_unknown_until_it_is(clock: list[float]) -> None:
    server = Server(MONEY)
    connection = server.cloud(wall=lambda: clock[0])
    await connection.fleet()
    server.answers["/billing/balance"] = problem(500, "no")
    balances = []
    for _ in range(8):
        clock[0] += 25
        funds = (await connection.fleet()).funds
        assert funds is not None
        balances.append(funds.balance)
    assert balances == [42.5] * 4 + [None] * 4, "for two minutes"
    server.answers["/billing/balance"] = BALANCE
    clock[0] += 31
    funds = (await connection.fleet()).funds
    assert funds == Funds("user_1", 42.5, None, 80.0, BillingMode.PREPAID, None)


async def test_a_balance_that_is_refused_is_unknown_at_once(clock: list[float]) -> None:
    server = Server(MONEY)
    connection = server.cloud(wall=lambda: clock[0])
    await connection.fleet()
    server.answers["/billing/balance"] = problem(403, "needs billing:read")
    clock[0] += 61
    assert (await connection.fleet()).funds == Funds("user_1", None, None, 80.0, BillingMode.PREPAID)


async def test_while_nobody_knows_whether_it_is_offered_it_is_unknown(clock: list[float]) -> None:
    server = Server({"/openapi.json": problem(503, "later")})
    connection = server.cloud()
    snapshot = await connection.fleet()
    assert snapshot.funds is None
    assert not snapshot.lacks & {Feature.BALANCE, Feature.SPEND_LIMIT}
    clock[0] += 30
    await connection.fleet()
    assert len(server.asked("/openapi.json")) == 1
    server.answers |= MONEY
    clock[0] += 40
    assert (await connection.fleet()).funds is not None


@pytest.mark.parametrize("answer", [problem(404, "no"), b"", [], {"paths": []}, {"openapi": "3.1.0"}, b"x" * 5_000_000])
async def test_a_server_that_does_not_describe_itself_offers_no_money(answer: Any) -> None:
    server = Server({"/openapi.json": answer})
    connection = server.cloud()
    for _ in range(2):
        assert Feature.BALANCE in (await connection.fleet()).lacks
    assert len(server.asked("/openapi.json")) == 1


@pytest.mark.parametrize("answer", [httpx.Response(404), b"<html>", httpx.ConnectError("")])
async def test_a_document_that_never_comes_is_no_offer_after_a_while(clock: list[float], answer: Any) -> None:
    server = Server({"/openapi.json": answer})
    connection = server.cloud()
    lacking = []
    for _ in range(10):
        lacking.append(Feature.BALANCE in (await connection.fleet()).lacks)
        clock[0] += 61
    assert lacking == [False] * 2 + [True] * 8
    assert len(server.asked("/openapi.json")) == 3


async def test_pods_do_not_wait_for_the_money(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.api.rest.client.PATIENCE", 0.01)
    arrived, released = asyncio.Event(), asyncio.Event()
    server = Server(MONEY)

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v2/openapi.json":
                arrived.set()
                await released.wait()
            return server(request)

    connection = server.cloud(transport=Slow())
    snapshot = await connection.fleet()
    assert arrived.is_set()
    assert snapshot.funds is None
    assert Feature.BALANCE not in snapshot.lacks
    released.set()
    while (await connection.fleet()).funds is None:
        pass
    assert len(server.asked("/openapi.json")) == 1
    await connection.aclose()


def test_routes_are_found_by_what_they_return() -> None:
    from msgspec import Raw
    from msgspec.json import encode

    from tui.api.rest.discovery import Routes, routes_of

    def found(*paths: tuple[str, tuple[str, ...]]) -> Routes:
        return routes_of(Raw(encode(document(*paths))))

    money = ("balanceAmount", "billingMode", "new")
    assert found(("/v2/wallet", money)) == Routes(balance=("wallet",))
    assert found(("/v2/account/me", ("id", "email"))) == Routes(identity=("account", "me"))
    for path in (
        "/v2/../secret", "//evil.example/v2/x", "https://evil.example/v2/x", "/v1/balance", "/v2/{id}", "/v2/a b",
        "/v2/a?x=1", "/v2", "/v2/",
    ):  # fmt: skip
        assert found((path, money)) == Routes()
    assert found(("/v2/pods/billing", ("balanceAmount",)), ("/v2/team", ("id", "email"))) == Routes()


async def test_the_account_of_all_its_parts() -> None:
    server = Server(
        {
            **MONEY,
            "/account/ssh-keys": {"keys": ["ssh-ed25519 AAAA me", None, "ssh-rsa BBBB you"]},
            "/registries": {"registries": [{"id": "r1", "name": "hub"}, 5]},
            "/network-volumes": example("network-volumes"),
        }
    )
    found = await server.cloud().account()
    assert found.public_ssh_keys == "ssh-ed25519 AAAA me\nssh-rsa BBBB you"
    assert found.registry_logins == (RegistryLogin("r1", "hub"),)
    assert found.network_volumes == (NetworkVolume("volaaaaaa1", "tool-models", 50, "EU-RO-1"),)
    assert (found.email, found.funds.balance, found.serverless_workers) == ("me@example.com", 42.5, 30)
    assert len(found.problems) == 1


async def test_an_account_without_volumes() -> None:
    server = Server({"/account/ssh-keys": {"keys": []}, "/network-volumes": example("network-volumes-empty")})
    found = await server.cloud().account()
    assert found.network_volumes == ()
    assert found.funds == Funds(None, None, None, None)
    assert len(found.problems) == 1, "the logins could not be read"


async def test_an_account_of_which_nothing_can_be_read_is_an_error() -> None:
    denied: dict[str, Given] = dict.fromkeys(
        ("/account/ssh-keys", "/registries", "/network-volumes"), problem(401, "no")
    )
    with pytest.raises(errors.Unauthorized):
        await Server(denied).cloud().account()


async def test_templates_of_all_pages() -> None:
    template = {
        "id": "t1", "name": "PyTorch", "image": "runpod/pytorch", "args": "--x", "disk": 50,
        "mounts": {"persistent": {"size": 20, "path": "/workspace"}}, "ports": ["8888/http", "22/tcp"],
        "env": {"TOKEN": "secret-value", "MODE": "x"}, "registry": "r1", "serverless": False, "public": True,
        "category": "NVIDIA", "startSsh": True, "startJupyter": False, "allowedCudaVersions": [],
    }  # fmt: skip

    def page(request: httpx.Request) -> httpx.Response:
        first = "cursor" not in request.url.params
        pagination = {"nextCursor": "2" if first else None, "hasNextPage": first}
        items = [template] if first else [{"id": "t2"}, 7]
        return httpx.Response(200, json={"templates": items, "pagination": pagination})

    found = await Server({"/templates": page}).cloud().templates()
    first, second = found.templates
    assert (first.docker_args, first.ports, first.env_names) == ("--x", "8888/http,22/tcp", ("TOKEN", "MODE"))
    assert (first.container_disk_gb, first.volume_gb, first.volume_mount_path) == (50, 20, "/workspace")
    assert (first.public, first.serverless, first.start_ssh, first.start_jupyter) == (True, False, True, False)
    assert second.id == "t2"
    assert len(found.problems) == 1
    assert "secret-value" not in repr(found)


BILL = {
    "startTime": "2026-06-01T00:00:00Z", "endTime": "2026-06-02T00:00:00Z", "totalAmount": 42.34, "podGpuAmount": 18.2,
    "podCpuAmount": 0, "podDiskAmount": 1.1, "serverlessGpuAmount": 12.6, "serverlessCpuAmount": 0,
    "serverlessDiskAmount": 0.44, "serverlessFeeAmount": 1.25, "storageStandardAmount": 0,
    "storageHighPerformanceAmount": 2.5, "endpointAmount": 3.21, "clusterGpuAmount": 2.5, "clusterDiskAmount": 0.3,
    "clusterNetworkingAmount": 0.24,
}  # fmt: skip


async def test_bills_add_up() -> None:
    server = Server({"/billing": {"records": [BILL], "metadata": {}}})
    found = await server.cloud().billing()
    (day,) = found.summary
    assert day == BillSummary(
        1780272000.0, pytest.approx(20.7), 0.0, pytest.approx(14.29), pytest.approx(3.9), 3.21, pytest.approx(0.24)
    )
    parts = (day.gpus, day.cpus, day.serverless, day.storage, day.endpoints, day.other)
    assert sum(part or 0 for part in parts) == pytest.approx(BILL["totalAmount"])
    assert found.storage == (StorageBilled(1780272000.0, pytest.approx(3.9), None, 2.5),)
    assert found.gpus == found.cpus == ()
    assert str(server.requests[0].url.params) == "bucketSize=day&lastN=30"


async def test_a_week_of_a_real_account() -> None:
    """Only its totals were published: what is missing is unknown, and the rest is what no part explains."""
    import json

    from tests.api.rest.make import EXAMPLES

    totals = json.loads((EXAMPLES / "billing-week-totals.json").read_text())["metadata_totals"]
    server = Server({"/billing": {"records": [{"startTime": "2026-08-20T00:00:00Z", **totals}]}})
    (day,) = (await server.cloud().billing()).summary
    assert (day.gpus, day.storage, day.other) == (0.0243, 0.7389, 0.0)
    assert (day.cpus, day.serverless, day.endpoints) == (None, None, None)


async def test_what_each_pod_cost() -> None:
    record = {
        "startTime": "2026-06-01T00:00:00Z", "endTime": "2026-06-02T00:00:00Z", "podId": "7h9k2m4n6p",
        "totalAmount": 12.34, "gpuAmount": 11.1, "cpuAmount": 0, "diskAmount": 1.24,
    }  # fmt: skip
    found = await Server({"/billing/pods": {"records": [record, {"totalAmount": 5}]}}).cloud().pod_costs()
    assert found.costs == (PodCost("7h9k2m4n6p", 1780272000.0, 12.34, 11.1, 0.0, 1.24),)
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    "method", ["templates", "billing", "pod_costs", "places", "cpu_flavors", "gpu_sheets", "market"]
)
@pytest.mark.parametrize(
    "answer", [{}, [], {"records": None, "templates": {}, "gpus": 1, "cpus": "", "dataCenters": 0}]
)
async def test_a_list_of_another_shape_is_an_error(method: str, answer: Any) -> None:
    paths = ("/templates", "/billing", "/billing/pods", "/catalog/datacenters", "/catalog/cpus", "/catalog/gpus")
    with pytest.raises(errors.Malformed):
        await getattr(Server(dict.fromkeys(paths, answer)).cloud(), method)()
