"""From the `market` document's answer to a `Market`."""

from __future__ import annotations

from typing import Any

from msgspec import Raw
from msgspec.json import Decoder

from tui.api.cloud import CloudError, Malformed
from tui.api.graphql.envelope import refusal
from tui.api.graphql.values import NOT_UNDERSTOOD, each, reason, whole
from tui.api.graphql.wire import WireGpuType, WireGpuTypes, WireQuote
from tui.api.models import Market, Offer, Problem, Quote

# `secureCloud: false` asks for the community cloud alone; null would mix both.
VARIABLES: dict[str, Any] = {
    "secure": {"gpuCount": 1, "secureCloud": True},
    "community": {"gpuCount": 1, "secureCloud": False},
}

PSEUDO_GPU = "unknown"
"""RunPod's catalogue has an entry of this id that is no GPU: price 0, sold in no cloud."""

_gpu_types = Decoder(WireGpuTypes)
_gpu_type = Decoder(WireGpuType)


def market(data: Raw, problems: tuple[Problem, ...]) -> Market:
    """The offers as of one answer. A GPU type that is not understood is told in `problems`."""
    failure: CloudError
    try:
        items = _gpu_types.decode(data).gpu_types
    except NOT_UNDERSTOOD as error:
        failure = Malformed(f"RunPod's list of GPUs could not be understood: {reason(error)}.")
    else:
        if items is not None:
            offers, broken = each(items, lambda raw: offer(_gpu_type.decode(raw)))
            words = tuple(
                Problem(f"GPU type {b.id or '(without id)'} could not be understood: {b.reason}") for b in broken
            )
            return Market(tuple(o for o in offers if o.gpu_id != PSEUDO_GPU), problems + words)
        failure = refusal(problems) if problems else Malformed("RunPod answered without its list of GPUs.")
    raise failure


def offer(wire: WireGpuType) -> Offer:
    return Offer(
        wire.id,
        wire.display_name or wire.id,
        wire.manufacturer,
        whole(wire.memory_in_gb),
        whole(wire.max_gpu_count),
        _quote(wire.secure) if wire.secure_cloud else None,
        _quote(wire.community) if wire.community_cloud else None,
    )


def _quote(wire: WireQuote | None) -> Quote:
    if wire is None:
        return Quote(None, None, None)
    return Quote(
        _price(wire.uninterruptable_price),
        _price(wire.minimum_bid_price),
        _stock(wire.stock_status),
        whole(wire.min_vcpu),
        whole(wire.min_memory),
        whole(wire.rented_count),
        whole(wire.total_count),
    )


def _price(dollars: float | None) -> float | None:
    # RunPod fills in 0 where it has no price; it gives no GPU away.
    return dollars if dollars is not None and dollars > 0 else None


def _stock(word: str | None) -> str | None:
    return None if not word or word.lower() == "none" else word
