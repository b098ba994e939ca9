"""From the fleet document's answer to a snapshot: what is kept, what is tolerated, what is said to be missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.make import account, cloud, pod
from tui.api.errors import Forbidden, Malformed, Rejected, Unauthorized
from tui.api.models import Funds, GpuReading, Placement, Pod, Port, Problem, Runtime, Snapshot, Telemetry, Unreadable
from tui.api.status_change import StatusChange

CHANGED = "Rented by User: Wed Jul 29 2026 21:51:59 GMT+0000 (Coordinated Universal Time)"
FULL = pod(
    podType="RESERVED",
    lastStatusChange=CHANGED,
    costPerHr=5.98,
    gpuCount=2,
    vcpuCount=32,
    memoryInGb=250,
    imageName="runpod/pytorch:2.4",
    volumeInGb=100,
    containerDiskInGb=50,
    networkVolumeId="nv1",
    locked=True,
    lowestBidPriceToResume=1.5,
    runtime={
        "uptimeInSeconds": -3,
        "container": {"cpuPercent": 12, "memoryPercent": 34},
        "gpus": [
            {"id": "GPU-a", "util": 93, "memory": 71},
            {"id": "GPU-b", "util": 0, "memory": 2},
        ],
        "ports": [{"ip": "213.1.2.3", "isIpPublic": True, "privatePort": 22, "publicPort": 17042, "type": "tcp"}],
    },
    machine={
        "gpuDisplayName": "H100 SXM",
        "gpuAvailable": 3,
        "podHostId": "p1-64410065",
        "location": "US",
        "dataCenterId": "US-TX-3",
        "secureCloud": True,
        "maintenanceStart": "2026-07-15T13:41:42.456Z",
        "maintenanceEnd": "2026-07-15T14:41:42Z",
        "maintenanceNote": "new disks",
    },
    latestTelemetry={
        "time": "2026-07-15T13:41:42.456Z",
        "state": "running",
        "individualGpuMetrics": [
            {
                "id": "GPU-a",
                "util": 92.5,
                "memory": 70,
                "temperature_c": 61,
                "power_w": 650.5,
            },
            {"id": "GPU-b"},
        ],
    },
)


async def fleet(*pods: Any, **fields: Any) -> Snapshot:
    return await cloud(account(*pods, **fields)).fleet()


async def one(**fields: Any) -> Pod:
    snapshot = await fleet(pod(**fields))
    assert snapshot.unreadable == ()
    assert snapshot.pods is not None
    return snapshot.pods[0]


async def test_a_pod_whole() -> None:
    snapshot = await fleet(FULL)
    assert snapshot == Snapshot(
        Funds("user_1", 42.5, 3.5, 80.0),
        (
            Pod(
                id="p1",
                name="train",
                status="RUNNING",
                kind="RESERVED",
                status_change=StatusChange(CHANGED),
                cost_per_hr=5.98,
                gpu_count=2,
                vcpus=32.0,
                memory_gb=250.0,
                image="runpod/pytorch:2.4",
                volume_gb=100.0,
                container_disk_gb=50,
                network_volume_id="nv1",
                locked=True,
                lowest_bid_to_resume=1.5,
                runtime=Runtime(
                    -3,
                    12.0,
                    34.0,
                    (GpuReading("GPU-a", 93.0, 71.0), GpuReading("GPU-b", 0.0, 2.0)),
                    (Port(22, 17042, "213.1.2.3", True, "tcp"),),
                ),
                machine=Placement(
                    "H100 SXM", 3, "p1-64410065", "US", "US-TX-3", True, 1784122902.456, 1784126502.0, "new disks"
                ),
                telemetry=Telemetry(
                    1784122902.456,
                    "running",
                    (GpuReading("GPU-a", 92.5, 70.0, 61.0, 650.5), GpuReading("GPU-b", None, None)),
                ),
            ),
        ),
    )


async def test_a_pod_with_the_least_that_makes_one() -> None:
    nulls = dict.fromkeys(FULL)
    for fields in ({}, {**nulls, **pod()}):
        assert await one(**fields) == Pod(
            id="p1",
            name="train",
            status="RUNNING",
            kind=None,
            status_change=None,
            cost_per_hr=None,
            gpu_count=1,
            vcpus=None,
            memory_gb=None,
            image=None,
            volume_gb=None,
            container_disk_gb=None,
            network_volume_id=None,
            locked=False,
            lowest_bid_to_resume=None,
            runtime=None,
            machine=None,
            telemetry=None,
        )


async def test_empty_runtime_machine_and_telemetry_are_not_missing_ones() -> None:
    found = await one(runtime={"gpus": None, "ports": []}, machine={}, latestTelemetry={})
    assert found.runtime == Runtime(None, None, None, (), ())
    assert found.machine == Placement(None, None, None, None, None, None, None, None, None)
    assert found.telemetry == Telemetry(None, None, ())


async def test_words_newer_than_podtop_are_kept_as_text() -> None:
    found = await one(desiredStatus="HIBERNATING", podType="QUANTUM")
    assert (found.status, found.kind) == ("HIBERNATING", "QUANTUM")


async def test_whole_numbers_may_be_floats_and_the_other_way_round() -> None:
    found = await one(gpuCount=2.0, containerDiskInGb=50.0, costPerHr=3, runtime={"uptimeInSeconds": 12.0})
    assert found.gpu_count == 2
    assert isinstance(found.gpu_count, int)
    assert isinstance(found.container_disk_gb, int)
    assert found.cost_per_hr == 3.0
    assert found.runtime is not None
    assert isinstance(found.runtime.uptime, int)


async def test_a_stopped_pod_keeps_the_runtime_that_runpod_reports() -> None:
    found = await one(desiredStatus="EXITED", runtime={"uptimeInSeconds": 60})
    assert found.runtime is not None


async def test_a_null_gpu_keeps_its_place() -> None:
    found = await one(runtime={"gpus": [None, {"id": "GPU-b", "util": 50}]})
    assert found.runtime is not None
    assert found.runtime.gpus == (GpuReading(None, None, None), GpuReading("GPU-b", 50.0, None))


async def test_telemetry_comes_in_the_order_of_the_runtimes_gpus() -> None:
    found = await one(
        runtime={"gpus": [{"id": "GPU-a"}, {"id": "GPU-b"}, {"id": "GPU-c"}]},
        latestTelemetry={"individualGpuMetrics": [{"id": "GPU-c", "power_w": 3}, {"id": "GPU-a", "power_w": 1}]},
    )
    assert found.telemetry is not None
    assert [g.power_w for g in found.telemetry.gpus] == [1.0, None, 3.0]


@pytest.mark.parametrize("runtime", [None, {}, {"gpus": [{"id": "GPU-x"}]}, {"gpus": [None]}])
async def test_telemetry_of_unknown_gpus_stays_in_its_own_order(runtime: object) -> None:
    found = await one(
        runtime=runtime,
        latestTelemetry={"individualGpuMetrics": [{"id": "0", "power_w": 3}, {"power_w": 1}, None]},
    )
    assert found.telemetry is not None
    assert [g.power_w for g in found.telemetry.gpus] == [3.0, 1.0, None]


@pytest.mark.parametrize("text", ["", "soon", "2026-13-45T00:00:00Z", "0000-00-00", "9999-12-31T23:59:59-23:59"])
async def test_a_time_that_is_none_costs_only_itself(text: str) -> None:
    found = await one(latestTelemetry={"time": text, "state": "running"})
    assert found.telemetry is not None
    assert found.telemetry.state == "running"
    assert found.telemetry.at is None or found.telemetry.at > 0


async def test_one_malformed_pod_is_told_and_the_rest_stands() -> None:
    snapshot = await fleet(
        pod(id="a"),
        pod(id="b", name="broken", gpuCount="many"),
        {"id": "c"},
        None,
        5,
        {"name": "no id", "desiredStatus": "RUNNING", "gpuCount": 1},
        pod(id="d", runtime={"gpus": [{"util": {}}]}),
        pod(id="e"),
    )
    assert snapshot.pods is not None
    assert [p.id for p in snapshot.pods] == ["a", "e"]
    assert snapshot.unreadable == (
        Unreadable("b", "broken", "expected a number, got text at gpuCount"),
        Unreadable("c", None, "object missing required field name"),
        Unreadable(None, None, "RunPod returned no data for it"),
        Unreadable(None, None, "expected an object, got a number"),
        Unreadable(None, "no id", "object missing required field id"),
        Unreadable("d", "train", "expected a number, got an object at runtime.gpus[0].util"),
    )
    assert snapshot.funds is not None


async def test_no_pods_is_not_the_same_as_pods_not_given() -> None:
    assert (await fleet()).pods == ()
    missing = await fleet(pods=None)
    assert missing.pods is None
    assert missing.funds is not None
    assert missing.problems == (Problem("the response has no pod list"),)


async def test_pods_in_an_unknown_shape_leave_the_money() -> None:
    snapshot = await fleet(pods={"p1": {}})
    assert snapshot.pods is None
    assert snapshot.funds == Funds("user_1", 42.5, 3.5, 80.0)
    assert "invalid pod list" in snapshot.problems[0].message


async def test_money_in_an_unknown_shape_leaves_the_pods() -> None:
    snapshot = await fleet(pod(), clientBalance="a lot")
    assert snapshot.funds is None
    assert snapshot.pods is not None
    assert len(snapshot.pods) == 1
    assert snapshot.problems[0].message == "invalid balance: expected a number, got text at clientBalance"


async def test_a_balance_that_is_null_is_unknown_and_not_zero() -> None:
    snapshot = await fleet(clientBalance=None)
    assert snapshot.funds == Funds("user_1", None, 3.5, 80.0)


async def test_errors_beside_data_are_kept_whole() -> None:
    body = account(pods=None)
    body["errors"] = [
        {
            "message": "pods are on strike",
            "path": ["myself", "pods", 3],
            "locations": [{"line": 1, "column": 2}],
            "extensions": {"code": "INTERNAL_SERVER_ERROR"},
        }
    ]
    snapshot = await cloud(body).fleet()
    assert snapshot.pods is None
    assert snapshot.funds is not None
    assert snapshot.problems == (Problem("pods are on strike", ("myself", "pods", 3), "INTERNAL_SERVER_ERROR"),)


@pytest.mark.parametrize(
    ("errors", "messages"),
    [
        ([{"message": "a"}, {"message": "b"}], ["a", "b"]),
        ({"message": "a"}, ["a"]),
        (["a"], ["a"]),
        ("a", ["a"]),
        ([{}], ["RunPod reported an error without a message"]),
        ([{"message": 5, "path": "x", "extensions": []}], ["RunPod reported an error without a message"]),
        ([None], ["RunPod reported an error without a message"]),
        ([], []),
        (None, []),
    ],
)
async def test_errors_of_any_shape_are_told(errors: object, messages: list[str]) -> None:
    snapshot = await cloud({**account(), "errors": errors}).fleet()
    assert [p.message for p in snapshot.problems] == messages
    # An empty list beside an error that may be about it is no list.
    assert snapshot.pods == (None if messages else ())


async def test_nobody_is_who_asks_without_a_valid_key() -> None:
    with pytest.raises(Unauthorized):
        await cloud({"data": {"myself": None}}).fleet()


async def test_nobody_with_an_error_is_a_rejection() -> None:
    with pytest.raises(Rejected, match="database is on fire"):
        await cloud({"data": {"myself": None}, "errors": [{"message": "database is on fire"}]}).fleet()


@pytest.mark.parametrize("data", [None, {"myself": None}])
async def test_a_restricted_key_is_forbidden(data: object) -> None:
    with pytest.raises(Forbidden, match="restricted"):
        await cloud({"data": data, "errors": [{"message": "Unauthorized"}]}).fleet()


@pytest.mark.parametrize("data", [[], 5, "text", {"myself": 5}, {"myself": []}, {}])
async def test_data_of_another_shape_never_passes_for_an_account(data: object) -> None:
    try:
        snapshot = await cloud({"data": data}).fleet()
    except (Malformed, Unauthorized):
        return
    assert snapshot.funds is None
    assert snapshot.pods is None
    assert snapshot.problems
