"""The cost of a deploy draft, by the market's last prices. Pure; dollars per hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.api.enums import CloudKind, ComputeKind
from tui.domain import costs, pod_costs, pod_health
from tui.domain.deploy_draft import Draft, offer_of
from tui.domain.deploy_text import dollars, listed
from tui.format.digits import whole_number

if TYPE_CHECKING:
    from tui.api.models import Funds, Offer, Quote


class Price(Struct, frozen=True):
    """The cost of a deploy, in dollars per hour. None where RunPod does not report it: unknown is not free.

    gpus:    all GPUs; where either cloud is accepted, the dearer one.
    disks:   container disk and volume, while it runs.
    before, after: seconds until the balance is 0, without and with it.
    short:   the balance is less than an hour of it.
    """

    gpus: float | None
    disks: float | None
    before: float | None
    after: float | None
    short: bool
    up_to: bool = False

    @property
    def per_hr(self) -> float | None:
        return costs.total((self.gpus, self.disks))


def _clouds(cloud: str) -> tuple[str, ...]:
    name = {CloudKind.SECURE: "secure", CloudKind.COMMUNITY: "community"}.get(CloudKind(cloud))
    return (name,) if name else ("secure", "community")


def quotes(cloud: str, offer: Offer) -> list[Quote]:
    """The quotes for a GPU in the accepted clouds."""
    return [quote for name in _clouds(cloud) if (quote := getattr(offer, name)) is not None]


def lowest_bid(cloud: str, offer: Offer) -> float | None:
    """The lowest bid for one GPU in the accepted clouds; None if unknown."""
    return min((q.spot for q in quotes(cloud, offer) if q.spot is not None), default=None)


def price(draft: Draft, offers: Sequence[Offer], funds: Funds | None) -> Price:
    """The cost by the market's last prices, and the effect on the runway."""
    each, up_to = _each(draft, offers)
    count = _number(draft["gpu_count"])
    gpus = None if each is None or count is None else each * count
    if draft["compute"] == ComputeKind.CPU:
        gpus = None
    # Without a container disk it gets RunPod's or the template's; without a volume none, if no template has one.
    volume = draft["volume_gb"].strip() or ("" if draft["template_id"].strip() else "0")
    sizes = [_number(draft["container_disk_gb"]), _number(volume)]
    disks = None
    if sizes[0] is not None and sizes[1] is not None:
        disks = (sizes[0] + sizes[1]) * pod_costs.DISK_RUNNING / pod_costs.MONTH_HOURS
    after = costs.runway(funds, costs.total((gpus, disks)))
    return Price(gpus, disks, pod_health.runway(funds), after, costs.is_short(funds, gpus, disks), up_to)


def _each(draft: Draft, offers: Sequence[Offer]) -> tuple[float | None, bool]:
    """Dollars per hour for one GPU, and whether it may be less; None if unknown."""
    if draft.way == "spot":
        return dollars(draft, "bid_per_gpu"), False
    asked = _asked(draft, offers)
    if not asked or not all(asked):
        return None, False
    prices = [price for of_one in asked for price in of_one]
    return max(prices), len(set(prices)) > 1


def _asked(draft: Draft, offers: Sequence[Offer]) -> list[list[float]]:
    """On-demand prices of each GPU that RunPod may choose; an empty list for one whose price is unknown."""
    inputs = []
    for name in (draft["gpu_type_id"], *(listed(draft["gpu_types"]) if draft.way == "demand" else ())):
        offer = offer_of(name, offers)
        inputs.append([q.on_demand for q in quotes(draft["cloud"], offer) if q.on_demand is not None] if offer else [])
    return inputs


def lowest_price(draft: Draft, offers: Sequence[Offer]) -> float | None:
    """The lowest on-demand price for one GPU; None if one of them is unknown."""
    asked = _asked(draft, offers)
    return min(price for of_one in asked for price in of_one) if asked and all(asked) else None


def _number(text: str) -> int | None:
    return whole_number(text.strip(), 7)
