"""Answers that nobody foresaw: nothing but a `CloudError` comes out, or values within their bounds."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

import tui.api.rest
from tests.api.rest.make import BALANCE, WITH_MONEY, Server, example, pod, pods
from tests.api.rest.test_account import BILL
from tests.api.rest.test_market import gpu
from tests.api.rest.test_orders import CHANGES
from tests.api.test_wild import JUNK, body_of, mutants
from tui.api.errors import CloudError
from tui.api.http.sanitize import clean
from tui.api.quantities import Reader
from tui.api.rest.client import RestCloud
from tui.api.rest.wire import Wire, WirePod

FULL = pod(cluster={"id": "c", "rank": 0, "ip": "10.0.0.2"}, mounts={"persistent": {"size": 20, "path": "/x"}})
TEMPLATE = {
    "id": "t",
    "name": "n",
    "image": "i",
    "args": "",
    "disk": 5,
    "mounts": {},
    "ports": ["80/http"],
    "env": {"A": "b"},
}
CENTER = {"id": "X", "name": "x", "region": "ASIA", "globalNetwork": True, "networkVolumeTypes": ["STANDARD"],
          "compliance": ["GDPR"], "gpuAvailability": [{"id": "G", "name": "g", "availability": "LOW"}]}  # fmt: skip
CPU = {"id": "cpu5c", "name": "C", "group": "G", "vcpu": {"min": 2, "max": 8}, "ramGbPerVcpu": 2.5,
       "price": {"securePerVcpu": 0.04, "serverlessPerVcpu": 0.03}, "availability": "LOW"}  # fmt: skip
COST = {
    "startTime": "2026-06-01T00:00:00Z",
    "podId": "p",
    "totalAmount": 1,
    "gpuAmount": 1,
    "cpuAmount": 0,
    "diskAmount": 0,
}

READS: dict[str, tuple[str, Any, Callable[[RestCloud], Awaitable[Any]]]] = {
    "fleet": ("/pods", pods(FULL, pod(id="p2")), lambda cloud: cloud.fleet()),
    "description": ("/openapi.json", WITH_MONEY, lambda cloud: cloud.fleet()),
    "balance": ("/billing/balance", BALANCE, lambda cloud: cloud.fleet()),
    "identity": ("/account", {"id": "u", "email": "e"}, lambda cloud: cloud.fleet()),
    "limits": ("/account/limits", {"spendRate": {"limit": 8}, "serverlessWorkers": 3}, lambda cloud: cloud.fleet()),
    "market": ("/catalog/gpus", {"gpus": [gpu(), gpu(id="H")]}, lambda cloud: cloud.market()),
    "sheets": ("/catalog/gpus", {"gpus": [gpu(cudaVersions=[{"version": "12.4", "available": True}])]},
               lambda cloud: cloud.gpu_sheets()),
    "places": ("/catalog/datacenters", {"dataCenters": [CENTER]}, lambda cloud: cloud.places()),
    "flavors": ("/catalog/cpus", {"cpus": [CPU]}, lambda cloud: cloud.cpu_flavors()),
    "pod": ("/pods/p1", pod(id="p1"), lambda cloud: cloud.pod("p1")),
    "extras": ("/pods/p1", FULL, lambda cloud: cloud.pod_extras("p1")),
    "volumes": ("/network-volumes", example("network-volumes"), lambda cloud: cloud.account()),
    "keys": ("/account/ssh-keys", {"keys": ["ssh-rsa A"]}, lambda cloud: cloud.account()),
    "logins": ("/registries", {"registries": [{"id": "r", "name": "n"}]}, lambda cloud: cloud.account()),
    "templates": ("/templates", {"templates": [TEMPLATE]}, lambda cloud: cloud.templates()),
    "billing": ("/billing", {"records": [BILL]}, lambda cloud: cloud.billing()),
    "costs": ("/billing/pods", {"records": [COST]}, lambda cloud: cloud.pod_costs()),
    "verbs": ("/pods/p1", pod(id="p1"), lambda cloud: cloud.legal_verbs(["p1"])),
}  # fmt: skip


def check_bounds(value: Any) -> None:
    """Every number is finite, every text of limited length, as far as a value goes."""
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            check_bounds(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            check_bounds(item)
    elif isinstance(value, tuple | frozenset):
        for item in value:
            check_bounds(item)
    elif isinstance(value, float | int):
        assert math.isfinite(value)
        assert abs(value) <= 1e12
    elif isinstance(value, str):
        assert len(value) <= 131_072


@pytest.mark.parametrize("name", READS)
@given(data=st.data())
async def test_whatever_a_read_returns(name: str, data: st.DataObject) -> None:
    path, valid, read = READS[name]
    answer = body_of(data.draw(st.one_of(JUNK, mutants(valid), mutants(valid))))
    server = Server({"/openapi.json": WITH_MONEY, path: answer})
    connection = server.cloud()
    problem = ""
    try:
        check_bounds(await read(connection))
    except CloudError as error:
        problem = str(error)
    assert len(problem) < 3_000
    await connection.aclose()


@given(mutants(pods(FULL, pod(id="p2"), pod(id="p3", status="EXITED"))))
async def test_no_readable_pod_is_lost(value: Any) -> None:
    try:
        snapshot = await Server({"/pods": body_of(value)}).cloud().fleet()
    except CloudError:
        return
    good = set()
    for item in value["pods"]:
        try:
            good.add(clean(Reader[WirePod](WirePod).decode(body_of(item)).id))
        except (msgspec.MsgspecError, RecursionError):
            continue
    assert snapshot.pods is not None
    assert {one.id for one in snapshot.pods} == good
    assert len(snapshot.pods) + len(snapshot.unreadable) <= len(value["pods"])


@pytest.mark.parametrize("name", CHANGES)
@given(data=st.data())
async def test_whatever_a_change_returns(name: str, data: st.DataObject) -> None:
    answer = body_of(data.draw(st.one_of(JUNK, mutants(pod(id="p1")))))
    status = data.draw(st.sampled_from([200, 201, 202, 400, 403, 404, 409, 500]))
    response = httpx.Response(status, content=answer, headers={"Content-Type": "application/problem+json"})
    server = Server({"POST /pods": response, "PATCH /pods/p1": response, "POST /pods/p1/action": response})
    with suppress(CloudError):
        check_bounds(await CHANGES[name](server.cloud()))
    assert len(server.requests) == 1


@given(st.binary(max_size=300))
async def test_bytes_that_are_nothing(body: bytes) -> None:
    server = Server({"/pods": body, "/openapi.json": body, "/catalog/gpus": body})
    with pytest.raises(CloudError):
        await server.cloud().fleet()


def test_every_field_on_the_wire_has_bounds() -> None:
    """A text or a number without one would be believed at any size."""
    for module in pkgutil.iter_modules(tui.api.rest.__path__, "tui.api.rest."):
        importlib.import_module(module.name)

    def kinds(cls: type) -> list[type]:
        return [cls, *(kind for child in cls.__subclasses__() for kind in kinds(child))]

    def unbound(kind: msgspec.inspect.Type) -> bool:
        match kind:
            case msgspec.inspect.FloatType() | msgspec.inspect.IntType():
                return kind.ge is None or kind.le is None
            case msgspec.inspect.StrType() | msgspec.inspect.ListType():
                inner = isinstance(kind, msgspec.inspect.ListType) and unbound(kind.item_type)
                return kind.max_length is None or inner
            case msgspec.inspect.Metadata():
                return unbound(kind.type)
            case msgspec.inspect.UnionType():
                return any(map(unbound, kind.types))
        return False

    found = [
        f"{kind.__name__}.{field.name}"
        for kind in kinds(Wire)
        for field in msgspec.inspect.type_info(kind).fields  # type: ignore[attr-defined]
        if unbound(field.type)
    ]
    assert found == []
