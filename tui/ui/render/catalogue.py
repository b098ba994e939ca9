"""The market's catalogue in words: a GPU type's data sheet, the kinds of CPU pods. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tui.api.enums import Availability
from tui.api.features import Feature
from tui.domain import offered
from tui.domain.filter_units import GB, RATE
from tui.domain.filters import Field, Fields, Kind
from tui.format import numbers as fmt
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import Fact, Section
from tui.ui.render.facts import cell_or_lacking
from tui.ui.render.rows import stock_cell
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.api.catalogue import CpuFlavor, GpuSpec, GpuSpecs
    from tui.api.hosts import CpuType


def facts_of(gpu: str, listed: GpuSpecs | None) -> tuple[Section, ...]:
    """The facts of one type's data sheet; if it has none in an incomplete list, why that may be."""
    if listed is None:
        return ()
    sheet = next((sheet for sheet in listed.sheets if sheet.gpu_id == gpu), None)
    if sheet is not None:
        return facts(sheet)
    return tuple(
        Section("List prices", (Fact("Unavailable", ((problem.message, "warn"),)),)) for problem in listed.problems[:1]
    )


def facts(sheet: GpuSpec) -> tuple[Section, ...]:
    """Titled groups of facts; one without any value from RunPod is left out."""
    sections = (Section("List prices", tuple(_prices(sheet))), Section("Pod sizes", tuple(_pods(sheet))))
    return tuple(section for section in sections if section.facts)


def _prices(sheet: GpuSpec) -> Iterator[Fact]:
    """List prices in dollars per GPU per hour: current offers and prices are above."""
    listed = sheet.prices
    for label, on_demand, spot in (
        ("Secure", listed.secure, listed.secure_spot),
        ("Community", listed.community, listed.community_spot),
    ):
        parts = [f"{fmt.money(on_demand)}/h"] if on_demand is not None else []
        parts += [f"spot {fmt.money(spot)}/h"] if spot is not None else []
        if parts:
            yield Fact(label, ((" · ".join(parts), "text"),))
    paid_ahead = (
        ("1 week", listed.week),
        ("1 month", listed.month),
        ("3 months", listed.three_months),
        ("6 months", listed.six_months),
        ("1 year", listed.year),
    )
    for term, price in paid_ahead:
        if price is not None:
            yield Fact(term, ((f"{fmt.money(price)}/h", "text"), *_saving(price, listed.secure)))
    if listed.cluster is not None:
        yield Fact("Cluster", ((f"{fmt.money(listed.cluster)}/h", "text"), (" per GPU", "muted")))


def _saving(price: float, usual: float | None) -> Cell:
    if usual is None or price >= usual:
        return ((" prepaid", "muted"),)
    return ((" prepaid", "muted"), (f" · saves {100 * (usual - price) / usual:.0f}%", "good"))


def _pods(sheet: GpuSpec) -> Iterator[Fact]:
    clouds = (("secure", sheet.max_secure), ("community", sheet.max_community))
    most = [f"{word} up to {count}" for word, count in clouds if count]
    if sheet.max_count and not most:
        most = [f"up to {sheet.max_count}"]
    elif sheet.max_count:
        most.append(f"up to {sheet.max_count} per host")
    least = [f"at least {sheet.min_count}"] if sheet.min_count else []
    yield from _said("GPUs per pod", (*least, *most))
    yield from _said("Free on 1 host", [str(sheet.largest_free)] if sheet.largest_free is not None else [])
    yield from _said("Free counts", [" ".join(str(count) for count in sheet.free_counts)] if sheet.free_counts else [])
    yield from _said("Disk", [f"{sheet.host_disk_gb:,} GB on the cheapest host"] if sheet.host_disk_gb else [])
    cudas = [
        c.version if c.word in (None, Availability.AVAILABLE) else f"{c.version} ({c.word.lower()})"
        for c in sheet.cudas
    ]
    yield from _said("CUDA", [", ".join(cudas)] if cudas else [])
    yield from _said("Compliance", [", ".join(sheet.compliance)] if sheet.compliance else [])
    yield from _said("Throughput", [f"{sheet.throughput:,}"] if sheet.throughput is not None else [])
    yield from _said(
        "Clusters of", [" ".join(str(size) for size in sheet.cluster_sizes)] if sheet.cluster_sizes else []
    )
    yield from _said("Clusters in", [", ".join(sheet.cluster_centers)] if sheet.cluster_centers else [])


def _said(label: str, parts: Iterable[str]) -> Iterator[Fact]:
    if text := " · ".join(parts):
        yield Fact(label, ((text, "text"),))


FLAVOR_COLUMNS = (
    Column("name", "CPU POD", 22, 0, flex=True, sort="name"),
    Column("id", "ID", 8, 2, sort="id"),
    Column("group", "GROUP", 12, 5, sort="group"),
    Column("vcpus", "VCPUS", 7, 1, right=True, sort="vcpus"),
    Column("memory", "GB/VCPU", 7, 3, right=True, sort="memory"),
    Column("disk", "DISK/VCPU", 9, 6, right=True, sort="disk"),
    Column("burst", "BURSTS", 6, 7),
    Column("size", "SMALLEST", 12, 4),
    Column("price", "$/H", 7, 0, right=True, sort="price"),
    Column("serverless", "SERVERLESS", 10, 8, right=True, sort="serverless"),
    Column("stock", "STOCK", 8, 1),
)
FLAVOR_SORTS = ("price", "name", "id", "group", "vcpus", "memory", "disk", "serverless")


def flavor_cells(flavor: CpuFlavor, lacks: frozenset[Feature] = offered.NOTHING) -> Cells:
    """One kind of CPU pod: its sizes, and the price of its smallest. `lacks`: what the API does not offer of hosts."""

    def of_host(value: str | None) -> Cell:
        return cell_or_lacking(known(value, "muted"), value is not None, Feature.HOST_SPECS, lacks)

    def known(value: object, role: str = "text") -> Cell:
        return ((fmt.UNKNOWN if value in (None, "") else str(value), "quiet" if value in (None, "") else role),)

    def amount(value: float | None, role: str) -> Cell:
        return ((fmt.UNKNOWN if value is None else f"{value:.3f}", "quiet" if value is None else role),)

    price = flavor.smallest
    group = flavor.group_name or flavor.group_id
    if flavor.group_name and flavor.group_id and flavor.group_id.lower() != flavor.group_name.lower():
        group = f"{flavor.group_name} {flavor.group_id}"
    sizes = [str(count) for count in (flavor.min_vcpus, flavor.max_vcpus) if count is not None]
    gb = None if flavor.gb_per_vcpu is None else f"{flavor.gb_per_vcpu:g}"
    disk = None if flavor.disk_gb_per_vcpu is None else f"{flavor.disk_gb_per_vcpu} GB"
    bursts = None if flavor.burstable is None else "yes" if flavor.burstable else "no"
    return {
        "name": known(flavor.name or flavor.id),
        "id": known(flavor.id, "muted"),
        "group": known(group, "muted"),
        "vcpus": known("-".join(sizes)),
        "memory": known(gb),
        "disk": of_host(disk),
        "burst": of_host(bursts),
        "size": known(price.instance if price else None, "muted"),
        "price": amount(price.per_hr if price else None, "strong"),
        "serverless": amount(price.serverless_per_hr if price else None, "muted"),
        "stock": stock_cell(price.stock) if price else known(None),
    }


def _known(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


_KEYS: dict[str, Callable[[CpuFlavor], Any]] = {
    "price": lambda f: f.smallest.per_hr if f.smallest else None,
    "name": lambda f: (f.name or f.id).lower(),
    "id": lambda f: f.id,
    "group": lambda f: f.group_name or f.group_id,
    "vcpus": lambda f: f.max_vcpus,
    "memory": lambda f: f.gb_per_vcpu,
    "disk": lambda f: f.disk_gb_per_vcpu,
    "serverless": lambda f: f.smallest.serverless_per_hr if f.smallest else None,
}


def _stock(flavor: CpuFlavor) -> str | None:
    return (flavor.smallest.stock or "none") if flavor.smallest is not None else None


FLAVORS: Fields[CpuFlavor] = Fields(
    {
        "name": (Field(Kind.WORDS, "part of a name", ("cpu-pod",)), lambda f: f.name),
        "id": (Field(Kind.WORDS, "part of an ID"), lambda f: f.id),
        "group": (Field(Kind.WORDS, "part of a group"), lambda f: _known(f.group_name, f.group_id)),
        "vcpus": (Field(Kind.NUMBER, "maximum vCPUs"), _KEYS["vcpus"]),
        "memory": (Field(Kind.NUMBER, "GB per vCPU", ("gb", "gb/vcpu"), unit=GB), _KEYS["memory"]),
        "disk": (Field(Kind.NUMBER, "GB of disk per vCPU", ("disk/vcpu",), unit=GB), _KEYS["disk"]),
        "price": (Field(Kind.NUMBER, "$/h of the smallest", ("$/h",), unit=RATE), _KEYS["price"]),
        "smallest": (
            Field(Kind.WORDS, "part of the smallest instance"),
            lambda f: f.smallest.instance if f.smallest else None,
        ),
        "serverless": (Field(Kind.NUMBER, "$/h serverless", unit=RATE), _KEYS["serverless"]),
        "bursts": (Field(Kind.FLAG, "whether it bursts", ("burst",)), lambda f: f.burstable),
        "stock": (Field(Kind.WORDS, "high, medium, low or none"), _stock),
    },
    lambda f: f"{f.name} {f.id} {f.group_name} {f.group_id}".lower(),
)


def flavors(passing: Sequence[CpuFlavor], sort: str, inverted: bool) -> tuple[CpuFlavor, ...]:
    """The kinds, sorted; the unknown come last."""
    matching = sorted(passing, key=lambda f: f.id)
    read = _KEYS[sort or FLAVOR_SORTS[0]]
    known = [flavor for flavor in matching if read(flavor) is not None]
    known.sort(key=read, reverse=inverted)
    return (*known, *(flavor for flavor in matching if read(flavor) is None))


# CPUs of hosts

CPU_COLUMNS = (
    Column("name", "CPU", 30, 0, flex=True, sort="name"),
    Column("maker", "MAKER", 14, 2, sort="maker"),
    Column("cores", "CORES", 6, 1, right=True, sort="cores"),
    Column("threads", "THREADS", 7, 1, right=True, sort="threads"),
    Column("group", "GROUP", 12, 3, sort="group"),
)
CPU_SORTS = ("name", "maker", "cores", "threads", "group")


def threads(cpu: CpuType) -> int | None:
    return None if cpu.cores is None or cpu.threads_per_core is None else cpu.cores * cpu.threads_per_core


def cpu_cells(cpu: CpuType) -> Cells:
    def known(value: object, role: str = "text") -> Cell:
        return ((fmt.UNKNOWN if value in (None, "") else str(value), "quiet" if value in (None, "") else role),)

    return {
        "name": known(cpu.name or cpu.id),
        "maker": known(cpu.manufacturer, "muted"),
        "cores": known(cpu.cores),
        "threads": known(threads(cpu)),
        "group": known(cpu.group_id, "muted"),
    }


_CPU_KEYS: dict[str, Callable[[CpuType], Any]] = {
    "name": lambda c: (c.name or c.id or "").lower(),
    "maker": lambda c: (c.manufacturer or "").lower() or None,
    "cores": lambda c: c.cores,
    "threads": threads,
    "group": lambda c: c.group_id,
}


CPUS: Fields[CpuType] = Fields(
    {
        "name": (Field(Kind.WORDS, "part of a name or ID", ("id", "cpu")), lambda c: _known(c.name, c.id)),
        "maker": (Field(Kind.WORDS, "intel or amd"), lambda c: c.manufacturer),
        "cores": (Field(Kind.NUMBER, "cores"), _CPU_KEYS["cores"]),
        "threads": (Field(Kind.NUMBER, "threads"), _CPU_KEYS["threads"]),
        "group": (Field(Kind.WORDS, "part of a group"), lambda c: c.group_id),
    },
    lambda c: f"{c.name} {c.id} {c.manufacturer} {c.group_id}".lower(),
)


def cpus(passing: Sequence[CpuType], sort: str, inverted: bool) -> tuple[CpuType, ...]:
    """The CPUs, sorted; the unknown come last."""
    matching = sorted(passing, key=lambda c: (c.name or c.id or "").lower())
    read = _CPU_KEYS[sort or "name"]
    known = [c for c in matching if read(c) is not None]
    known.sort(key=read, reverse=inverted)
    return (*known, *(c for c in matching if read(c) is None))
