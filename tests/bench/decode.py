"""How long a fleet answer takes to become a snapshot: `python -m tests.bench.decode [PODS]` prints a table.

Beside podtop's path stand the parts of it, and plain `json` with a mapping over dictionaries: read ratios, not
milliseconds. Each figure is the best of many runs, with the garbage collector as it is in the program.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tui.api.enums import PodKind, PodStatus
from tui.api.graphql.envelope import data_of, open_answer
from tui.api.graphql.fleet import snapshot
from tui.api.http.sanitize import clean, clean_json
from tui.api.models import Funds, GpuReading, Placement, Pod, Port, Runtime, Snapshot, Telemetry
from tui.api.status_change import StatusChange

RUNS = 30
GOAL = 30.0
"""Milliseconds for 2,000 pods of 4 GPUs, on one core."""


def answer(pods: int, gpus: int = 4, name: str = "llama-70b-sft-{}") -> bytes:
    """The body of a fleet answer, every field filled, as RunPod would send it."""

    def pod(number: int) -> dict[str, Any]:
        ids = [f"GPU-{number:08x}-1c2d-4e5f-8a9b-{gpu:012x}" for gpu in range(gpus)]
        return {
            "id": f"{number:014x}",
            "name": name.format(number),
            "desiredStatus": "RUNNING",
            "podType": "RESERVED",
            "lastStatusChange": "Rented by User: Wed Jul 29 2026 21:51:59 GMT+0000 (Coordinated Universal Time)",
            "costPerHr": 11.96,
            "gpuCount": gpus,
            "vcpuCount": 64,
            "memoryInGb": 500,
            "imageName": "runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04",
            "volumeInGb": 200,
            "containerDiskInGb": 50,
            "networkVolumeId": None,
            "locked": False,
            "lowestBidPriceToResume": None,
            "runtime": {
                "uptimeInSeconds": 86400 + number,
                "container": {"cpuPercent": 37, "memoryPercent": 61},
                "gpus": [{"id": i, "util": 97, "memory": 83} for i in ids],
                "ports": [
                    {
                        "ip": "213.173.98.4",
                        "isIpPublic": True,
                        "privatePort": 22,
                        "publicPort": 10000 + number,
                        "type": "tcp",
                    },
                    {"ip": "100.65.0.1", "isIpPublic": False, "privatePort": 8888, "publicPort": 60000, "type": "http"},
                ],
            },
            "machine": {
                "gpuDisplayName": "H100 SXM",
                "gpuAvailable": 4,
                "podHostId": f"{number:014x}-64410065",
                "location": "US",
                "dataCenterId": "US-TX-3",
                "secureCloud": True,
                "maintenanceStart": None,
                "maintenanceEnd": None,
                "maintenanceNote": None,
            },
            "latestTelemetry": {
                "time": "2026-07-15T13:41:42.456Z",
                "state": "running",
                "individualGpuMetrics": [
                    {
                        "id": i,
                        "util": 96.5,
                        "memory": 82.9,
                        "temperature_c": 61,
                        "power_w": 650.5,
                    }
                    for i in ids
                ],
            },
        }

    myself = {
        "id": "user_1",
        "clientBalance": 1234.5,
        "currentSpendPerHr": 11.96 * pods,
        "spendLimit": 80,
        "pods": [pod(number) for number in range(pods)],
    }
    return json.dumps({"data": {"myself": myself}}, separators=(",", ":"), ensure_ascii=False).encode()


def podtop(body: bytes) -> Snapshot:
    opened = open_answer(body)
    return snapshot(data_of(opened), opened.problems)


def plain(body: bytes) -> Snapshot:
    """The same values by `json` and dictionaries, each string cleaned, no tolerance at all."""
    me = json.loads(body)["data"]["myself"]
    return Snapshot(
        Funds(me["id"], me["clientBalance"], me["currentSpendPerHr"], me["spendLimit"]),
        tuple(_plain_pod(p) for p in me["pods"]),
    )


def _text(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _instant(value: str | None) -> float | None:
    return None if value is None else datetime.fromisoformat(value).timestamp()


def _plain_pod(p: dict[str, Any]) -> Pod:
    runtime, machine, telemetry = p["runtime"], p["machine"], p["latestTelemetry"]
    return Pod(
        clean(p["id"]),
        clean(p["name"]),
        PodStatus(clean(p["desiredStatus"])),
        None if p["podType"] is None else PodKind(clean(p["podType"])),
        StatusChange.of(_text(p["lastStatusChange"])),
        p["costPerHr"],
        p["gpuCount"],
        p["vcpuCount"],
        p["memoryInGb"],
        _text(p["imageName"]),
        p["volumeInGb"],
        p["containerDiskInGb"],
        _text(p["networkVolumeId"]),
        bool(p["locked"]),
        p["lowestBidPriceToResume"],
        Runtime(
            runtime["uptimeInSeconds"],
            runtime["container"]["cpuPercent"],
            runtime["container"]["memoryPercent"],
            tuple(GpuReading(_text(g["id"]), g["util"], g["memory"]) for g in runtime["gpus"]),
            tuple(
                Port(q["privatePort"], q["publicPort"], _text(q["ip"]), q["isIpPublic"], clean(q["type"]))
                for q in runtime["ports"]
            ),
        ),
        Placement(
            _text(machine["gpuDisplayName"]),
            machine["gpuAvailable"],
            _text(machine["podHostId"]),
            _text(machine["location"]),
            _text(machine["dataCenterId"]),
            machine["secureCloud"],
            _instant(machine["maintenanceStart"]),
            _instant(machine["maintenanceEnd"]),
            _text(machine["maintenanceNote"]),
        ),
        Telemetry(
            _instant(telemetry["time"]),
            _text(telemetry["state"]),
            tuple(
                GpuReading(
                    _text(m["id"]),
                    m["util"],
                    m["memory"],
                    m["temperature_c"],
                    m["power_w"],
                )
                for m in telemetry["individualGpuMetrics"]
            ),
        ),
    )


def best(work: Callable[[], object]) -> float:
    """Milliseconds of the fastest of `RUNS` runs."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times) * 1000


def main(pods: int) -> int:
    body = answer(pods)
    dirty = answer(pods, name='entraînement {} "β" 😀')
    assert podtop(body) == plain(body)
    whole = best(lambda: podtop(body))
    rows = [
        ("podtop: clean, decode, map", whole),
        ("  the same, a name in each pod needs care", best(lambda: podtop(dirty))),
        ("  only cleaning, nothing to clean", best(lambda: clean_json(body))),
        ("  only cleaning, a name in each pod needs care", best(lambda: clean_json(dirty))),
        ("json.loads and dictionaries", best(lambda: plain(body))),
        ("  only json.loads", best(lambda: json.loads(body))),
    ]
    print(f"{pods} pods of 4 GPUs, {len(body) / 2**20:.2f} MiB; best of {RUNS} runs")
    for what, took in rows:
        print(f"{what:<50} {took:8.2f} ms {took / whole:6.2f}x")
    print(f"goal for 2,000 pods: {GOAL:.0f} ms")
    return 0 if whole <= GOAL * max(1.0, pods / 2000) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
