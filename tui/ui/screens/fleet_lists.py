"""The lists of the Fleet screen: pods, and the GPU types of the market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from tui.api.models import ANYTHING, Offer
from tui.domain.alert_rules import is_muted
from tui.store.views import offers as market
from tui.store.views import pods
from tui.store.views.attention import ranks, worst
from tui.store.views.pods import Query
from tui.ui.context import ScreenContext
from tui.ui.messages import OpenPod
from tui.ui.render import empty_states, row_columns
from tui.ui.render.run_columns import with_runs
from tui.ui.screens.listing import WORDS, Listing, Rows, Scene, marked_or, selected
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.domain.filters import Vocabulary
    from tui.domain.lease import Lease
    from tui.ui.controllers.deploys import Wish
    from tui.ui.render.copy_entries import Entry


class FleetListing(Listing):
    """A list that is always polled. Its sort order is the default at each start."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._begun = context.playback.clock()

    @property
    def waited(self) -> float:
        """Seconds since the first request."""
        return self.context.playback.clock() - self._begun

    def trouble(self, scene: Scene) -> str:
        return empty_states.trouble(scene.fleet, self.name, scene.now)


def timers_of(context: ScreenContext) -> Mapping[str, Lease]:
    """What podtop is going to do to pods of an account; nothing to those of another time."""
    return {} if context.playback.in_history else pods.timers(context.fleet)


def cells_of(context: ScreenContext, scene: Scene) -> Callable[[str], Cells]:
    """Makes the cells of pods of an account, by their ids."""
    fleet, now = scene.fleet, scene.now
    alerts, rules, mutes, leases = worst(fleet), fleet.alert_rules, fleet.mutes, timers_of(context)

    def cells(key: str) -> Cells:
        # A frame without pods has columns only.
        from tui.ui.render import rows

        spark = row_columns.SPARK_COLUMNS if scene.width_of("spark") else 0
        record = fleet.records.get(key)
        if record is None:
            # The pod disappeared while another screen was on top; this screen is updated when it is back.
            return {}
        row = pods.pod_row(
            record, now, spark, fleet.operations.get(key), leases.get(key), alerts.get(key),
            bool(mutes or rules.muted) and is_muted(key, record.name, "", rules, mutes, now),
        )  # fmt: skip
        cells_of = rows.pod_cells(
            row, now, scene.width_of("gpus"), key in context.marks, fleet.lacks,
            name_width=scene.width_of("name"), status_width=scene.width_of("status"),
        )  # fmt: skip
        if not fleet.runs:
            return cells_of
        from tui.ui.render import runs

        run = fleet.runs.get(key)
        return {**cells_of, **runs.cells(run, record.pod, now, loss_width=scene.width_of("loss"))}

    return cells


POD_COLUMN_MEANINGS = {
    "lease": "auto-stop timer", "gpus": "of each GPU", "util": "util of all GPUs", "spark": "util, last 10 min",
    "alert": "the worst, in words", "spent": "since it started", "loss": "of its run", "step": "of its run",
    "eta": "until its run ends",
}  # fmt: skip


class Pods(FleetListing):
    """The pods of the account."""

    name = "pods"
    title = "Pods"
    columns = row_columns.POD_COLUMNS
    table = "fleet"
    column_meanings = POD_COLUMN_MEANINGS
    sort_names: ClassVar = {pods.ATTENTION: "ATTENTION"}
    sort_ways: ClassVar = {pods.ATTENTION: ("worst first", "best first")}
    sorts = pods.POD_SORTS
    actions = frozenset(("mark", "open", "ssh"))
    prompt = f"filter pods: {WORDS}"
    of_pods = True

    @property
    def every_column(self) -> tuple[Column, ...]:
        return with_runs(row_columns.EVERY_POD_COLUMN, shown=True)

    @property
    def vocabulary(self) -> Vocabulary:
        from tui.store.views.pod_filter import VOCABULARY

        return VOCABULARY

    def is_stale(self, scene: Scene) -> bool:
        return scene.fleet.pods_stale(scene.now)

    def rows(self, scene: Scene) -> Rows:
        fleet, now, context = scene.fleet, scene.now, self.context
        query = Query(self.filter, self.sort, self.inverted)
        keys = pods.pods(fleet, now, query)
        first = ("worst first",) if self.sort == pods.ATTENTION and not self.inverted and ranks(fleet) else ()
        alerts, leases = worst(fleet), timers_of(context)
        most = pods.most_gpus(fleet)
        columns = row_columns.pod_columns(scene.width, bool(leases), alerts.values(), most)
        return Rows(
            keys, cells_of(context, scene), empty_states.total(fleet, self.name),
            empty_states.pods(fleet, query.filter is not None, self.waited, context.playback.replay),
            notes=(*selected(context, keys), *first), rising=pods.pods_rise(query), faded=self.is_stale(scene),
            columns=with_runs(columns, bool(fleet.runs), scene.width),
            widest=row_columns.pod_widths(pods.widest(fleet), alerts.values(), most),
        )  # fmt: skip

    def targets(self, key: str | None) -> tuple[str, ...]:
        return marked_or(self.context, key)

    def at_hand(self, key: str | None) -> str | None:
        return key

    def open(self, key: str | None) -> Message | None:
        return OpenPod(key) if key is not None else None

    def watch(self, key: str | None) -> None:
        self.context.watches.pod(key)


class Offers(FleetListing):
    """The GPU types of the market, at the prices of one."""

    name = "market"
    title = "Market"
    columns = row_columns.OFFER_COLUMNS
    table = "prices"
    sorts = market.PANE_SORTS
    prompt = f"filter market: {WORDS}"

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._kept = market.KeptRows()

    @property
    def vocabulary(self) -> Vocabulary:
        from tui.store.views.offer_filter import OFFERS

        return OFFERS.vocabulary

    def is_stale(self, scene: Scene) -> bool:
        return scene.fleet.market_stale(scene.now)

    def rows(self, scene: Scene) -> Rows:
        fleet = scene.fleet
        self._kept.rows(fleet.market.value)
        shown = self._kept.select(self.filter, self.sort, self.inverted)
        lacks = fleet.market_lacks

        def cells(key: str) -> Cells:
            from tui.ui.render import rows

            return rows.offer_cells(shown.rows[key], lacks)

        return Rows(
            shown.keys, cells, empty_states.total(fleet, self.name),
            empty_states.market(fleet, self.filter is not None, self.waited, self.context.playback.replay),
            rising=market.rises(self.sort, self.inverted), faded=self.is_stale(scene),
            columns=row_columns.offer_columns(scene.width),
            widest={"name": max((len(row.name) for row in shown.rows.values()), default=0)},
        )  # fmt: skip

    def _offer(self, key: str | None) -> Offer | None:
        market = self.context.fleet.market.value
        return next((offer for offer in (market.offers if market else ()) if offer.gpu_id == key), None)

    def wish(self, key: str | None) -> Wish | None:
        from tui.ui.controllers.deploys import Wish

        offer = self._offer(key)
        return Wish(offer=offer) if offer is not None else None

    def watch(self, key: str | None) -> None:
        offers = market.rows(self.context.fleet.market.value)
        if (row := next((row for row in offers if row.id == key), None)) is not None:
            self.context.watches.gpu(row, ANYTHING)

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        from tui.ui.render.copy_entries import of_market

        offer = self._offer(key)
        return of_market("GPU type", offer.gpu_id, offer.name, gpu=True) if offer is not None else ()
