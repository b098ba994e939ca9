"""`MarketQuestions`: the market queries beside the prices of one GPU, all in one request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tui.api.capabilities import Capability, not_offered
from tui.api.errors import CloudError
from tui.api.models import ANYTHING

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Market, MarketQuery


class Answers(NamedTuple):
    """One market response: the prices of one GPU, and the results of the other queries."""

    market: Market
    asked: dict[MarketQuery, Market | CloudError]


class MarketQuestions:
    """Who wants which queries: screens and market watches, each under its own name."""

    def __init__(self) -> None:
        self._wanted: dict[str, tuple[MarketQuery, ...]] = {}

    def want(self, who: str, demands: Iterable[MarketQuery]) -> set[MarketQuery]:
        """Replace the queries of `who`; returns those that nobody wanted before."""
        before = set(self.all)
        self._wanted[who] = tuple(demands)
        return set(self.all) - before

    @property
    def all(self) -> tuple[MarketQuery, ...]:
        """The queries beside the prices of one GPU, each once."""
        queries = (demand for demands in self._wanted.values() for demand in demands)
        return tuple(dict.fromkeys(demand for demand in queries if demand != ANYTHING))

    async def ask(self, cloud: Cloud) -> Answers:
        """The prices, and the results of all wanted queries. Raises CloudError."""
        beside = self.all
        if not beside:
            return Answers(await cloud.market(), {})
        if not cloud.offers(Capability.MARKETS):
            return Answers(await cloud.market(), dict.fromkeys(beside, not_offered(Capability.MARKETS)))
        first, *others = await cloud.markets((ANYTHING, *beside))
        if isinstance(first, CloudError):
            raise first
        return Answers(first, dict(zip(beside, others, strict=True)))
