"""Data sheets of GPU types, CPU pods, countries: from the wire to the domain."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from graphql import parse, validate

from tests.api.make import cloud, gpu, market
from tests.api.schema import schema
from tui.api.catalogue import CpuFlavor, CpuPrice, Cuda, ListPrices
from tui.api.errors import Malformed, Rejected
from tui.api.graphql.catalogue import price_question, smallest


def flavor(**fields: Any) -> dict[str, Any]:
    return {"id": "cpu3c", "minVcpu": 2.0, "maxVcpu": 32, "ramMultiplier": 2.0, **fields}


async def test_what_a_cloud_lists_that_does_not_sell_it_is_no_price() -> None:
    listed = {"securePrice": 2.5, "communityPrice": 0.5, "secureSpotPrice": 0, "communitySpotPrice": 0.3}
    (sheet,) = (await cloud(market(gpu(communityCloud=False, oneMonthPrice=2.1, **listed))).gpu_sheets()).sheets
    assert sheet.prices == ListPrices(secure=2.5, month=2.1)


async def test_versions_of_cuda_and_counts() -> None:
    host = {
        "availableGpuCounts": [1, 2, None, 4],
        "gpuTypeCudaVersions": [
            {"cudaVersion": "12.4", "availability": "AVAILABLE"},
            {"cudaVersion": "13.0", "availability": "UNAVAILABLE"},
            {"cudaVersion": "14.0", "availability": "SOON"},
            None,
        ],
    }
    (sheet,) = (await cloud(market(gpu(lowestPrice=host))).gpu_sheets()).sheets
    assert sheet.free_counts == (1, 2, 4)
    assert sheet.cudas == (Cuda("12.4", "AVAILABLE"), Cuda("13.0", "UNAVAILABLE"), Cuda("14.0", "SOON"))


async def test_the_pseudo_gpu_and_a_broken_one_have_no_sheet() -> None:
    sheets = await cloud(market(gpu(id="unknown"), {"id": 7}, gpu())).gpu_sheets()
    assert [sheet.gpu_id for sheet in sheets.sheets] == ["NVIDIA H100"]


@pytest.mark.parametrize(("least", "ram", "name"), [(2, 2.0, "cpu3c-2-4"), (4, 1.5, "cpu3c-4-6"), (None, 2.0, None)])
def test_the_smallest_size_is_named_as_runpod_names_it(least: int | None, ram: float, name: str | None) -> None:
    assert smallest(CpuFlavor("cpu3c", None, None, None, least, 32, False, ram, 10)) == name


def test_the_question_for_several_prices_is_valid() -> None:
    for count in (1, 2, 12):
        assert validate(schema(), parse(price_question(count))) == []


async def test_cpu_pods_with_the_price_of_the_smallest() -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert "authorization" not in request.headers
        asked.append(json.loads(request.content))
        if len(asked) == 1:
            flavors = [flavor(displayName="Compute"), flavor(id="odd", minVcpu=None), flavor(id="cpu5c"), {"id": 3}]
            return httpx.Response(200, json={"data": {"cpuFlavors": flavors}})
        priced = {"stockStatus": "None", "securePrice": 0.06, "slsPrice": 0.08}
        data = {"price0": [{"specifics": priced}], "price1": None}
        return httpx.Response(200, json={"data": data, "errors": [{"message": "no", "path": ["price1"]}]})

    found = await cloud(answer).cpu_flavors()
    assert asked[1]["variables"] == {
        "flavor0": {"id": "cpu3c"},
        "size0": {"instanceId": "cpu3c-2-4"},
        "flavor1": {"id": "cpu5c"},
        "size1": {"instanceId": "cpu5c-2-4"},
    }
    assert [(f.id, f.smallest) for f in found.flavors] == [
        ("cpu3c", CpuPrice("cpu3c-2-4", None, 0.06, 0.08)),
        ("odd", None),
        ("cpu5c", None),
    ]


@pytest.mark.parametrize("name", ["gpu_sheets", "cpu_flavors", "countries"])
async def test_what_is_missing_is_an_error(name: str) -> None:
    field = {"gpu_sheets": "gpuTypes", "cpu_flavors": "cpuFlavors", "countries": "countryCodes"}[name]
    with pytest.raises(Malformed):
        await getattr(cloud({"data": {field: None}}), name)()
    with pytest.raises(Rejected, match="not today"):
        await getattr(cloud({"data": {field: None}, "errors": [{"message": "not today"}]}), name)()
