"""What makes no sense in an order is not sent, whichever API would carry it."""

from __future__ import annotations

import math

from tui.api.enums import ComputeKind
from tui.api.errors import Rejected
from tui.api.models import Problem
from tui.api.orders import DeployOrder, RentOrder
from tui.api.secret import Secret


def secrets_of(order: DeployOrder | RentOrder) -> tuple[Secret, ...]:
    """The secrets of an order, which must not appear in the server's messages."""
    return (*(v.value for v in order.env), *((order.volume_key,) if order.volume_key is not None else ()))


def order_faults(order: DeployOrder | RentOrder) -> list[str]:
    """What makes no sense in an order, whatever the API."""
    faults = []
    if not order.name:
        faults.append("The pod needs a name: podtop uses it to find the pod if the response is lost.")
    if order.gpu_count < 1 and order.compute != ComputeKind.CPU:
        faults.append("The number of GPUs must be at least 1.")
    if not order.image and not order.template_id:
        faults.append("The pod needs an image or a template.")
    return faults


def money_faults(name: str, dollars: float | None) -> list[str]:
    """What is wrong with a sum of money."""
    # JSON has no NaN and no infinity: they would arrive as null, which may stand for any price.
    if dollars is None or (math.isfinite(dollars) and dollars > 0):
        return []
    return [f"{name} must be a positive number of dollars."]


def check(faults: list[str]) -> None:
    """Raise Rejected for faults: nothing is sent then."""
    if faults:
        raise Rejected(tuple(Problem(f"{fault} Nothing was sent") for fault in faults))
