"""Changes over REST v2: each sent at most once, and nothing of an order dropped silently."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.api.rest.make import EXAMPLES, Given, Server, example, pod, pods, problem
from tests.variants import every
from tui.api import errors
from tui.api.cloud import Cloud
from tui.api.enums import CloudKind, Compliance, ComputeKind, PodStatus
from tui.api.orders import DeployOrder, Receipt, RentOrder
from tui.api.pod_detail import EnvVar
from tui.api.rest.client import RestCloud
from tui.api.rest.orders import create_body, objections
from tui.api.secret import Secret

ORDER = DeployOrder(name="new", gpu_count=1, gpu_type_id="G", image="acme/train:1", cloud=CloudKind.SECURE)
CPU = DeployOrder(
    name="new",
    gpu_count=1,
    image="acme/x",
    cloud=CloudKind.SECURE,
    compute=ComputeKind.CPU,
    instance_ids=("cpu3c-2-4",),
)
TEMPLATE = replace(ORDER, image=None, template_id="t1")

FULL = replace(
    ORDER,
    gpu_count=4,
    cloud=CloudKind.COMMUNITY,
    data_center="EU-RO-1",
    container_disk_gb=30,
    volume_gb=20,
    volume_mount_path="/workspace",
    min_vcpus=30,
    min_memory_gb=100,
    docker_args="python x.py",
    ports="8888/http, 22/tcp",
    env=(EnvVar("A", Secret("1")), EnvVar("B", Secret(""))),
    start_jupyter=False,
    start_ssh=True,
    registry_auth_id="r1",
    allowed_cuda=("12.8", "12.6"),
    global_network=True,
    deploy_cost=9.5,
)

CHANGES: dict[str, Callable[[Cloud], Awaitable[Receipt | None]]] = {
    "stop": lambda cloud: cloud.stop("p1"),
    "resume": lambda cloud: cloud.resume("p1"),
    "restart": lambda cloud: cloud.restart("p1"),
    "terminate": lambda cloud: cloud.terminate("p1"),
    "lock": lambda cloud: cloud.set_locked("p1", True),
    "unlock": lambda cloud: cloud.set_locked("p1", False),
    "rename": lambda cloud: cloud.rename("p1", "other"),
    "deploy": lambda cloud: cloud.deploy(ORDER),
}

SENT: dict[str, tuple[str, str, Any]] = {
    "stop": ("POST", "/pods/p1/action", {"action": "stop"}),
    "resume": ("POST", "/pods/p1/action", {"action": "start"}),
    "restart": ("POST", "/pods/p1/action", {"action": "restart"}),
    "terminate": ("POST", "/pods/p1/action", {"action": "terminate"}),
    "lock": ("PATCH", "/pods/p1", {"locked": True}),
    "unlock": ("PATCH", "/pods/p1", {"locked": False}),
    "rename": ("PATCH", "/pods/p1", {"name": "other"}),
    "deploy": (
        "POST", "/pods",
        {"name": "new", "image": "acme/train:1", "cloud": "SECURE", "gpu": {"id": "G", "count": 1}},
    ),
}  # fmt: skip


def answering(answer: Given) -> Server:
    return Server({"POST /pods": answer, "PATCH /pods/p1": answer, "POST /pods/p1/action": answer})


@pytest.mark.parametrize("name", CHANGES)
async def test_each_change_is_one_request(name: str) -> None:
    server = answering(
        httpx.Response(201 if name == "deploy" else 200, json=pod(status="RUNNING", cost=0.72, locked=name == "lock"))
    )
    receipt = await CHANGES[name](server.cloud())
    assert server.changes == [SENT[name]]
    assert len(server.requests) == 1
    if name != "terminate":
        assert receipt == Receipt("p1", "train", PodStatus.RUNNING, None, 0.72, 1, None)


async def test_a_terminated_pod_needs_no_body() -> None:
    server = answering(httpx.Response(204))
    await server.cloud().terminate("p1")
    assert len(server.requests) == 1


ANSWERS: dict[str, Given] = {
    **{
        f"HTTP {status}": problem(status, "no")
        for status in (400, 401, 402, 403, 404, 409, 410, 413, 422, 429, 500, 503)
    },
    "HTTP 500 without a body": httpx.Response(500),
    "HTTP 502 of a gateway": httpx.Response(502, content=b"<html>"),
    "HTTP 504": httpx.Response(504),
    "a redirect": httpx.Response(307, headers={"Location": "https://api.runpod.io/v2/pods"}),
    "a page at 200": httpx.Response(200, content=b"<html>", headers={"Content-Type": "text/html"}),
    "no JSON": b'{"id": "p1"',
    "another shape": b'{"pod": {"id": "p1"}}',
    "an empty 200": b"",
    "a timeout": httpx.ReadTimeout(""),
    "a connect timeout": httpx.ConnectTimeout(""),
    "no route": httpx.ConnectError(""),
    "a reset": ConnectionResetError(104, "reset"),
    "a dropped connection": httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "a write error": httpx.WriteError(""),
    "something unforeseen": ValueError("boom"),
}
NOT_DONE = (errors.Rejected, errors.Unauthorized, errors.Forbidden, errors.Throttled, errors.Retired)


@pytest.mark.parametrize(("answer", "name"), every(5, product(ANSWERS, CHANGES), 2))
async def test_a_change_is_sent_at_most_once_whatever_comes(name: str, answer: str) -> None:
    server = answering(ANSWERS[answer])
    read_back = "an empty 200", "no JSON", "another shape"
    if name == "terminate" and answer == "an empty 200":
        await CHANGES[name](server.cloud())
    else:
        with pytest.raises(errors.CloudError) as caught:
            await CHANGES[name](server.cloud())
        error = caught.value
        if answer in read_back:
            assert isinstance(error, errors.Malformed)
        elif isinstance(error, errors.Unreachable):
            assert error.sent == (answer not in ("a connect timeout", "no route"))
        else:
            assert isinstance(error, NOT_DONE)
    assert len(server.changes) == 1


@pytest.mark.parametrize("name", CHANGES)
async def test_read_only_sends_nothing(name: str) -> None:
    server = answering(pod())
    with pytest.raises(errors.ReadOnly):
        await CHANGES[name](server.cloud(read_only=True))
    assert server.requests == []


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"id": 5}', b'{"id": "p1"}', b'{"id": "p2"'])
@pytest.mark.parametrize("name", ["stop", "resume", "deploy", "rename"])
async def test_a_success_that_cannot_be_read_may_have_happened(name: str, body: bytes) -> None:
    with pytest.raises(errors.Malformed):
        await CHANGES[name](answering(body).cloud())


async def test_the_pod_of_the_answer_is_the_one_that_was_changed() -> None:
    with pytest.raises(errors.Malformed, match="another pod"):
        await answering(pod(id="p2")).cloud().stop("p1")


async def test_a_stopped_pod_has_no_cost_in_the_receipt() -> None:
    receipt = await answering(example("pod-stopped") | {"id": "p1"}).cloud().stop("p1")
    assert (receipt.status, receipt.cost_per_hr) == (PodStatus.EXITED, None)


async def test_a_cpu_pod_did_not_start_without_its_gpus() -> None:
    cpu = {**pod(cpu={"id": "cpu5c", "vcpuCount": 2, "memory": 4})}
    del cpu["gpu"]
    assert (await answering(cpu).cloud().resume("p1")).gpu_count is None
    assert (await answering(pod(gpu={"id": "G", "count": 0})).cloud().resume("p1")).gpu_count == 0


@pytest.mark.parametrize(("count", "sent"), [(None, True), (2, True), (0, False), (1, False), (4, False)])
async def test_a_pod_starts_with_the_gpus_that_it_had(count: int | None, sent: bool) -> None:
    server = answering(pod())
    server.answers["/pods"] = pods(pod(id="p1", gpu={"id": "G", "count": 2}))
    connection = server.cloud()
    await connection.fleet()
    if sent:
        await connection.resume("p1", count)
    else:
        with pytest.raises(errors.NotOffered, match="Nothing was sent"):
            await connection.resume("p1", count)
    assert len(server.changes) == sent


async def test_an_unknown_pod_starts_with_no_number_given_alone() -> None:
    server = answering(pod())
    with pytest.raises(errors.NotOffered):
        await server.cloud().resume("p1", 1)
    assert server.requests == []


async def test_what_v2_does_not_have_is_not_offered() -> None:
    server = Server()
    connection = server.cloud()
    rent = RentOrder(name="x", gpu_count=1, gpu_type_id="G", image="i", cloud=CloudKind.SECURE, bid_per_gpu=0.2)
    for ask in (lambda: connection.rent(rent), lambda: connection.bid_resume("p1", 1, 0.2)):
        with pytest.raises(errors.NotOffered):
            await ask()
    assert server.requests == []
    assert dict(objections(rent)).keys() == {"bid_per_gpu"}


async def test_an_empty_name_is_not_sent() -> None:
    server = answering(pod())
    with pytest.raises(errors.Rejected, match="Nothing was sent"):
        await server.cloud().rename("p1", "  ")
    assert server.requests == []


def test_the_body_of_a_full_order() -> None:
    assert create_body(FULL) == {
        "name": "new",
        "image": "acme/train:1",
        "cloud": "COMMUNITY",
        "dataCenterIds": ["EU-RO-1"],
        "disk": 30,
        "args": "python x.py",
        "ports": ["8888/http", "22/tcp"],
        "env": {"A": "1", "B": ""},
        "registry": "r1",
        "startJupyter": False,
        "startSsh": True,
        "globalNetworking": True,
        "mounts": {"persistent": {"size": 20, "path": "/workspace"}},
        # Of the whole pod in an order, per GPU for v2: rounded up.
        "gpu": {
            "id": "G", "count": 4, "allowedCudaVersions": ["12.8", "12.6"], "minVcpuCountPerGpu": 8, "minRamPerGpu": 25,
        },
    }  # fmt: skip


def test_a_captured_create() -> None:
    order = replace(
        ORDER,
        name="tool-probe",
        image="example/tool:2.0",
        gpu_type_id="NVIDIA RTX PRO 4500 Blackwell",
        container_disk_gb=30,
        ports="22/tcp",
        data_center="EU-RO-1",
        env=(EnvVar("PUBLIC_KEY", Secret("<redacted>")),),
        network_volume_id="volaaaaaa1",
        volume_mount_path="/workspace",
    )
    assert create_body(order) == json.loads((EXAMPLES / "pod-create-request.json").read_text())["request_body"]


def test_other_bodies() -> None:
    assert create_body(CPU)["cpu"] == {"id": "cpu3c", "vcpuCount": 2}
    assert "gpu" not in create_body(CPU)
    assert create_body(TEMPLATE)["templateId"] == "t1"
    assert create_body(replace(ORDER, cuda="12.4"))["gpu"]["allowedCudaVersions"] == ["12.4"]
    assert create_body(replace(ORDER, min_cuda="12.4"))["gpu"]["minCudaVersion"] == "12.4"
    assert create_body(replace(ORDER, gpu_type_id=None, gpu_types=("G",)))["gpu"]["id"] == "G"
    assert "mounts" not in create_body(replace(ORDER, volume_gb=0, volume_mount_path="/workspace"))


LACKING: list[tuple[DeployOrder, str]] = [
    (replace(ORDER, cloud=CloudKind.EITHER), "cloud"),
    (replace(ORDER, cloud=None), "cloud"),
    (replace(ORDER, country="SE"), "country"),
    (replace(ORDER, volume_key=Secret("k")), "volume_key"),
    (replace(ORDER, min_download_mbps=1), "min_download_mbps"),
    (replace(ORDER, min_upload_mbps=1), "min_upload_mbps"),
    (replace(ORDER, public_ip=True), "public_ip"),
    (replace(ORDER, public_ip=False), "public_ip"),
    (replace(ORDER, port=80), "port"),
    (replace(ORDER, compliance=(Compliance.GDPR,)), "compliance"),
    (replace(ORDER, min_disk_gb=1), "min_disk_gb"),
    (replace(ORDER, stop_after=1.8e9), "stop_after"),
    (replace(ORDER, terminate_after=1.8e9), "terminate_after"),
    (replace(ORDER, gpu_types=("G", "H")), "gpu_types"),
    (replace(ORDER, gpu_type_id=None), "gpu_type_id"),
    (replace(ORDER, cuda="12.4", min_cuda="12.1"), "min_cuda"),
    (replace(ORDER, cuda="12"), "cuda"),
    (replace(ORDER, allowed_cuda=("12.4", "latest")), "allowed_cuda"),
    (replace(ORDER, instance_ids=("cpu3c-2-4",)), "instance_ids"),
    (replace(ORDER, volume_gb=5, volume_mount_path="/x"), "volume_gb"),
    (replace(ORDER, volume_gb=20), "volume_mount_path"),
    (replace(ORDER, network_volume_id="v"), "volume_mount_path"),
    (replace(ORDER, volume_gb=20, network_volume_id="v", volume_mount_path="/x"), "volume_gb"),
    (replace(ORDER, env=(EnvVar("A", Secret("1")), EnvVar("A", Secret("2")))), "env"),
    (replace(TEMPLATE, volume_gb=0), "volume_gb"),
    (replace(TEMPLATE, volume_mount_path="/x"), "volume_mount_path"),
    (replace(CPU, volume_gb=20, volume_mount_path="/x"), "volume_gb"),
    (replace(CPU, instance_ids=()), "instance_ids"),
    (replace(CPU, instance_ids=("cpu3c-2-4", "cpu5c-2-4")), "instance_ids"),
    (replace(CPU, instance_ids=("cpu3c-3-6",)), "instance_ids"),
    (replace(CPU, instance_ids=("cpu3c",)), "instance_ids"),
    (replace(CPU, gpu_type_id="G"), "gpu_type_id"),
    (replace(CPU, min_vcpus=4), "min_vcpus"),
    (replace(CPU, min_memory_gb=4), "min_memory_gb"),
    (replace(CPU, min_cuda="12.4"), "min_cuda"),
    (replace(CPU, global_network=True), "global_network"),
]


@pytest.mark.parametrize(("order", "field"), LACKING)
async def test_what_v2_lacks_is_refused_by_name(order: DeployOrder, field: str) -> None:
    server = answering(pod())
    connection = server.cloud()
    found = dict(connection.order_objections(order))
    assert found.keys() == {field}
    assert found[field].endswith(".")
    with pytest.raises(errors.NotOffered, match="Nothing was sent") as caught:
        await connection.deploy(order)
    assert found[field] in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize("order", [ORDER, CPU, TEMPLATE, FULL])
def test_what_v2_has_is_not_objected_to(order: DeployOrder) -> None:
    assert objections(order) == ()


CARRIED = {
    "name", "gpu_count", "gpu_type_id", "image", "template_id", "cloud", "data_center", "container_disk_gb",
    "volume_gb", "volume_mount_path", "network_volume_id", "min_vcpus", "min_memory_gb", "docker_args", "ports", "env",
    "start_jupyter", "start_ssh", "registry_auth_id", "cuda", "min_cuda", "allowed_cuda", "compute", "gpu_types",
    "instance_ids", "global_network",
}  # fmt: skip
"""Fields that have a place in v2's body."""


def test_no_field_of_an_order_is_forgotten() -> None:
    """Each is carried, refused by name, or (the price) checked afterwards: one that is new has to be decided on."""
    assert CARRIED | {field for _, field in LACKING} | {"deploy_cost"} == set(DeployOrder.__struct_fields__)


@pytest.mark.parametrize("faulty", [replace(ORDER, name=""), replace(ORDER, gpu_count=0), replace(ORDER, image=None)])
async def test_an_order_that_makes_no_sense_is_not_sent(faulty: DeployOrder) -> None:
    server = answering(pod())
    with pytest.raises(errors.Rejected, match="Nothing was sent"):
        await server.cloud().deploy(faulty)
    assert server.requests == []


@given(st.integers(1, 10_000), st.integers(1, 64))
def test_totals_are_kept_when_divided(total: int, count: int) -> None:
    per_gpu = create_body(replace(ORDER, gpu_count=count, min_vcpus=total))["gpu"]["minVcpuCountPerGpu"]
    assert total <= per_gpu * count < total + count


async def test_variables_are_masked_in_what_the_server_says() -> None:
    order = replace(ORDER, env=(EnvVar("TOKEN", Secret("hunter2hunter2")),))
    with pytest.raises(errors.Rejected) as caught:
        await (
            answering(problem(400, "bad env TOKEN=hunter2hunter2", errors=["$.env.TOKEN: hunter2hunter2"]))
            .cloud()
            .deploy(order)
        )
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.problems)


@pytest.mark.parametrize(("cost", "told"), [(0.5, False), (0.50000001, False), (0.72, True), (None, False)])
async def test_a_price_above_what_was_agreed_to_is_told(cost: float | None, told: bool) -> None:
    receipt = await answering(pod(cost=cost)).cloud().deploy(replace(ORDER, deploy_cost=0.5))
    assert receipt.cost_per_hr == cost
    assert [("0.72" in p.message, "0.5/h" in p.message) for p in receipt.problems] == [(True, True)] * told


def test_what_this_api_offers() -> None:
    from tui.api.capabilities import Capability

    connection = RestCloud("https://api.runpod.io/v2", None)
    assert {capability for capability in Capability if not connection.offers(capability)} == {
        Capability.COUNTRIES, Capability.LEDGER, Capability.READMES, Capability.PROFILE, Capability.HOSTS,
        Capability.CPU_TYPES, Capability.BID_RESUME, Capability.RENT,
    }  # fmt: skip
