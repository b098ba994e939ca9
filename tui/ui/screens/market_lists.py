"""The lists of the Market screen: GPU types, CPU pods, CPUs, data centers, watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from msgspec.structs import replace

from tui.api.catalogue import CpuFlavor
from tui.api.enums import CloudKind, ComputeKind
from tui.api.features import Feature
from tui.api.hosts import CpuType
from tui.api.models import ANYTHING, DataCenter, Market, MarketQuery, Offer
from tui.domain import offered
from tui.domain.market_watch import what
from tui.format import numbers as fmt
from tui.store.feed import Feed
from tui.store.fleet import Fleet
from tui.store.price_history import BUCKET
from tui.store.views import offers as views
from tui.store.views.offer_filter import WORDS, parse
from tui.store.views.offer_rows import OfferRow
from tui.ui.charts import spec
from tui.ui.charts.spec import Drawn
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Fact, copied
from tui.ui.render import catalogue, data_centers, empty_states, offers, watches
from tui.ui.render.copy_entries import Entry, of_market, under_cursor
from tui.ui.render.rows import NARROW, narrowed
from tui.ui.screens.listing import About, Listing, Picture, Rows, Scene
from tui.ui.widgets.table import Cells

T = TypeVar("T")


class MarketListing(Listing):
    """A list of the market. Its texts to copy are the id and the name of its row."""

    preference = "market.sort.{}"
    prompt = "filter: words"

    def allows(self, action: str) -> bool:
        # In a recording nothing is loading.
        past = action in ("watch", "open", "remove") and self.context.playback.view[0].recorded
        return super().allows(action) and not past

    def named(self, key: str | None) -> tuple[str, str, str]:
        """The kind of a row, its id, its name."""
        return "", "", ""

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        return of_market(*self.named(key), gpu=False)

    def copies_of(self, key: str | None, title: str, fact: Fact | None) -> tuple[Entry, ...]:
        entries = self.copies(key)
        text = copied(fact) if fact is not None else ""
        return (*under_cursor(fact.label, text), *entries[1:]) if fact is not None and text else entries


class Gpus(MarketListing):
    """The GPU types, at the prices for the query.

    demand: the API filters.
    sought: the type that the cursor goes to when it is loaded.
    """

    name = "gpus"
    title = "GPUs"
    columns = offers.COLUMNS
    sorts = views.SORTS
    topics = ("sheets", "countries")
    panes = ("list", "facts", "trend")
    actions = frozenset(("demand", "watch"))
    prompt = f"filter: {WORDS}"

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self.demand, _ = views.demand_of(context.preferences.get("market.filters"))
        self.sought = ""
        self._begun = context.playback.clock()
        self._kept = views.KeptRows()

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
        rows, terms, feed = self.every(fleet), parse(self.typed), self.feed(fleet)
        shown = self._kept.select(terms, self.sort, self.inverted)
        columns = offers.columns(self._count(fleet), any(row.cuda_cores for row in rows))
        watched, lacks = self._watched(), self._lacks(fleet)

        def cells(key: str) -> Cells:
            past: Sequence[float | None] = ()
            if scene.width_of("trend"):
                past = fleet.prices.sparkline(key, now, offers.TREND_COLUMNS, offers.TREND_WIDTH)
            return offers.cells(shown.rows[key], past, key in watched, lacks)

        player = self.context.playback
        empty = empty_states.priced(
            feed, bool(terms), player.clock() - self._begun, fleet.recorded or player.replay
        )  # fmt: skip
        if refused := self._unanswered(fleet):
            empty = EmptyState(f"{offered.MARKED}: {refused}", ("f changes the API filters.",))
        return Rows(
            shown.keys, cells, len(rows), empty, note=f"▲ {terms.faults[0]}" if terms.faults else "",
            rising=views.rises(self.sort, self.inverted), faded=self.is_stale(scene),
            columns=columns if scene.width >= NARROW else narrowed(columns),
        )  # fmt: skip

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
        sheet = next((sheet for sheet in fleet.sheets.value or () if sheet.gpu_id == row.id), None)
        return About(row.name, (*sections, *(catalogue.facts(sheet) if sheet is not None else ())), wrapped=True)

    def picture(self, scene: Scene) -> Picture:
        """The type's on-demand prices in the viewed time range."""
        row, now, prices = self.row(scene.key), scene.now, scene.fleet.prices
        if row is None:
            return Picture("Trend", empty=EmptyState("No GPU under the cursor"))
        last = f"last {fmt.span(scene.span)}"
        if prices.lowest(row.id, now - scene.span, now + BUCKET) is None:
            return Picture("Trend", last, empty=EmptyState(f"No prices in the {last}"))

        def draw(width: int, height: int) -> Drawn:
            columns = max(1, width - (6 if spec.has_axis(width, height) else 0))
            # No narrower than the stored buckets: one without a price would look like a time without stock.
            window = spec.window(now, scene.span, columns, max(900.0, spec.bucket(scene.span, columns)))
            chart = offers.trend_chart(prices, row, window, now, self.context.tz, scene.cursor)
            return replace(chart, form=spec.Form.SPARK) if self.context.display.pace.slow else chart

        return Picture("Trend", last, draw)

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


class TopicListing(MarketListing, Generic[T]):
    """A list of the items of one topic, each by its id."""

    def every(self, fleet: Fleet) -> Sequence[T]:
        """All items, before the text filter."""
        return self.feed(fleet).value or ()

    def matching(self, fleet: Fleet) -> Mapping[str, T]:
        """The items that match the filter, sorted."""
        raise NotImplementedError

    def cells(self, item: T, fleet: Fleet) -> Cells:
        raise NotImplementedError

    def rises(self) -> bool:
        return not self.inverted

    def rows(self, scene: Scene) -> Rows:
        fleet = scene.fleet
        shown, total = self.matching(fleet), len(self.every(fleet))
        empty = empty_states.topic(self.feed(fleet), self.noun, bool(self.typed.strip()), total)
        return Rows(
            tuple(shown), lambda key: self.cells(shown[key], fleet), total, empty,
            rising=self.rises(), faded=self.is_stale(scene),
        )  # fmt: skip


class Flavors(TopicListing[CpuFlavor]):
    """Pods without a GPU that can be rented."""

    name = "flavors"
    title = "CPU pods"
    noun = "CPU pods"
    columns = catalogue.FLAVOR_COLUMNS
    sorts = catalogue.FLAVOR_SORTS
    topics = ("flavors",)
    panes = ("list",)

    def matching(self, fleet: Fleet) -> Mapping[str, CpuFlavor]:
        return {
            flavor.id: flavor for flavor in catalogue.flavors(self.every(fleet), self.typed, self.sort, self.inverted)
        }

    def cells(self, item: CpuFlavor, fleet: Fleet) -> Cells:
        return catalogue.flavor_cells(item, fleet.market_lacks)

    def wish(self, key: str | None) -> Wish | None:
        """The smallest pod of a flavor."""
        flavor = next((item for item in self.every(self.context.fleet) if item.id == key), None)
        if flavor is None or flavor.smallest is None:
            return None
        fields = {"compute": ComputeKind.CPU, "instance_ids": flavor.smallest.instance, "gpu_type_id": "", "name": ""}
        return Wish(more=fields, anew=True)


class Cpus(TopicListing[CpuType]):
    """The CPUs of hosts. They cannot be rented."""

    name = "cpus"
    title = "CPUs"
    noun = "CPU types"
    columns = catalogue.CPU_COLUMNS
    sorts = catalogue.CPU_SORTS
    topics = ("cpus",)
    panes = ("list",)

    def matching(self, fleet: Fleet) -> Mapping[str, CpuType]:
        cpus = catalogue.cpus(self.every(fleet), self.typed, self.sort, self.inverted)
        return {cpu.id or f"cpu {number}": cpu for number, cpu in enumerate(cpus)}

    def cells(self, item: CpuType, fleet: Fleet) -> Cells:
        return catalogue.cpu_cells(item)

    def is_stale(self, scene: Scene) -> bool:
        # A data sheet does not change by the hour.
        return False

    def named(self, key: str | None) -> tuple[str, str, str]:
        cpu = next((cpu for cpu in self.every(self.context.playback.view[0]) if cpu.id == key), None)
        return ("CPU type", cpu.id or "", cpu.name or "") if cpu is not None else ("", "", "")


class Centers(TopicListing[DataCenter]):
    """The data centers, and their stock."""

    name = "centers"
    title = "Data centers"
    short = "Centers"
    noun = "data centers"
    columns = data_centers.COLUMNS
    sorts = data_centers.SORTS
    topics = ("places",)

    def every(self, fleet: Fleet) -> Sequence[DataCenter]:
        return fleet.places.value.centers if fleet.places.value else ()

    def matching(self, fleet: Fleet) -> Mapping[str, DataCenter]:
        return {
            center.id: center
            for center in data_centers.matching(self.every(fleet), self.typed, self.sort, self.inverted)
        }

    def cells(self, item: DataCenter, fleet: Fleet) -> Cells:
        return data_centers.cells(item, _gpu_names(fleet))

    def rises(self) -> bool:
        return data_centers.rises(self.sort, self.inverted)

    def _center(self, fleet: Fleet, key: str | None) -> DataCenter | None:
        return next((center for center in self.every(fleet) if center.id == key), None)

    def about(self, scene: Scene) -> About:
        center = self._center(scene.fleet, scene.key)
        if center is None:
            return About("Details", wrapped=True)
        return About(
            center.name or center.id, data_centers.facts(center, _gpu_names(scene.fleet)), wrapped=True
        )  # fmt: skip

    def wish(self, key: str | None) -> Wish | None:
        center = self._center(self.context.fleet, key)
        # A data center restricts only the secure cloud.
        return Wish(more={"data_center": center.id, "cloud": CloudKind.SECURE}) if center is not None else None

    def named(self, key: str | None) -> tuple[str, str, str]:
        center = self._center(self.context.playback.view[0], key)
        return ("data center", center.id, center.name or "") if center is not None else ("", "", "")


def _gpu_names(fleet: Fleet) -> dict[str, str]:
    return {offer.gpu_id: offer.name for offer in (fleet.market.value.offers if fleet.market.value else ())}


class Watches(MarketListing):
    """The watches."""

    name = "watches"
    title = "Watches"
    columns = watches.COLUMNS
    panes = ("list",)
    actions = frozenset(("watch", "open", "remove"))

    def rows(self, scene: Scene) -> Rows:
        live = self.context.fleet
        terms = self.typed.lower().split()
        by_age = sorted(live.watches.values(), key=lambda watch: (watch.over, watch.made_at))
        shown = {w.id: w for w in by_age if all(word in what(w).lower() for word in terms)}
        empty = EmptyState(
            "No watches",
            ("w on a GPU watches its price and stock; w on a stopped pod watches its host for free GPUs.",),
        )
        if by_age and not shown:
            empty = EmptyState("No watches match", (f"{len(by_age)} hidden · esc clears the filter",))
        return Rows(
            tuple(shown),
            lambda key: watches.cells(shown[key], live, scene.now, self.context.tz),
            len(by_age),
            empty,
        )

    def trouble(self, scene: Scene) -> str:
        return ""

    def ages(self, fleet: Fleet, now: float) -> bool:
        return False

    def watch(self, key: str | None) -> None:
        self.context.watches.again(key or "")

    def open(self, key: str | None) -> None:
        self.watch(key)


LISTINGS: tuple[type[Listing], ...] = (Gpus, Flavors, Cpus, Centers, Watches)
