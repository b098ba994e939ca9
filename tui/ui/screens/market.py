"""The Market screen: what can be rented, where, at what price; what it cost lately, and what would do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.api.models import ANYTHING, Market, MarketQuery, Offer
from tui.domain.market_watch import what
from tui.format import numbers as fmt
from tui.store.feed import Feed
from tui.store.fleet import Fleet
from tui.store.price_history import BUCKET
from tui.store.views import offers as views
from tui.store.views.offer_filter import WORDS, parse
from tui.store.views.offer_rows import OfferRow
from tui.ui import layout
from tui.ui.charts import spec
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.messages import Attend
from tui.ui.primitives.cells import Cell, wrap
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Fact, copied
from tui.ui.render import catalogue, empty_states, offers
from tui.ui.render.rows import NARROW, narrowed
from tui.ui.screens.base import RANGES, BaseScreen, hidden
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.pane_container import Body
from tui.ui.widgets.status_lines import Lines
from tui.ui.widgets.table import Cells, Column, Table
from tui.ui.widgets.telemetry import Telemetry

if TYPE_CHECKING:
    from tui.ui.render.copy_entries import Entry

LISTS = {"gpus": "GPUs", "flavors": "CPU pods", "cpus": "CPUs", "centers": "Data centres", "watches": "Watches"}
SHORT_LISTS = {**LISTS, "centers": "Centres"}
TITLES = {"list": "List", "facts": "Details", "trend": "Trend"}
FACTS = (Column("label", "", 14, 0), Column("value", "", 20, 0, flex=True))
SORTS = {
    "gpus": views.SORTS,
    "flavors": catalogue.FLAVOR_SORTS,
    "cpus": offers.CPU_SORTS,
    "centers": offers.CENTER_SORTS,
    "watches": ("",),
}
TOPICS = {"flavors": "flavors", "cpus": "cpus", "centers": "places"}
BESIDE = {"gpus": ("sheets", "countries")}
"""What a list asks for beside its rows, seldom."""

ALONE = ("flavors", "cpus", "watches")
"""Lists that have the whole screen to themselves."""

SHORT = 12
DAY, WEEK = RANGES.index(86_400.0), RANGES.index(7 * 86_400.0)
"""The trend is of a day or of a week: prices are kept in quarters of an hour."""

HINT = " ".join(f"{name}=" for name in views.FILTERS)


class MarketScreen(BaseScreen):
    """Reads the market; asks for it as its filters say, while it is on top."""

    MODE = "market"
    NEVER = ("chart.heat",)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f", "demand", "filters", id="market.demand", tooltip="Filters at RunPod: GPUs, cloud, memory, country"
        ),
        Binding("slash", "filter", "find", id="table.filter", priority=True, tooltip=f"Filter what is shown: {WORDS}"),
        Binding("o", "sort", "sort", id="table.sort", tooltip="Sort by the next column"),
        hidden("i", "invert", "table.invert", "Turn the order round"),
        Binding(
            "right,l",
            "list(1)",
            "list",
            id="market.next",
            key_display="→",
            tooltip="GPUs, CPU pods, CPUs, data centres, watches",
        ),
        Binding(
            "left,h",
            "list(-1)",
            "list",
            id="market.previous",
            show=False,
            key_display="←",
            tooltip="The list before",
        ),
        Binding(
            "w", "watch", "watch", id="market.watch", tooltip="Watch: be told when it is there, or have it deployed"
        ),
        hidden("x", "remove", "market.remove", "Take the watch under the cursor away"),
        Binding("enter", "open", "open", id="table.open", show=False, tooltip="The watch under the cursor"),
        Binding("tab", "pane(1)", "pane", id="pane.next", show=False, tooltip="Go to the next pane"),
        hidden("shift+tab", "pane(-1)", "pane.previous", "Go to the previous pane"),
        Binding("z", "zoom", "zoom", id="pane.zoom", show=False, tooltip="Give the pane the whole screen, or back"),
        hidden("c", "copy", "market.copy", "Copy: id, name, or a detail"),
        hidden("escape", "back", "pane.back", "Leave cursor, zoom, filter"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._range = DAY
        self._panes = layout.MarketPanes()
        self._zoomed = False
        self._list = "gpus"
        kept = sight.kept.get
        self._demand, _ = views.demand_of(kept("market.filters"))
        self._typed = dict.fromkeys(LISTS, "")
        self._sorts = {name: kept(f"market.sort.{name}") for name in LISTS}
        self._sorts = {name: sort if sort in SORTS[name] else SORTS[name][0] for name, sort in self._sorts.items()}
        self._inverted = dict.fromkeys(LISTS, False)
        self._asking = ""
        self._facts: dict[str, Fact] = {}
        self._every: tuple[OfferRow, ...] = ()
        self._sought = ""
        self._begun = sight.player.clock()

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        yield Lines(id="lists")
        with Body(self._panes, id="body"):
            yield Table(offers.columns(self._demand.gpu_count, cores=False), id="gpus", classes="pane list")
            yield Table(catalogue.FLAVOR_COLUMNS, id="flavors", classes="pane list")
            yield Table(offers.CPU_COLUMNS, id="cpus", classes="pane list")
            yield Table(offers.CENTER_COLUMNS, id="centers", classes="pane list")
            yield Table(offers.WATCH_COLUMNS, id="watches", classes="pane list")
            yield Table(FACTS, id="facts", headed=False)
            yield Telemetry(1, id="trend")
        yield Lines(id="footer")

    def on_mount(self) -> None:
        self._focus_list()

    def _attend(self) -> None:
        """Ask RunPod for what this list shows, and for nothing else."""
        demands = () if self._demand == ANYTHING or self._list != "gpus" else (self._demand,)
        topic = TOPICS.get(self._list)
        self.post_message(Attend((*((topic,) if topic else ()), *BESIDE.get(self._list, ())), demands))

    # Reading the store

    def _feed(self, fleet: Fleet) -> Feed[Market]:
        """The market as the filters say; in the past there are the prices of one GPU alone."""
        return fleet.market if fleet.recorded else fleet.market_for(self._demand)

    @property
    def _count(self) -> int:
        return 1 if self._view[0].recorded else self._demand.gpu_count

    def _show_all(self) -> None:
        self._arrange()
        fleet, now = self._view
        self._every = views.rows(self._feed(fleet).value, self._count)
        self._show_lists()
        match self._list:
            case "gpus":
                self._show_gpus(fleet, now)
            case "flavors":
                self._show_flavors(fleet, now)
            case "cpus":
                self._show_cpus(fleet, now)
            case "centers":
                self._show_centers(fleet, now)
            case "watches":
                self._show_watches(fleet, now)
        self._show_facts()
        self._show_footer()

    def _age(self, fleet: Fleet, now: float) -> None:
        feed = self._topic(fleet)
        if feed.value is None or feed.error is not None or feed.stale(now, self._interval(fleet)):
            self.show()

    def _topic(self, fleet: Fleet) -> Feed[object]:
        found: Mapping[str, Feed[object]] = {
            "flavors": fleet.flavors,  # type: ignore[dict-item]
            "cpus": fleet.cpus,  # type: ignore[dict-item]
            "centers": fleet.places,  # type: ignore[dict-item]
        }
        return found.get(self._list, self._feed(fleet))  # type: ignore[arg-type]

    def _interval(self, fleet: Fleet) -> float:
        from tui.store.topics import TOPICS as HOW

        topic = TOPICS.get(self._list)
        return HOW[topic].interval if topic else fleet.market_interval

    def _show_gpus(self, fleet: Fleet, now: float) -> None:
        table = self.query_one("#gpus", Table)
        terms = parse(self._typed["gpus"])
        sort, inverted = self._sorts["gpus"], self._inverted["gpus"]
        found = {row.id: row for row in views.select(self._every, terms, sort, inverted)}
        columns = offers.columns(self._count, any(row.cuda_cores for row in self._every))
        table.refit(columns if self.size.width >= NARROW else narrowed(columns))
        width = table.width_of("trend")
        watched = self._watched()

        def cells(key: str) -> Cells:
            past = fleet.prices.sparkline(key, now, offers.TREND_COLUMNS, offers.TREND_WIDTH) if width else ()
            return offers.cells(found[key], past, key in watched)

        feed = self._feed(fleet)
        notice = empty_states.priced(
            feed, bool(terms), self._player.clock() - self._begun, fleet.recorded or self._player.replay
        )
        table.show(
            tuple(found), cells, notice=notice, sorted_by=(sort, views.rises(sort, inverted)),
            faded=feed.stale(now, fleet.market_interval),
        )  # fmt: skip
        if self._sought in found:
            table.move_to(self._sought)
            self._sought = ""
        self._title(
            "gpus", len(found), len(self._every), empty_states.aged(feed, now, fleet.market_interval), terms.faults
        )

    def _watched(self) -> frozenset[str]:
        """GPU types that a watch waits for."""
        vigils = self._sight.fleet.vigils.values()
        return frozenset(gpu for vigil in vigils if not vigil.over for gpu in vigil.gpus)

    def _show_watches(self, fleet: Fleet, now: float) -> None:
        live = self._sight.fleet
        words = self._typed["watches"].lower().split()
        every = sorted(live.vigils.values(), key=lambda vigil: (vigil.over, vigil.made_at))
        found = {v.id: v for v in every if all(word in what(v).lower() for word in words)}
        notice = EmptyState(
            "nothing is watched for",
            ("w on a GPU waits for it at a price; w on a stopped pod waits for free GPUs on its host.",),
        )
        if every and not found:
            notice = EmptyState("nothing matches the filter", (f"{len(every)} are hidden; esc clears it.",))
        self.query_one("#watches", Table).show(
            tuple(found),
            lambda key: offers.watch_cells(found[key], live, now, self._sight.tz),
            notice=notice,
        )
        self._title("watches", len(found), len(every), "")

    def _show_cpus(self, fleet: Fleet, now: float) -> None:
        feed = fleet.cpus
        every = feed.value or ()
        found = offers.cpus(every, self._typed["cpus"], self._sorts["cpus"], self._inverted["cpus"])
        shown = {cpu.id or f"cpu {number}": cpu for number, cpu in enumerate(found)}
        notice = empty_states.topic(feed, "CPU types", bool(self._typed["cpus"].strip()), len(every))
        self.query_one("#cpus", Table).show(
            tuple(shown), lambda key: offers.cpu_cells(shown[key]), notice=notice,
            sorted_by=(self._sorts["cpus"], not self._inverted["cpus"]),
        )  # fmt: skip
        self._title("cpus", len(found), len(every), empty_states.aged(feed, now, self._interval(fleet)))

    def _show_flavors(self, fleet: Fleet, now: float) -> None:
        feed = fleet.flavors
        every = feed.value or ()
        sort, inverted = self._sorts["flavors"], self._inverted["flavors"]
        shown = {flavor.id: flavor for flavor in catalogue.flavors(every, self._typed["flavors"], sort, inverted)}
        notice = empty_states.topic(feed, "CPU pods", bool(self._typed["flavors"].strip()), len(every))
        self.query_one("#flavors", Table).show(
            tuple(shown), lambda key: catalogue.flavor_cells(shown[key]), notice=notice, sorted_by=(sort, not inverted),
            faded=feed.stale(now, self._interval(fleet)),
        )  # fmt: skip
        self._title("flavors", len(shown), len(every), empty_states.aged(feed, now, self._interval(fleet)))

    def _show_centers(self, fleet: Fleet, now: float) -> None:
        feed = fleet.places
        every = feed.value.centers if feed.value else ()
        found = offers.centers(every, self._typed["centers"], self._sorts["centers"], self._inverted["centers"])
        shown = {center.id: center for center in found}
        notice = empty_states.topic(feed, "data centres", bool(self._typed["centers"].strip()), len(every))
        names = self._names(fleet)
        self.query_one("#centers", Table).show(
            tuple(shown), lambda key: offers.center_cells(shown[key], names), notice=notice,
            sorted_by=(self._sorts["centers"], offers.centers_rise(self._sorts["centers"], self._inverted["centers"])),
            faded=feed.stale(now, self._interval(fleet)),
        )  # fmt: skip
        self._title("centers", len(found), len(every), empty_states.aged(feed, now, self._interval(fleet)))

    @staticmethod
    def _names(fleet: Fleet) -> dict[str, str]:
        return {offer.gpu_id: offer.name for offer in (fleet.market.value.offers if fleet.market.value else ())}

    def _title(self, name: str, shown: int, total: int, trouble: str, faults: tuple[str, ...] = ()) -> None:
        """A list's title: what is filtered, how many rows there are, how old they are."""
        table = self.query_one(f"#{name}", Table)
        text = self._typed[name].strip()
        parts = [LISTS[name], *([f"/{text}  {shown} of {total}"] if text else [str(total)] if total else [])]
        self._entitle(table, "  ".join(parts), trouble or (f"▲ {faults[0]}" if faults else ""))
        table.set_class(bool(trouble), "-old")

    def _show_lists(self) -> None:
        narrow = self.size.width < NARROW
        left = tuple(self._list_tab(name) for name in LISTS)
        chips = offers.chips_line(self._demand) if self._list == "gpus" else ()
        panes: tuple[Cell, ...] = ()
        if self._panes.alone and self._panes.active != "list":
            panes = (((f" {TITLES[self._panes.active]} ", "tab"),),)
            # Whose pane it is comes before what else there is.
            left = (self._list_tab(self._list),) if narrow else left
        line = self.query_one("#lists", Lines)
        found = offers.wrapped((*left, *panes), chips, self.size.width - 2)
        if line.styles.height is None or line.styles.height.value != len(found):
            # A filter that is not seen would be taken for none.
            line.styles.height = len(found)
        line.content = found

    def _list_tab(self, name: str) -> Cell:
        words = SHORT_LISTS if self.size.width < NARROW else LISTS
        return ((f" {words[name]} ", "tab" if name == self._list else "muted"),)

    # What is under the cursor

    def _row(self) -> OfferRow | None:
        key = self.query_one("#gpus", Table).cursor
        return next((row for row in self._every if row.id == key), None) if self._list == "gpus" else None

    def _show_facts(self) -> None:
        fleet, now = self._view
        table, pane = self.query_one("#facts", Table), self.query_one("#trend", Telemetry)
        made: tuple[tuple[str, tuple[Fact, ...]], ...] = ()
        title = ""
        row = self._row()
        if row is not None:
            offer = self._offer(self._feed(fleet).value, row.id)
            if offer is not None:
                asked = None if fleet.recorded else self._demand.secure
                made = offers.facts(
                    row, offer, self._every, fleet.prices, fleet.places.value, fleet.funds, now, self._sight.tz, asked
                )
                sheet = next((sheet for sheet in fleet.sheets.value or () if sheet.gpu_id == row.id), None)
                made = (*made, *(catalogue.facts(sheet) if sheet is not None else ()))
            title = row.name
        elif self._list == "centers" and fleet.places.value is not None:
            key = self.query_one("#centers", Table).cursor
            center = next((c for c in fleet.places.value.centers if c.id == key), None)
            if center is not None:
                made, title = offers.center_facts(center, self._names(fleet)), center.name or center.id
        cells: dict[str, dict[str, Cell]] = {}
        self._facts = {}
        width = table.width_of("value") if self.size.width < layout.NORMAL else 0
        for heading, group in made:
            if cells:
                cells[f"{heading} above"] = {}
            cells[heading] = {"label": ((heading, "key"),)}
            for number, fact in enumerate(group):
                for line, value in enumerate(wrap(fact.value, width) if width else (fact.value,)):
                    label = fact.label if not line else ""
                    cells[f"{heading} {number}.{line}"] = {"label": ((label, "muted"),), "value": value}
                    self._facts[f"{heading} {number}.{line}"] = fact
        table.show(tuple(cells), lambda key: cells[key], notice=EmptyState("nothing is under the cursor"))
        self._entitle(table, title or TITLES["facts"], "")
        self._show_trend(pane, row, fleet, now)

    def _show_trend(self, pane: Telemetry, row: OfferRow | None, fleet: Fleet, now: float) -> None:
        if not pane.display:
            return
        self._entitle(pane, TITLES["trend"], f"last {fmt.span(RANGES[self._range])}" if row else "")
        if row is None:
            pane.show_notice(EmptyState("no GPU is under the cursor"))
            return
        if fleet.prices.lowest(row.id, now - RANGES[self._range], now + BUCKET) is None:
            pane.show_notice(EmptyState(f"no price was seen in the last {fmt.span(RANGES[self._range])}"))
            return
        pane.open()
        pane.divide(1)
        # Hidden behind a notice it has no size; it tells when it has one.
        pane.charts[0].display = True
        size = pane.charts[0].size
        if not size.width:
            return
        columns = max(1, size.width - (6 if spec.has_axis(size.width, size.height) else 0))
        # No narrower than what is kept: a bucket without a price would look like a time without stock.
        width = max(900.0, spec.bucket(RANGES[self._range], columns))
        self._width = width
        window = spec.window(now, RANGES[self._range], columns, width)
        chart = offers.trend_chart(fleet.prices, row, window, now, self._sight.tz, self._cursor)
        slow = self._sight.display.pace.slow
        pane.show((replace(chart, heat=True, spark=True) if slow else chart,))

    @staticmethod
    def _offer(market: Market | None, gpu: str | None) -> Offer | None:
        return next((offer for offer in (market.offers if market else ()) if offer.gpu_id == gpu), None)

    def on_resized(self) -> None:
        self._show_facts()

    # Arranging

    def _arrange(self) -> None:
        size, panes = self.size, self._panes
        single = layout.single(size.width, size.height)
        panes.alone = self._zoomed or single or self._list in ALONE
        if self._list in ALONE:
            panes.active = "list"
        panes.rows = len(self._every)
        panes.trend = self._list == "gpus"
        self.set_class(size.height < SHORT, "-short")
        shown = layout.market(size.width, size.height, panes.active, panes.rows, panes.alone, panes.trend)
        for name in LISTS:
            self.query_one(f"#{name}").display = name == self._list and "list" in shown
        for name in ("facts", "trend"):
            self.query_one(f"#{name}").display = name in shown
        self.query_one("#body").refresh(layout=True)

    def on_resize(self) -> None:
        self._arrange()
        self.call_after_refresh(self.show)

    @on(events.DescendantFocus)
    def _focused(self, event: events.DescendantFocus) -> None:
        name = "list" if event.widget.has_class("list") else event.widget.id
        if name in layout.MARKET and name != self._panes.active:
            self._panes.active = name
            self._arrange()
            self.refresh_bindings()

    def _focus_list(self) -> None:
        self.query_one(f"#{self._list}").focus()

    def action_pane(self, step: int) -> None:
        if self._list in ALONE:
            return
        names = layout.MARKET if self._list == "gpus" else layout.MARKET[:2]
        self._panes.active = names[(names.index(self._panes.active) + step) % len(names)]
        self._arrange()
        if self._panes.active == "list":
            self._focus_list()
        else:
            self.query_one(f"#{self._panes.active}").focus()
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    def action_zoom(self) -> None:
        self._zoomed = not self._zoomed
        self._arrange()
        self.call_after_refresh(self.show)

    def action_list(self, step: int) -> None:
        names = tuple(LISTS)
        self._go_list(names[(names.index(self._list) + step) % len(names)])

    def look_for(self, gpu: str) -> None:
        """Put the cursor on a GPU type; a filter that hides it gives way."""
        self._sought = gpu
        if self._typed["gpus"] and gpu not in self.query_one("#gpus", Table).keys:
            self._typed["gpus"] = ""
        self._go_list("gpus")

    def _go_list(self, name: str) -> None:
        self._list, self._panes.active, self._cursor = name, "list", None
        self._arrange()
        self._focus_list()
        self._attend()
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    def action_back(self) -> None:
        if self._cursor is not None:
            self._cursor = None
            self.show()
        elif self._zoomed:
            self.action_zoom()
        elif self._panes.active != "list":
            self._go_list(self._list)
        elif self._typed[self._list]:
            self._set_filter("")

    def _meter(self) -> Cell:
        return self._asked(always=True)

    # Watching

    def action_watch(self) -> None:
        row = self._row()
        if self._list == "watches":
            self._sight.watching().again(self.query_one("#watches", Table).cursor or "")
        elif row is not None:
            self._sight.watching().gpu(row, self._demand)

    def action_open(self) -> None:
        self.action_watch()

    def action_remove(self) -> None:
        self._sight.watching().remove(self.query_one("#watches", Table).cursor or "")

    # Acting

    def _targets(self) -> tuple[str, ...]:
        return ()

    def _wanted(self) -> Offer | None:
        row = self._row()
        return self._offer(self._sight.fleet.market.value, row.id if row else None)

    def _wish(self) -> Wish | None:
        """A GPU, the smallest pod of a CPU flavour, a place for one; CPUs and watches are nothing to be rented."""
        fleet = self._sight.fleet
        key = self.query_one(f"#{self._list}", Table).cursor
        if self._list == "flavors":
            flavor = next((one for one in fleet.flavors.value or () if one.id == key), None)
            if flavor is None or flavor.smallest is None:
                return None
            more = {"compute": "CPU", "instance_ids": flavor.smallest.instance, "gpu_type_id": "", "name": ""}
            return Wish(more=more, anew=True)
        if self._list == "centers":
            known = fleet.places.value.centers if fleet.places.value else ()
            center = next((one for one in known if one.id == key), None)
            # A data centre narrows the secure cloud alone.
            return Wish(more={"data_center": center.id, "cloud": "SECURE"}) if center is not None else None
        return super()._wish()

    def _copied_first(self) -> tuple[Entry, ...]:
        """The detail under the cursor where that has the keys; then id and name of what it is a detail of."""
        from tui.ui.render.copy_entries import of_market, under_cursor

        what, id, name = self._at_cursor()
        entries = of_market(what, id, name, gpu=self._list == "gpus")
        fact = self._facts.get(self.query_one("#facts", Table).cursor or "") if self._panes.active == "facts" else None
        if fact is not None and (text := copied(fact)):
            entries = (*under_cursor(fact.label, text), *entries[1:])
        return entries

    def _at_cursor(self) -> tuple[str, str, str]:
        """Of what is under the cursor of the list: what it is, its id, its name; empty where there is nothing."""
        fleet, _ = self._view
        key = self.query_one(f"#{self._list}", Table).cursor
        if (row := self._row()) is not None:
            return "GPU type", row.id, row.name
        if self._list == "cpus":
            cpu = next((cpu for cpu in fleet.cpus.value or () if cpu.id == key), None)
            return ("CPU type", cpu.id or "", cpu.name or "") if cpu is not None else ("", "", "")
        centers = fleet.places.value.centers if self._list == "centers" and fleet.places.value else ()
        center = next((center for center in centers if center.id == key), None)
        return ("data centre", center.id, center.name or "") if center is not None else ("", "", "")

    # Keys

    def typing(self) -> bool:
        return bool(self._asking)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("sort", "invert", "filter", "demand", "list", "pane", "zoom", "copy"):
            return not self.typing() and (action != "demand" or self._list == "gpus")
        if action in ("heat", "lease", "ssh"):
            return False
        if action in ("watch", "open", "remove"):
            here = self._list == "watches" or (action == "watch" and self._list == "gpus")
            return here and not self.typing() and not self._view[0].recorded
        return super().check_action(action, parameters)

    def action_range(self, step: int) -> None:
        self._range = min(max(self._range + step, DAY), WEEK)
        self._cursor = None
        self.show()

    def action_return(self) -> None:
        if not self._player.now():
            self._range = DAY
            self.show()

    def action_sort(self) -> None:
        names = SORTS[self._list]
        self._order(names[(names.index(self._sorts[self._list]) + 1) % len(names)], inverted=False)

    def action_invert(self) -> None:
        self._order(self._sorts[self._list], not self._inverted[self._list])

    @on(Table.SortAsked)
    def _sort_asked(self, event: Table.SortAsked) -> None:
        if event.table.id != self._list:
            # Of a list that has been left since: its columns are not this one's.
            return
        same = self._sorts[self._list] == event.sort
        self._order(event.sort, same and not self._inverted[self._list])

    def _order(self, sort: str, inverted: bool) -> None:
        self._sorts[self._list], self._inverted[self._list] = sort, inverted
        self._sight.kept.keep(f"market.sort.{self._list}", sort)
        self.show()
        self.query_one(f"#{self._list}", Table).action_edge(-1)

    @on(Table.Moved)
    def _moved(self, event: Table.Moved) -> None:
        if event.table.id == self._list:
            self._follow(self._show_facts)

    @on(Lines.Picked, "#lists")
    def _picked(self, event: Lines.Picked) -> None:
        for name in LISTS:
            if event.group == self._list_tab(name):
                self._go_list(name)
                return
        for text in views.chips(self._demand):
            if event.group[0][0].strip() == text:
                rest = " ".join(chip for chip in views.chips(self._demand) if chip != text)
                self._set_demand(views.demand_of(rest)[0])
                return

    # The filter lines

    async def action_filter(self) -> None:
        await self._ask("find", self._typed[self._list], f"filter: {WORDS if self._list == 'gpus' else 'words'}")

    async def action_demand(self) -> None:
        await self._ask("demand", " ".join(views.chips(self._demand)), f"filters at RunPod: {HINT}")

    async def _ask(self, what: str, text: str, words: str) -> None:
        if self._asking:
            return
        self._asking = what
        line = FilterLine(text, words, self._list)
        await self.mount(line, before="#footer")
        self.set_focus(line)

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        if self._asking == "find":
            self._set_filter(event.text, event.of)
            return
        _, faults = views.demand_of(event.text, self._countries)
        told = faults[0] if faults else "enter asks RunPod so"
        self._entitle(self.query_one(f"#{self._list}"), LISTS[self._list], f"{'▲ ' if faults else ''}{told}")

    @on(FilterLine.Done)
    async def _filter_done(self, event: FilterLine.Done) -> None:
        text, what = event.line.value, self._asking
        if not event.left:
            self._focus_list()
        await event.line.remove()
        self._asking = ""
        self.refresh_bindings()
        if what == "find":
            if not event.kept:
                self._set_filter("", event.of)
            return
        if event.left:
            # Nothing is asked of RunPod by a click elsewhere.
            self.show()
            return
        demand, faults = views.demand_of(text, self._countries)
        if event.kept and not faults:
            self._set_demand(demand)
        else:
            if event.kept:
                self.notify(f"not asked: {faults[0]}", severity="warning", markup=False)
            self.show()

    @property
    def _countries(self) -> tuple[str, ...]:
        """Where RunPod has hosts, as far as it told; none while that is not known."""
        return self._sight.fleet.countries.value or ()

    def _set_filter(self, text: str, of: str = "") -> None:
        self._typed[of or self._list] = text
        self.show()

    def _set_demand(self, demand: MarketQuery) -> None:
        self._demand = demand
        self._begun = self._player.clock()
        self._sight.kept.keep("market.filters", " ".join(views.chips(demand)))
        self._attend()
        self.show()
