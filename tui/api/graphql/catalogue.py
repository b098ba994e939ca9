"""From the catalogue's responses to data sheets of GPU types, kinds of CPU pods and countries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Raw, field
from msgspec.structs import replace

from tui.api.catalogue import CpuFlavor, CpuFlavors, CpuPrice, Cuda, GpuSpec, GpuSpecs, ListPrices
from tui.api.enums import Availability, Compliance
from tui.api.errors import CloudError, Malformed
from tui.api.graphql.documents import document
from tui.api.graphql.envelope import refusal
from tui.api.graphql.market import PSEUDO_GPU
from tui.api.graphql.wire import Wire
from tui.api.models import Problem
from tui.api.quantities import (
    KINDS,
    Count,
    Factor,
    Figure,
    Gigabytes,
    Id,
    Many,
    Name,
    Rate,
    Reader,
    Several,
    Word,
)
from tui.api.values import NOT_UNDERSTOOD, each, reason, reports, whole


class WireCuda(Wire):
    cuda_version: Word | None = None
    availability: Availability | None = None


class WireHostSheet(Wire):
    min_disk: Gigabytes | None = None
    compliance: Annotated[list[Compliance | None], Several] | None = None
    max_gpu_count: Count | None = None
    max_unreserved_gpu_count: Count | None = None
    available_gpu_counts: Annotated[list[Count | None], Several] | None = None
    gpu_type_cuda_versions: Annotated[list[WireCuda | None], Several] | None = None


class WireCenterId(Wire):
    id: Id | None = None


class WireGpuSheet(Wire):
    id: Id
    secure_cloud: bool | None = None
    community_cloud: bool | None = None
    secure_price: Rate | None = None
    community_price: Rate | None = None
    secure_spot_price: Rate | None = None
    community_spot_price: Rate | None = None
    one_week_price: Rate | None = None
    one_month_price: Rate | None = None
    three_month_price: Rate | None = None
    six_month_price: Rate | None = None
    one_year_price: Rate | None = None
    cluster_price: Rate | None = None
    throughput: Figure | None = None
    min_pod_gpu_count: Count | None = None
    max_gpu_count_secure_cloud: Count | None = None
    max_gpu_count_community_cloud: Count | None = None
    node_group_gpu_sizes: Annotated[list[Count | None], Several] | None = None
    node_group_datacenters: Annotated[list[WireCenterId | None], Many] | None = None
    lowest_price: WireHostSheet | None = None


class WireFlavor(Wire):
    id: Id
    group_id: Id | None = None
    group_name: Name | None = None
    display_name: Name | None = None
    min_vcpu: Count | None = None
    max_vcpu: Count | None = None
    vcpu_burstable: bool | None = None
    ram_multiplier: Factor | None = None
    disk_limit_per_vcpu: Gigabytes | None = None


class WireSpecifics(Wire):
    stock_status: Word | None = None
    secure_price: Rate | None = None
    sls_price: Rate | None = field(default=None, name="slsPrice")


class WirePriced(Wire):
    specifics: WireSpecifics | None = None


class WireSheets(Wire):
    gpu_types: list[Raw] | None = None


class WireFlavors(Wire):
    cpu_flavors: list[Raw] | None = None


class WireCountries(Wire):
    country_codes: Annotated[list[Word | None], Many] | None = None


_sheets = Reader[WireSheets](WireSheets)
_sheet = Reader[WireGpuSheet](WireGpuSheet)
_flavors = Reader[WireFlavors](WireFlavors)
_flavor = Reader[WireFlavor](WireFlavor)
_countries = Reader[WireCountries](WireCountries)
_answers = Reader[dict[str, Raw]](dict[str, Raw])
_priced = Reader[list[WirePriced | None] | None](Annotated[list[WirePriced | None], Several] | None)


def gpu_sheets(data: Raw, problems: tuple[Problem, ...]) -> GpuSpecs:
    """The data sheets."""
    try:
        items = _sheets.decode(data).gpu_types
    except NOT_UNDERSTOOD as error:
        raise Malformed(f"RunPod returned invalid GPU data sheets: {reason(error)}.") from None
    if items is None:
        raise _missing(problems, "GPU data sheets")
    specs, broken, cuts = each(items, "data sheets", _sheet, _gpu_sheet, KINDS)
    sheets = tuple(sheet for sheet in specs if sheet.gpu_id != PSEUDO_GPU)
    return GpuSpecs(sheets, (*problems, *reports(broken, "data sheet"), *cuts))


def _gpu_sheet(wire: WireGpuSheet) -> GpuSpec:
    host = wire.lowest_price or WireHostSheet()
    secure, community = wire.secure_cloud is True, wire.community_cloud is True
    return GpuSpec(
        gpu_id=wire.id,
        prices=ListPrices(
            # The list price of a cloud that does not sell it is a placeholder.
            secure=_price(wire.secure_price) if secure else None,
            community=_price(wire.community_price) if community else None,
            secure_spot=_price(wire.secure_spot_price) if secure else None,
            community_spot=_price(wire.community_spot_price) if community else None,
            week=_price(wire.one_week_price),
            month=_price(wire.one_month_price),
            three_months=_price(wire.three_month_price),
            six_months=_price(wire.six_month_price),
            year=_price(wire.one_year_price),
            cluster=_price(wire.cluster_price),
        ),
        throughput=whole(wire.throughput),
        min_count=whole(wire.min_pod_gpu_count),
        max_count=whole(host.max_gpu_count),
        max_secure=whole(wire.max_gpu_count_secure_cloud) if secure else None,
        max_community=whole(wire.max_gpu_count_community_cloud) if community else None,
        largest_free=whole(host.max_unreserved_gpu_count),
        free_counts=_wholes(host.available_gpu_counts),
        host_disk_gb=whole(host.min_disk),
        compliance=tuple(word for word in host.compliance or () if word),
        cudas=tuple(
            Cuda(cuda.cuda_version, cuda.availability)
            for cuda in host.gpu_type_cuda_versions or ()
            if cuda and cuda.cuda_version
        ),
        cluster_sizes=_wholes(wire.node_group_gpu_sizes),
        cluster_centers=tuple(center.id for center in wire.node_group_datacenters or () if center and center.id),
    )


def _wholes(numbers: list[float | None] | None) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers or () if number is not None)


def _price(dollars: float | None) -> float | None:
    # RunPod fills in 0 where it lists nothing.
    return dollars if dollars is not None and dollars > 0 else None


def cpu_flavors(data: Raw, problems: tuple[Problem, ...]) -> CpuFlavors:
    """The kinds of CPU pods, without prices."""
    try:
        items = _flavors.decode(data).cpu_flavors
    except NOT_UNDERSTOOD as error:
        raise Malformed(f"RunPod returned an invalid list of CPU pods: {reason(error)}.") from None
    if items is None:
        raise _missing(problems, "list of CPU pods")
    flavors, broken, cuts = each(items, "kinds of CPU pods", _flavor, _cpu_flavor, KINDS)
    return CpuFlavors(flavors, (*problems, *reports(broken, "kind of CPU pods"), *cuts))


def _cpu_flavor(wire: WireFlavor) -> CpuFlavor:
    return CpuFlavor(
        id=wire.id,
        name=wire.display_name,
        group_id=wire.group_id,
        group_name=wire.group_name,
        min_vcpus=whole(wire.min_vcpu),
        max_vcpus=whole(wire.max_vcpu),
        burstable=wire.vcpu_burstable,
        gb_per_vcpu=wire.ram_multiplier,
        disk_gb_per_vcpu=whole(wire.disk_limit_per_vcpu),
    )


def smallest(flavor: CpuFlavor) -> str | None:
    """RunPod's name of a flavour's smallest size, such as "cpu3c-2-4": vCPUs, then GB of memory."""
    if not flavor.min_vcpus or not flavor.gb_per_vcpu:
        return None
    return f"{flavor.id}-{flavor.min_vcpus}-{flavor.min_vcpus * flavor.gb_per_vcpu:g}"


def price_question(count: int) -> str:
    """The document of prices for `count` flavours in one request."""
    text = document("cpu_prices").text
    asked = text[text.index("{") + 1 : text.rindex("}")].strip()
    declared = ", ".join(f"$flavor{n}: CpuFlavorInput, $size{n}: SpecificsInput" for n in range(count))
    fields = (
        f"price{n}: {asked.replace('$flavor', f'$flavor{n}').replace('$size', f'$size{n}')}" for n in range(count)
    )
    return f"query cpu_prices({declared}) {{ {' '.join(fields)} }}"


def price_variables(flavors: Sequence[CpuFlavor]) -> dict[str, Any]:
    """The variables of `price_question` for the smallest sizes of these flavours."""
    values: dict[str, Any] = {}
    for number, flavor in enumerate(flavors):
        values[f"flavor{number}"] = {"id": flavor.id}
        values[f"size{number}"] = {"instanceId": smallest(flavor)}
    return values


def with_prices(listed: CpuFlavors, asked: Sequence[CpuFlavor], data: Raw) -> CpuFlavors:
    """The flavours with the prices of those requested; one without an understood result has none."""
    try:
        answers = _answers.decode(data)
    except NOT_UNDERSTOOD as error:
        raise Malformed(f"RunPod returned invalid prices of CPU pods: {reason(error)}.") from None
    prices = {flavor.id: _cpu_price(flavor, answers.get(f"price{number}")) for number, flavor in enumerate(asked)}
    return replace(listed, flavors=tuple(replace(flavor, smallest=prices.get(flavor.id)) for flavor in listed.flavors))


def _cpu_price(flavor: CpuFlavor, raw: Raw | None) -> CpuPrice | None:
    try:
        decoded = _priced.decode(raw) if raw is not None else None
    except NOT_UNDERSTOOD:
        return None
    specifics = next((priced.specifics for priced in decoded or () if priced and priced.specifics), None)
    if specifics is None:
        return None
    stock = None if not specifics.stock_status or specifics.stock_status.lower() == "none" else specifics.stock_status
    return CpuPrice(smallest(flavor) or flavor.id, stock, _price(specifics.secure_price), _price(specifics.sls_price))


def countries(data: Raw, problems: tuple[Problem, ...]) -> tuple[str, ...]:
    """The codes of the countries, as RunPod gives them."""
    try:
        codes = _countries.decode(data).country_codes
    except NOT_UNDERSTOOD as error:
        raise Malformed(f"RunPod returned an invalid list of countries: {reason(error)}.") from None
    if codes is None:
        raise _missing(problems, "list of countries")
    return tuple(code for code in codes if code)


def _missing(problems: tuple[Problem, ...], subject: str) -> CloudError:
    return refusal(problems) if problems else Malformed(f"RunPod's response has no {subject}.")
