"""Stock and prices of the simulated world: they vary with time, and rented GPUs are unavailable."""

from __future__ import annotations

from typing import Any, NamedTuple

from tui.demo.catalogue import PLACES, GpuType, gpu_types
from tui.demo.random_walk import chance, wander
from tui.store.price_history import BUCKET, COMMUNITY, SECURE, Prices, ReportedPrice

_SWING = 7200.0

LARGEST_DISK = 4000
"""GB of disk of the host that has the most."""

SCARCE = {"AMD Instinct MI300X OAM": (1500.0, 300.0, 8)}
"""GPU types that are sold out most of the time: the period and the seconds in stock, and the number of GPUs."""


class Shelf:
    """The offers of one data-center world. `taken` counts, by id and cloud, the GPUs that the account rents beyond
    those it had at the start; below zero if it gave some back."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.taken: dict[tuple[str, bool], int] = {}

    def total(self, gpu: GpuType, secure: bool) -> int:
        if not (gpu.secure if secure else gpu.community):
            return 0
        return 16 + int(220 * chance(self._seed, gpu.id, secure, "total"))

    def free(self, gpu: GpuType, secure: bool, now: float) -> int:
        """GPUs that can be rented now."""
        if gpu.id in SCARCE:
            period, there, count = SCARCE[gpu.id]
            gone = self.taken.get((gpu.id, secure), 0)
            # Sold out at first, so that a user can set a watch on it.
            return max(0, count - gone) if secure and (now - there) % period >= period - there else 0
        level = 1.25 * wander(now, _SWING, self._seed, gpu.id, secure, "free") - 0.2
        total = self.total(gpu, secure)
        return min(total, max(0, int(total * min(1.0, level)) - self.taken.get((gpu.id, secure), 0)))

    def price(self, gpu: GpuType, secure: bool, now: float, spot: bool = False) -> float | None:
        """Dollars per GPU per hour, to the cent; None if there is no such offer."""
        if not (gpu.secure if secure else gpu.community):
            return None
        base = gpu.secure_price if secure else gpu.community_price
        if spot:
            listed = gpu.secure_spot if secure else gpu.community_spot
            drift = wander(now, 1800, self._seed, gpu.id, secure, "spot")
            return round((listed if listed is not None else base * 0.55) * (0.9 + 0.25 * drift), 2)
        step = wander(now, 6 * 3600, self._seed, gpu.id, secure, "price")
        return round(base * (0.97 + 0.06 * step), 2)

    def stands_in(self, gpu: GpuType, place: str) -> bool:
        """Whether a data center has GPUs of a type."""
        known = any(p.id == place for p in PLACES)
        return known and gpu.secure and chance(self._seed, place, gpu.id) > 0.4

    def countries(self, gpu: GpuType) -> tuple[str, ...]:
        """The data centers that have hosts with GPUs of a type."""
        countries = dict.fromkeys(place.country for place in PLACES)
        return tuple(c for c in countries if chance(self._seed, gpu.id, c, "country") > 0.4) or ("US",)

    def best(self, gpu: GpuType, secure: bool | None, count: int, now: float) -> bool | None:
        """The cloud that serves the request most cheaply: True secure, False community, None neither."""
        clouds = [secure] if secure is not None else [False, True]
        able = [c for c in clouds if self.free(gpu, c, now) >= count and count <= gpu.max_count]
        return min(able, key=lambda c: self.price(gpu, c, now) or 0.0, default=None)

    def stock(self, gpu: GpuType, secure: bool, count: int, now: float) -> str | None:
        free = self.free(gpu, secure, now)
        if free < count or count > gpu.max_count:
            return None
        share = free / max(1, self.total(gpu, secure))
        return "High" if share > 0.45 else "Medium" if share > 0.15 else "Low"


def fits(shelf: Shelf, gpu: GpuType, count: int, asked: dict[str, Any]) -> bool:
    """Whether any host meets the request apart from its GPUs: memory, disk, network, location."""
    places = [place for place in (asked.get("dataCenterId") or "").split(",") if place]
    return (
        (asked.get("minMemoryInGb") or 0) <= gpu.ram_gb * count
        and (asked.get("minVcpuCount") or 0) <= gpu.vcpus * count
        and max(asked.get("totalDisk") or 0, asked.get("minDisk") or 0) <= LARGEST_DISK
        and (asked.get("minDownload") or 0) <= 8000
        and (asked.get("minUpload") or 0) <= 6000
        and (not asked.get("countryCode") or asked["countryCode"] in shelf.countries(gpu))
        and (not places or any(shelf.stands_in(gpu, place) for place in places))
    )


def lowest_price(shelf: Shelf, gpu: GpuType, now: float, asked: dict[str, Any]) -> dict[str, Any]:
    """`GpuType.lowestPrice`: totals for the requested count; without stock the object stays and its prices are null."""
    count = max(1, asked.get("gpuCount") or 1)
    cloud = shelf.best(gpu, asked.get("secureCloud"), count, now) if fits(shelf, gpu, count, asked) else None
    side = cloud if cloud is not None else bool(asked.get("secureCloud", True))
    total = shelf.total(gpu, side)
    free = shelf.free(gpu, side, now)
    fits_somewhere = cloud is not None

    def priced(value: float | None) -> float | None:
        return round(value * count, 4) if fits_somewhere and value is not None else None

    return {
        "gpuName": gpu.name,
        "gpuTypeId": gpu.id,
        "uninterruptablePrice": priced(shelf.price(gpu, side, now)),
        "minimumBidPrice": priced(shelf.price(gpu, side, now, spot=True)),
        "minVcpu": gpu.vcpus * count if fits_somewhere else None,
        "minMemory": gpu.ram_gb * count if fits_somewhere else None,
        "stockStatus": shelf.stock(gpu, side, count, now) if fits_somewhere else None,
        "rentedCount": total - free,
        "totalCount": total,
        "rentalPercentage": round((total - free) / total, 4) if total else None,
        "minDownload": 1000 if fits_somewhere else None,
        "minUpload": 800 if fits_somewhere else None,
        "minDisk": LARGEST_DISK if fits_somewhere else None,
        "countryCode": asked.get("countryCode") or shelf.countries(gpu)[0] if fits_somewhere else None,
        "supportPublicIp": True if fits_somewhere else None,
        "maxGpuCount": gpu.max_count,
        "maxUnreservedGpuCount": min(free, gpu.max_count),
        "availableGpuCounts": list(range(1, min(free, gpu.max_count) + 1)),
        "compliance": [],
        "gpuTypeCudaVersions": [{"cudaVersion": "12.4", "availability": "AVAILABLE"}],
    }


def gpu_view(shelf: Shelf, gpu: GpuType, now: float) -> dict[str, Any]:
    """The GPU type as GraphQL's `GpuType`."""
    return {
        "id": gpu.id,
        "displayName": gpu.name,
        "manufacturer": gpu.manufacturer,
        "memoryInGb": gpu.memory_gb,
        "cudaCores": 0,
        "maxGpuCount": gpu.max_count,
        "secureCloud": gpu.secure,
        "communityCloud": gpu.community,
        "securePrice": gpu.secure_price,
        "communityPrice": gpu.community_price,
        "secureSpotPrice": gpu.secure_spot,
        "communitySpotPrice": gpu.community_spot,
        "oneWeekPrice": None,
        "oneMonthPrice": gpu.one_month,
        "threeMonthPrice": gpu.three_month,
        "sixMonthPrice": gpu.six_month,
        "oneYearPrice": None,
        "clusterPrice": gpu.cluster,
        "maxGpuCountCommunityCloud": gpu.max_count if gpu.community else 0,
        "maxGpuCountSecureCloud": gpu.max_count if gpu.secure else 0,
        "minPodGpuCount": 1,
        "nodeGroupDatacenters": [],
        "nodeGroupGpuSizes": [],
        "throughput": None,
        "lowestPrice": lambda input=None: lowest_price(shelf, gpu, now, input or {}),
    }


class Flavor(NamedTuple):
    """A kind of CPU pod: GB of memory and dollars per hour for each of its vCPUs."""

    id: str
    name: str
    group: str
    memory: int
    price: float
    burstable: bool


CPU_FLAVORS = (
    Flavor("cpu3c", "Compute-Optimized", "CPU3", 2, 0.03, False),
    Flavor("cpu3g", "General Purpose", "CPU3", 4, 0.04, False),
    Flavor("cpu3m", "Memory-Optimized", "CPU3", 8, 0.055, False),
    Flavor("cpu5c", "Compute-Optimized", "CPU5", 2, 0.035, False),
    Flavor("cpu5g", "General Purpose", "CPU5", 4, 0.047, True),
)
LARGEST_FLAVOR = 32
"""vCPUs of the largest CPU pod."""


def cpu_flavor(flavor: Flavor, now: float, seed: int) -> dict[str, Any]:
    """The kind of CPU pod as GraphQL's `CpuFlavor`."""
    return {
        "id": flavor.id,
        "groupId": flavor.id[:4],
        "groupName": flavor.group,
        "displayName": flavor.name,
        "minVcpu": 2.0,
        "maxVcpu": LARGEST_FLAVOR,
        "vcpuBurstable": flavor.burstable,
        "ramMultiplier": float(flavor.memory),
        "diskLimitPerVcpu": 10,
        "specifics": lambda input=None: _specifics(flavor, (input or {}).get("instanceId"), now, seed),
    }


def cpu_stock(flavor: Flavor, now: float, seed: int) -> str | None:
    level = wander(now, _SWING, seed, flavor.id, "cpu")
    return "High" if level > 0.5 else "Medium" if level > 0.2 else "Low" if level > 0.1 else None


def _specifics(flavor: Flavor, instance: str | None, now: float, seed: int) -> dict[str, Any] | None:
    """Stock and price of one size, named like "cpu3c-2-4"; None if there is no such size."""
    parts = (instance or "").split("-")
    if len(parts) != 3 or parts[0] != flavor.id or not all(part.isdecimal() and len(part) < 6 for part in parts[1:]):
        return None
    vcpus, memory = int(parts[1]), int(parts[2])
    if not 2 <= vcpus <= LARGEST_FLAVOR or memory != vcpus * flavor.memory:
        return None
    return {
        "stockStatus": cpu_stock(flavor, now, seed),
        "securePrice": round(flavor.price * vcpus, 4),
        "slsPrice": round(flavor.price * vcpus * 1.3, 4),
    }


def past_prices(seed: int, until: float, seconds: float) -> Prices:
    """Price history of the GPUs, as observed every quarter of an hour."""
    shelf, prices = Shelf(seed), Prices()
    start = until - seconds
    instants = [start + BUCKET * n for n in range(int(seconds / BUCKET) + 1)]
    for gpu in gpu_types().values():
        for cloud, secure in ((SECURE, True), (COMMUNITY, False)):
            if not (gpu.secure if secure else gpu.community):
                continue
            changes = []
            for at in instants:
                free = shelf.free(gpu, secure, at) > 0
                price, spot = (
                    (shelf.price(gpu, secure, at), shelf.price(gpu, secure, at, True)) if free else (None, None)
                )
                changes.append(ReportedPrice(at, price, spot, free))
            prices.recall(gpu.id, cloud, changes, ((start, until),), until)
    return prices
