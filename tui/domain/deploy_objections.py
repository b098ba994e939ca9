"""What a draft asks for that the API in use has no way to order, by the name of the field. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.api.enums import CloudKind, Compliance, ComputeKind
from tui.domain import deploy_order, deploy_price
from tui.domain.deploy_draft import Draft, offer_of
from tui.domain.deploy_fields import FIELDS, Field
from tui.domain.deploy_text import Fault, listed, value_of

if TYPE_CHECKING:
    from tui.api.models import Offer
    from tui.api.orders import DeployOrder, RentOrder

Objections = Callable[["DeployOrder | RentOrder"], Sequence[tuple[str, str]]]
"""Of an API to an order: names of fields, each with a sentence. `Cloud.order_objections`."""

NO_SPOT = "spot is not offered by this API; choose on demand"


def no_objections(order: DeployOrder | RentOrder) -> Sequence[tuple[str, str]]:
    """Those of an API that takes every order."""
    return ()


def objections(
    draft: Draft,
    offers: Sequence[Offer],
    now: float,
    tz: tzinfo | None,
    of_api: Objections,
    *,
    rents: bool = True,
    later: bool = False,
) -> dict[str, str]:
    """What to do instead, by the name of the field; empty if all of it can be ordered.

    rents: whether the API rents spot pods.
    later: whether a watch orders it, in the cloud where it then finds the GPU.
    """
    result: dict[str, str] = {}
    names = {field.name for field in FIELDS if draft.way in field.ways}
    if draft.way == "spot" and not rents:
        result["way"] = NO_SPOT
        names.discard("bid_per_gpu")
        draft = draft.typed("way", "demand")
    if later and draft["cloud"].strip() in ("", CloudKind.EITHER):
        draft = draft.typed("cloud", CloudKind.SECURE)
    legible = {
        field.name: draft[field.name] for field in FIELDS if field.name in names and _is_legible(field, draft, now, tz)
    }
    # Each has a fault of its own where it is missing.
    legible.setdefault("name", "pod")
    if draft.way == "spot":
        legible.setdefault("bid_per_gpu", "1")
    order = deploy_order.sent(replace(draft, values=legible), offers, now, tz, of_api)
    for name, text in of_api(order):
        if name in names:
            result.setdefault(name, _as_fault(text))
    return result


def begun(draft: Draft, offers: Sequence[Offer], refused: Collection[str]) -> Draft:
    """A draft that nobody has typed in yet, with defaults that the API takes.

    refused: the fields that it objects to.
    """
    if "cloud" in refused and draft["cloud"] == CloudKind.EITHER:
        draft = in_one_cloud(draft, offers)
    if "volume_gb" in refused and draft["compute"] == ComputeKind.CPU:
        # A CPU pod has no volume of its own there.
        draft = draft.typed("volume_gb", "").typed("volume_mount_path", "")
    return draft


def in_one_cloud(draft: Draft, offers: Sequence[Offer]) -> Draft:
    """A draft for an API that takes one cloud: the secure one, unless only the other has the GPU."""
    offer = offer_of(draft["gpu_type_id"], offers)
    cloud = CloudKind.SECURE
    if draft["compute"] != ComputeKind.CPU and offer is not None:
        sold = [kind for kind in (CloudKind.SECURE, CloudKind.COMMUNITY) if _is_sold(kind, offer)]
        cloud = sold[0] if sold else cloud
    return draft.typed("cloud", cloud)


def _is_sold(cloud: CloudKind, offer: Offer) -> bool:
    return any(quote.on_demand is not None for quote in deploy_price.quotes(cloud, offer))


def _is_legible(field: Field, draft: Draft, now: float, tz: tzinfo | None) -> bool:
    text = draft[field.name].strip()
    if not text:
        return False
    if field.name == "compliance" and not {word.upper() for word in listed(text)} <= set(Compliance):
        return False
    try:
        value_of(field, text, now, tz)
    except Fault:
        return False
    return True


def _as_fault(sentence: str) -> str:
    """A sentence in the form of a field's faults: "Choose one." becomes "choose one"; "CUDA" and "RunPod" stay."""
    text = sentence.removesuffix(".")
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if first[1:] == first[1:].lower() else text
