"""From orders to the variables of mutations, and from their responses to a `Receipt`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import Raw

from tui.api.enums import PodStatus
from tui.api.errors import CloudError, Malformed
from tui.api.graphql.envelope import refusal
from tui.api.graphql.wire import Wire
from tui.api.models import Problem
from tui.api.order_checks import check, money_faults, order_faults
from tui.api.orders import DeployOrder, Receipt, RentOrder
from tui.api.quantities import Count, Id, Line, Name, Rate, Reader
from tui.api.status_change import StatusChange
from tui.api.values import NOT_UNDERSTOOD, whole

Variables = dict[str, Any]

_SHARED = {
    "name": "name",
    "gpu_count": "gpuCount",
    "gpu_type_id": "gpuTypeId",
    "image": "imageName",
    "template_id": "templateId",
    "cloud": "cloudType",
    "data_center": "dataCenterId",
    "country": "countryCode",
    "container_disk_gb": "containerDiskInGb",
    "volume_gb": "volumeInGb",
    "volume_mount_path": "volumeMountPath",
    "network_volume_id": "networkVolumeId",
    "min_vcpus": "minVcpuCount",
    "min_memory_gb": "minMemoryInGb",
    "min_download_mbps": "minDownload",
    "min_upload_mbps": "minUpload",
    "public_ip": "supportPublicIp",
    # Sent when empty too: without it RunPod responded "Something went wrong" (pulumi-runpod-native issue 18).
    "docker_args": "dockerArgs",
    "port": "port",
    "ports": "ports",
    "start_jupyter": "startJupyter",
    "start_ssh": "startSsh",
    "registry_auth_id": "containerRegistryAuthId",
    "cuda": "cudaVersion",
    "min_cuda": "minCudaVersion",
    "allowed_cuda": "allowedCudaVersions",
    "compute": "computeType",
    "compliance": "compliance",
}
_DEPLOY = {
    **_SHARED,
    "gpu_types": "gpuTypeIdList",
    "deploy_cost": "deployCost",
    "min_disk_gb": "minDisk",
    "instance_ids": "instanceIds",
    "global_network": "globalNetwork",
}
_RENT = {**_SHARED, "bid_per_gpu": "bidPerGpu"}


def deploy_input(order: DeployOrder) -> Variables:
    """The `PodFindAndDeployOnDemandInput` of an order. Raises Rejected for one that makes no sense."""
    check(order_faults(order) + money_faults("The price", order.deploy_cost))
    return _input(order, _DEPLOY)


def rent_input(order: RentOrder) -> Variables:
    """The `PodRentInterruptableInput` of an order. Raises Rejected for one that makes no sense."""
    check(order_faults(order) + money_faults("The bid", order.bid_per_gpu))
    return _input(order, _RENT)


def resume_input(pod_id: str, gpu_count: int | None) -> Variables:
    """The `PodResumeInput`. 0 GPUs is a start for the sake of the data; None leaves the count as it was."""
    check(["The number of GPUs cannot be negative."] if gpu_count is not None and gpu_count < 0 else [])
    return pod_input(pod_id) if gpu_count is None else {**pod_input(pod_id), "gpuCount": gpu_count}


def bid_input(pod_id: str, gpu_count: int, bid_per_gpu: float) -> Variables:
    """The `PodBidResumeInput`."""
    faults = [] if gpu_count >= 1 else ["The number of GPUs must be at least 1."]
    check(faults + money_faults("The bid", bid_per_gpu))
    return {**pod_input(pod_id), "gpuCount": gpu_count, "bidPerGpu": bid_per_gpu}


def pod_input(pod_id: str) -> Variables:
    """The input of operations that need only a pod."""
    check([] if pod_id else ["No pod is given."])
    return {"podId": pod_id}


def _input(order: DeployOrder | RentOrder, names: dict[str, str]) -> Variables:
    values = {wire: getattr(order, name) for name, wire in names.items()}
    values["env"] = [{"key": v.name, "value": v.value.reveal()} for v in order.env]
    values["volumeKey"] = order.volume_key.reveal() if order.volume_key is not None else None
    values["stopAfter"] = _time(order.stop_after)
    values["terminateAfter"] = _time(order.terminate_after)
    return {name: value for name, value in values.items() if value is not None and value not in ((), [])}


def _time(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class WireReceipt(Wire):
    id: Id
    name: Name | None = None
    desired_status: PodStatus | None = None
    last_status_change: Line | None = None
    cost_per_hr: Rate | None = None
    gpu_count: Count | None = None
    machine_id: Id | None = None


_fields = Reader[dict[str, Raw]](dict[str, Raw])
_receipt = Reader[WireReceipt](WireReceipt)


def refused(field: str, problems: tuple[Problem, ...]) -> CloudError:
    """The error for problems in place of a result."""
    if any(len(p.path) > 1 and p.path[0] == field for p in problems):
        # A field below failed, so the mutation itself had been carried out.
        return Malformed(f"RunPod returned an error in its result ({problems[0].message}).")
    return refusal(problems)


def receipt(field: str, data: Raw, problems: tuple[Problem, ...]) -> Receipt:
    """The result of a mutation that returns a pod."""
    result = _result(field, data, problems)
    failure: CloudError
    try:
        wire = _receipt.decode(result)
    except NOT_UNDERSTOOD:
        failure = Malformed("RunPod's response does not show the result.")
    else:
        return Receipt(
            wire.id,
            wire.name,
            wire.desired_status,
            StatusChange.of(wire.last_status_change),
            wire.cost_per_hr,
            whole(wire.gpu_count),
            wire.machine_id,
            problems,
        )
    if problems and bytes(result) == b"null":
        failure = refused(field, problems)
    try:
        raise failure
    finally:
        # Else it would keep the response, through its own traceback, until garbage is collected.
        del failure


def nothing(field: str, data: Raw, problems: tuple[Problem, ...]) -> None:
    """The result of a mutation that returns null, which is how it succeeds."""
    _result(field, data, problems)
    if problems:
        raise refused(field, problems)


def _result(field: str, data: Raw, problems: tuple[Problem, ...]) -> Raw:
    try:
        fields = _fields.decode(data)
    except NOT_UNDERSTOOD:
        fields = {}
    if field in fields:
        return fields[field]
    raise refused(field, problems) if problems else Malformed("RunPod's response has no result.")
