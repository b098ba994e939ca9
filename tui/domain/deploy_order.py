"""The order of a deploy draft, and its lease. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tui.api.enums import CloudKind, Compliance, ComputeKind
from tui.api.orders import DeployOrder, RentOrder
from tui.api.pod_detail import EnvVar
from tui.domain.deploy_draft import Draft, offer_of
from tui.domain.deploy_fields import FIELDS
from tui.domain.deploy_text import instant, value_of

if TYPE_CHECKING:
    from tui.api.models import Offer


_OWN = ("way", "lease")

TIMERS = {"stop_after": "stop", "terminate_after": "terminate"}
"""The fields of times, and what is done then."""


def order(draft: Draft, offers: Sequence[Offer], now: float, tz: tzinfo | None) -> DeployOrder | RentOrder:
    """The order of a draft that has no faults."""
    values: dict[str, Any] = {}
    for field in FIELDS:
        text = draft[field.name].strip()
        if text and draft.way in field.ways and field.name not in _OWN:
            values[field.name] = value_of(field, text, now, tz)
    offer = offer_of(draft["gpu_type_id"], offers)
    if offer is not None:
        values["gpu_type_id"] = offer.gpu_id
    for flag in ("start_ssh", "start_jupyter", "public_ip", "global_network"):
        if flag in values:
            values[flag] = values[flag] == "yes"
    if "country" in values:
        values["country"] = values["country"].upper()
    if "compliance" in values:
        values["compliance"] = tuple(Compliance(text_of_type.upper()) for text_of_type in values["compliance"])
    for choice, kind in (("cloud", CloudKind), ("compute", ComputeKind)):
        if choice in values:
            values[choice] = kind(values[choice])
    if "gpu_types" in values:
        named = (offer_of(text_of_type, offers) for text_of_type in values["gpu_types"])
        also = tuple(
            matched.gpu_id if matched else text for matched, text in zip(named, values["gpu_types"], strict=True)
        )
        # Either one type or a list: the type requested first leads the list.
        first = values.pop("gpu_type_id", None)
        values["gpu_types"] = tuple(dict.fromkeys(text_of_type for text_of_type in (first, *also) if text_of_type))
    values["env"] = tuple(EnvVar(name, value) for name, value in draft.env if value is not None)
    if (key := draft.secrets.get("volume_key")) is not None:
        values["volume_key"] = key
    values.setdefault("gpu_count", 1)
    return RentOrder(**values) if draft.way == "spot" else DeployOrder(**values)


def sent(
    draft: Draft,
    offers: Sequence[Offer],
    now: float,
    tz: tzinfo | None,
    objections: Callable[[DeployOrder | RentOrder], Sequence[tuple[str, str]]],
) -> DeployOrder | RentOrder:
    """The order of a draft that has no faults, as it is sent.

    objections: what the API has no way to order. Where RunPod takes no time, one that podtop's lease enforces is left
    to that alone.
    """
    result = order(draft, offers, now, tz)
    if draft["lease"] != "yes":
        return result
    left = {name: None for name, _ in objections(result) if name in TIMERS}
    return replace(result, **left)


def lease(draft: Draft, now: float, tz: tzinfo | None) -> tuple[str, float] | None:
    """The action that podtop itself does to the pod, and when; None without a lease."""
    if draft["lease"] != "yes":
        return None
    for name, action in TIMERS.items():
        if draft[name].strip():
            return action, instant(draft[name], now, tz)
    return None
