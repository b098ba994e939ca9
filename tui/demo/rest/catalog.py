"""The catalogue over REST v2: GPU types, CPU flavors and data centers, with stock on request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tui.demo.catalogue import PLACES, GpuType, Place, gpu_types
from tui.demo.market import CPU_FLAVORS, LARGEST_FLAVOR, Flavor, cpu_stock
from tui.demo.pod_views import place_view
from tui.demo.rest.call import Call, Problem, Reply, invalid, not_found
from tui.demo.rest.orders import at_least
from tui.demo.rest.pod_views import CUDA

LEVELS = {None: "NONE", "Low": "LOW", "Medium": "MEDIUM", "High": "HIGH"}
_PRODUCTS = ("POD", "CLUSTER", "SERVERLESS")
_GPU_FILTERS = ("product", "count", "cloud", "countryCodes", "cudaVersions", "minCudaVersion")
_CPU_FILTERS = ("product", "vcpuCount")
_VOLUMES = {"US-TX-3": ["STANDARD", "HIGH_PERFORMANCE"], "AP-JP-1": []}
"""Tiers of network volumes by data center; the others have the standard one."""

_REGIONS = {
    "US": "NORTH_AMERICA", "CA": "NORTH_AMERICA", "EU": "EUROPE", "EUR": "EUROPE", "AP": "ASIA", "OC": "OCEANIA",
}  # fmt: skip
_ALL_REGIONS = (
    "NORTH_AMERICA", "SOUTH_AMERICA", "EUROPE", "ASIA", "MIDDLE_EAST", "AFRICA", "OCEANIA", "ANTARCTICA", "UNKNOWN",
)  # fmt: skip
_COMPLIANCE = (
    "GDPR", "ISO_IEC_27001", "ISO_14001", "PCI_DSS", "HITRUST", "SOC_1_TYPE_2", "SOC_2_TYPE_2", "SOC_3_TYPE_2", "ITAR",
    "FISMA_HIGH", "HIPAA", "RENEWABLE",
)  # fmt: skip
_POOLS = {
    "NVIDIA GeForce RTX 4090": "ADA_24",
    "NVIDIA L40S": "ADA_48_PRO",
    "NVIDIA A40": "AMPERE_48",
    "NVIDIA A100-SXM4-80GB": "AMPERE_80",
    "NVIDIA A100 80GB PCIe": "AMPERE_80",
    "NVIDIA H100 80GB HBM3": "ADA_80_PRO",
}
"""Serverless pools, whose list price is higher than a pod's."""

_SERVERLESS = 1.7


# GPU types


class _GpuQuery:
    """What is asked of the stock of GPU types; `wanted` is false when it is not requested."""

    def __init__(self, call: Call) -> None:
        self.wanted = _includes_stock(call, _GPU_FILTERS)
        self.products = call.phrase("product", _PRODUCTS) or []
        self.count = call.number("count", 1, None, 1)
        self.secure = call.word("cloud", ("SECURE", "COMMUNITY"), "SECURE") == "SECURE"
        self.countries = _matching(call, "countryCodes", r"[A-Z]{2}")
        versions = _matching(call, "cudaVersions", r"\d+\.\d+")
        least = _matching(call, "minCudaVersion", r"\d+(\.\d+)?")
        if versions and least:
            raise Problem(400, "cudaVersions and minCudaVersion are mutually exclusive")
        self.cuda = (versions is None or CUDA in versions) and (not least or at_least(CUDA, least[0]))

    def places(self, call: Call, gpu: GpuType) -> list[Place]:
        """The data centers that have such GPUs, in the requested countries."""
        return [
            place
            for place in PLACES
            if call.world.shelf.stands_in(gpu, place.id) and (self.countries is None or place.country in self.countries)
        ]

    def level(self, call: Call, gpu: GpuType) -> str:
        """The stock, best of the requested products."""
        shelf, now = call.world.shelf, call.world.now
        countries = {place.country for place in self.places(call, gpu)} if self.secure else shelf.countries(gpu)
        offered = (
            "POD" in self.products
            or ("SERVERLESS" in self.products and gpu.id in _POOLS)
            or ("CLUSTER" in self.products and gpu.cluster is not None)
        )
        if not (offered and self.cuda) or (self.countries and not set(countries) & set(self.countries)):
            return "NONE"
        return LEVELS[shelf.stock(gpu, self.secure, self.count, now)]


def list_gpus(call: Call) -> Reply:
    query = _GpuQuery(call)
    types = list(gpu_types().values())
    if query.countries:
        types = [gpu for gpu in types if query.places(call, gpu)]
    return Reply(200, {"gpus": [_gpu(call, gpu, query) for gpu in types]})


def get_gpu(call: Call) -> Reply:
    query = _GpuQuery(call)
    gpu = gpu_types().get(call.at["id"])
    if gpu is None:
        raise not_found()
    return Reply(200, _gpu(call, gpu, query))


def _gpu(call: Call, gpu: GpuType, query: _GpuQuery) -> dict[str, Any]:
    maker = gpu.manufacturer.upper()
    view: dict[str, Any] = {
        "id": gpu.id,
        "name": gpu.name,
        "pool": _POOLS.get(gpu.id),
        "manufacturer": maker if maker in ("NVIDIA", "AMD") else "UNKNOWN",
        "memory": gpu.memory_gb,
        "secure": gpu.secure,
        "community": gpu.community,
        "price": {
            "secure": _list_price(call, gpu, secure=True),
            "community": _list_price(call, gpu, secure=False),
            **({"serverless": round(gpu.secure_price * _SERVERLESS, 2)} if gpu.id in _POOLS else {}),
        },
        "maxCount": {
            "secure": gpu.max_count if gpu.secure else 0,
            "community": gpu.max_count if gpu.community else 0,
        },
    }
    if not query.wanted:
        return view
    level = query.level(call, gpu)
    view["availability"] = level
    if level != "NONE" and query.secure:
        view["dataCenters"] = [
            {"id": place.id, "name": place.id, "availability": level} for place in query.places(call, gpu)
        ]
    if query.cuda:
        view["cudaVersions"] = [{"version": CUDA, "available": level != "NONE"}]
    return view


def _list_price(call: Call, gpu: GpuType, *, secure: bool) -> float:
    """Dollars per hour for one GPU; where the cloud does not have it, a number that means nothing."""
    price = call.world.shelf.price(gpu, secure, call.world.now)
    return price if price is not None else gpu.secure_price if secure else gpu.community_price


# CPU flavors


def list_cpus(call: Call) -> Reply:
    wanted = _cpu_query(call)
    return Reply(200, {"cpus": [_cpu(call, flavor, wanted) for flavor in CPU_FLAVORS]})


def get_cpu(call: Call) -> Reply:
    wanted = _cpu_query(call)
    flavor = next((flavor for flavor in CPU_FLAVORS if flavor.id == call.at["id"]), None)
    if flavor is None:
        raise not_found()
    return Reply(200, _cpu(call, flavor, wanted))


def _cpu_query(call: Call) -> int | None:
    """The number of vCPUs whose stock is requested; None if none is."""
    wanted = _includes_stock(call, _CPU_FILTERS)
    call.phrase("product", ("POD", "SERVERLESS"))
    count = call.number("vcpuCount", 2, None, 2)
    if count & (count - 1):
        raise Problem(400, "vcpuCount must be a power of two")
    return count if wanted else None


def _cpu(call: Call, flavor: Flavor, wanted: int | None) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": flavor.id,
        "name": flavor.name,
        "group": flavor.group,
        "vcpu": {"min": 2, "max": LARGEST_FLAVOR},
        "ramGbPerVcpu": float(flavor.memory),
        "price": {"securePerVcpu": flavor.price, "serverlessPerVcpu": round(flavor.price * 1.3, 4)},
    }
    if wanted is None:
        return view
    level = _cpu_level(call, flavor) if wanted <= LARGEST_FLAVOR else "NONE"
    view["availability"] = level
    if level != "NONE":
        view["dataCenters"] = [{"id": place.id, "name": place.id, "availability": level} for place in PLACES]
    return view


def _cpu_level(call: Call, flavor: Flavor) -> str:
    return LEVELS[cpu_stock(flavor, call.world.now, call.world.seed)]


# Data centers


def list_places(call: Call) -> Reply:
    parts = call.phrase("include", ("GPU_AVAILABILITY", "CPU_AVAILABILITY")) or []
    regions = call.phrase("regions", _ALL_REGIONS)
    volumes = call.phrase("networkVolumeTypes", ("STANDARD", "HIGH_PERFORMANCE")) or []
    compliance = call.phrase("compliance", _COMPLIANCE) or []
    networked = call.flag("globalNetwork")
    shown = [
        place
        for place in (_place(call, place, parts) for place in PLACES)
        if (not regions or place["region"] in regions)
        and set(volumes) <= set(place["networkVolumeTypes"])
        and set(compliance) <= set(place["compliance"])
        and networked in (None, place["globalNetwork"])
    ]
    return Reply(200, {"dataCenters": shown})


def get_place(call: Call) -> Reply:
    parts = call.phrase("include", ("GPU_AVAILABILITY", "CPU_AVAILABILITY")) or []
    place = next((place for place in PLACES if place.id == call.at["id"]), None)
    if place is None:
        raise not_found()
    return Reply(200, _place(call, place, parts))


def _place(call: Call, place: Place, parts: Sequence[str]) -> dict[str, Any]:
    same = place_view(place)
    view = {
        "id": place.id,
        # As seen live: the id again.
        "name": place.id,
        "region": _REGIONS.get(place.id.split("-")[0], "UNKNOWN"),
        "globalNetwork": same["globalNetwork"],
        "networkVolumeTypes": _VOLUMES.get(place.id, ["STANDARD"]),
        "compliance": same["compliance"],
    }
    shelf, now = call.world.shelf, call.world.now
    if "GPU_AVAILABILITY" in parts:
        view["gpuAvailability"] = [
            {"id": gpu.id, "name": gpu.name, "availability": LEVELS[shelf.stock(gpu, True, 1, now)]}
            for gpu in gpu_types().values()
            if shelf.stands_in(gpu, place.id)
        ]
    if "CPU_AVAILABILITY" in parts:
        view["cpuAvailability"] = [
            {"id": flavor.id, "name": flavor.name, "availability": _cpu_level(call, flavor)} for flavor in CPU_FLAVORS
        ]
    return view


def _includes_stock(call: Call, filters: Sequence[str]) -> bool:
    """Whether the stock is requested. Its filters are refused without it, and it is refused without a product."""
    wanted = bool(call.phrase("include", ("AVAILABILITY",)))
    given = next((name for name in filters if call.text(name) is not None), None)
    if not wanted and given is not None:
        raise Problem(400, f"{given} requires include=AVAILABILITY")
    if wanted and not call.phrase("product"):
        raise Problem(400, "include=AVAILABILITY requires product")
    return wanted


def _matching(call: Call, name: str, pattern: str) -> list[str] | None:
    parts = call.phrase(name)
    for part in parts or ():
        if re.fullmatch(pattern, part, re.ASCII) is None:
            raise invalid(f"query.{name}: '{part}' does not match pattern '^{pattern}$'")
    return parts
