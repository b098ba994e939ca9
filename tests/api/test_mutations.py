"""Mutations: what is sent, what is refused before it is sent, and what each kind of answer means."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from graphql import GraphQLInputObjectType
from graphql.utilities import coerce_input_value

from tests.api.make import Recorder, cloud
from tests.api.schema import schema
from tui.api.cloud import Cloud
from tui.api.errors import Forbidden, Malformed, ReadOnly, Rejected, TimedOut, Unreachable
from tui.api.graphql.client import GraphQLCloud
from tui.api.models import Problem
from tui.api.orders import DeployOrder, Receipt, RentOrder
from tui.api.pod_detail import EnvVar
from tui.api.secret import Secret
from tui.domain.answers import judge

DEPLOY = DeployOrder(name="train", gpu_count=2, gpu_type_id="NVIDIA H100", image="pytorch:2.4")
RENT = RentOrder(name="train", gpu_count=2, gpu_type_id="NVIDIA H100", image="pytorch:2.4", bid_per_gpu=1.25)

Call = Callable[[Cloud], Awaitable[Any]]

CALLS: dict[str, Call] = {
    "podStop": lambda c: c.stop("p1"),
    "podResume": lambda c: c.resume("p1", 2),
    "podBidResume": lambda c: c.bid_resume("p1", 2, 1.25),
    "podTerminate": lambda c: c.terminate("p1"),
    "podFindAndDeployOnDemand": lambda c: c.deploy(DEPLOY),
    "podRentInterruptable": lambda c: c.rent(RENT),
}

each_mutation = pytest.mark.parametrize("field", CALLS)


def result(field: str) -> dict[str, Any]:
    pod = {"id": "p1", "desiredStatus": "EXITED", "costPerHr": 2.5, "gpuCount": 2, "machineId": "m1"}
    return {"data": {field: None if field == "podTerminate" else pod}}


@each_mutation
async def test_a_mutation_says_what_became_of_the_pod(field: str) -> None:
    recorder = Recorder(result(field))
    receipt = await CALLS[field](cloud(recorder))
    if field == "podTerminate":
        assert receipt is None
    else:
        assert receipt == Receipt("p1", None, "EXITED", None, 2.5, 2, "m1")
    assert len(recorder.requests) == 1


@each_mutation
async def test_variables_fit_the_schema(field: str) -> None:
    recorder = Recorder(result(field))
    await CALLS[field](cloud(recorder))
    mutation = schema().mutation_type
    assert mutation is not None
    kind = mutation.fields[field].args["input"].type
    coerce_input_value(recorder.variables["input"], kind)  # raises for what does not fit


@each_mutation
async def test_read_only_sends_nothing(field: str) -> None:
    recorder = Recorder(result(field))
    with pytest.raises(ReadOnly):
        await CALLS[field](cloud(recorder, read_only=True))
    assert recorder.requests == []


async def test_read_only_comes_before_any_other_objection() -> None:
    refused = cloud(Recorder({}), read_only=True, key=None)
    with pytest.raises(ReadOnly):
        await refused.bid_resume("", 0, float("nan"))
    with pytest.raises(ReadOnly):
        await refused.terminate("")


@each_mutation
async def test_a_business_error_is_a_rejection_with_every_message(field: str) -> None:
    errors = [
        {"message": "There are no longer any instances available.", "path": [field], "extensions": {"code": "X"}},
        {"message": "Insufficient balance"},
    ]
    with pytest.raises(Rejected) as caught:
        await CALLS[field](cloud({"data": {field: None}, "errors": errors}))
    assert caught.value.problems == (
        Problem("There are no longer any instances available.", (field,), "X"),
        Problem("Insufficient balance"),
    )


@each_mutation
async def test_data_null_with_errors_is_a_rejection_too(field: str) -> None:
    with pytest.raises(Rejected, match="not found"):
        await CALLS[field](cloud({"data": None, "errors": [{"message": "pod not found to terminate"}]}))


@each_mutation
@pytest.mark.parametrize("data", [None, "field"])
async def test_unauthorized_in_the_errors_is_a_restricted_key(field: str, data: str | None) -> None:
    answer = {"data": data and {field: None}, "errors": [{"message": "Unauthorized"}]}
    with pytest.raises(Forbidden, match="read-only or restricted"):
        await CALLS[field](cloud(answer))


@each_mutation
async def test_a_bad_variable_is_told(field: str) -> None:
    words = 'Field "x" is not defined by type "PodResumeInput".'
    with pytest.raises(Rejected, match="is not defined"):
        await CALLS[field](cloud(httpx.Response(400, json={"errors": [{"message": words}]})))


@pytest.mark.parametrize("field", [f for f in CALLS if f != "podTerminate"])
@pytest.mark.parametrize("answer", [{"data": {}}, {"data": {"other": None}}, {"data": 5}, {"data": {"FIELD": None}}])
async def test_an_answer_without_a_result_does_not_pass_for_success(field: str, answer: dict[str, Any]) -> None:
    data = answer["data"]
    if isinstance(data, dict):
        data = {(field if name == "FIELD" else name): value for name, value in data.items()}
    with pytest.raises(Malformed) as caught:
        await CALLS[field](cloud({"data": data}))
    assert judge(caught.value).text.count("may have gone through") == 1


@pytest.mark.parametrize("data", [{}, {"other": None}, 5, []])
async def test_termination_is_not_taken_from_an_answer_that_does_not_speak_of_it(data: object) -> None:
    with pytest.raises(Malformed) as caught:
        await cloud({"data": data}).terminate("p1")
    assert judge(caught.value).text.count("may have gone through") == 1


async def test_a_field_that_fails_after_the_deed_is_no_refusal() -> None:
    errors = [{"message": "costPerHr went missing", "path": ["podResume", "costPerHr"]}]
    with pytest.raises(Malformed, match="went missing"):
        await cloud({"data": {"podResume": None}, "errors": errors}).resume("p1")


async def test_errors_beside_a_result_come_with_the_receipt() -> None:
    errors = [{"message": "no name today", "path": ["podStop", "name"]}]
    receipt = await cloud({**result("podStop"), "errors": errors}).stop("p1")
    assert receipt.problems == (Problem("no name today", ("podStop", "name")),)


@each_mutation
@pytest.mark.parametrize(
    ("error", "kind", "sent"),
    [
        (httpx.ConnectError("refused"), Unreachable, False),
        (httpx.ConnectTimeout(""), TimedOut, False),
        (httpx.PoolTimeout(""), TimedOut, False),
        (httpx.ReadTimeout(""), TimedOut, True),
        (httpx.WriteTimeout(""), TimedOut, True),
        (httpx.ReadError(""), Unreachable, True),
        (httpx.RemoteProtocolError(""), Unreachable, True),
    ],
)
async def test_it_is_told_whether_a_lost_mutation_may_have_been_sent(
    field: str, error: Exception, kind: type[Unreachable], sent: bool
) -> None:
    calls = 0

    def fail(_: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        raise error

    with pytest.raises(kind) as caught:
        await CALLS[field](cloud(fail))
    assert caught.value.sent is sent
    assert calls == 1, "a mutation is sent once"


async def test_a_gateways_error_may_hide_a_deed() -> None:
    with pytest.raises(Unreachable) as caught:
        await cloud(httpx.Response(502, html="<h1>Bad gateway</h1>")).deploy(DEPLOY)
    assert caught.value.sent


async def test_resume_leaves_the_number_of_gpus_unless_told() -> None:
    recorder = Recorder(result("podResume"))
    await cloud(recorder).resume("p1")
    assert recorder.variables == {"input": {"podId": "p1"}}
    await cloud(recorder).resume("p1", 0)
    assert recorder.variables == {"input": {"podId": "p1", "gpuCount": 0}}


async def test_a_small_order_sends_only_what_was_ordered() -> None:
    recorder = Recorder(result("podFindAndDeployOnDemand"))
    await cloud(recorder).deploy(DEPLOY)
    assert recorder.variables == {
        "input": {
            "name": "train",
            "gpuCount": 2,
            "gpuTypeId": "NVIDIA H100",
            "imageName": "pytorch:2.4",
            # RunPod answers "Something went wrong" without it.
            "dockerArgs": "",
        }
    }


SHARED: dict[str, Any] = {
    "name": "train",
    "gpu_count": 2,
    "gpu_type_id": "NVIDIA H100",
    "image": "pytorch:2.4",
    "template_id": "t1",
    "cloud": "SECURE",
    "data_center": "US-TX-3",
    "country": "US",
    "container_disk_gb": 50,
    "volume_gb": 100,
    "volume_mount_path": "/workspace",
    "network_volume_id": "nv1",
    "min_vcpus": 8,
    "min_memory_gb": 64,
    "min_download_mbps": 100,
    "min_upload_mbps": 50,
    "public_ip": False,
    "docker_args": "sleep infinity",
    "port": 8080,
    "ports": "8888/http,22/tcp",
    "env": (EnvVar("HF_TOKEN", Secret("hf_secret")), EnvVar("EMPTY", Secret(""))),
    "start_jupyter": True,
    "start_ssh": True,
    "stop_after": 1784122902.456,
    "terminate_after": 1784126502.0,
    "registry_auth_id": "r1",
    "volume_key": Secret("a key of the volume"),
    "cuda": "12.4",
    "min_cuda": "12.1",
    "allowed_cuda": ("12.4", "12.5"),
    "compute": "GPU",
    "compliance": ("GDPR",),
}

# Serverless has no place here.
NOT_ORDERED: dict[str, set[str]] = {"podFindAndDeployOnDemand": {"aiApiId"}, "podRentInterruptable": set()}


@pytest.mark.parametrize(
    ("field", "order"),
    [
        (
            "podFindAndDeployOnDemand",
            DeployOrder(
                **SHARED,
                gpu_types=("NVIDIA H100", "NVIDIA H200"),
                deploy_cost=5.98,
                min_disk_gb=200,
                instance_ids=("cpu3c-2-4",),
                global_network=True,
            ),
        ),
        ("podRentInterruptable", RentOrder(**SHARED, bid_per_gpu=1.25)),
    ],
)
async def test_a_full_order_fills_every_input_of_the_schema(field: str, order: DeployOrder | RentOrder) -> None:
    recorder = Recorder(result(field))
    target = cloud(recorder)
    await (target.deploy(order) if isinstance(order, DeployOrder) else target.rent(order))
    sent = recorder.variables["input"]
    mutation = schema().mutation_type
    assert mutation is not None
    kind = mutation.fields[field].args["input"].type
    coerce_input_value(sent, kind)
    inputs = getattr(kind, "of_type", kind)
    assert isinstance(inputs, GraphQLInputObjectType)
    assert set(inputs.fields) - set(sent) == NOT_ORDERED[field]
    assert sent["env"] == [{"key": "HF_TOKEN", "value": "hf_secret"}, {"key": "EMPTY", "value": ""}]
    assert sent["stopAfter"] == "2026-07-15T13:41:42.456Z"
    assert sent["supportPublicIp"] is False
    assert "hf_secret" not in repr(order)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.stop(""),
        lambda c: c.terminate(""),
        lambda c: c.resume("p1", -1),
        lambda c: c.bid_resume("p1", 0, 1.0),
        lambda c: c.bid_resume("p1", 1, 0.0),
        lambda c: c.bid_resume("p1", 1, -1.0),
        lambda c: c.bid_resume("p1", 1, NAN),
        lambda c: c.bid_resume("p1", 1, INF),
        lambda c: c.deploy(DeployOrder(name="", gpu_count=1, image="i")),
        lambda c: c.deploy(DeployOrder(name="n", gpu_count=0, image="i")),
        lambda c: c.deploy(DeployOrder(name="n", gpu_count=1)),
        lambda c: c.deploy(DeployOrder(name="n", gpu_count=1, image="i", deploy_cost=NAN)),
        lambda c: c.rent(RentOrder(name="n", gpu_count=1, image="i", bid_per_gpu=NAN)),
        lambda c: c.rent(RentOrder(name="n", gpu_count=1, image="i", bid_per_gpu=0)),
    ],
)
async def test_an_order_that_makes_no_sense_is_not_sent(call: Call) -> None:
    recorder = Recorder({"data": {}})
    with pytest.raises(Rejected, match="Nothing was sent"):
        await call(cloud(recorder))
    assert recorder.requests == []


async def test_a_server_that_echoes_an_order_does_not_tell_its_secrets() -> None:
    token, lines = "hf_abcdefgh", "-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----"
    order = DeployOrder(
        name="train",
        gpu_count=1,
        image="i",
        env=(EnvVar("TOKEN", Secret(token)), EnvVar("KEY", Secret(lines)), EnvVar("PIN", Secret("123"))),
    )

    def echo(request: httpx.Request) -> httpx.Response:
        values = json.loads(request.content)["variables"]["input"]
        words = f'Variable "$input" got invalid value {json.dumps(values)}; ' + "x" * 400
        return httpx.Response(400, json={"errors": [{"message": words}]})

    with pytest.raises(Rejected) as caught:
        await cloud(echo).deploy(order)
    told = str(caught.value)
    assert "got invalid value" in told
    for secret in (token, "MIIEvQIBADANBg", "123"):
        assert secret not in told
    assert len(told) <= 500


def test_the_client_is_a_cloud() -> None:
    fits: Cloud = GraphQLCloud("https://api.runpod.io/graphql", None)
    assert fits
