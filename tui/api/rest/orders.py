"""From orders to the bodies of REST v2, and from its responses to a `Receipt`.

What v2 has no place for is refused before anything is sent, by the name of its field: a timer that is dropped costs
money, a country that is dropped breaks a promise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from tui.api.enums import ENDED, CloudKind, ComputeKind
from tui.api.errors import CloudError, Malformed, NotOffered
from tui.api.models import Problem
from tui.api.order_checks import check, money_faults, order_faults
from tui.api.orders import DeployOrder, Receipt, RentOrder
from tui.api.quantities import Reader
from tui.api.rest.exchange import Answer
from tui.api.rest.wire import WirePod
from tui.api.values import NOT_UNDERSTOOD

Body = dict[str, Any]

LEAST_VOLUME = 10
"""GB of the smallest volume."""

_SIZE = re.compile(r"([A-Za-z0-9]+)-(\d{1,4})-\d{1,5}(?:\.\d+)?")
"""A size of CPU pods: "cpu3c-2-4" is 2 vCPUs and 4 GB of the flavor cpu3c."""

_CUDA = re.compile(r"\d{1,3}\.\d{1,3}", re.ASCII)

_LACKING = {
    "country": "No country can be chosen; clear it and choose a data center.",
    "volume_key": "No volume can be encrypted; clear the key and encrypt the data in the pod.",
    "min_download_mbps": "No speed can be required; clear it and measure in the pod.",
    "min_upload_mbps": "No speed can be required; clear it and measure in the pod.",
    "public_ip": "No public IP can be required; choose RunPod default, then see the pod's tcp ports.",
    "port": "A main port has no meaning; clear it and list it among the ports.",
    "compliance": "No compliance can be required; clear it and choose a data center that has it.",
    "min_disk_gb": "No disk of the host can be required; clear it.",
    "stop_after": "RunPod takes no timer; let podtop's lease enforce it, or clear it.",
    "terminate_after": "RunPod takes no timer; let podtop's lease enforce it, or clear it.",
    "bid_per_gpu": "No spot pod can be rented; deploy it on demand.",
}
"""Fields without any place in v2."""


def objections(order: DeployOrder | RentOrder) -> tuple[tuple[str, str], ...]:
    """What v2 has no way to order: names of fields, each with what to do instead."""
    result = [(field, text) for field, text in _LACKING.items() if getattr(order, field, None) not in (None, ())]
    if order.cloud not in (CloudKind.SECURE, CloudKind.COMMUNITY):
        result.append(("cloud", "Choose one cloud: secure or community."))
    names = [variable.name for variable in order.env]
    if twice := {name for name in names if names.count(name) > 1}:
        result.append(("env", f"A variable can be set only once: {min(twice)[:40]}."))
    compute = _cpu_objections if order.compute == ComputeKind.CPU else _gpu_objections
    return (*result, *compute(order), *_storage_objections(order))


def _gpu_objections(order: DeployOrder | RentOrder) -> list[tuple[str, str]]:
    result = []
    types = _gpu_types(order)
    if not types:
        result.append(("gpu_type_id", "A GPU type must be chosen."))
    elif len(types) > 1:
        result.append(("gpu_types", "No alternatives can be given; clear them."))
    if getattr(order, "instance_ids", ()):
        result.append(("instance_ids", "Instances are of CPU pods; clear them, or choose CPU only."))
    exact, least = ("cuda", order.cuda or ""), ("min_cuda", order.min_cuda or "")
    given = [pair for pair in (exact, least, *(("allowed_cuda", v) for v in order.allowed_cuda)) if pair[1]]
    if len({field for field, _ in given}) > 1:
        result.append((given[-1][0], "CUDA can be required in one way only: exactly, at least, or one of several."))
    result += [(field, "CUDA versions are written like 12.4.") for field, v in given if not _CUDA.fullmatch(v)]
    return result


def _cpu_objections(order: DeployOrder | RentOrder) -> list[tuple[str, str]]:
    result = []
    for field in ("gpu_type_id", "gpu_types", "cuda", "min_cuda", "allowed_cuda"):
        if getattr(order, field, None):
            result.append((field, "A CPU pod has no GPU; clear it."))
    for field in ("min_vcpus", "min_memory_gb"):
        if getattr(order, field):
            result.append((field, "A CPU pod has those of its instance; clear it."))
    if getattr(order, "global_network", None):
        result.append(("global_network", "A CPU pod cannot join the global network; choose no."))
    instances: tuple[str, ...] = getattr(order, "instance_ids", ())
    if len(instances) != 1 or _size(instances[0]) is None:
        result.append(("instance_ids", "One instance must be given for a CPU pod, such as cpu3c-2-4."))
    if order.volume_gb:
        result.append(("volume_gb", "A CPU pod has no volume of its own; clear it, or use a network volume."))
    return result


def _storage_objections(order: DeployOrder | RentOrder) -> list[tuple[str, str]]:
    result = []
    if order.volume_gb and order.network_volume_id:
        result.append(("volume_gb", "A pod has either a volume or a network volume; clear one of them."))
    if order.volume_gb and order.volume_gb < LEAST_VOLUME and order.compute != ComputeKind.CPU:
        result.append(("volume_gb", f"A volume has at least {LEAST_VOLUME} GB."))
    if (order.volume_gb or order.network_volume_id) and not order.volume_mount_path:
        result.append(("volume_mount_path", "A volume needs a mount path, such as /workspace."))
    if order.template_id and not order.network_volume_id:
        if order.volume_gb == 0:
            result.append(("volume_gb", "The volume of a template cannot be left out; clear the size."))
        elif order.volume_gb is None and order.volume_mount_path:
            result.append(("volume_mount_path", "The mount path of a template stays; clear it, or give a volume size."))
    return result


def _gpu_types(order: DeployOrder | RentOrder) -> tuple[str, ...]:
    several: tuple[str, ...] = getattr(order, "gpu_types", ())
    return several or ((order.gpu_type_id,) if order.gpu_type_id else ())


def _size(instance: str) -> tuple[str, int] | None:
    """The flavor and the vCPUs of an instance; None if it is none, or not a power of two."""
    match = _SIZE.fullmatch(instance)
    vcpus = int(match[2]) if match else 0
    return (match[1], vcpus) if match and vcpus >= 2 and vcpus & (vcpus - 1) == 0 else None


def create_body(order: DeployOrder) -> Body:
    """The body that creates a pod. Raises Rejected for an order that makes no sense, NotOffered for what v2 lacks."""
    check(order_faults(order) + money_faults("The price", order.deploy_cost))
    if result := objections(order):
        shown = " ".join(f"{_label(field)}: {text}" for field, text in result[:2])
        rest = f" (and {len(result) - 2} more)" if len(result) > 2 else ""
        raise NotOffered(f"Not offered by this API. {shown}{rest} Nothing was sent.")
    values: Body = {
        "name": order.name,
        "image": order.image or None,
        "templateId": order.template_id or None,
        "cloud": order.cloud.value if order.cloud else None,
        "dataCenterIds": [order.data_center] if order.data_center else None,
        "disk": order.container_disk_gb,
        "args": order.docker_args or None,
        "ports": [port.strip() for port in (order.ports or "").split(",") if port.strip()] or None,
        "env": {variable.name: variable.value.reveal() for variable in order.env} or None,
        "registry": order.registry_auth_id or None,
        "startJupyter": order.start_jupyter,
        "startSsh": order.start_ssh,
        "globalNetworking": order.global_network,
        "mounts": _mounts(order),
        **({"cpu": _cpu(order)} if order.compute == ComputeKind.CPU else {"gpu": _gpu(order)}),
    }
    return {name: value for name, value in values.items() if value is not None}


def _label(field: str) -> str:
    return field.removesuffix("_id").removesuffix("_gb").removesuffix("_mbps").replace("_", " ").capitalize()


def _mounts(order: DeployOrder) -> Body | None:
    if order.network_volume_id:
        return {"network": [{"volumeId": order.network_volume_id, "path": order.volume_mount_path}]}
    if order.volume_gb:
        return {"persistent": {"size": order.volume_gb, "path": order.volume_mount_path}}
    return None


def _gpu(order: DeployOrder) -> Body:
    allowed = (order.cuda,) if order.cuda else order.allowed_cuda
    values: Body = {
        "id": _gpu_types(order)[0],
        "count": order.gpu_count,
        "allowedCudaVersions": list(allowed) or None,
        "minCudaVersion": order.min_cuda or None,
        # Ours are of the whole pod.
        "minVcpuCountPerGpu": _per_gpu(order.min_vcpus, order.gpu_count),
        "minRamPerGpu": _per_gpu(order.min_memory_gb, order.gpu_count),
    }
    return {name: value for name, value in values.items() if value is not None}


def _per_gpu(total: int | None, count: int) -> int | None:
    return math.ceil(total / count) if total else None


def _cpu(order: DeployOrder) -> Body:
    flavor, vcpus = _size(order.instance_ids[0]) or ("", 0)
    return {"id": flavor, "vcpuCount": vcpus}


_pod = Reader[WirePod](WirePod)


def receipt(answer: Answer, accepted: Callable[[WirePod], bool] = lambda pod: True) -> Receipt:
    """The pod that a change returned. Raises Malformed for anything else: the change may have happened.

    accepted: whether it is the pod that was to be changed, and shows the change.
    """
    error: CloudError
    try:
        wire = _pod.decode(answer.content)
    except (*NOT_UNDERSTOOD, Malformed):
        error = answer.malformed("RunPod's response does not show the result")
    else:
        if accepted(wire):
            return Receipt(
                wire.id,
                wire.name,
                wire.status,
                None,
                None if wire.status in ENDED else wire.cost,
                None if wire.gpu is None else 1 if wire.gpu.count is None else int(wire.gpu.count),
                None,
            )
        error = answer.malformed("RunPod's response shows another pod, or the pod unchanged")
    try:
        raise error.with_traceback(None)
    finally:
        # Else it would keep the response, through its own traceback, until garbage is collected.
        del error


def with_price_checked(built: Receipt, order: DeployOrder) -> Receipt:
    """A receipt that says so if the pod costs more than was agreed to: v2 takes no maximum."""
    from msgspec.structs import replace

    agreed, costs = order.deploy_cost, built.cost_per_hr
    if agreed is None or costs is None or costs <= agreed + 1e-6:
        return built
    text = f"it costs ${costs:.4g}/h, more than the ${agreed:.4g}/h agreed to; stop it if that is too much"
    return replace(built, problems=(*built.problems, Problem(text)))
