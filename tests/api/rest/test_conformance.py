"""Every request that podtop sends to REST v2 conforms to RunPod's document, and so does what the tests answer with."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.api.rest import test_orders as orders
from tests.api.rest.make import Server, cloud, example, pod, pods
from tests.api.rest.openapi import OpenApi, runpods
from tui.api.enums import CloudKind
from tui.api.models import MarketQuery
from tui.api.pod_detail import EnvVar
from tui.api.pod_logs import LogQuery, LogSource
from tui.api.rest.orders import create_body, objections
from tui.api.secret import Secret


@pytest.fixture(scope="module")
def document() -> OpenApi:
    return runpods()


async def test_every_request(document: OpenApi) -> None:
    second = {"pods": [pod(id="p2")]}

    def listed(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, json=second if "cursor" in request.url.params else pods(pod(), nextCursor="2", hasNextPage=True)
        )

    def changed(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={**pod(), **(json.loads(request.content) if request.method == "PATCH" else {})})

    stream = httpx.Response(200, content=b"", headers={"Content-Type": "text/event-stream"})
    server = Server(
        {
            "/pods": listed, "POST /pods": pod(), "/pods/p1": changed, "POST /pods/p1/action": pod(),
            "/pods/p1/logs": stream, "/catalog/datacenters": {"dataCenters": []}, "/catalog/cpus": {"cpus": []},
            "/account/ssh-keys": {"keys": []}, "/registries": {"registries": []},
            "/network-volumes": {"networkVolumes": []}, "/templates": {"templates": []}, "/billing": {"records": []},
            "/billing/pods": {"records": []},
        }
    )  # fmt: skip
    connection = server.cloud()
    await connection.fleet()
    await connection.markets([MarketQuery(), MarketQuery(4, secure=True, country="SE")])
    for read in (
        connection.places, connection.gpu_sheets, connection.cpu_flavors, connection.account, connection.templates,
        connection.billing, connection.pod_costs,
    ):  # fmt: skip
        await read()
    await connection.pod("p1")
    await connection.pod_extras("p1")
    await connection.legal_verbs(["p1"])
    await connection.legal_verbs(["p1", "p2", "p3", "p4"])
    for query in (LogQuery(), LogQuery(LogSource.SYSTEM, since=1.8e9), LogQuery(tail=9_999), LogQuery(after="x/1")):
        assert [line async for line in connection.logs("p1", query)] == []
    for change in orders.CHANGES.values():
        await change(connection)
    for order in (orders.FULL, orders.CPU, orders.TEMPLATE):
        await connection.deploy(order)
    operations = set()
    for request in server.requests:
        if request.url.path != "/v2/openapi.json":
            document.check_request(request)
            operations.add((request.method, document.operation(request.method, request.url.path)[0]))
    assert len(operations) == 15


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=9)
made = st.builds(
    lambda **fields: replace(orders.ORDER, **fields),
    name=texts,
    gpu_count=st.integers(1, 8),
    image=texts,
    template_id=st.none() | texts,
    cloud=st.sampled_from([CloudKind.SECURE, CloudKind.COMMUNITY]),
    data_center=st.none() | texts,
    container_disk_gb=st.none() | st.integers(1, 999),
    volume_gb=st.none() | st.integers(0, 99),
    volume_mount_path=st.none() | texts,
    network_volume_id=st.none() | texts,
    min_vcpus=st.none() | st.integers(1, 999),
    min_memory_gb=st.none() | st.integers(1, 999),
    docker_args=st.text(max_size=9),
    ports=st.none() | st.text(max_size=20),
    env=st.lists(st.builds(EnvVar, texts, st.builds(Secret, texts)), max_size=3).map(tuple),
    start_ssh=st.none() | st.booleans(),
    registry_auth_id=st.none() | texts,
    cuda=st.none() | st.sampled_from(["12.4", "12", "x"]),
    min_cuda=st.none() | st.sampled_from(["12.4", "12", "١.٢"]),
    allowed_cuda=st.sampled_from([(), ("12.4",), ("12.4", "12.8")]),
    global_network=st.none() | st.booleans(),
)


@given(order=made)
def test_whatever_is_not_objected_to_conforms(document: OpenApi, order: Any) -> None:
    if not objections(order):
        request = httpx.Request("POST", "https://api.runpod.io/v2/pods", json=create_body(order))
        document.check_request(request)


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "x"}, {"name": "x", "image": "i", "supportPublicIp": True},
     {"name": "x", "image": "i", "gpu": {"id": "G", "gpuCount": 1}}],
)  # fmt: skip
def test_what_does_not_conform_would_be_found(document: OpenApi, body: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        document.check_request(httpx.Request("POST", "https://api.runpod.io/v2/pods", json=body))
    with pytest.raises(AssertionError):
        document.check_request(httpx.Request("GET", "https://api.runpod.io/v2/pods?desiredStatus=RUNNING"))


@pytest.mark.parametrize("name", ["pod-running-community", "pod-running-secure", "pod-patched-locked"])
async def test_pods_of_the_tests_conform(document: OpenApi, name: str) -> None:
    document.check_body("GET", "/v2/pods/p1", 200, example(name))
    assert (await cloud({"/pods": pods(example(name))}).fleet()).pods


async def test_examples_of_the_document_decode(document: OpenApi) -> None:
    """Whatever the document gives as an example of a read is read without a problem."""
    paths = document.document["paths"]

    def value(path: str) -> Any:
        content = paths[f"/v2{path}"]["get"]["responses"]["200"]["content"]["application/json"]
        return next(iter(content["examples"].values()))["value"]

    lists = (
        "/pods", "/catalog/gpus", "/catalog/cpus", "/catalog/datacenters", "/templates", "/registries",
        "/network-volumes", "/account/ssh-keys", "/billing", "/billing/pods",
    )  # fmt: skip
    connection = Server({path: value(path) for path in lists}).cloud()
    snapshot = await connection.fleet()
    assert snapshot.pods
    assert snapshot.unreadable == ()
    market = await connection.market()
    assert market.offers
    assert market.problems == ()
    assert (await connection.cpu_flavors()).flavors[0].smallest is not None
    assert (await connection.gpu_sheets()).sheets[0].max_secure
    assert (await connection.pod_costs()).costs[0].amount == 12.34
    assert (await connection.billing()).summary[0].other == pytest.approx(0.24)
    for found in (await connection.places(), await connection.templates(), await connection.account()):
        assert found.problems == ()  # type: ignore[attr-defined]
