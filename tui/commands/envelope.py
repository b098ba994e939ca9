"""`Document`: one response in the form scripts get, and how it is made from RunPod's data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from tui.api.errors import CloudError, NotOffered
from tui.api.models import ANYTHING
from tui.commands import items
from tui.commands.item_filter import parse
from tui.commands.items import VERSION, AlertOff, AlertTotals, Money, iso
from tui.commands.market import ALL, Selection
from tui.domain import clock_skew as skewed
from tui.domain import offered
from tui.domain.filters import NO_FILTER
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet
from tui.store.slices import whole
from tui.store.views import offers

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.models import Market, MarketQuery, Problem
    from tui.commands.run_points import RunPointItem


class ProblemItem(Struct, frozen=True):
    """A part that RunPod failed to return, in its words."""

    message: str
    path: str | None
    code: str | None


class Document(Struct, frozen=True, kw_only=True):
    """One response.

    podtop: the version of this shape.
    kind:   what was requested, which determines the type of the items.
    at:     when RunPod responded.
    source: "runpod", "demo", "simulated", or the host that was polled.
    api:    the one that responded, by its name in the settings; left out where it is none of RunPod's.
    profile: that of the settings, if one was chosen.
    filters: the market's API filters, as typed on the screen; of the market only.
    total:  number of items without the filter.
    money:  of pods and alerts; null if RunPod did not return it.
    not_offered: what the API in use does not offer: it is null in the items, and neither zero nor unknown for now.
    totals: of alerts only: the sums of what they waste.
    alerts_off: of alerts only: those that cannot be judged over this API, or mean nothing to this account.
    """

    podtop: int = VERSION
    kind: str
    at: str
    source: str
    api: str | UnsetType = UNSET
    profile: str | UnsetType = UNSET
    filters: tuple[str, ...] | UnsetType = UNSET
    total: int
    items: tuple[Any, ...]
    money: Money | UnsetType | None = UNSET
    not_offered: tuple[str, ...] | UnsetType = UNSET
    totals: AlertTotals | UnsetType = UNSET
    alerts_off: tuple[AlertOff, ...] | UnsetType = UNSET
    problems: tuple[ProblemItem, ...] = ()


ALWAYS: dict[str, dict[str, Any]] = {
    "pods": {"money": Money | None, "not_offered": tuple[str, ...]},
    "alerts": {
        "money": Money | None,
        "not_offered": tuple[str, ...],
        "totals": AlertTotals,
        "alerts_off": tuple[AlertOff, ...],
    },
    "rules": {"money": Money | None, "not_offered": tuple[str, ...]},
    "account": {"not_offered": tuple[str, ...]},
    "market": {"filters": tuple[str, ...], "not_offered": tuple[str, ...]},
}
"""The fields that every document of a kind has, and others lack."""


OF_PODS = ("pods", "alerts", "rules", "runs")
"""The kinds that are made of a response about the pods."""


class Incomplete(Exception):
    """RunPod responded without the requested part. `str()` says so, in its words if it has any."""


class Desk:
    """Requests one kind, and keeps earlier responses, by which a later document knows of idle pods and restarts.

    source: the source's name in documents; profile: and the account's, if it has one.
    text:   the filter as typed.
    market: the part of the market that is requested and printed.
    points: of runs only: what they reported, as recorded.
    """

    def __init__(
        self,
        kind: str,
        source: str,
        text: str,
        interval: float,
        profile: str = "",
        market: Selection = ALL,
    ) -> None:
        self.kind = kind
        self.fleet = Fleet(interval, interval, budget=0)
        self.tracker = AlertTracker()
        self._source = source
        self.cloud: Cloud | None = None
        self.points: tuple[RunPointItem, ...] = ()
        self._profile = profile
        self._chosen = parse(kind, text)
        self._market = market

    def question(self, cloud: Cloud) -> Callable[[], Awaitable[Any]]:
        """The request. It raises CloudError."""
        self.cloud = cloud
        asked: dict[str, Callable[[], Awaitable[Any]]] = {
            "pods": cloud.fleet,
            "alerts": cloud.fleet,
            "rules": cloud.fleet,
            "runs": cloud.fleet,
            "market": partial(_market, cloud, self._market.query),
            "account": partial(_account, cloud),
            "hosts": cloud.hosts,
        }
        return asked[self.kind]

    def dated(self, answer: Any, skew: float) -> Any:
        """A response timed by podtop's own clock. `skew`: seconds that RunPod's clock is ahead."""
        if self.kind in OF_PODS:
            return skewed.snapshot(answer, skew)
        return skewed.hosts(answer, skew) if self.kind == "hosts" else answer

    def take(self, answer: Any, at: float, took: float = 0.0) -> None:
        """Store a response. Raises Incomplete."""
        if self.kind in OF_PODS:
            if answer.pods is None:
                messages = "; ".join(problem.message for problem in answer.problems)
                raise Incomplete(
                    f"the response had no pod list: {messages}" if messages else "the response had no pod list"
                )
            self.fleet.apply(answer, at, took)

    def document(self, answer: Any, at: float) -> Document:
        """The document of the last stored response."""
        if self.kind in ("alerts", "rules"):
            whole(self.tracker.judging(self.fleet, at, quiet=True))
        shown, total = self._items(answer, at)
        fields = ALWAYS.get(self.kind, {})
        names: tuple[str, ...] | UnsetType = UNSET
        if "not_offered" in fields:
            names = answer.not_offered if self.kind == "account" else offered.named(answer.lacks)
        return Document(
            kind=self.kind,
            at=iso(at) or "",
            source=self._source,
            api=UNSET if self.cloud is None or self.cloud.api is None else self.cloud.api.value,
            profile=self._profile or UNSET,
            filters=offers.chips(self._market.query) if "filters" in fields else UNSET,
            total=total,
            items=shown,
            money=items.money(answer.funds, self.fleet.running_cost) if "money" in fields else UNSET,
            not_offered=names,
            totals=items.alert_totals(self.fleet.attention) if "totals" in fields else UNSET,
            alerts_off=items.alerts_off(self.fleet) if "alerts_off" in fields else UNSET,
            problems=tuple(_problem(problem) for problem in answer.problems),
        )

    def _items(self, answer: Any, at: float) -> tuple[tuple[Struct, ...], int]:
        fleet, chosen = self.fleet, self._chosen
        match self.kind:
            case "pods":
                return items.pods(fleet, at, chosen), len(fleet.records)
            case "market":
                everything = replace(self._market, filter=NO_FILTER)
                return items.offers(answer, self._market), len(items.offers(answer, everything))
            case "runs":
                pods = {pod.id for pod in items.pods(fleet, at, chosen)}  # type: ignore[attr-defined]
                return tuple(point for point in self.points if point.pod_id in pods), len(self.points)
            case "alerts":
                current = self.tracker.current
                alert_list = items.alert_items(fleet, at, NO_FILTER, current)
                return items.alert_items(fleet, at, chosen, current), len(alert_list)
        if self.kind == "rules":
            from tui.commands.rules import rule_items

            rules = rule_items(fleet, at, self.tracker.current)
            return rules, len(rules)
        from tui.commands import account_items

        if self.kind == "account":
            return (account_items.account(answer),), 1
        return account_items.hosts(answer, chosen), len(answer.hosts) + len(answer.unreadable)


async def _market(cloud: Cloud, query: MarketQuery) -> Market:
    if query == ANYTHING:
        return await cloud.market()
    (answer,) = await cloud.markets((query,))
    if isinstance(answer, CloudError):
        raise answer
    if refused := offers.unanswered(query, answer.lacks):
        raise NotOffered(f"{refused}: {offered.WORDS}.")
    return answer


async def _account(cloud: Cloud) -> Any:
    from tui.commands import account_items

    return await account_items.whole(cloud)


def _problem(problem: Problem) -> ProblemItem:
    path = ".".join(str(part) for part in problem.path)
    return ProblemItem(problem.message, path or None, problem.code)
