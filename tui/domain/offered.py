"""What is shown of a value that the API in use does not offer: neither a number, nor that it is unknown. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tui.api.features import NOT_OFFERED, Feature
from tui.domain import pod_health

if TYPE_CHECKING:
    from tui.api.models import Funds, MarketQuery

WORDS = "not offered by this API"
MARKED = f"{NOT_OFFERED} {WORDS}"
"""The same with its symbol, where there is room for more than that."""

NO_LOGS = "the API in use has no logs"
"""Why no log is read."""

AFTERWARDS = "billed afterwards"
"""In place of the runway of an account that pays by invoice: nothing ends at $0."""

NOTHING: frozenset[Feature] = frozenset()

_RUNWAY = (Feature.BALANCE, Feature.SPEND)
"""What a runway is computed from."""

_OF_HOSTS = ("disk_gb", "min_memory_gb", "min_vcpus", "min_download_mbps", "min_upload_mbps", "public_ip")
"""The fields of a market query that only an API with `Feature.HOST_LIMITS` answers."""


def named(lacks: Collection[Feature]) -> tuple[str, ...]:
    """The names of these features, in their own order."""
    return tuple(feature.value for feature in Feature if feature in lacks)


def no_runway(funds: Funds | None, lacks: Collection[Feature] = NOTHING) -> str:
    """Why there is no runway and cannot be one; empty if there is one, or if it is unknown for now."""
    if pod_health.is_postpaid(funds):
        return AFTERWARDS
    if pod_health.runway(funds) is None and any(feature in lacks for feature in _RUNWAY):
        return WORDS
    return ""


def unanswered(query: MarketQuery, lacks: Collection[Feature]) -> tuple[str, ...]:
    """The fields of a market query that this API cannot answer: what it responds is then no answer to it."""
    if Feature.HOST_LIMITS not in lacks:
        return ()
    return tuple(name for name in _OF_HOSTS if getattr(query, name) is not None)
