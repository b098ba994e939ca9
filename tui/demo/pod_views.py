"""How GraphQL reports a pod of the simulated world: its runtime, its machine, its telemetry."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tui.demo.catalogue import PLACES, Place
from tui.demo.pods import VOLUME, VOLUME_GB, SimPod, free_now, gpu_load, gpu_power, iso
from tui.demo.random_walk import chance, mix, wander


def pod_view(
    pod: SimPod, now: float, seed: int, lowest_bid: float | None = None, ssh_port: int | None = None
) -> dict[str, Any]:
    """The pod as GraphQL's `Pod`; expensive parts are computed on request.

    lowest_bid: dollars per GPU per hour that would bring a stopped interruptible pod back.
    """
    return {
        "id": pod.id,
        "name": pod.name,
        "desiredStatus": pod.status,
        "podType": "INTERRUPTABLE" if pod.spot else "RESERVED",
        "lastStatusChange": pod.change,
        "costPerHr": pod.rate,
        "adjustedCostPerHr": pod.rate,
        "costMultiplier": 1.0,
        "gpuCount": pod.count,
        "gpuPowerLimitPercent": 100,
        "vcpuCount": pod.vcpus,
        "memoryInGb": pod.memory_gb,
        "imageName": pod.image,
        "dockerArgs": pod.docker_args,
        "dockerId": f"{mix(seed, pod.id, 'docker'):016x}",
        "env": pod.env,
        "port": None,
        "ports": pod.ports,
        "volumeInGb": float(pod.volume_gb),
        "volumeMountPath": pod.mount,
        "volumeEncrypted": False,
        "volumeKey": None,
        "containerDiskInGb": pod.disk_gb,
        "containerRegistryAuthId": pod.registry,
        "networkVolumeId": pod.network_volume,
        "networkVolume": volume_view() if pod.network_volume else None,
        "locked": pod.locked,
        "lowestBidPriceToResume": lowest_bid,
        "machineId": f"m{mix(seed, pod.id, 'machine') % 10**11:011d}",
        "machineType": "CPU" if pod.cpu else "GPU",
        "consumerUserId": "user_2demoPodtop",
        "templateId": pod.template_id,
        "version": pod.version,
        "uptimeSeconds": pod.uptime(now) or 0,
        "createdAt": lambda: iso(pod.created),
        "lastStartedAt": lambda: iso(pod.started),
        "gpus": lambda: [{"id": gpu_id(pod.id, i, seed), "podId": pod.id} for i in range(pod.count)],
        "registry": None,
        "apiKey": None,
        "runtime": lambda: runtime_view(pod, now, seed, ssh_port),
        "machine": lambda: _machine(pod, now, seed),
        "latestTelemetry": lambda: _telemetry(pod, now, seed),
    }


@lru_cache(1 << 14)
def gpu_id(pod_id: str, index: int, seed: int) -> str:
    text = f"{mix(seed, pod_id, index):016x}{mix(seed, pod_id, index, 'x'):016x}"
    return f"GPU-{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def runtime_view(pod: SimPod, now: float, seed: int, ssh_port: int | None) -> dict[str, Any] | None:
    uptime = pod.uptime(now)
    if uptime is None:
        return None
    at = now if pod.stopped is None else pod.stopped
    loads = [gpu_load(pod, at, i, seed) for i in range(pod.count)]
    mean = sum(util for util, _ in loads) / len(loads) if loads else 4.0
    return {
        "uptimeInSeconds": uptime,
        "container": {
            "cpuPercent": round(4 + mean * 0.3 + 8 * wander(at, 30, seed, pod.id, "cpu")),
            "memoryPercent": round(18 + mean * 0.25 + 10 * wander(at, 1800, seed, pod.id, "ram")),
        },
        "gpus": [
            {"id": gpu_id(pod.id, i, seed), "gpuUtilPercent": util, "memoryUtilPercent": memory}
            for i, (util, memory) in enumerate(loads)
        ],
        "ports": port_views(pod, seed, ssh_port),
    }


def port_views(pod: SimPod, seed: int, ssh_port: int | None) -> list[dict[str, Any]]:
    """`ssh_port`: the port of this machine that port 22 maps to, if any."""
    ports = []
    for spec in filter(None, pod.ports.split(",")):
        number, _, kind = spec.strip().partition("/")
        tcp = kind == "tcp"
        if ssh_port is not None and number == "22":
            ports.append(
                {"ip": "127.0.0.1", "isIpPublic": True, "privatePort": 22, "publicPort": ssh_port, "type": "tcp"}
            )
            continue
        ports.append(
            {
                "ip": f"194.68.245.{mix(seed, pod.id) % 250 + 1}" if tcp else f"100.65.{mix(seed, pod.id) % 250}.17",
                "isIpPublic": tcp,
                "privatePort": int(number) if number.isdigit() and len(number) < 6 else None,
                "publicPort": 20_000 + mix(seed, pod.id, number, pod.version) % 40_000,
                "type": kind or "http",
            }
        )
    return ports


def host_id(pod: SimPod, seed: int) -> str:
    """The name of a pod at RunPod's ssh proxy."""
    return f"{pod.id}-{mix(seed, pod.id, 'host') % 2**32:08x}"


def _machine(pod: SimPod, now: float, seed: int) -> dict[str, Any]:
    return {
        "id": f"m{mix(seed, pod.id, 'machine') % 10**11:011d}",
        "gpuTypeId": None if pod.cpu else pod.gpu.id,
        "gpuDisplayName": None if pod.cpu else pod.gpu.name,
        "gpuType": None
        if pod.cpu
        else {"id": pod.gpu.id, "displayName": pod.gpu.name, "memoryInGb": pod.gpu.memory_gb},
        "gpuAvailable": free_now(pod, now),
        "podHostId": host_id(pod, seed),
        "location": pod.place.country,
        "dataCenterId": pod.place.id if pod.secure else None,
        "secureCloud": pod.secure,
        "supportPublicIp": True,
        "costPerHr": pod.rate,
        "currentPricePerGpu": pod.price,
        "diskMBps": 2000 + mix(seed, pod.id, "disk") % 4000,
        "maxDownloadSpeedMbps": 1000 + mix(seed, pod.id, "down") % 9000,
        "maxUploadSpeedMbps": 800 + mix(seed, pod.id, "up") % 8000,
        "maintenanceStart": None,
        "maintenanceEnd": None,
        "maintenanceNote": None,
        "note": None,
        "cpuCount": 64,
        "vcpuTotal": 128,
        "vcpuReserved": 96.0,
        "memoryTotal": 1024,
        "memoryReserved": 800.0,
        "listed": True,
        "machineType": "CPU" if pod.cpu else "GPU",
        "minPodGpuCount": 1,
        "globalNetwork": pod.place.country == "US",
        "cpuTypeId": "AMD EPYC 9554",
        "cpuType": {
            "id": "AMD EPYC 9554", "displayName": "AMD EPYC 9554 64-Core Processor", "manufacturer": "AMD",
            "cores": 64, "threadsPerCore": 2, "groupId": "epyc",
        },
        "machineSystem": {
            "os": "Ubuntu 22.04", "cudaVersion": "12.4", "dockerVersion": "26.1.3", "kernelVersion": "5.15.0",
            "diskTotal": 7000, "diskFree": 3100,
        },
    }  # fmt: skip


def _telemetry(pod: SimPod, now: float, seed: int) -> dict[str, Any] | None:
    if pod.started is None:
        return None
    at = now if pod.stopped is None else pod.stopped
    sampled = at - at % 10
    up = pod.status == "RUNNING" and pod.uptime(now) is not None
    gpus = []
    for index in range(pod.count if up else 0):
        util, memory = gpu_load(pod, sampled, index, seed)
        gpus.append(
            {
                "id": gpu_id(pod.id, index, seed),
                "percentUtilization": float(util),
                "memoryUtilization": float(memory),
                "temperatureCelcius": round(34 + util * 0.36 + 3 * chance(seed, pod.id, index, "t"), 1),
                "powerWatts": gpu_power(pod, sampled, index, seed),
            }
        )
    return {
        "time": iso(sampled),
        "state": "running" if up else "exited" if pod.stopped is not None else "created",
        # A fraction here, percent elsewhere: clients disagree about RunPod's unit.
        "cpuUtilization": round(0.3 + 0.1 * wander(sampled, 60, seed, pod.id, "cpu"), 4) if up else 0.0,
        "memoryUtilization": round(0.4 + 0.1 * wander(sampled, 1800, seed, pod.id, "ram"), 4) if up else 0.0,
        "averageGpuMetrics": _average(gpus),
        "individualGpuMetrics": gpus,
        "lastStateTransitionTimestamp": int(pod.stopped or pod.started),
    }


def place_view(place: Place) -> dict[str, Any]:
    """A data center as GraphQL's `DataCenter`, without its stock."""
    return {
        "id": place.id, "name": place.name, "location": place.country, "listed": True, "storageSupport": True,
        "globalNetwork": place.country == "US", "compliance": ["GDPR"] if place.id.startswith("EU") else [],
    }  # fmt: skip


def volume_view() -> dict[str, Any]:
    """The account's network volume as GraphQL's `NetworkVolume`."""
    return {
        "id": VOLUME, "name": "datasets", "size": VOLUME_GB, "dataCenterId": PLACES[0].id,
        "dataCenter": place_view(PLACES[0]),
    }  # fmt: skip


def _average(gpus: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not gpus:
        return None
    names = ("percentUtilization", "memoryUtilization", "temperatureCelcius", "powerWatts")
    return {"id": None, **{name: sum(g[name] for g in gpus) / len(gpus) for name in names}}
