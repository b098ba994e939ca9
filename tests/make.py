"""Values for tests: a pod, an account, a market, with only what a test speaks of."""

from __future__ import annotations

from tui.api.models import Funds, GpuReading, Market, Offer, Placement, Pod, Quote, Runtime, Snapshot
from tui.api.status_change import StatusChange


def runtime(utils: tuple[float | None, ...] = (), uptime: int | None = 3600) -> Runtime:
    return Runtime(uptime, 30.0, 40.0, tuple(GpuReading(f"GPU-{i}", u, 60.0) for i, u in enumerate(utils)), ())


def pod(
    id: str,
    *,
    name: str | None = None,
    status: str = "RUNNING",
    utils: tuple[float | None, ...] | None = (50.0,),
    cost: float | None = 2.99,
    kind: str | None = "RESERVED",
    change: str | None = None,
    gpu: str = "H100 SXM",
) -> Pod:
    """`utils` None is a pod without a runtime."""
    return Pod(
        id=id,
        name=name or f"pod {id}",
        status=status,
        kind=kind,
        status_change=None if change is None else StatusChange(change),
        cost_per_hr=cost,
        gpu_count=len(utils) if utils else 1,
        vcpus=16.0,
        memory_gb=125.0,
        image="pytorch:2.4",
        volume_gb=100.0,
        container_disk_gb=50,
        network_volume_id=None,
        locked=False,
        lowest_bid_to_resume=None,
        runtime=None if utils is None else runtime(utils),
        machine=Placement(gpu, 4, f"{id}-64410065", "US", "US-TX-3", True, None, None, None),
        telemetry=None,
    )


def funds(balance: float | None = 100.0, spend: float | None = 10.0) -> Funds:
    return Funds("user_1", balance, spend, 80.0)


def snapshot(*pods: Pod, funds: Funds | None = funds()) -> Snapshot:  # noqa: B008
    return Snapshot(funds, pods)


def offer(name: str, secure: Quote | None, community: Quote | None = None, memory: int = 80) -> Offer:
    return Offer(f"NVIDIA {name}", name, "Nvidia", memory, 8, secure, community)


def market(*offers: Offer) -> Market:
    return Market(offers)
