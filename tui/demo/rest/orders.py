"""Creates and changes pods as REST v2 does: the rules between fields, templates, and what becomes of the container."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tui.demo.account import PUBLIC_KEYS, REGISTRIES
from tui.demo.catalogue import PLACES, gpu_types
from tui.demo.market import CPU_FLAVORS, LARGEST_DISK, LARGEST_FLAVOR, Flavor
from tui.demo.pods import VOLUME, CpuShape, SimPod
from tui.demo.random_walk import mix
from tui.demo.rest import bodies
from tui.demo.rest.call import LARGEST_BODY, Call, Problem, not_found
from tui.demo.rest.checks import checked
from tui.demo.rest.pod_views import CUDA
from tui.demo.rest.templates import template
from tui.demo.world import GONE, NO_DISK

_PORT = re.compile(r"\d{1,5}/(http|tcp|udp)")
_CONTAINER = {"image": "image", "args": "docker_args", "disk": "disk_gb", "registry": "registry"}
"""Fields of a container, and those of `SimPod` that they become."""

_LONGEST_VERSION = 20
_DEARER = 1.2
"""What `v2-dearer` makes of a price."""


def create(call: Call, body: Any) -> SimPod:
    """A new pod. Raises `Problem`, or the world's `Refusal`."""
    from_template = isinstance(body, dict) and "templateId" in body
    asked = checked(body, bodies.CREATE if from_template else bodies.CREATE | {"required": ["name", "image"]})
    gpu, cpu = asked.get("gpu"), asked.get("cpu")
    if (gpu is None) == (cpu is None):
        raise Problem(400, "exactly one of gpu or cpu must be set")
    asked = _expanded(asked)
    _check_container(asked)
    _check_mounts(asked.get("mounts", {}), with_gpu=gpu is not None)
    order = _order(call, asked)
    if "v2-no-capacity" in call.faults:
        raise Problem(400, GONE)
    if gpu is None:
        return _create_cpu(call, cpu, order)
    pod = _create_gpu(call, gpu, order)
    if "v2-dearer" in call.faults:
        pod.price = round(pod.price * _DEARER, 2)
    return pod


def _create_gpu(call: Call, gpu: Mapping[str, Any], order: dict[str, Any]) -> SimPod:
    if gpu["id"] not in gpu_types():
        raise Problem(422, f"Unknown GPU type: {gpu['id']}")
    allowed, least = gpu.get("allowedCudaVersions"), gpu.get("minCudaVersion")
    if allowed and least:
        raise Problem(400, "allowedCudaVersions and minCudaVersion are mutually exclusive")
    if (allowed and CUDA not in allowed) or (least and not at_least(CUDA, least)):
        raise Problem(400, GONE)
    count = gpu.get("count", 1)
    order |= {
        "gpuTypeId": gpu["id"],
        "gpuCount": count,
        "minMemoryInGb": gpu.get("minRamPerGpu", 0) * count,
        "minVcpuCount": gpu.get("minVcpuCountPerGpu", 0) * count,
    }
    return call.world.deploy(order, spot=False)


def _create_cpu(call: Call, cpu: Mapping[str, Any], order: dict[str, Any]) -> SimPod:
    flavor = next((flavor for flavor in CPU_FLAVORS if flavor.id == cpu["id"]), None)
    if flavor is None:
        raise Problem(422, f"Unknown CPU flavor: {cpu['id']}")
    count = cpu["vcpuCount"]
    if count & (count - 1):
        raise Problem(400, "cpu.vcpuCount must be a power of two")
    if count > LARGEST_FLAVOR:
        raise Problem(400, f"cpu.vcpuCount must be at most {LARGEST_FLAVOR} for {flavor.id}")
    if order["globalNetwork"]:
        raise Problem(400, "globalNetworking requires an NVIDIA GPU")
    if order["cloudType"] != "SECURE":
        raise Problem(400, GONE)
    return call.world.deploy_cpu(order, _shape(flavor, count), flavor.price)


def _shape(flavor: Flavor, count: int) -> CpuShape:
    return CpuShape(flavor.id, count, flavor.memory * count)


def _expanded(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The body with its template's settings, where it has none of its own; the environments are merged."""
    if "templateId" not in asked:
        return dict(asked)
    base = template(asked["templateId"])
    if base is None:
        raise not_found()
    stored = ("image", "args", "disk", "ports", "registry", "mounts", "startSsh", "startJupyter")
    whole = {name: base[name] for name in stored if base[name]} | dict(asked)
    if "cpu" in asked and "mounts" not in asked:
        whole.pop("mounts", None)
    whole["env"] = base["env"] | asked.get("env", {})
    if len(json.dumps(whole)) > LARGEST_BODY:
        raise Problem(413, "request body too large with its template")
    return whole


def _check_container(asked: Mapping[str, Any]) -> None:
    for port in asked.get("ports", ()):
        if not _PORT.fullmatch(port):
            raise Problem(400, f"invalid port '{port}': expected a form like 8888/http or 22/tcp")
    if asked.get("disk", 0) > LARGEST_DISK:
        raise Problem(400, NO_DISK)
    if asked.get("registry") not in (None, *(login["id"] for login in REGISTRIES)):
        raise Problem(400, "registry not found")


def _check_mounts(mounts: Mapping[str, Any], *, with_gpu: bool) -> None:
    if "persistent" in mounts and mounts.get("network"):
        raise Problem(400, "mounts.persistent and mounts.network are mutually exclusive")
    if "persistent" in mounts and not with_gpu:
        raise Problem(400, "CPU pods do not support mounts.persistent")


def _order(call: Call, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The body in the names of GraphQL's input, which the world takes."""
    mounts = asked.get("mounts", {})
    network = next(iter(mounts.get("network", ())), None)
    persistent = mounts.get("persistent")
    places = asked.get("dataCenterIds", [])
    if network and not (call.world.has_volume and network["volumeId"] == VOLUME):
        raise Problem(400, "network volume not found")
    if network and places and PLACES[0].id not in places:
        raise Problem(400, "the network volume is in another data center")
    return {
        "name": asked["name"],
        "imageName": asked["image"],
        "dockerArgs": asked.get("args", ""),
        "cloudType": asked.get("cloud", "SECURE"),
        "dataCenterId": ",".join(places),
        "containerDiskInGb": asked.get("disk"),
        "totalDisk": asked.get("disk", 0) + (persistent["size"] if persistent else 0),
        "env": [{"key": name, "value": value} for name, value in _environment(call, asked).items()],
        "ports": ",".join(asked.get("ports", ())),
        "containerRegistryAuthId": asked.get("registry"),
        "networkVolumeId": network and network["volumeId"],
        "volumeInGb": persistent["size"] if persistent else 0,
        "volumeMountPath": (network or persistent or {}).get("path"),
        "templateId": asked.get("templateId"),
        "globalNetwork": asked.get("globalNetworking", False),
    }


def _environment(call: Call, asked: Mapping[str, Any]) -> dict[str, str]:
    given: dict[str, str] = asked.get("env", {})
    added = {}
    if asked.get("startSsh"):
        added["PUBLIC_KEY"] = "\n".join(PUBLIC_KEYS)
    if asked.get("startJupyter"):
        added["JUPYTER_PASSWORD"] = f"{mix(call.world.seed, call.world.made, 'jupyter'):016x}"
    return added | given


def update(call: Call, pod: SimPod, asked: Mapping[str, Any]) -> SimPod:
    """Change a pod: its lock and its name at once, its container by a new one."""
    changes = _container_changes(asked) | _mount_changes(pod, asked.get("mounts"))
    world = call.world
    locked = asked.get("locked", pod.locked)
    if changes and locked and pod.locked:
        raise Problem(400, "Pod is locked")
    if "globalNetworking" in asked and asked["globalNetworking"] and pod.cpu:
        raise Problem(400, "globalNetworking requires an NVIDIA GPU")
    if "name" in asked:
        world.rename(pod.id, asked["name"])
    if changes:
        world.set_locked(pod.id, False)
        world.reconfigure(pod.id, changes)
    pod.global_network = asked.get("globalNetworking", pod.global_network)
    return world.set_locked(pod.id, locked)


def _container_changes(asked: Mapping[str, Any]) -> dict[str, Any]:
    if "templateId" in asked:
        base = template(asked["templateId"])
        if base is None:
            raise not_found()
        asked = {name: base[name] for name in ("image", "args", "disk", "ports", "registry")} | {
            **asked, "env": base["env"] | asked.get("env", {}),
        }  # fmt: skip
    _check_container(asked)
    changes = {ours: asked[name] for name, ours in _CONTAINER.items() if name in asked}
    if "env" in asked:
        # All of them: what is not named is gone.
        changes["env"] = [f"{name}={value}" for name, value in asked["env"].items()]
    if "ports" in asked:
        changes["ports"] = ",".join(asked["ports"])
    return changes


def _mount_changes(pod: SimPod, mounts: Mapping[str, Any] | None) -> dict[str, Any]:
    """The kind of a mount is settled for the pod's life, and it only grows."""
    if not mounts:
        return {}
    network = mounts.get("network")
    if network is not None:
        if not network or pod.network_volume is None or network[0]["volumeId"] != pod.network_volume:
            raise Problem(400, "mounts.network cannot be attached, detached or replaced")
        return {"mount": network[0]["path"]}
    persistent = mounts["persistent"]
    if not pod.volume_gb:
        raise Problem(400, "mounts.persistent cannot be added to this pod")
    if persistent["size"] > LARGEST_DISK:
        raise Problem(400, NO_DISK)
    if persistent["size"] < pod.volume_gb:
        raise Problem(400, "mounts.persistent.size cannot be reduced")
    return {"mount": persistent["path"], "volume_gb": persistent["size"]}


def at_least(version: str, least: str) -> bool:
    """Whether a CUDA version is that or a later one; compared as numbers, so that 12.11 is after 12.2."""
    return len(least) < _LONGEST_VERSION and [*map(int, version.split("."))] >= [*map(int, least.split("."))]
