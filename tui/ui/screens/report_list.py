"""`Costs`: the report of the Account screen: what a week or a month cost, and what for, from the recording."""

from __future__ import annotations

from msgspec.structs import replace
from textual.message import Message

from tui.api.errors import NotOffered
from tui.domain import charges, report_check, report_words
from tui.domain.report import Report
from tui.domain.report_check import Check
from tui.services import report_loader
from tui.store.feed import Feed
from tui.store.fleet import Fleet
from tui.store.topics import TOPICS
from tui.ui.context import ScreenContext
from tui.ui.messages import OpenPod
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Section
from tui.ui.render import report
from tui.ui.render.list_rows import Row
from tui.ui.screens.account_listing import AccountListing
from tui.ui.screens.listing import Rows, Scene

SPANS = ("week", "month")


class Costs(AccountListing):
    """What pods and network volumes cost, and what for."""

    name = "report"
    title = "Report"
    noun = "costs"
    columns = report.COLUMNS
    table = "report"
    sorts = report.SORTS
    panes = ("list", "facts")
    actions = frozenset(("range", "open"))

    def __init__(self, context: ScreenContext) -> None:
        super().__init__(context)
        self._span = 0
        self._made_of: tuple[object, ...] = ()
        self._made: tuple[Report | None, Check | None] = (None, None)

    @property
    def span(self) -> str:
        """The range: a week or a month."""
        return SPANS[self._span]

    def wanted(self) -> tuple[str, ...]:
        # Where RunPod gives no charges, bills by day take their place.
        bills = isinstance(self.context.fleet.ledger.error, NotOffered)
        return ("account", "billing" if bills else "ledger", self.span)

    def feed(self, fleet: Fleet) -> Feed[Report]:
        # It is of days, whichever instant is viewed.
        return self.context.fleet.topics.get(self.span, Feed())

    def interval(self, fleet: Fleet) -> float:
        return TOPICS[self.span].interval

    def _report(self, scene: Scene) -> tuple[Report | None, Check | None]:
        """The report with network volumes, and held against RunPod's charges: made once for each response."""
        fleet = self.context.fleet
        read, owner = self.feed(fleet).value, fleet.account.value
        made_of = (read, owner, fleet.ledger.value, fleet.billing.value)
        if read is None:
            return None, None
        if not self._made_of or any(new is not old for new, old in zip(made_of, self._made_of, strict=True)):
            self._made_of = made_of
            self._made = self._compute(read, fleet, self.server_now(scene))
        return self._made

    def _compute(self, read: Report, fleet: Fleet, now: float) -> tuple[Report, Check | None]:
        owner, ledger, billing = fleet.account.value, fleet.ledger.value, fleet.billing.value
        if owner is not None and read.since is not None:
            read = replace(read, volumes=report_loader.volumes(owner, read.mounted))
        if ledger is not None:
            days = charges.days(ledger.charges)
        else:
            days = report_check.days_of_bills(billing) if billing is not None else ()
        return read, report_check.held_against(read, days, now, knows_volumes=owner is not None)

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        costs, _ = self._report(scene)
        return report.rows(costs, self.context.tz) if costs is not None else {}

    def rows(self, scene: Scene) -> Rows:
        costs, _ = self._report(scene)
        rows = super().rows(scene)
        if costs is None:
            return replace(rows, notes=(f"last {report_loader.SPANS[self.span]} days",))
        note = report_words.period(costs, self.context.tz) if rows.total else ""
        return replace(
            rows, notes=(f"last {report_loader.SPANS[self.span]} days",), note=note, columns=report.columns(costs)
        )

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        feed = self.feed(scene.fleet)
        if feed.value is None and feed.error is None and not scene.fleet.keyless:
            return EmptyState("◌ Loading the report…")
        if feed.value is not None and feed.value.since is None:
            return EmptyState(
                "Nothing is recorded yet", ("podtop records while it runs; podtop record does so without the UI.",)
            )
        if feed.value is not None and not (filtered and hidden):
            return EmptyState(f"No pods in the last {report_loader.SPANS[self.span]} days")
        if feed.value is None and not scene.fleet.keyless:
            return EmptyState("The report is unavailable", (str(feed.error),), "warn")
        return super().empty(scene, hidden, filtered=filtered)

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        costs, check = self._report(scene)
        return report.facts(costs, check, scene.key, self.context.tz) if costs is not None and costs.pods else ()

    def targets(self, key: str | None) -> tuple[str, ...]:
        return (key,) if key is not None and key in self.context.fleet.records else ()

    def open(self, key: str | None) -> Message | str | None:
        if key is None:
            return None
        return OpenPod(key) if key in self.context.fleet.records else "details: this is no pod of the account now"

    def reach(self, step: int) -> None:
        self._span = min(max(self._span + step, 0), len(SPANS) - 1)
        self._made_of = ()

    def reset(self) -> None:
        self._span, self._made_of = 0, ()
