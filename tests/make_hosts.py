"""Machines for tests: one with every field, one with none, many."""

from __future__ import annotations

from tui.api.account import HostEarning, Template
from tui.api.hosts import Balance, Capacity, CpuType, Host, HostLoad, Hosts, IdleJob, Tenant, Uptime
from tui.api.models import GpuReading

NOW = 1_795_435_200.0  # 2026-11-23 12:00 UTC
DAY = 86_400.0

GPU = GpuReading("GPU-77aa", 71.0, 62.0, 64.0, 317.0)
TEMPLATE = Template(
    id="tpl_77", name="night-embeddings", image="acme/embed:9", docker_args="--all-night", ports="8080/http",
    env_names=("QUEUE_NAME",), container_disk_gb=41, volume_gb=43, volume_mount_path="/embeddings",
    registry_auth_id="reg_5", public=True, serverless=True, start_jupyter=True, start_ssh=True, advanced_start=True,
    earned=12.34, runtime_minutes=4321,
)  # fmt: skip


def host(id: str | None = "m1", name: str | None = "rack-one", **more: object) -> Host:
    """A machine of which everything is told."""
    told = {
        "id": id, "name": name, "owner_id": "user_owner", "location": "SE", "note": "second rack",
        "registered": True, "listed": True, "verified": True, "mine": True, "secure": False, "public_ip": True,
        "gpu_type_id": "NVIDIA GeForce RTX 4090", "gpu_name": "RTX 4090", "gpus": Capacity(8, 6),
        "vcpus": Capacity(128, 96), "memory_gb": Capacity(512, 384), "disk_gb": Capacity(7600, 1900),
        "cpu": CpuType("epyc-9554", "AMD EPYC 9554", "AMD", 64, 2, "epyc-group"), "cpu_count": 33,
        "mainboard": "ROMED8-2T", "pcie": 4, "pcie_width": 16, "disk_mb_per_s": 3210, "download_mbps": 2411,
        "upload_mbps": 2122, "power_limit_rented": 93, "power_limit_self": 81, "price_per_gpu": 0.34,
        "min_bid_per_gpu": 0.21, "cloud_price_per_gpu": 0.45, "margin": 0.26,
        "uptime": Uptime(99.9, 99.4, 98.8, 91.1), "balance": Balance(312.4, 308.2, 4.2),
        "maintenance_start": NOW + 3 * DAY, "maintenance_end": NOW + 3 * DAY + 7200, "maintenance_note": "new fans",
        "load": HostLoad(NOW - 20, 31.0, 52.0, GPU, (GPU, GpuReading("GPU-78bb", 12.0, 13.0, 41.0, 99.0))),
        "idle_job": IdleJob(
            "tpl_77", "night-embeddings", TEMPLATE, "acme/idle:2", "--batch 64", "/start.sh", ("WORKERS",), 23, 8081,
            NOW - 25, "running", NOW - 9000, 0.27, 0.38, GPU, (GPU,),
        ),
        "tenants": (Tenant("t0", "sdxl-batch", "RUNNING", 4, 1.36), Tenant(None, None, None, None, None)),
        **more,
    }  # fmt: skip
    return Host(**told)  # type: ignore[arg-type]


NOBODY = Host(
    *(None,) * 13, *(Capacity(None, None),) * 4, *(None,) * 14, Uptime(None, None, None, None), *(None,) * 6, ()  # type: ignore[arg-type]
)  # fmt: skip
"""A machine of which nothing is told."""


def earnings(id: str = "m1", days: int = 30) -> tuple[HostEarning, ...]:
    """Newest first, as RunPod gives them."""
    return tuple(
        HostEarning((NOW // DAY - back) * DAY, id, "rack-one", 10.0 + back / 10, 9.0 + back / 10, 1.0)
        for back in range(days)
    )


def hosts(*machines: Host) -> Hosts:
    return Hosts(machines or (host(),), (), earnings())


def many(count: int) -> Hosts:
    def one(n: int) -> Host:
        return host(
            f"m{n:04d}", f"rack-{n:04d}", listed=n % 5 != 0, gpus=Capacity(8, n % 9), price_per_gpu=0.2 + n / 1000
        )

    return Hosts(tuple(one(n) for n in range(count)))
