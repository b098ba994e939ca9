"""`Listing`: one list of a screen as an object: its columns and orders, its rows, the details of one of them.

A screen shows any listing by the same means; to add one, write a subclass and put it into the screen's tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from msgspec import Struct

from tui.store.feed import Feed
from tui.store.slices import Sliced
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import empty_states
from tui.ui.render.list_title import headed

if TYPE_CHECKING:
    from textual.message import Message
    from textual.screen import ModalScreen

    from tui.api.models import MarketQuery
    from tui.domain.filter_entry import FilterEntry
    from tui.domain.filters import Filter, Vocabulary
    from tui.store.fleet import Fleet
    from tui.ui.charts.spec import Drawn
    from tui.ui.context import ScreenContext
    from tui.ui.controllers.deploys import Wish
    from tui.ui.primitives.cells import Cell
    from tui.ui.primitives.facts import Fact, Section
    from tui.ui.render.copy_entries import Entry
    from tui.ui.widgets.table import Cells, Column

NOTHING = EmptyState("Nothing under the cursor")
WORDS = "words, !word, field<value, re:PATTERN; tab completes"


class Scene(Struct, frozen=True):
    """The data a listing is computed from.

    fleet, now:   the fleet, and the viewed instant in seconds.
    key:          the row under the cursor; None without one.
    width:        columns of the terminal.
    width_of:     cells of a column of the table by its key; 0 for a dropped one.
    facts_width:  cells of the pane of facts with its frame; 0 if it is not shown.
    span, cursor: seconds that charts reach back, and the instant of the chart cursor.
    """

    fleet: Fleet
    now: float
    key: str | None
    width: int
    width_of: Callable[[str], int]
    facts_width: int
    span: float
    cursor: float | None


class Rows(Struct, frozen=True):
    """The rows of a listing, sorted and filtered.

    cells:   makes the cells of a row when it is visible.
    total:   number of rows without the filter.
    empty:   the content of the pane without rows.
    notes:   text in the title after the number of rows.
    note:    text below the rows, if there is no error to show.
    rising:  whether the order is ascending.
    faded:   whether all rows are drawn as stale.
    columns: None if they never change.
    widest:  cells that the content of some columns takes, by their keys.
    """

    keys: tuple[str, ...]
    cells: Callable[[str], Cells]
    total: int
    empty: EmptyState
    notes: tuple[str, ...] = ()
    note: str = ""
    rising: bool = False
    faded: bool = False
    columns: tuple[Column, ...] | None = None
    widest: Mapping[str, int] = {}


class About(Struct, frozen=True):
    """Facts of the row under the cursor, under a title.

    note:    their error; `warns`: whether the title shows it as a warning.
    wrapped: whether long values wrap.
    folded:  the titles of the sections of which only the title is shown.
    """

    title: str
    sections: tuple[Section, ...] = ()
    empty: EmptyState = NOTHING
    note: str = ""
    warns: bool = False
    faded: bool = False
    wrapped: bool = False
    folded: frozenset[str] = frozenset()


class Stacked(NamedTuple):
    """Charts above each other on one time axis: the lines of each and of the axis, from above, and the charts."""

    lines: tuple[int, ...]
    charts: tuple[Drawn, ...]


class Picture(Struct, frozen=True):
    """The chart of a listing. `draw` gets columns and lines of the pane; None if there is no data.

    stack: draws several charts instead, where there is room for more than one.
    """

    title: str
    note: str = ""
    draw: Callable[[int, int], Drawn] | None = None
    empty: EmptyState = NOTHING
    stack: Callable[[int, int], Stacked | None] | None = None


class Listing:
    """One list. Its state is the user's choice: filter and order; all else is read from a `Scene`.

    name:       the id of its table.
    title:      in the line of lists, `short` if that is narrow.
    heading:    above its rows, if it differs.
    noun:       the name of its rows in sentences.
    columns:    of its table, at first.
    table:      its name in [columns] of the settings; "" if it has none.
    column_meanings: what its columns show, by their keys, where their names do not say it.
    sorts:      its orders by name, the first one at first; `sort_names`: how they are called, where no column is;
                `sort_ways`: how the two ways of an order are called, if that is not ascending and descending.
    preference: the name under which its order is stored across starts, with its own for {}; "" if it is not.
    topics:     polled while it is shown; without the last of them there are no rows.
    panes:      its panes, in the order of `tab`.
    head:       cells of its facts, if they stand above it with its chart; 0 if they stand beside it.
    actions:    actions available here, and not in each list of the screen.
    prompt:     the placeholder of its filter.
    of_pods:    whether its rows are pods, keyed by their ids.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str] = ""
    heading: ClassVar[str] = ""
    noun: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]]
    table: ClassVar[str] = ""
    column_meanings: ClassVar[Mapping[str, str]] = {}
    sorts: ClassVar[tuple[str, ...]] = ("",)
    sort_names: ClassVar[Mapping[str, str]] = {}
    sort_ways: ClassVar[Mapping[str, tuple[str, str]]] = {}
    preference: ClassVar[str] = ""
    topics: ClassVar[tuple[str, ...]] = ()
    panes: ClassVar[tuple[str, ...]] = ("list", "facts")
    head: ClassVar[int] = 0
    actions: ClassVar[frozenset[str]] = frozenset()
    prompt: ClassVar[str] = f"filter: {WORDS}"
    of_pods: ClassVar[bool] = False

    def __init__(self, context: ScreenContext) -> None:
        self.context = context
        self._entry: FilterEntry | None = None
        self.inverted = False
        self.revealed = False
        self._kept_as = self.preference.format(self.name)
        order = context.preferences.get(self._kept_as) if self._kept_as else ""
        self.sort = order if order in self.sorts else self.sorts[0]

    # Filter

    @property
    def vocabulary(self) -> Vocabulary:
        """The fields that it can be filtered by; none where a filter is text and no more."""
        from tui.domain.filters import Vocabulary

        return Vocabulary()

    @property
    def typed(self) -> str:
        """The filter as typed."""
        return self._entry.text if self._entry is not None else ""

    @typed.setter
    def typed(self, text: str) -> None:
        from tui.domain.filter_entry import FilterEntry

        self._entry = self._entry or FilterEntry()
        self._entry.type(text, self.vocabulary)

    @property
    def filter(self) -> Filter | None:
        """The filter in effect: the last valid one; None if there is none."""
        return (self._entry.chosen or None) if self._entry is not None else None

    @property
    def fault(self) -> str:
        """Why what was typed is invalid, and what is in effect instead."""
        return self._entry.fault if self._entry is not None else ""

    def holds(self, text: str) -> bool:
        """Whether a text is a valid filter, which may not have been reported yet."""
        if text != self.typed:
            self.typed = text
        return not self.fault

    def refuse(self, why: str) -> None:
        """The filter in effect cannot be applied: the one before it is."""
        if self._entry is not None:
            self._entry.give_up(why)

    def settle(self) -> None:
        """The line is closed: what is in effect is what was typed."""
        if self._entry is not None:
            self._entry.settle()

    # Columns

    @property
    def every_column(self) -> tuple[Column, ...]:
        """All columns that it may have, in their usual order."""
        return self.columns

    @property
    def chosen_columns(self) -> tuple[str, ...]:
        """The keys of the columns that the user chose, here or in the settings; empty for the default."""
        if remaining := self.context.preferences.get(f"columns.{self.name}"):
            return tuple(remaining.split(","))
        chosen: tuple[str, ...] = getattr(self.context.session.config.columns, self.table, ()) if self.table else ()
        return chosen

    def choose_columns(self, keys: Sequence[str]) -> None:
        """Show these columns, and store that; () for the default."""
        self.context.preferences.keep(f"columns.{self.name}", ",".join(keys))

    def orders(self) -> tuple[tuple[str, str], ...]:
        """Its orders, each with what it is called."""
        titles = {column.sort: column.name for column in reversed(self.every_column) if column.sort}
        return tuple((sort, self.sort_names.get(sort) or titles.get(sort, sort)) for sort in self.sorts if sort)

    # Content

    def preparing(self, scene: Scene) -> Sliced[None] | None:
        """Work over very many items that its rows need first, a slice at a time; None if there is none to do."""
        return None

    def rows(self, scene: Scene) -> Rows:
        raise NotImplementedError

    def headed(self, rows: Rows, room: int) -> str:
        """The title: name, filter, number of rows, notes. In a narrow pane how many rows a filter hides, and which of
        them are selected, matters more than the rest."""
        return headed(self.heading or self.title, self.filter.text if self.filter else "", self.count(rows),
                      rows.notes, room)  # fmt: skip

    def count(self, rows: Rows) -> str:
        """The number of rows, and the total if they are filtered."""
        if self.filter is None:
            return f"{rows.total:,}" if rows.total else ""
        return f"/{self.filter.text}  {len(rows.keys):,} of {rows.total:,}"

    def trouble(self, scene: Scene) -> str:
        """The note below rows that are stale or incomplete."""
        return empty_states.aged(self.feed(scene.fleet), scene.now, self.interval(scene.fleet))

    def about(self, scene: Scene) -> About:
        """Facts of the row under the cursor."""
        return About(self.title)

    def picture(self, scene: Scene) -> Picture:
        """The chart."""
        return Picture("")

    def chips(self) -> tuple[Cell, ...]:
        """The chips beside the line of lists, each removed by a click."""
        return ()

    # Age

    def wanted(self) -> tuple[str, ...]:
        """The topics to poll now."""
        return self.topics

    @property
    def demands(self) -> tuple[MarketQuery, ...]:
        """The market queries while it is shown, besides the default one that is always polled."""
        return ()

    def feed(self, fleet: Fleet) -> Feed[Any]:
        """The feed of its rows."""
        return fleet.topics.get(self.topics[-1], Feed())

    def interval(self, fleet: Fleet) -> float:
        """The poll interval of that feed, in seconds."""
        # The first screen has no list of a topic.
        from tui.store.topics import TOPICS

        return TOPICS[self.topics[-1]].interval

    def is_stale(self, scene: Scene) -> bool:
        return self.feed(scene.fleet).stale(scene.now, self.interval(scene.fleet))

    def ages(self, fleet: Fleet, now: float) -> bool:
        """Whether its content changes every second, without new data."""
        feed = self.feed(fleet)
        return feed.value is None or feed.error is not None or feed.stale(now, self.interval(fleet))

    def minute(self, fleet: Fleet, now: float) -> object:
        """A value that changes when the content has aged by a step."""
        return None

    # The row under the cursor

    def targets(self, key: str | None) -> tuple[str, ...]:
        """The target pods of an action."""
        return ()

    def at_hand(self, key: str | None) -> str | None:
        """The one pod to show in detail."""
        return next(iter(self.targets(key)), None)

    def wish(self, key: str | None) -> Wish | None:
        """The meaning of the row for a deploy."""
        return None

    def undeployable(self, key: str | None) -> str:
        """Why nothing like the row can be deployed; empty if it can be, or means nothing to a deploy."""
        return ""

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        """The texts to copy of the row."""
        return ()

    def copies_of(self, key: str | None, title: str, fact: Fact | None) -> tuple[Entry, ...]:
        """The texts to copy while the facts have the focus: the one under their cursor."""
        from tui.ui.primitives.facts import copied
        from tui.ui.render.copy_entries import under_cursor

        return under_cursor(fact.label or title, copied(fact)) if fact is not None else ()

    # Keys

    def allows(self, action: str) -> bool:
        """Whether an action that only some lists have is available here."""
        return action in self.actions

    def open(self, key: str | None) -> Message | ModalScreen[None] | str | None:
        """The target of enter: a message for the app, a dialog to show; or the reason for none."""
        return None

    def watch(self, key: str | None) -> None:
        """Watch for the row's offer."""

    def mute(self, key: str | None) -> None:
        """Mute the row's alerts: by default those of its pods."""
        self.context.muting.pods(self.targets(key))

    @property
    def reaches(self) -> bool:
        """Whether it has a range of its own."""
        return type(self).reach is not Listing.reach

    def reach(self, step: int) -> None:
        """Extend or shorten the range of its chart and its rows."""

    def reset(self) -> None:
        """Reset the range."""

    def order(self, sort: str, inverted: bool) -> None:
        """Sort the rows by this order, and store it."""
        self.sort, self.inverted = sort, inverted
        if self._kept_as:
            self.context.preferences.keep(self._kept_as, sort)


def selected(context: ScreenContext, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The number of selected pods, and of those not among these rows; empty if none is selected."""
    marked = [key for key in context.marks if key in context.fleet.records]
    shown = frozenset(keys) if marked else ()
    hidden = sum(key not in shown for key in marked)
    return (f"{len(marked)} selected{f', {hidden} hidden' if hidden else ''}",) if marked else ()


def marked_or(context: ScreenContext, key: str | None) -> tuple[str, ...]:
    """The selected pods; without a selection, the one under the cursor."""
    live = context.fleet.records
    return tuple(pod for pod in context.marks if pod in live) or ((key,) if key is not None else ())
