"""Bills as a list of items: by GPU type and CPU flavor where RunPod tells them apart, else by kind. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from tui.api.enums import ComputeKind

if TYPE_CHECKING:
    from tui.api.account import Billing

STORAGE = "storage"

PARTS = {
    "gpus": (ComputeKind.GPU.value, "all GPU pods"),
    "cpus": (ComputeKind.CPU.value, "all CPU pods"),
    "serverless": ("serverless", "all serverless"),
    "endpoints": ("endpoint", "all endpoints"),
    "other": ("other", "other"),
}
"""The parts of a day's total besides storage: the kind of each, and its name in place of its types."""


class Item(NamedTuple):
    """An amount in dollars for something, in the day that began at `at`; `seconds`: billed."""

    kind: str
    name: str
    at: float | None
    seconds: float | None
    amount: float | None


def is_by_type(billing: Billing) -> bool:
    """Whether RunPod separates GPU types and CPU flavors; REST v2 does not."""
    return bool(billing.gpus or billing.cpus)


def items(billing: Billing) -> Iterator[Item]:
    """All items. Without types every part of the totals is one, so that shares are of all of them."""
    for bill in billing.gpus:
        yield Item(ComputeKind.GPU.value, bill.kind or "unnamed", bill.at, bill.seconds, bill.amount)
    for bill in billing.cpus:
        yield Item(ComputeKind.CPU.value, bill.kind or "unnamed", bill.at, bill.seconds, bill.amount)
    if not is_by_type(billing):
        for day in billing.summary:
            for part, (kind, name) in PARTS.items():
                if amount := getattr(day, part):
                    yield Item(kind, name, day.at, None, amount)
    for disk in billing.storage:
        yield Item(STORAGE, "all disks", disk.at, None, disk.amount)
