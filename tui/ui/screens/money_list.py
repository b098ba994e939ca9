"""`Money`: the cost of pods, the runway, and what happens at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace
from textual.message import Message

from tui.api.models import Pod
from tui.domain import pod_health, runway
from tui.domain.filters import Vocabulary
from tui.format import numbers as fmt
from tui.store.alerts import off
from tui.store.fleet import Fleet
from tui.store.fleet_state import Record
from tui.store.fleet_sums import CROWD
from tui.store.slices import Sliced, whole
from tui.store.spend import SpendHistory
from tui.store.topics import TOPICS
from tui.store.views import pod_costs, pods
from tui.store.views.attention import worst
from tui.store.views.pod_costs import PodCost
from tui.ui.charts import spec
from tui.ui.charts.spec import Drawn
from tui.ui.context import ScreenContext
from tui.ui.messages import OpenPod
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Section
from tui.ui.render import balance_charts, bar_stack, charges, empty_states, list_rows, money, money_rows
from tui.ui.screens.account_listing import AccountListing, LedgerDays, account_trouble
from tui.ui.screens.listing import About, Picture, Rows, Scene, Stacked, marked_or, selected
from tui.ui.widgets.table import Cells

CHARGED = 28
"""Days of charges below the projection."""

FACTS_FRAME = 21
"""Cells of the facts pane besides values: label, gaps, frame."""


class Money(AccountListing):
    """The cost of pods, the runway, and what happens at its end.

    has_room: whether the charges of each day have room: without it they are not requested.
    """

    name = "money"
    title = "Money"
    heading = "Pods"
    noun = "pods"
    columns = money_rows.COLUMNS
    table = "money"
    sorts = money_rows.SORTS
    topics = ("account", "books")
    panes = ("facts", "trend", "list")
    head = 57
    actions = frozenset(("mark", "open", "lease", "range"))
    of_pods = True

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._ahead: int | None = None
        self._charged = LedgerDays()
        self.has_room = False
        self._costs: tuple[PodCost, ...] = ()
        self._by_id: Mapping[str, PodCost] = {}
        self._costs_of: tuple[object, object, object] = (None, None, None)
        self._ordered_by: tuple[object, ...] = (None, "", False)
        self._ordered: tuple[tuple[str, ...], bool] = ((), False)

    @property
    def vocabulary(self) -> Vocabulary:
        return money_rows.pod_fields(0.0).vocabulary

    def wanted(self) -> tuple[str, ...]:
        return (*self.topics, "ledger") if self.has_room else self.topics

    def is_stale(self, scene: Scene) -> bool:
        return scene.fleet.pods_stale(scene.now)

    def ages(self, fleet: Fleet, now: float) -> bool:
        return False

    def minute(self, fleet: Fleet, now: float) -> object:
        # A runway shown to the minute is updated when a minute has passed.
        return fleet.pods_stale(now), now // 60

    def server_now(self, scene: Scene) -> float:
        return scene.now

    def trouble(self, scene: Scene) -> str:
        return empty_states.trouble(scene.fleet, "pods", scene.now)

    def _awaited(self, fleet: Fleet) -> bool:
        """Whether nothing is known yet of what each of very many pods costs."""
        return len(fleet.records) >= CROWD and fleet is not self._costs_of[0]

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        if self._awaited(scene.fleet):
            return EmptyState(f"◌ Adding up the costs of {len(scene.fleet.records):,} pods…")
        if filtered and hidden:
            return EmptyState("No pods match", (f"{hidden} hidden · esc clears the filter",))
        return empty_states.pods(scene.fleet, False, replay=self.context.playback.replay)

    def rows(self, scene: Scene) -> Rows:
        costs, now, marks = self._costs_at(scene), scene.now, self.context.marks
        is_postpaid, lacks = pod_health.is_postpaid(scene.fleet.funds), scene.fleet.lacks
        alerts, left = worst(scene.fleet), pod_health.runway(scene.fleet.funds)
        urgent = left is not None and left < pod_health.SHORT_RUNWAY

        def cells(key: str) -> Cells:
            if key not in costs:
                return {}
            return money_rows.pod_cells(
                costs[key], now, marks, is_postpaid, lacks, alerts.get(key), urgent=urgent
            )  # fmt: skip

        if self.filter is not None:
            passing = money_rows.pod_fields(now, is_postpaid, alerts).select(self.filter, tuple(costs.values()))
            keys, rising = self._in_order({cost.id: cost for cost in passing})
        else:
            ordered_by = self._costs, self.sort, self.inverted
            if any(new is not old for new, old in zip(ordered_by, self._ordered_by, strict=True)):
                self._ordered_by, self._ordered = ordered_by, self._in_order(costs)
            keys, rising = self._ordered
        rows = self._rows(scene, keys, cells, len(costs), rising)
        note = money_rows.seen(scene.fleet.books.value, self.context.tz) if rows.total else ""
        widest = {"name": pods.widest(scene.fleet)["name"]}
        return replace(rows, notes=selected(self.context, rows.keys), note=note, widest=widest)

    def _in_order(self, costs: Mapping[str, PodCost]) -> tuple[tuple[str, ...], bool]:
        """The pods in their order, and whether that begins with the least."""
        value = money_rows.ORDERS[self.sort]
        values = {key: value(cost) for key, cost in costs.items()}
        return list_rows.by_value(values, self.inverted), list_rows.words_rise(values.values()) != self.inverted

    def _costs_at(self, scene: Scene) -> Mapping[str, PodCost]:
        """What each pod costs by its id, the dearest first: made once for each answer.

        Of very many pods it is what was prepared last for this fleet, which may be a moment behind.
        """
        fleet = scene.fleet
        if len(fleet.records) < CROWD:
            whole(self._costing(scene))
        elif self._awaited(fleet):
            self._costs, self._by_id = (), {}
        return self._by_id

    def _costing(self, scene: Scene) -> Sliced[None]:
        """Compute what each pod costs, unless that is known."""
        if not self._are_known(scene.fleet):
            _, records, books = made_of = _made_of(scene.fleet)
            costs = yield from pod_costs.costing(records, books, scene.now)
            self._costs_of, self._costs = made_of, costs
            self._by_id = {cost.id: cost for cost in costs}

    def preparing(self, scene: Scene) -> Sliced[None] | None:
        return None if len(scene.fleet.records) < CROWD or self._are_known(scene.fleet) else self._costing(scene)

    def _are_known(self, fleet: Fleet) -> bool:
        return all(new is old for new, old in zip(_made_of(fleet), self._costs_of, strict=True))

    def _chosen(self, scene: Scene) -> tuple[list[Pod], bool]:
        """The pods that might be stopped, and whether they are the selected ones; else it is the one under the
        cursor."""
        records = scene.fleet.records
        marked = [records[key].pod for key in self.context.marks if key in records]
        if marked:
            return [pod for pod in marked if pod is not None], True
        record = records.get(scene.key or "")
        return ([record.pod] if record is not None and record.pod is not None else []), False

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        fleet = scene.fleet
        if fleet.snapshot.value is None or self._awaited(fleet):
            return ()
        chosen, marked = self._chosen(scene)
        return money.facts(
            fleet.account.value, fleet.funds, self._costs, chosen, marked, scene.now, self.context.tz,
            fleet.pods_at is not None, scene.facts_width - FACTS_FRAME, fleet.lacks, off(fleet),
            None if fleet.snapshot.at is None else fleet.settled(fleet.snapshot.at),
        )  # fmt: skip

    def about(self, scene: Scene) -> About:
        fleet, feed = scene.fleet, scene.fleet.account
        note = account_trouble(fleet, scene.now)
        if not fleet.recorded and feed.value is None and feed.error is not None:
            note = empty_states.marked(feed.error, "details unavailable: ")
        return About(
            self.title, self.sections(scene), self.empty(scene), note, bool(note), faded=fleet.stale(scene.now),
            wrapped=True,
        )  # fmt: skip

    def picture(self, scene: Scene) -> Picture:
        """The balance: its projection, and with room for it its history, and the charges of each day."""
        fleet, now, live = scene.fleet, scene.now, self.context.fleet
        if fleet.snapshot.value is None:
            return Picture("Balance", empty=EmptyState("Balance unavailable"))
        chosen, marked = self._chosen(scene)
        running = [pod for pod in chosen if pod_health.is_on(pod)]
        change = runway.change_by_stopping(running) if running else None
        label = f"{len(running)} stopped" if marked else "stopped" if running else ""
        span = balance_charts.ahead(fleet.funds, change)
        if self._ahead is not None:
            span = balance_charts.SPANS[self._ahead]
        stopped = (label if change else "", change)

        def draw(width: int, height: int) -> Drawn:
            columns = max(1, width - (balance_charts.AXIS if spec.has_axis(width, height) else 0))
            return balance_charts.projection(
                fleet.funds, live.books.value, live.balances, stopped, span, columns, now, self.context.tz,
                fleet.lacks, past=fleet.recorded,
            )  # fmt: skip

        def stack(width: int, height: int) -> Stacked | None:
            below = tuple(self._below(scene, width)) if height >= balance_charts.BOTH else ()
            if not below:
                return None
            lines = balance_charts.divided(height, len(below))
            return Stacked((*lines, 0), (draw(width, lines[0]), *below[: len(lines) - 1]))

        return Picture("Projection", f"{fmt.span(span)} ahead", draw, stack=stack)

    def _below(self, scene: Scene, width: int) -> Iterator[Drawn]:
        """What stands below the projection: how the balance came about."""
        fleet, live = scene.fleet, self.context.fleet
        past = balance_charts.history(
            live.books.value, live.balances, fleet.funds.balance if fleet.funds is not None else None, width,
            scene.now, self.context.tz,
        )  # fmt: skip
        if past is not None:
            yield past
        if (ledger := fleet.ledger.value) is not None:
            days = self._charged.of(ledger)
            now = scene.now + fleet.skew
            bars = charges.charge_bars(days, now, CHARGED, max(1, width - charges.MARGIN))
            if fleet.ledger.at is not None and fleet.ledger.stale(scene.now, TOPICS["ledger"].interval):
                # In the title: nothing else is sure to have room.
                bars = replace(bars, title=f"{bars.title} ▲ {fmt.duration(scene.now - fleet.ledger.at)} old")
            yield replace(bars, tail=f"last {CHARGED} days")
            if (small := bar_stack.without_largest(bars)) is not None:
                yield small

    def targets(self, key: str | None) -> tuple[str, ...]:
        return marked_or(self.context, key if key in self.context.fleet.records else None)

    def open(self, key: str | None) -> Message | None:
        return OpenPod(key) if key is not None else None

    def reach(self, step: int) -> None:
        ahead = self._ahead
        if ahead is None:
            ahead = balance_charts.SPANS.index(balance_charts.ahead(self.context.playback.view[0].funds, None))
        self._ahead = min(max(ahead + step, 0), len(balance_charts.SPANS) - 1)

    def reset(self) -> None:
        self._ahead = None


def _made_of(fleet: Fleet) -> tuple[Fleet, dict[str, Record], SpendHistory | None]:
    """What the costs of pods are computed from; other objects with each answer."""
    return fleet, fleet.records, fleet.books.value
