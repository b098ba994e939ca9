"""The GPU types that RunPod lists: real names and prices, including placeholders and the pseudo GPU."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class GpuType(NamedTuple):
    """One GPU type. Prices are per GPU per hour; if a cloud's flag is false, its price is a placeholder."""

    id: str
    name: str
    manufacturer: str
    memory_gb: int
    max_count: int
    secure: bool
    community: bool
    secure_price: float
    community_price: float
    secure_spot: float | None
    community_spot: float | None
    one_month: float | None
    three_month: float | None
    six_month: float | None
    cluster: float | None
    vcpus: int
    ram_gb: int


def _number(text: str) -> float | None:
    return float(text) if text else None


@cache
def gpu_types() -> dict[str, GpuType]:
    """All GPU types by id, in RunPod's order."""
    text = files(__package__).joinpath("catalogue.csv").read_text("utf-8")
    types = (
        GpuType(
            id=row["id"],
            name=row["displayName"],
            manufacturer=row["manufacturer"],
            memory_gb=int(row["memoryInGb"]),
            max_count=int(row["maxGpuCount"] or 8),
            secure=row["secureCloud"] == "true",
            community=row["communityCloud"] == "true",
            secure_price=_number(row["securePrice"]) or 0.0,
            community_price=_number(row["communityPrice"]) or 0.0,
            secure_spot=_number(row["secureSpotPrice"]),
            community_spot=_number(row["communitySpotPrice"]),
            one_month=_number(row["oneMonthPrice"]),
            three_month=_number(row["threeMonthPrice"]),
            six_month=_number(row["sixMonthPrice"]),
            cluster=_number(row["clusterPrice"]),
            vcpus=int(row["vcpuPerGpu"] or 8),
            ram_gb=int(row["ramGbPerGpu"] or 32),
        )
        for row in csv.DictReader(text.splitlines())
    )
    return {t.id: t for t in types}


class Place(NamedTuple):
    """A data center and its country."""

    id: str
    name: str
    country: str


PLACES = (
    Place("US-TX-3", "Texas 3", "US"),
    Place("US-GA-1", "Georgia 1", "US"),
    Place("US-KS-2", "Kansas 2", "US"),
    Place("EU-RO-1", "Romania 1", "RO"),
    Place("EU-SE-1", "Sweden 1", "SE"),
    Place("EU-NL-1", "Netherlands 1", "NL"),
    Place("CA-MTL-1", "Montreal 1", "CA"),
    Place("AP-JP-1", "Japan 1", "JP"),
    Place("EUR-IS-1", "Iceland 1", "IS"),
    Place("OC-AU-1", "Australia 1", "AU"),
)
