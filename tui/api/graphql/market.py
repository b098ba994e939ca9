"""Market queries, any number of them in one request, and their results as `Market`s."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from msgspec import Raw

from tui.api.errors import CloudError, Malformed
from tui.api.graphql.documents import document
from tui.api.graphql.envelope import refusal
from tui.api.graphql.wire import WireGpuType, WirePlace, WirePlaces, WireQuote
from tui.api.models import DataCenter, DataCenters, Market, MarketQuery, Offer, Problem, Quote, Stock
from tui.api.quantities import KINDS, Reader
from tui.api.values import NOT_UNDERSTOOD, each, reason, reports, whole

PSEUDO_GPU = "unknown"
"""RunPod's catalogue has an entry of this id that is no GPU: price 0, sold in no cloud."""

_answers = Reader[dict[str, Raw]](dict[str, Raw])
_list = Reader[list[Raw]](list[Raw])
_gpu_type = Reader[WireGpuType](WireGpuType)
_places = Reader[WirePlaces](WirePlaces)
_place = Reader[WirePlace](WirePlace)

_FIRST = "gpuTypes"


def _name(number: int) -> str:
    """The alias of a query's result: the first as the document calls it."""
    return _FIRST if number == 0 else f"more{number}"


@cache
def question(clouds: tuple[bool | None, ...]) -> str:
    """The market's document for as many queries: each for both clouds (None), the secure or the community one."""
    text = document("market").text
    if clouds == (None,):
        return text
    fragments = text[text.index("fragment") :]
    declared: list[str] = []
    asked: list[str] = []
    for number, only in enumerate(clouds):
        sides = [side for side, secure in (("secure", True), ("community", False)) if only in (None, secure)]
        declared += [f"$only{number}: GpuTypeFilter", *(f"${side}{number}: GpuLowestPriceInput" for side in sides)]
        prices = " ".join(f"{side}: lowestPrice(input: ${side}{number}) {{ ...quote }}" for side in sides)
        alias = "" if number == 0 else f"{_name(number)}: "
        asked.append(f"{alias}gpuTypes(input: $only{number}) {{ ...gpu {prices} }}")
    return f"query market({', '.join(declared)}) {{ {' '.join(asked)} }} {fragments}"


def variables(demands: Sequence[MarketQuery]) -> dict[str, Any]:
    """The variables of `question` for these queries."""
    values: dict[str, Any] = {}
    for number, demand in enumerate(demands):
        tail = "" if len(demands) == 1 and demand.secure is None else str(number)
        if demand.gpus:
            values[f"only{tail}"] = {"ids": list(demand.gpus)}
        for side, secure in (("secure", True), ("community", False)):
            if demand.secure in (None, secure):
                values[f"{side}{tail}"] = price_input(demand, secure)
    return values


def price_input(demand: MarketQuery, secure: bool) -> dict[str, Any]:
    """A query as RunPod's `GpuLowestPriceInput`, for one cloud: null for `secureCloud` would mix both."""
    named = {
        "gpuCount": demand.gpu_count,
        "secureCloud": secure,
        "totalDisk": demand.disk_gb,
        "minMemoryInGb": demand.min_memory_gb,
        "minVcpuCount": demand.min_vcpus,
        "minDownload": demand.min_download_mbps,
        "minUpload": demand.min_upload_mbps,
        "countryCode": demand.country,
        "supportPublicIp": demand.public_ip,
    }
    return {name: value for name, value in named.items() if value is not None}


def markets(data: Raw, problems: tuple[Problem, ...], count: int) -> tuple[Market | CloudError, ...]:
    """The results of `count` queries; a missing one is the error that says why."""
    try:
        decoded = _answers.decode(data)
    except NOT_UNDERSTOOD as error:
        return (Malformed(f"RunPod returned an invalid list of GPUs: {reason(error)}."),) * count
    answers = []
    for number in range(count):
        name = _name(number)
        mine = tuple(p for p in problems if not p.path or p.path[0] == name)
        answers.append(_market(decoded.get(name), mine))
    return tuple(answers)


def market(data: Raw, problems: tuple[Problem, ...]) -> Market:
    """The only result. A GPU type that is not understood is reported in `problems`."""
    (single,) = markets(data, problems, 1)
    if isinstance(single, CloudError):
        raise single
    return single


def _market(data: Raw | None, problems: tuple[Problem, ...]) -> Market | CloudError:
    if data is None or bytes(data) == b"null":
        return refusal(problems) if problems else Malformed("RunPod's response has no list of GPUs.")
    try:
        items = _list.decode(data)
    except NOT_UNDERSTOOD as error:
        return Malformed(f"RunPod returned an invalid list of GPUs: {reason(error)}.")
    offers, broken, cuts = each(items, "GPU types", _gpu_type, offer, KINDS)
    sold = tuple(o for o in offers if o.gpu_id != PSEUDO_GPU)
    return Market(sold, (*problems, *reports(broken, "GPU type"), *cuts), is_cut=len(items) > KINDS)


def offer(wire: WireGpuType) -> Offer:
    return Offer(
        wire.id,
        wire.display_name or wire.id,
        wire.manufacturer,
        whole(wire.memory_in_gb),
        whole(wire.max_gpu_count),
        _quote(wire.secure) if wire.secure_cloud else None,
        _quote(wire.community) if wire.community_cloud else None,
        # RunPod fills in 0 for unknown values.
        whole(wire.cuda_cores) or None,
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
        _percent(wire.rental_percentage, wire.rented_count, wire.total_count),
        whole(wire.min_download),
        whole(wire.min_upload),
        wire.country_code or None,
        wire.support_public_ip,
    )


def _percent(share: float | None, rented: float | None, total: float | None) -> float | None:
    """Percent rented: by the counts, as RunPod does not say whether its own figure is of 1 or of 100."""
    if rented is not None and total:
        return min(100.0, 100 * rented / total)
    return None if share is None else 100 * share if share <= 1 else share


def _price(dollars: float | None) -> float | None:
    # RunPod fills in 0 where it has no price; it gives no GPU away.
    return dollars if dollars is not None and dollars > 0 else None


def _stock(word: str | None) -> str | None:
    return None if not word or word.lower() == "none" else word


def places(data: Raw, problems: tuple[Problem, ...]) -> DataCenters:
    """The data centers. One that is not understood is reported in `problems`."""
    try:
        items = _places.decode(data).data_centers
    except NOT_UNDERSTOOD as error:
        raise Malformed(f"RunPod returned an invalid list of data centers: {reason(error)}.") from None
    if items is None:
        raise refusal(problems) if problems else Malformed("RunPod's response has no list of data centers.")
    centers, broken, cuts = each(items, "data centers", _place, _center, KINDS)
    return DataCenters(centers, (*problems, *reports(broken, "data center"), *cuts))


def _center(wire: WirePlace) -> DataCenter:
    return DataCenter(
        wire.id,
        wire.name,
        wire.location,
        wire.listed,
        wire.storage_support,
        wire.global_network,
        tuple(word for word in wire.compliance or () if word),
        tuple(
            Stock(s.gpu_type_id, _stock(s.stock_status) if s.available is not False else None)
            for s in wire.gpu_availability or ()
            if s is not None and s.gpu_type_id and s.gpu_type_id != PSEUDO_GPU
        ),
    )
