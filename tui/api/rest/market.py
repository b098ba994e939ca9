"""The catalogue as `Market`s and data sheets: of GPU types, one request for each GPU count, cloud and country."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Raw

from tui.api.catalogue import CpuFlavor, CpuFlavors, CpuPrice, Cuda, GpuSpec, GpuSpecs, ListPrices
from tui.api.enums import Availability, CloudKind
from tui.api.errors import CloudError, NotOffered
from tui.api.features import Feature
from tui.api.models import DataCenter, DataCenters, Market, MarketQuery, Offer, Problem, Quote, Stock
from tui.api.quantities import KINDS, Reader
from tui.api.rest.exchange import Query
from tui.api.rest.wire import WireFlavor, WireGpuType, WirePlace
from tui.api.values import each, reports, whole
from tui.format.digits import whole_number

MARKET_LACKS = frozenset({Feature.SPOT_PRICE, Feature.HOST_LIMITS, Feature.HOST_SPECS, Feature.RENTED_SHARE})

_PSEUDO_GPU = "unknown"
"""The catalogue has an entry of this id that is no GPU."""

_UNMET = {
    "disk_gb": "disk size",
    "min_memory_gb": "memory",
    "min_vcpus": "vCPUs",
    "min_download_mbps": "download speed",
    "min_upload_mbps": "upload speed",
    "public_ip": "public IP",
}
"""Requirements of hosts that the catalogue takes no account of."""

_SIZED = re.compile(r".+-\d+-\d+(?:\.\d+)?")
"""The id of a size of CPU pods."""

_gpu_type = Reader[WireGpuType](WireGpuType)
_place = Reader[WirePlace](WirePlace)
_flavor = Reader[WireFlavor](WireFlavor)


class Shelf(NamedTuple):
    """One request of the catalogue."""

    gpus: int
    secure: bool
    country: str | None


class GpuTypes(NamedTuple):
    """Its response."""

    types: tuple[WireGpuType, ...]
    problems: tuple[Problem, ...]
    is_cut: bool


def objection(demand: MarketQuery) -> NotOffered | None:
    """The error for a query that the catalogue cannot answer: it would take no notice of a requirement."""
    unmet = [phrase for field, phrase in _UNMET.items() if getattr(demand, field) is not None]
    if not unmet:
        return None
    return NotOffered(f"This API does not offer prices by {', '.join(unmet)} of hosts. Remove that filter.")


def shelves(demand: MarketQuery) -> Iterator[Shelf]:
    """The requests that answer a query."""
    for secure in (True, False):
        if demand.secure in (None, secure):
            yield Shelf(demand.gpu_count, secure, demand.country)


def query(shelf: Shelf) -> Query:
    cloud = CloudKind.SECURE if shelf.secure else CloudKind.COMMUNITY
    return {
        "include": "AVAILABILITY", "product": "POD", "count": shelf.gpus, "cloud": cloud.value,
        "countryCodes": shelf.country,
    }  # fmt: skip


PLACES_QUERY: Query = {"include": "GPU_AVAILABILITY"}
FLAVORS_QUERY: Query = {"include": "AVAILABILITY", "product": "POD"}


def gpu_types(items: Sequence[Raw], problems: Sequence[Problem] = ()) -> GpuTypes:
    """The GPU types of a list. One that is not understood is reported in `problems`, beside those of the list.

    problems: that there are more than these.
    """
    types, broken, cuts = each(items, "GPU types", _gpu_type, lambda wire: wire, KINDS)
    sold = tuple(wire for wire in types if wire.id != _PSEUDO_GPU)
    is_cut = bool(problems) or len(items) > KINDS
    return GpuTypes(sold, (*problems, *reports(broken, "GPU type"), *cuts), is_cut)


def market(demand: MarketQuery, result: Mapping[Shelf, GpuTypes | CloudError]) -> Market | CloudError:
    """The answer to a query, from the responses that it needs; the first error of these."""
    sides: dict[bool, dict[str, WireGpuType]] = {True: {}, False: {}}
    problems: list[Problem] = []
    is_cut = False
    for shelf in shelves(demand):
        answer = result[shelf]
        if isinstance(answer, CloudError):
            return answer
        sides[shelf.secure] = {wire.id: wire for wire in answer.types}
        problems += answer.problems
        is_cut = is_cut or answer.is_cut
    both = {**sides[False], **sides[True]}
    offers = [
        _offer(wire, sides[True].get(gpu), sides[False].get(gpu), demand)
        for gpu, wire in both.items()
        if not demand.gpus or gpu in demand.gpus
    ]
    return Market(tuple(offers), tuple(dict.fromkeys(problems)), MARKET_LACKS, is_cut)


def _offer(
    any_side: WireGpuType, secure: WireGpuType | None, community: WireGpuType | None, demand: MarketQuery
) -> Offer:
    most = any_side.max_count
    return Offer(
        any_side.id,
        any_side.name or any_side.id,
        any_side.manufacturer,
        whole(any_side.memory) or None,
        None if most is None else max(map(int, (most.secure or 0, most.community or 0))) or None,
        _quote(secure, True, demand) if demand.secure is not False else None,
        _quote(community, False, demand) if demand.secure is not True else None,
    )


def _quote(wire: WireGpuType | None, secure: bool, demand: MarketQuery) -> Quote | None:
    """A cloud's price for as many GPUs; None if the cloud does not sell the type."""
    if wire is None:
        # A type that none of the country's data centers has drops out of the list.
        return Quote(None, None, None) if demand.country else None
    if not is_sold(wire, secure):
        return None
    per_gpu, most = list_price(wire, secure), max_count(wire, secure) or 0
    if wire.availability == "NONE" or per_gpu is None or demand.gpu_count > most:
        return Quote(None, None, None)
    return Quote(round(per_gpu * demand.gpu_count, 6), None, stock_word(wire.availability))


def is_sold(wire: WireGpuType, secure: bool) -> bool:
    """Whether a cloud has this type at all: what it lists otherwise is a placeholder."""
    flag = wire.secure if secure else wire.community
    return flag is True and bool(max_count(wire, secure))


def list_price(wire: WireGpuType, secure: bool) -> float | None:
    """Of one GPU; None where it is a placeholder."""
    if wire.price is None or not is_sold(wire, secure):
        return None
    # RunPod fills in 0 where it has no price; it gives no GPU away.
    return (wire.price.secure if secure else wire.price.community) or None


def max_count(wire: WireGpuType, secure: bool) -> int | None:
    """GPUs of its largest host in a cloud."""
    if wire.max_count is None:
        return None
    return whole(wire.max_count.secure if secure else wire.max_count.community)


def stock_word(word: str | None) -> str | None:
    """RunPod's word as GraphQL spells it, "High" for HIGH; None for NONE."""
    return None if not word or word == "NONE" else word.capitalize()


def sheets(secure: GpuTypes, community: GpuTypes) -> GpuSpecs:
    """The data sheets, of the catalogue of both clouds."""
    others = {wire.id: wire for wire in community.types}
    both = tuple(_sheet(wire, others.get(wire.id)) for wire in secure.types)
    return GpuSpecs(both, tuple(dict.fromkeys((*secure.problems, *community.problems))))


def _sheet(wire: WireGpuType, other: WireGpuType | None) -> GpuSpec:
    secure, community = max_count(wire, True), max_count(wire, False)
    return GpuSpec(
        gpu_id=wire.id,
        prices=ListPrices(secure=list_price(wire, True), community=list_price(wire, False)),
        throughput=None,
        min_count=None,
        max_count=max(secure or 0, community or 0) or None,
        max_secure=secure if wire.secure else None,
        max_community=community if wire.community else None,
        largest_free=None,
        free_counts=(),
        host_disk_gb=None,
        compliance=(),
        cudas=_cudas(wire, other),
        cluster_sizes=(),
        cluster_centers=(),
    )


def _cudas(*sides: WireGpuType | None) -> tuple[Cuda, ...]:
    """The versions of CUDA of either cloud; available where one of them has it."""
    phrase: dict[str, Availability | None] = {}
    for cuda in (cuda for side in sides if side for cuda in side.cuda_versions or () if cuda and cuda.version):
        if phrase.get(cuda.version or "") != Availability.AVAILABLE:
            phrase[cuda.version or ""] = _WORDS[cuda.available]
    return tuple(Cuda(version, phrase[version]) for version in sorted(phrase, key=_numbers))


_WORDS = {True: Availability.AVAILABLE, False: Availability.UNAVAILABLE, None: None}


def _numbers(version: str) -> tuple[tuple[int, ...], str]:
    """12.11 is above 12.2."""
    steps = [number for step in version.split(".") if (number := whole_number(step)) is not None]
    return (tuple(steps) if len(steps) == version.count(".") + 1 else (), version)


def places(items: Sequence[Raw], problems: Sequence[Problem] = ()) -> DataCenters:
    """The data centers. One that is not understood is reported in `problems`, beside those of the list."""
    centers, broken, cuts = each(items, "data centers", _place, _center, KINDS)
    return DataCenters(centers, (*problems, *reports(broken, "data center"), *cuts))


def _center(wire: WirePlace) -> DataCenter:
    return DataCenter(
        wire.id,
        wire.name,
        wire.region.replace("_", " ").title() if wire.region and wire.region != "UNKNOWN" else None,
        None,
        None if wire.network_volume_types is None else any(wire.network_volume_types),
        wire.global_network,
        tuple(word for word in wire.compliance or () if word),
        tuple(
            Stock(s.id, stock_word(s.availability))
            for s in wire.gpu_availability or ()
            if s is not None and s.id and s.id != _PSEUDO_GPU
        ),
    )


def flavors(items: Sequence[Raw], problems: Sequence[Problem] = ()) -> CpuFlavors:
    """The kinds of CPU pods with the price of the smallest of each. `problems` as for `places`."""
    kinds, broken, cuts = each(items, "kinds of CPU pods", _flavor, _cpu_flavor, KINDS)
    return CpuFlavors(kinds, (*problems, *reports(broken, "kind of CPU pods"), *cuts))


def _cpu_flavor(wire: WireFlavor) -> CpuFlavor:
    least = wire.vcpu.min if wire.vcpu else None
    return CpuFlavor(
        id=wire.id,
        name=wire.name,
        group_id=None,
        group_name=wire.group,
        min_vcpus=whole(least),
        max_vcpus=whole(wire.vcpu.max) if wire.vcpu else None,
        burstable=None,
        gb_per_vcpu=wire.ram_gb_per_vcpu,
        disk_gb_per_vcpu=None,
        smallest=_smallest(wire, least) if least and wire.price else None,
    )


def _smallest(wire: WireFlavor, vcpus: float) -> CpuPrice | None:
    if wire.price is None or not wire.price.secure_per_vcpu or not wire.ram_gb_per_vcpu:
        return None
    serverless = wire.price.serverless_per_vcpu
    sized = _SIZED.fullmatch(wire.id)
    return CpuPrice(
        # The document has ids of both kinds: "cpu5c", and "cpu3c-2-4", which is a size itself.
        wire.id if sized else f"{wire.id}-{int(vcpus)}-{int(vcpus) * wire.ram_gb_per_vcpu:g}",
        stock_word(wire.availability),
        round(wire.price.secure_per_vcpu * int(vcpus), 6),
        round(serverless * int(vcpus), 6) if serverless else None,
    )
