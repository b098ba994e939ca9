"""The catalogue in words: nothing left out, nothing made up."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tui.api.catalogue import CpuFlavor, CpuPrice, Cuda, GpuSpec, ListPrices
from tui.domain.filters import parse
from tui.format import numbers as fmt
from tui.ui.render.catalogue import FLAVOR_SORTS, FLAVORS, facts, flavor_cells, flavors

PRICES = ListPrices(2.99, 2.69, 1.75, 1.5, 2.8, 2.6, 2.5, 2.4, 2.3, 3.2)
SHEET = GpuSpec(
    "NVIDIA H100", PRICES, 990, 1, 16, 8, 4, 6, (1, 2, 4), 4000, ("GDPR",), (Cuda("12.4", "AVAILABLE"),), (8, 16),
    ("US-TX-3",),
)  # fmt: skip
NO_SHEET = GpuSpec("x", ListPrices(), None, None, None, None, None, None, (), None, (), (), (), ())
FLAVOR = CpuFlavor("cpu3c", "Compute", "cpu3", "CPU3", 2, 32, False, 2.0, 10, CpuPrice("cpu3c-2-4", "High", 0.06, 0.08))


def other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"x{value}"
        case _:
            return ()


def words(sheet: GpuSpec) -> dict[str, str]:
    return {fact.label: "".join(text for text, _ in fact.value) for _, group in facts(sheet) for fact in group}


@pytest.mark.parametrize("name", [name for name in GpuSpec.__struct_fields__ if name not in ("gpu_id", "prices")])
def test_every_field_of_a_sheet_is_told(name: str) -> None:
    assert facts(replace(SHEET, **{name: other(getattr(SHEET, name))})) != facts(SHEET)


@pytest.mark.parametrize("name", ListPrices.__struct_fields__)
def test_every_price_of_a_sheet_is_told(name: str) -> None:
    assert facts(replace(SHEET, prices=replace(PRICES, **{name: None}))) != facts(SHEET)


def test_a_sheet_without_anything_has_no_facts() -> None:
    assert facts(NO_SHEET) == ()


def test_what_is_paid_ahead_says_what_it_saves() -> None:
    told = words(SHEET)
    assert told["6 months"] == "$2.40/h prepaid · saves 20%"
    assert words(replace(SHEET, prices=replace(PRICES, secure=None)))["6 months"] == "$2.40/h prepaid"


def test_a_version_that_cannot_be_had_says_so() -> None:
    sheet = replace(SHEET, cudas=(Cuda("12.4", "AVAILABLE"), Cuda("13.0", "UNAVAILABLE"), Cuda("14.0", None)))
    assert words(sheet)["CUDA"] == "12.4, 13.0 (unavailable), 14.0"


@pytest.mark.parametrize("name", [*CpuFlavor.__struct_fields__, *(f"smallest.{n}" for n in CpuPrice.__struct_fields__)])
def test_every_field_of_a_cpu_pod_is_told(name: str) -> None:
    _, _, inner = name.partition("smallest.")
    assert FLAVOR.smallest is not None
    if inner:
        changed = replace(FLAVOR, smallest=replace(FLAVOR.smallest, **{inner: other(getattr(FLAVOR.smallest, inner))}))
    else:
        value = getattr(FLAVOR, name)
        changed = replace(FLAVOR, **{name: None if name == "smallest" else other(value)})
    assert flavor_cells(changed) != flavor_cells(FLAVOR)


@pytest.mark.parametrize("sort", FLAVOR_SORTS)
def test_the_unknown_comes_last_whichever_way_round(sort: str) -> None:
    dear = replace(
        FLAVOR, id="cpu5c", name="Zeta", group_name="Z", max_vcpus=64, gb_per_vcpu=8.0, disk_gb_per_vcpu=20,
        smallest=CpuPrice("cpu5c-2-4", "Low", 0.09, 0.12),
    )  # fmt: skip
    nothing = CpuFlavor("zz", None, None, None, None, None, None, None, None)
    every = (nothing, dear, FLAVOR)
    assert [f.id for f in flavors(every, sort, False)] == ["cpu3c", "cpu5c", "zz"]
    inverted = [f.id for f in flavors(every, sort, True)]
    assert inverted == (["zz", "cpu5c", "cpu3c"] if sort in ("id", "name") else ["cpu5c", "cpu3c", "zz"])


def test_a_cpu_pod_of_which_nothing_is_known() -> None:
    cells = flavor_cells(CpuFlavor("zz", None, None, None, None, None, None, None, None))
    assert cells["name"] == (("zz", "text"),)
    assert {text for key, cell in cells.items() if key not in ("name", "id") for text, _ in cell} == {fmt.UNKNOWN}


def test_cpu_pods_are_found_by_any_of_their_names() -> None:
    for text, found in (("comp CPU3", True), ("memory", False), ("price<1 vcpus>=2", True), ("price>1", False)):
        assert bool(FLAVORS.select(parse(text, FLAVORS.vocabulary), (FLAVOR,))) is found
