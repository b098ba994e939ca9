"""The Account screen: the money and when it runs out, what was charged and paid, what belongs to the account."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.api.account import Template
from tui.api.models import Pod
from tui.domain import charges, runway
from tui.domain.charges import Day
from tui.format import numbers as fmt
from tui.store.feed import Feed
from tui.store.fleet import Fleet
from tui.store.topics import TOPICS as HOW
from tui.store.views import pod_costs
from tui.store.views.pod_costs import PodCost
from tui.ui import layout
from tui.ui.charts import spec
from tui.ui.charts.spec import Drawn
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.messages import OpenPod
from tui.ui.modals.readme import Readme
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Fact, Section, copied
from tui.ui.render import account as owned
from tui.ui.render import charges as charged
from tui.ui.render import empty_states, money
from tui.ui.render.copy_entries import Entry, under_cursor
from tui.ui.render.money import Row
from tui.ui.screens.base import BaseScreen, hidden
from tui.ui.widgets.filter_input import FilterLine
from tui.ui.widgets.pane_container import Body
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Cells, Column, Table
from tui.ui.widgets.telemetry import Telemetry


class Part(NamedTuple):
    """One list of the screen: its columns and orders, the topics it is made of, what its rows are called.

    chart: whether it has one; `first` the topic without which there are no rows.
    """

    title: str
    columns: tuple[Column, ...]
    sorts: tuple[str, ...]
    topics: tuple[str, ...]
    first: str
    what: str
    chart: bool


LISTS = {
    "money": Part("Money", money.COLUMNS, money.SORTS, ("account", "books"), "", "pods", True),
    "charges": Part(
        "Charges", charged.CHARGE_COLUMNS, charged.CHARGE_SORTS, ("account", "ledger"), "ledger", "charges", True
    ),
    "billing": Part("Billing", charged.BILL_COLUMNS, charged.BILL_SORTS, ("billing",), "billing", "billing", True),
    "payments": Part(
        "Payments", charged.PAYMENT_COLUMNS, charged.PAYMENT_SORTS, ("account", "ledger"), "ledger", "payments", False
    ),
    "templates": Part(
        "Templates", owned.TEMPLATE_COLUMNS, owned.TEMPLATE_SORTS, ("templates",), "templates", "templates", False
    ),
    "access": Part("Access", owned.ACCESS_COLUMNS, owned.ACCESS_SORTS, ("account",), "account", "account", False),
}
NAMES = {"money": "Pods", "charges": "Days"}
"""Titles of lists that are not those of their parts."""

TITLES = {"list": "List", "facts": "Details", "trend": "Chart"}
FACTS = (Column("label", "", 15, 0), Column("value", "", 14, 0, flex=True))
HEADS = {"money": 57, "charges": 50, "billing": 50}
"""Cells of the facts where they stand above the list, beside a chart."""

RANGED = ("charges", "billing")
SHORT = 12
DAYS = 1
"""Which of the ranges of days is shown at first."""


class AccountScreen(BaseScreen):
    """Reads the account; asks for what its list shows, while it is on top."""

    MODE = "account"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,l",
            "list(1)",
            "list",
            id="account.next",
            key_display="← →",
            tooltip="The next list: money, charges, billing, payments, ...",
        ),
        hidden("left,h", "list(-1)", "account.previous", "The list before: access, templates, payments, ..."),
        Binding("space", "mark", "mark", id="table.mark", tooltip="Mark a pod: what if the marked ones were stopped"),
        Binding("enter", "open", "open", id="table.open", tooltip="All about the pod; a template's readme"),
        Binding("x", "reveal", "reveal", id="account.reveal", tooltip="Ask who the account belongs to, or forget it"),
        Binding(
            "slash", "filter", "filter", id="table.filter", priority=True, tooltip="Filter: words that must all occur"
        ),
        Binding("o", "sort", "sort", id="table.sort", tooltip="Sort by the next column"),
        hidden("i", "invert", "table.invert", "Turn the order round"),
        Binding("tab", "pane(1)", "pane", id="pane.next", show=False, tooltip="Go to the next pane"),
        hidden("shift+tab", "pane(-1)", "pane.previous", "Go to the previous pane"),
        Binding("z", "zoom", "zoom", id="pane.zoom", show=False, tooltip="Give the pane the whole screen, or back"),
        hidden("escape", "back", "pane.back", "Leave zoom, filter, marks"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        super().__init__(sight)
        self._panes = layout.AccountPanes()
        self._zoomed = False
        self._list = "money"
        self._typed = dict.fromkeys(LISTS, "")
        kept = sight.kept.get
        self._sorts = {name: kept(f"account.sort.{name}") for name in LISTS}
        self._sorts = {n: sort if sort in LISTS[n].sorts else LISTS[n].sorts[0] for n, sort in self._sorts.items()}
        self._inverted = dict.fromkeys(LISTS, False)
        self._days = dict.fromkeys(RANGED, DAYS)
        self._ahead: int | None = None
        self._asking = False
        self._revealed = False
        self._readme: Readme | None = None
        self._copies: dict[str, tuple[str, str]] = {}
        self._costs: tuple[PodCost, ...] = ()
        self._basis: tuple[object, object] = (None, None)
        self._every: tuple[Day, ...] = ()
        self._told: object = None
        self._width_of_facts = 0

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        yield Lines(id="lists")
        with Body(self._panes, id="body"):
            for name, part in LISTS.items():
                yield Table(part.columns, id=name, classes="pane list")
            yield Table(FACTS, id="facts", headed=False)
            yield Telemetry(1, id="trend")
        yield Lines(id="footer")

    def on_mount(self) -> None:
        if layout.single(self.app.size.width, self.app.size.height):
            # Where there is room for one pane, the first is what the screen is for.
            self._panes.active = "facts"
        self._arrange()
        self._focus()

    # What is asked

    def _topics(self) -> tuple[str, ...]:
        more = ("profile",) if self._revealed and self._list == "access" else ()
        return (*LISTS[self._list].topics, *more, *(("readmes",) if self._readme is not None else ()))

    def on_screen_suspend(self) -> None:
        # What was revealed is forgotten when the eyes go elsewhere.
        self._revealed = False

    # Reading the store

    def _show_all(self) -> None:
        self._arrange()
        fleet, now = self._view
        self._show_lists()
        self._show_list(fleet, now)
        self._show_facts()
        self._show_readme()
        self._show_footer()

    def _age(self, fleet: Fleet, now: float) -> None:
        feed = self._feed(fleet, LISTS[self._list].first)
        worn = fleet.pods_stale(now), bool(feed and feed.stale(now, self._interval()))
        # A runway that is told to the minute is told anew when a minute has passed.
        told = (worn, now // 60 if self._list == "money" else 0)
        if told != self._told or (feed is not None and (feed.value is None or any(worn))):
            self._told = told
            self.show()

    def _interval(self) -> float:
        first = LISTS[self._list].first
        return HOW[first].interval if first else self._sight.fleet.interval

    @staticmethod
    def _feed(fleet: Fleet, topic: str) -> Feed[Any] | None:
        return fleet.topics.get(topic, Feed()) if topic else None

    def _show_list(self, fleet: Fleet, now: float) -> None:
        table = self.query_one(f"#{self._list}", Table)
        part, feed = LISTS[self._list], self._feed(fleet, LISTS[self._list].first)
        rows = self._rows(fleet, now)
        words = self._typed[self._list].lower().split()
        shown = {key: row for key, row in rows.items() if all(word in row.text for word in words)} if words else rows
        keys = self._ordered(shown)
        stale = fleet.pods_stale(now) if feed is None else feed.stale(now, self._interval())
        if feed is None:
            trouble = empty_states.trouble(fleet, "pods", now)
            if words and rows:
                notice = EmptyState("no pod matches the filter", (f"{len(rows)} are hidden; esc clears it.",))
            else:
                notice = empty_states.pods(fleet, False, replay=self._player.replay)
        else:
            notice, trouble = self._notice(fleet, feed, part.what, bool(words), len(rows)), ""
            trouble = empty_states.aged(feed, now, self._interval())
        sort, inverted = self._sorts[self._list], self._inverted[self._list]
        table.show(
            keys, lambda key: shown[key].cells if key in shown else {}, notice=notice,
            sorted_by=(sort, self._rises(sort, shown) != inverted), faded=stale,
        )  # fmt: skip
        text = self._typed[self._list].strip()
        parts = [NAMES.get(self._list, part.title)]
        parts += [f"/{text}  {len(keys)} of {len(rows)}"] if text else [str(len(rows))] if rows else []
        if self._list == "money" and (selected := self._selected()):
            parts.append(selected)
        if self._list in RANGED:
            parts.append(f"last {self._span()} days")
        note = trouble or (money.seen(fleet.books.value, self._sight.tz) if self._list == "money" and rows else "")
        self._entitle(table, "  ".join(parts), note)
        table.set_class(bool(trouble), "-old")

    def _notice(self, fleet: Fleet, feed: Feed[Any], what: str, filtered: bool, hidden: int) -> EmptyState:
        if feed.value is None and (self._player.replay or fleet.recorded):
            return EmptyState(f"a recording has no {what}", ("It keeps pods, prices and the balance: see Money.",))
        if feed.value is None and fleet.keyless:
            return EmptyState("there is no API key: prices only", ("Set RUNPOD_API_KEY or pass --api-key-file FILE.",))
        if self._list == "billing" and feed.value is None and feed.error is not None:
            return EmptyState(
                "RunPod does not give it",
                (str(feed.error), "What it bills by GPU type is no documented part of its API; charges by day are."),
                "warn",
            )
        if self._list in RANGED and feed.value is not None and not (filtered and hidden):
            return EmptyState(f"no {what} in the last {self._span()} days", ("- shows more days.",))
        return empty_states.topic(feed, what, filtered, hidden)

    def _rows(self, fleet: Fleet, now: float) -> dict[str, Row]:
        """All rows of the list that is shown."""
        account, ledger, tz = fleet.account.value, fleet.ledger.value, self._sight.tz
        now = self._day_of(fleet, now)
        match self._list:
            case "money":
                basis = (fleet.records, fleet.books.value)
                if basis[0] is not self._basis[0] or basis[1] is not self._basis[1]:
                    self._basis, self._costs = basis, pod_costs.pod_costs(*basis, now)
                return money.pod_rows(self._costs, now, self._sight.marks)
            case "charges":
                self._every = charges.days(ledger.charges) if ledger else ()
                found = charged.within(self._every, now, self._span())
                self.query_one("#charges", Table).refit(charged.charge_columns(found))
                return charged.charge_rows(found, now)
            case "billing":
                billing = fleet.billing.value
                return charged.bill_rows(billing, now, self._span()) if billing else {}
            case "payments":
                return charged.payment_rows(ledger, account, now, tz)
            case "templates":
                return owned.template_rows(fleet.templates.value.templates) if fleet.templates.value else {}
            case _:
                return owned.access_rows(account, now, tz) if account else {}

    def _day_of(self, fleet: Fleet, now: float) -> float:
        """Now for a list: what RunPod tells by the day, and dates, is by its own clock."""
        return now if self._list == "money" else now + fleet.skew

    @staticmethod
    def _rises(sort: str, rows: dict[str, Row]) -> bool:
        """Words begin with the first of the alphabet, figures with the largest."""
        return any(isinstance(row.order.get(sort), str) for row in rows.values())

    def _ordered(self, rows: dict[str, Row]) -> tuple[str, ...]:
        """Sorted; what has no value stands last whichever way."""
        sort = self._sorts[self._list]
        known = [key for key, row in rows.items() if row.order.get(sort) is not None]
        rest = [key for key, row in rows.items() if row.order.get(sort) is None]
        falls = self._rises(sort, rows) == self._inverted[self._list]
        known.sort(key=lambda key: rows[key].order[sort], reverse=falls)
        return (*known, *rest)

    def _span(self) -> int:
        return charged.SPANS[self._days.get(self._list, DAYS)]

    def _show_lists(self) -> None:
        left: tuple[Cell, ...] = tuple(self._list_tab(name) for name in LISTS)
        panes: tuple[Cell, ...] = ()
        if self._panes.alone and self._panes.active != "list":
            panes = (((f"{TITLES[self._panes.active]}", "accent"),),)
        line = TwoSided(left, panes)
        if sum(len(cell[0][0]) + 2 for cell in (*left, *panes)) > self.size.width:
            number = tuple(LISTS).index(self._list) + 1
            line = TwoSided((self._list_tab(self._list), ((f"‹ {number}/{len(LISTS)} ›", "muted"),)), panes)
        self.query_one("#lists", Lines).content = (line,)

    def _list_tab(self, name: str) -> Cell:
        return ((f" {LISTS[name].title} ", "tab" if name == self._list else "muted"),)

    # What is under the cursor

    def _cursor_key(self) -> str:
        return self.query_one(f"#{self._list}", Table).cursor or ""

    def _template(self) -> Template | None:
        known = self._sight.fleet.templates.value
        if self._list != "templates" or known is None:
            return None
        return owned.template_keys(known.templates).get(self._cursor_key())

    def _chosen(self, fleet: Fleet) -> tuple[list[Pod], bool]:
        """The pods that might be stopped, and whether they are the marked ones; else it is the one under the cursor."""
        marked = [fleet.records[key].pod for key in self._sight.marks if key in fleet.records]
        if marked:
            return [pod for pod in marked if pod is not None], True
        record = fleet.records.get(self._cursor_key()) if self._list == "money" else None
        return ([record.pod] if record is not None and record.pod is not None else []), False

    def _show_facts(self) -> None:
        fleet, now = self._view
        table = self.query_one("#facts", Table)
        made = self._sections(fleet, now) if table.display else ()
        cells: dict[str, Cells] = {}
        self._copies = {}
        for section in made:
            if cells:
                cells[f"{section.title} above"] = {}
            cells[section.title] = {"label": ((section.title, "key"),)}
            for number, fact in enumerate(section.facts):
                key = f"{section.title} {number}"
                cells[key] = {"label": ((fact.label, "muted"),), "value": fact.value}
                if text := copied(fact):
                    self._copies[key] = (fact.label or section.title, text)
        feed = self._feed(fleet, LISTS[self._list].first)
        notice = EmptyState("nothing is under the cursor")
        if self._list == "money":
            notice = empty_states.pods(fleet, False, replay=self._player.replay)
        if feed is not None and feed.value is None:
            notice = self._notice(fleet, feed, LISTS[self._list].what, False, 0)
        faded = fleet.stale(now) if self._list == "money" else bool(feed and feed.stale(now, self._interval()))
        table.show(tuple(cells), lambda key: cells[key], notice=notice, faded=faded)
        title = {"money": "Money", "templates": "Template", "access": "Account"}.get(
            self._list, LISTS[self._list].title
        )
        account = fleet.account
        note = ""
        if self._list in ("money", "access") and not fleet.recorded:
            note = empty_states.aged(account, now, HOW["account"].interval)
            if self._list == "money" and account.value is None and account.error is not None:
                note = f"▲ no details: {account.error}"
        self._entitle(table, title, note)
        table.set_class(bool(note), "-old")
        self._show_chart(fleet, now)

    def _sections(self, fleet: Fleet, now: float) -> tuple[Section, ...]:
        account, ledger, tz = fleet.account.value, fleet.ledger.value, self._sight.tz
        now = self._day_of(fleet, now)
        match self._list:
            case "money":
                if fleet.snapshot.value is None:
                    return ()
                chosen, marked = self._chosen(fleet)
                known = fleet.pods_at is not None
                return money.facts(account, fleet.funds, self._costs, chosen, marked, now, tz, known, self._room())
            case "charges" if ledger is not None:
                span = self._span()
                shown = charged.within(self._every, now, span)
                under = next((one for one in shown if f"{one.at:.0f}" == self._cursor_key()), None)
                return charged.charge_facts(self._every, shown, span, fleet.funds, now, under)
            case "billing" if fleet.billing.value is not None:
                return charged.bill_facts(fleet.billing.value, now, self._span(), self._cursor_key())
            case "payments" if ledger is not None or account is not None:
                return charged.payment_facts(ledger, account, now)
            case "templates" if (template := self._template()) is not None:
                return owned.template_facts(template)
            case "access" if account is not None:
                # Read where it is forgotten, and not in a frozen copy.
                profile = self._sight.fleet.profile
                made = owned.access_facts(account, profile.value, self._revealed, now, tz, self._cursor_key())
                if self._revealed and profile.value is None and profile.error is not None:
                    return (*made[:-1], Section("You", (Fact("", ((f"▲ {profile.error}", "warn"),)),)))
                return made
        return ()

    def _room(self) -> int:
        """Cells of a fact's value."""
        return self._width_of_facts - 21

    def _show_chart(self, fleet: Fleet, now: float) -> None:
        pane = self.query_one("#trend", Telemetry)
        if not pane.display:
            return
        pane.open()
        pane.divide(1)
        pane.charts[0].display = True
        size = pane.charts[0].size
        if not size.width:
            return
        drawn, title, note = self._chart(fleet, now, size.width, size.height)
        self._entitle(pane, title, note)
        if drawn is None:
            feed = self._feed(fleet, LISTS[self._list].first)
            pane.show_notice(
                EmptyState("the balance is not known") if feed is None
                else self._notice(fleet, feed, LISTS[self._list].what, False, 0)
            )  # fmt: skip
            return
        pane.show((drawn,))

    def _chart(self, fleet: Fleet, now: float, width: int, height: int) -> tuple[Drawn | None, str, str]:
        """What is drawn, its title, and what stands below it."""
        if self._list == "money":
            chosen, marked = self._chosen(fleet)
            running = [pod for pod in chosen if pod.status == "RUNNING"]
            change = runway.change_by_stopping(running) if running else None
            label = f"{len(running)} stopped" if marked else f"{running[0].name} stopped" if running else ""
            span = money.SPANS[self._ahead] if self._ahead is not None else money.ahead(fleet.funds, change)
            if fleet.snapshot.value is None:
                return None, "Balance", ""
            live, stopped = self._sight.fleet, (label if change else "", change)
            columns = max(1, width - (money.AXIS if spec.has_axis(width, height) else 0))
            drawn = money.projection(
                fleet.funds, live.books.value, live.balances, stopped, span, columns, now, self._sight.tz
            )
            return drawn, "Projection", f"{fmt.span(span)} ahead"
        span, now = self._span(), self._day_of(fleet, now)
        columns = max(1, width - 9)
        if self._list == "charges":
            ledger = fleet.ledger.value
            bars = charged.charge_bars(self._every, now, span, columns) if ledger else None
            return bars, "Charges by kind", f"last {span} days"
        billing = fleet.billing.value
        return charged.bill_bars(billing, now, span, columns) if billing else None, "By GPU type", f"last {span} days"

    def on_resized(self) -> None:
        self._show_facts()

    # Arranging

    def _arrange(self) -> None:
        size, panes = self.size, self._panes
        part = LISTS[self._list]
        panes.alone = self._zoomed or layout.single(size.width, size.height)
        panes.head = HEADS.get(self._list, 0)
        panes.rows = len(self._view[0].records) if self._list == "money" else size.height // 3
        if panes.active == "trend" and not part.chart:
            panes.active = "list"
        self.set_class(size.height < SHORT, "-short")
        shown = layout.account(
            size.width, size.height, panes.active, panes.rows, panes.head, panes.alone
        )  # fmt: skip
        self._width_of_facts = shown["facts"].width if "facts" in shown else 0
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

    def _focus(self) -> None:
        active = self._panes.active
        self.query_one(f"#{self._list}" if active == "list" else f"#{active}").focus()

    def action_pane(self, step: int) -> None:
        names: Sequence[str] = layout.MARKET if LISTS[self._list].chart else layout.MARKET[:2]
        if self._list == "money":
            names = ("facts", "trend", "list")
        self._panes.active = names[(names.index(self._panes.active) + step) % len(names)]
        self._arrange()
        self._focus()
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    def action_zoom(self) -> None:
        self._zoomed = not self._zoomed
        self._arrange()
        self.call_after_refresh(self.show)

    def action_list(self, step: int) -> None:
        names = tuple(LISTS)
        self._go(names[(names.index(self._list) + step) % len(names)])

    def _go(self, name: str) -> None:
        self._list, self._revealed = name, False
        alone = layout.single(self.size.width, self.size.height)
        self._panes.active = "facts" if name == "money" and alone else "list"
        self._arrange()
        self._focus()
        self._attend()
        self.call_after_refresh(self.show)
        self.refresh_bindings()

    @on(Telemetry.CursorMoved)
    def _chart_moved(self, event: Telemetry.CursorMoved) -> None:
        # These charts look ahead, or are bars: the arrows go on to the next list here too.
        event.prevent_default()
        self.action_list(event.step)

    def action_back(self) -> None:
        alone = layout.single(self.size.width, self.size.height)
        home = "facts" if self._list == "money" and alone else "list"
        if self._zoomed:
            self.action_zoom()
        elif self._revealed:
            self.action_reveal()
        elif self._panes.active != home:
            self._panes.active = home
            self._arrange()
            self._focus()
            self.call_after_refresh(self.show)
        elif self._typed[self._list]:
            self._set_filter("")
        elif self._sight.marks and self._list == "money":
            self._sight.marks.clear()
            self.show()

    # Acting

    def _targets(self) -> tuple[str, ...]:
        """The marked pods; without marks, the one under the cursor of their list."""
        if self._list != "money":
            return ()
        live = self._sight.fleet.records
        if marked := tuple(key for key in self._sight.marks if key in live):
            return marked
        key = self._cursor_key()
        return (key,) if key in live and self._panes.active == "list" else ()

    def _listed(self) -> Collection[str] | None:
        return self.query_one("#money", Table).keys if self._list == "money" else None

    def action_deploy(self) -> None:
        template = self._template()
        if template is not None and template.serverless:
            self.notify(f"{template.name}: a template for serverless, not for pods", severity="warning", markup=False)
        else:
            super().action_deploy()

    def _wish(self) -> Wish | None:
        if (template := self._template()) is not None:
            # One for serverless is for no pod.
            return None if template.serverless else Wish(template=template)
        return super()._wish()

    def action_mark(self) -> None:
        table = self.query_one("#money", Table)
        if table.cursor is None:
            return
        if table.cursor in self._sight.marks:
            del self._sight.marks[table.cursor]
        else:
            self._sight.marks[table.cursor] = None
        table.action_move(1)
        self.show()

    def action_open(self) -> None:
        key = self._cursor_key()
        template = self._template()
        if self._list == "money" and key:
            self.post_message(OpenPod(key))
        elif template is not None and not self._player.replay:
            self._readme = Readme(template.name or template.id or "template", template.id or "")
            self._attend()
            self.app.push_screen(self._readme, self._readme_closed)
            self.call_after_refresh(self._show_readme)

    def _readme_closed(self, _: None) -> None:
        self._readme = None
        self._attend()

    def _show_readme(self) -> None:
        """Tell the dialog what has come by now."""
        if self._readme is None:
            return
        feed = self._sight.fleet.readmes
        if feed.value is None:
            self._readme.tell("", "", f"▲ {feed.error}" if feed.error is not None else "◌ asking RunPod")
            return
        text = next((one for one in feed.value.texts if one.id and one.id == self._readme.key), None)
        self._readme.tell(*owned.long_text(text), "")

    def action_reveal(self) -> None:
        self._revealed = not self._revealed
        self._attend()
        self.show()

    def _copied_first(self) -> tuple[Entry, ...]:
        label, text = self._copies.get(self.query_one("#facts", Table).cursor or "", ("", ""))
        return under_cursor(label, text) if self._panes.active == "facts" else ()

    # Keys

    def typing(self) -> bool:
        return self._asking

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("sort", "invert", "filter", "list", "pane", "zoom"):
            return not self._asking
        if action in ("heat", "lease"):
            return action == "lease" and bool(super().check_action(action, parameters)) and self._list == "money"
        if action == "range":
            return LISTS[self._list].chart and not self._asking
        if action == "mark":
            return self._list == "money" and not self._asking
        if action == "open":
            return self._list in ("money", "templates") and not self._asking
        if action == "reveal":
            return self._list == "access" and not self._player.replay and not self._asking
        return super().check_action(action, parameters)

    def action_range(self, step: int) -> None:
        if self._list in RANGED:
            self._days[self._list] = min(max(self._days[self._list] + step, 0), len(charged.SPANS) - 1)
        elif self._list == "money":
            fleet, _ = self._view
            now = self._ahead
            if now is None:
                now = money.SPANS.index(money.ahead(fleet.funds, None))
            self._ahead = min(max(now + step, 0), len(money.SPANS) - 1)
        self.show()

    def action_return(self) -> None:
        if not self._player.now():
            self._ahead = None
            self._days = dict.fromkeys(RANGED, DAYS)
            self.show()

    def action_sort(self) -> None:
        names = LISTS[self._list].sorts
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
        self._sight.kept.keep(f"account.sort.{self._list}", sort)
        self.show()
        self.query_one(f"#{self._list}", Table).action_edge(-1)

    @on(Table.Moved)
    def _moved(self, event: Table.Moved) -> None:
        if event.table.id == self._list:
            self._follow(self._show_facts, self._show_possible)

    @on(Lines.Picked, "#lists")
    def _picked(self, event: Lines.Picked) -> None:
        for name in LISTS:
            if event.group == self._list_tab(name):
                self._go(name)
                return

    # The filter line

    async def action_filter(self) -> None:
        if self._asking:
            return
        self._asking = True
        if self._panes.active != "list":
            self._panes.active = "list"
            self._arrange()
        line = FilterLine(self._typed[self._list], "filter: words that must all occur", self._list)
        await self.mount(line, before="#footer")
        self.set_focus(line)

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self._set_filter(event.text, event.of)

    @on(FilterLine.Done)
    async def _filter_done(self, event: FilterLine.Done) -> None:
        if not event.left:
            self._focus()
        await event.line.remove()
        self._asking = False
        self.refresh_bindings()
        if not event.kept:
            self._set_filter("", event.of)

    def _set_filter(self, text: str, of: str = "") -> None:
        self._typed[of or self._list] = text
        self.show()
