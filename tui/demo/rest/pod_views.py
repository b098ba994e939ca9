"""A pod as REST v2 reports it, with the oddities that were seen of it."""

from __future__ import annotations

import base64
import json
from typing import Any

from tui.demo.pod_views import host_id, runtime_view
from tui.demo.pods import SimPod, iso
from tui.demo.random_walk import mix
from tui.demo.rest.call import Call, invalid

CUDA = "12.4"
PROXY = "ssh.runpod.io"
INTERNAL = 19123
"""A port that RunPod's own agent listens on, and that is listed although nobody requested it."""

LEGAL = {
    "RUNNING": ("stop", "restart", "terminate"),
    "EXITED": ("start", "terminate"),
    "ERROR": ("start", "terminate"),
    "PROVISIONING": ("stop", "terminate"),
    "STARTING": ("stop", "terminate"),
}
_ALLOCATED = 10.0
"""Seconds until a new pod has its machine, at most."""


def status(pod: SimPod, call: Call) -> str:
    if pod.status != "RUNNING":
        return pod.status
    age = call.world.now - (pod.started or pod.created)
    if age >= pod.boot or "v2-early-running" in call.faults:
        return "RUNNING"
    if "v2-error" in call.faults and age >= call.faults.active["v2-error"]:
        return "ERROR"
    # A pod that ran before has its machine.
    return "PROVISIONING" if not pod.past and age < min(_ALLOCATED, pod.boot / 4) else "STARTING"


def actions(pod: SimPod, call: Call) -> list[str]:
    """What its status permits. RunPod's list does not regard a lock."""
    legal = LEGAL[status(pod, call)]
    heeded = pod.locked and "v2-actions-heed-locks" in call.faults
    return [verb for verb in legal if verb == "start" or not heeded]


def environment(pod: SimPod) -> dict[str, str]:
    return {name: value for name, _, value in (entry.partition("=") for entry in pod.env)}


def pod_view(pod: SimPod, call: Call) -> dict[str, Any]:
    """The pod as REST v2's `Pod`."""
    now = status(pod, call)
    runtime = _runtime(pod, call) if now == "RUNNING" else None
    stopped_costs = "v2-stopped-cost" in call.faults
    view: dict[str, Any] = {
        "id": pod.id,
        "name": pod.name,
        "status": now,
        "actions": actions(pod, call),
        "image": pod.image,
        "args": pod.docker_args,
        "disk": pod.disk_gb,
        "env": environment(pod),
        "ports": [port.strip() for port in pod.ports.split(",") if port.strip()],
        "registry": pod.registry,
        "mounts": _mounts(pod),
        "cloud": "SECURE" if pod.secure else "COMMUNITY",
        "dataCenterId": pod.place.id if pod.secure else None,
        "cudaVersion": None if pod.cpu else CUDA,
        "ssh": _ssh(pod, call, now, runtime),
        # It stays empty, whether the pod was made from one or not.
        "template": None,
        "cost": pod.rate if now != "EXITED" or stopped_costs else 0.0,
        "locked": pod.locked,
        "globalNetworking": _private_network(pod),
        "runtime": runtime,
        "createdAt": iso(pod.created),
        "startedAt": iso(pod.started),
    }
    if pod.cpu:
        view["cpu"] = {"id": pod.cpu.flavor, "vcpuCount": pod.cpu.vcpus, "memory": pod.cpu.memory_gb}
    else:
        # A pod that was resumed without GPUs has none to report.
        count = {"count": pod.count} if pod.count else {}
        view["gpu"] = {"id": pod.gpu.id, **count, "vcpuCount": pod.vcpus, "memory": pod.memory_gb}
    if pod.member:
        view["cluster"] = {"id": pod.member.cluster, "rank": pod.member.rank, "ip": pod.member.ip}
    if "nulls" in call.faults:
        empty = ("registry", "dataCenterId", "cudaVersion", "runtime", "startedAt", "template")
        view |= dict.fromkeys(empty) | {"ssh": {"proxy": None, "direct": None}}
    return view


def _mounts(pod: SimPod) -> dict[str, Any]:
    if pod.network_volume:
        return {"network": [{"volumeId": pod.network_volume, "path": pod.mount}]}
    # Ten is the least that RunPod gives, whatever was asked for.
    return {"persistent": {"size": max(10, pod.volume_gb), "path": pod.mount}} if pod.volume_gb else {}


def _private_network(pod: SimPod) -> dict[str, Any]:
    if not pod.global_network:
        return {"enabled": False}
    last = mix(pod.id, "global") % 250
    return {"enabled": True, "ip": f"10.1.{last}.2", "internalDns": f"{pod.id}.runpod.internal"}


def _runtime(pod: SimPod, call: Call) -> dict[str, Any] | None:
    world = call.world
    shown = runtime_view(pod, world.now, world.seed, world.ssh_port)
    if shown is None:
        return None
    ports = [
        {"ip": port["ip"], "private": port["privatePort"], "public": port["publicPort"], "type": port["type"]}
        for port in shown["ports"]
    ]
    ports.append(
        {
            "ip": f"100.65.{mix(world.seed, pod.id) % 250}.17", "private": INTERNAL,
            "public": 60_000 + mix(world.seed, pod.id, "agent") % 5_000, "type": "http",
        }
    )  # fmt: skip
    if "v2-ports-shuffle" in call.faults:
        ports.sort(key=lambda port: mix(call.turn, str(port["private"])))
    return {
        "uptime": max(0, shown["uptimeInSeconds"]),
        "gpus": [{"util": gpu["gpuUtilPercent"], "memoryUtil": gpu["memoryUtilPercent"]} for gpu in shown["gpus"]],
        "cpu": {"util": shown["container"]["cpuPercent"]},
        "memory": {"util": shown["container"]["memoryPercent"]},
        "ports": ports,
    }


def _ssh(pod: SimPod, call: Call, now: str, runtime: dict[str, Any] | None) -> dict[str, Any]:
    user = host_id(pod, call.world.seed)
    proxy = {"host": PROXY, "port": 22, "username": user, "command": f"ssh {user}@{PROXY}"}
    mapped = next((port for port in (runtime or {}).get("ports", ()) if port["private"] == 22), None)
    direct = mapped and {
        "host": mapped["ip"], "port": mapped["public"], "username": "root",
        "command": f"ssh root@{mapped['ip']} -p {mapped['public']}",
    }  # fmt: skip
    return {"proxy": None if now == "PROVISIONING" else proxy, "direct": direct}


class Page:
    """A part of a list of pods, newest first, and where the next one begins.

    A cursor is opaque to clients: the list that it belongs to, the last pod that was passed, and how many pages there
    were before, which only decides what a fault does.
    """

    def __init__(self, call: Call, most: int) -> None:
        self._call = call
        self._most = most
        self._after, self._pages = _read_cursor(call.text("cursor"))

    def of(self, pods: list[SimPod]) -> tuple[list[SimPod], dict[str, Any]]:
        """The pods of this page, and the `pagination` of the response."""
        newest = sorted(pods, key=lambda pod: (pod.created, pod.id), reverse=True)
        rest = [pod for pod in newest if self._after is None or (pod.created, pod.id) < self._after]
        most = self._most
        if "v2-short-pages" in self._call.faults:
            # Every other page is empty although more pods follow.
            most = 0 if self._pages % 2 else min(most, 3)
        here, further = rest[:most], len(rest) > most
        last = (here[-1].created, here[-1].id) if here else self._after
        cursor = _cursor(last, self._pages + 1) if further else None
        return here, {"nextCursor": cursor, "hasNextPage": further}


def _cursor(after: tuple[float, str] | None, pages: int) -> str:
    return base64.urlsafe_b64encode(json.dumps(["pods", after, pages]).encode()).decode()


def _read_cursor(text: str | None) -> tuple[tuple[float, str] | None, int]:
    if text is None:
        return None, 0
    try:
        what, after, pages = json.loads(base64.urlsafe_b64decode(text))
        if what != "pods" or not isinstance(pages, int):
            raise ValueError(what)
        return (None if after is None else (float(after[0]), str(after[1]))), pages
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        raise invalid("query.cursor: not a cursor of this list") from None
