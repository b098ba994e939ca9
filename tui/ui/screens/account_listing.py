"""`AccountListing`: the common part of the Account screen's lists: rows that hold their words and sort keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from tui.domain import charges
from tui.domain.charges import Day
from tui.domain.filters import Fields, Vocabulary
from tui.format.width import width
from tui.store.fleet import Fleet
from tui.store.topics import TOPICS
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.primitives.facts import Section
from tui.ui.render import empty_states, list_rows
from tui.ui.render.list_rows import Row, Value
from tui.ui.screens.listing import NOTHING, About, Listing, Rows, Scene
from tui.ui.widgets.table import Cells

if TYPE_CHECKING:
    from tui.api.account import Ledger


class AccountListing(Listing):
    """A list whose rows hold their own words and sort keys.

    about_title: the title of its facts.
    values:      of its columns, for the filter, where they are not dollars or text.
    """

    about_title: ClassVar[str] = ""
    values: ClassVar[Mapping[str, Value]] = {}
    preference = "account.sort.{}"

    def fields(self, now: float = 0.0) -> Fields[Row]:
        """The fields that its rows are filtered by at an instant of RunPod's clock."""
        return list_rows.fields(self.columns, self.values, now)

    @property
    def vocabulary(self) -> Vocabulary:
        return self.fields().vocabulary

    def all_rows(self, scene: Scene) -> dict[str, Row]:
        """The rows, before filtering."""
        raise NotImplementedError

    def sections(self, scene: Scene) -> tuple[Section, ...]:
        """The facts."""
        raise NotImplementedError

    def server_now(self, scene: Scene) -> float:
        """The current time of RunPod's own clock, which its days and dates refer to."""
        return scene.now + scene.fleet.skew

    def rows(self, scene: Scene) -> Rows:
        rows = self.all_rows(scene)
        shown = list_rows.matching(rows, self.fields(self.server_now(scene)), self.filter)
        keys = list_rows.ordered(shown, self.sort, self.inverted)
        result = self._rows(
            scene, keys, lambda key: shown[key].cells if key in shown else {}, len(rows),
            list_rows.rises(shown, self.sort) != self.inverted,
        )  # fmt: skip
        return replace(result, widest=self._widest(rows.values()))

    def _rows(
        self, scene: Scene, keys: tuple[str, ...], cells: Callable[[str], Cells], total: int, rising: bool
    ) -> Rows:
        return Rows(
            keys, cells, total, self.empty(scene, total, filtered=self.filter is not None), rising=rising,
            faded=self.is_stale(scene),
        )  # fmt: skip

    def _widest(self, rows: Iterable[Row]) -> Mapping[str, int]:
        """Cells of the longest name, next to which its figures stand; empty for a list without a column of names."""
        column = next((column for column in self.columns if column.flex and column.sort), None)
        names = [row.order.get(column.sort) for row in rows] if column is not None else ()
        widest = max((width(name) for name in names if isinstance(name, str)), default=0)
        return {column.key: max(len(column.title), widest)} if column is not None and widest else {}

    def empty(self, scene: Scene, hidden: int = 0, *, filtered: bool = False) -> EmptyState:
        """Why there are no rows: none of `hidden` rows passes the filter, or there are none."""
        feed = self.feed(scene.fleet)
        if feed.value is None and (self.context.playback.replay or scene.fleet.recorded):
            return EmptyState(f"Recordings have no {self.noun}", ("They have pods, prices and balance: see Money.",))
        if feed.value is None and scene.fleet.keyless:
            return EmptyState("No API key: prices only", ("Set RUNPOD_API_KEY or pass --api-key-file FILE.",))
        return empty_states.topic(feed, self.noun, filtered, hidden)

    def about(self, scene: Scene) -> About:
        empty = self.empty(scene) if self.feed(scene.fleet).value is None else NOTHING
        return About(
            self.about_title or self.title, self.sections(scene), empty, faded=self.is_stale(scene), wrapped=True
        )  # fmt: skip


class LedgerDays:
    """The charges of an account by day: added up once for each response."""

    def __init__(self) -> None:
        self._made_of: Ledger | None = None
        self._days: tuple[Day, ...] = ()

    def of(self, ledger: Ledger | None) -> tuple[Day, ...]:
        if ledger is not self._made_of:
            self._made_of, self._days = ledger, charges.days(ledger.charges) if ledger is not None else ()
        return self._days


def account_trouble(fleet: Fleet, now: float) -> str:
    """The error of RunPod's account data; a recording has no such data."""
    return "" if fleet.recorded else empty_states.aged(fleet.account, now, TOPICS["account"].interval)
