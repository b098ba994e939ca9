"""`Gpus`: the GPU types of the Market screen, at the prices for its API filters."""

from __future__ import annotations

from collections.abc import Sequence

from tui.api.features import Feature
from tui.api.models import ANYTHING, Market, MarketQuery, Offer
from tui.domain import offered
from tui.domain.filters import Vocabulary
from tui.format import numbers as fmt
from tui.store.feed import Feed
from tui.store.fleet import Fleet
from tui.store.price_history import BUCKET
from tui.store.views import offers as views
from tui.store.views.offer_filter import LATELY, change, trended
from tui.store.views.offer_rows import OfferRow
from tui.ui.charts import price_charts
from tui.ui.charts.price_charts import View
from tui.ui.charts.spec import Drawn
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import catalogue, empty_states, offers
from tui.ui.render.copy_entries import Entry, of_market
from tui.ui.render.row_columns import NARROW, narrowed
from tui.ui.screens.listing import About, Picture, Rows, Scene, Stacked
from tui.ui.screens.market_listing import MarketListing
from tui.ui.widgets.table import Cells, Column


class Gpus(MarketListing):
    """The GPU types, at the prices for the query.

    demand: the API filters.
    sought: the type that the cursor goes to when it is loaded.
    """

    name = "gpus"
    title = "GPUs"
    columns = offers.COLUMNS
    table = "market"
    sorts = views.LIST_SORTS
    topics = ("sheets", "countries")
    panes = ("list", "facts", "trend")
    actions = frozenset(("demand", "watch"))

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self.demand, _ = views.demand_of(context.preferences.get("market.filters"))
        self.sought = ""
        self._begun = context.playback.clock()
        self._kept = views.KeptRows()

    @property
    def vocabulary(self) -> Vocabulary:
        return trended().vocabulary

    @property
    def every_column(self) -> tuple[Column, ...]:
        return offers.columns(2)

    def ask(self, demand: MarketQuery) -> None:
        """Show the market with other filters."""
        self.demand = demand
        self._begun = self.context.playback.clock()
        self.context.preferences.keep("market.filters", " ".join(views.chips(demand)))

    @property
    def demands(self) -> tuple[MarketQuery, ...]:
        return () if self.demand == ANYTHING or self._unanswered(self.context.fleet) else (self.demand,)

    def _unanswered(self, fleet: Fleet) -> str:
        """The filters that the API in use cannot answer: without them, other hosts than the wanted would be shown."""
        return "" if fleet.recorded else views.unanswered(self.demand, fleet.market_lacks)

    def chips(self) -> tuple[Cell, ...]:
        return offers.chips_line(self.demand)

    def feed(self, fleet: Fleet) -> Feed[Market]:
        """The market with the filters; in history only the prices of one GPU are available."""
        return fleet.market if fleet.recorded else fleet.market_for(self.demand)

    def interval(self, fleet: Fleet) -> float:
        return fleet.market_interval

    def every(self, fleet: Fleet) -> tuple[OfferRow, ...]:
        """The types of the market, before the text filter."""
        return self._kept.rows(self.feed(fleet).value, self._count(fleet))

    def _count(self, fleet: Fleet) -> int:
        return 1 if fleet.recorded else self.demand.gpu_count

    def rows(self, scene: Scene) -> Rows:
        fleet, now = scene.fleet, scene.now
        rows, feed = self.every(fleet), self.feed(fleet)
        shown = self._shown(fleet, now)
        columns = offers.columns(self._count(fleet), any(row.cuda_cores for row in rows))
        watched, lacks = self._watched(), self._lacks(fleet)

        def cells(key: str) -> Cells:
            past: Sequence[float | None] = ()
            if scene.width_of("trend"):
                past = fleet.prices.sparkline(key, now, offers.TREND_COLUMNS, offers.TREND_WIDTH)
            return offers.cells(shown.rows[key], past, key in watched, lacks)

        player = self.context.playback
        empty = empty_states.priced(
            feed, self.filter is not None, player.clock() - self._begun, fleet.recorded or player.replay
        )  # fmt: skip
        if refused := self._unanswered(fleet):
            empty = EmptyState(f"{offered.MARKED}: {refused}", ("f changes the API filters.",))
        return Rows(
            shown.keys, cells, len(rows), empty, rising=views.rises(self.sort, self.inverted),
            faded=self.is_stale(scene), columns=columns if scene.width >= NARROW else narrowed(columns),
            widest={"name": len("◉ ") + max((len(row.name) for row in rows), default=0)},
        )  # fmt: skip

    def _shown(self, fleet: Fleet, now: float) -> views.Selected:
        """The types that the filter lets pass; by the trend, those of the present minute."""
        chosen = self.filter
        if chosen is None or all(term.field != LATELY for term in chosen.terms):
            return self._kept.select(chosen, self.sort, self.inverted)

        def lately(row: OfferRow) -> float | None:
            return change(fleet.prices.sparkline(row.id, now, offers.TREND_COLUMNS, offers.TREND_WIDTH))

        return self._kept.select(chosen, self.sort, self.inverted, trended(lately), now // 60)

    def _lacks(self, fleet: Fleet) -> frozenset[Feature]:
        """What the API does not offer of these offers."""
        value = self.feed(fleet).value
        return value.lacks if value is not None else frozenset()

    def _watched(self) -> frozenset[str]:
        """GPU types that have a watch."""
        watches = self.context.fleet.watches.values()
        return frozenset(gpu for watch in watches if not watch.over for gpu in watch.gpus)

    def row(self, key: str | None) -> OfferRow | None:
        return next((row for row in self.every(self.context.playback.view[0]) if row.id == key), None)

    def about(self, scene: Scene) -> About:
        fleet, row = scene.fleet, self.row(scene.key)
        offer = _offer(self.feed(fleet).value, scene.key)
        if row is None or offer is None:
            return About(row.name if row is not None else "Details", wrapped=True)
        asked = None if fleet.recorded else self.demand.secure
        sections = offers.facts(
            row, offer, self.every(fleet), fleet.prices, fleet.places.value, fleet.funds, scene.now, self.context.tz,
            asked, self._lacks(fleet),
        )  # fmt: skip
        return About(row.name, (*sections, *catalogue.facts_of(row.id, fleet.sheets.value)), wrapped=True)

    def picture(self, scene: Scene) -> Picture:
        """The type's prices and its stock in the viewed time range."""
        row, now, prices = self.row(scene.key), scene.now, scene.fleet.prices
        if row is None:
            return Picture("Trend", empty=EmptyState("No GPU under the cursor"))
        last = f"last {fmt.span(scene.span)}"
        if prices.lowest(row.id, now - scene.span, now + BUCKET) is None:
            stocked, seen = prices.presence(row.id, now, scene.span)
            never = (f"Out of stock in all of the {fmt.duration(seen)} observed",) if seen and not stocked else ()
            return Picture("Trend", last, empty=EmptyState(f"No prices in the {last}", never))
        slow = self.context.display.pace.slow
        view = View(now=now, span=scene.span, tz=self.context.tz, cursor=scene.cursor, slow=slow)

        def draw(width: int, height: int) -> Drawn:
            return price_charts.price_chart(prices, row, view, width)

        def stack(width: int, height: int) -> Stacked | None:
            lines, charts = price_charts.stacked(prices, row, view, width, height)
            return Stacked(lines, charts) if charts else None

        return Picture("Trend", last, draw, stack=None if slow else stack)

    def wish(self, key: str | None) -> Wish | None:
        offer = _offer(self.context.fleet.market.value, key)
        return Wish(offer=offer) if offer is not None else None

    def watch(self, key: str | None) -> None:
        if (row := self.row(key)) is not None:
            self.context.watches.gpu(row, self.demand)

    def named(self, key: str | None) -> tuple[str, str, str]:
        row = self.row(key)
        return ("GPU type", row.id, row.name) if row is not None else ("", "", "")

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        return of_market(*self.named(key), gpu=True)


def _offer(market: Market | None, gpu: str | None) -> Offer | None:
    return next((offer for offer in (market.offers if market else ()) if offer.gpu_id == gpu), None)
