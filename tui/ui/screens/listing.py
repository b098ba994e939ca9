"""`Listing`: one list of a screen as a thing of its own: its columns and orders, its rows, what is told of one of them.

A screen shows any listing by the same means; whoever adds one writes a subclass, and puts it into the screen's tuple.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from tui.store.feed import Feed
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import empty_states

if TYPE_CHECKING:
    from textual.message import Message
    from textual.screen import ModalScreen

    from tui.api.models import MarketQuery
    from tui.store.fleet import Fleet
    from tui.ui.charts.spec import Drawn
    from tui.ui.context import ScreenContext
    from tui.ui.controllers.deploys import Wish
    from tui.ui.primitives.cells import Cell
    from tui.ui.primitives.facts import Fact, Section
    from tui.ui.render.copy_entries import Entry
    from tui.ui.widgets.table import Cells, Column

NOTHING = EmptyState("nothing is under the cursor")
WORDS = "words that must all occur"


class Scene(NamedTuple):
    """What a listing is read from.

    fleet, now:   the fleet, and the instant in seconds that it is looked at.
    key:          the row under the cursor; None where there is none.
    width:        columns of the terminal.
    width_of:     cells of a column of the table by its key; 0 for one that has given way.
    facts_width:  cells of the pane of facts with its frame; 0 where it is not shown.
    span, cursor: seconds that charts reach back, and the instant they are read at.
    """

    fleet: Fleet
    now: float
    key: str | None
    width: int
    width_of: Callable[[str], int]
    facts_width: int
    span: float
    cursor: float | None


class Rows(NamedTuple):
    """The rows of a listing, in order and filtered.

    cells:   makes the cells of a row when it is seen.
    total:   how many rows there are without the filter.
    empty:   what stands in the pane where there is no row.
    notes:   what the title says after the number of rows.
    note:    what stands below the rows, where there is no trouble to tell.
    rising:  whether the order begins with the least.
    faded:   whether all of it is drawn as old.
    columns: None where they are always the same.
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


class About(NamedTuple):
    """Facts of the row under the cursor, under a title.

    note:    what is the matter with them; `warns`: whether the title looks like it.
    wrapped: whether long values go on below themselves.
    """

    title: str
    sections: tuple[Section, ...] = ()
    empty: EmptyState = NOTHING
    note: str = ""
    warns: bool = False
    faded: bool = False
    wrapped: bool = False


class Picture(NamedTuple):
    """The chart of a listing. `draw` is given columns and lines of the pane; None where there is nothing to draw."""

    title: str
    note: str = ""
    draw: Callable[[int, int], Drawn] | None = None
    empty: EmptyState = NOTHING


class Listing:
    """One list. What its user chose is its state: filter and order; all else is read from a `Scene`.

    name:       the id of its table.
    title:      in the line of lists, `short` where that is narrow.
    heading:    above its rows, where that is another word.
    noun:       what its rows are called in sentences.
    columns:    of its table, at first.
    sorts:      its orders by name, the first one at first.
    preference: under which name its order is kept from one start to the next, with its own for {}; "" where it is not.
    topics:     what is asked for while it is shown; without the last of them there are no rows.
    panes:      the panes that it has, in the order that `tab` goes through them.
    head:       cells of its facts, where they stand above it with its chart; 0 where they stand beside it.
    actions:    what can be done here, and not in each list of the screen.
    prompt:     what its filter takes.
    of_pods:    whether its rows are pods, by their ids.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str] = ""
    heading: ClassVar[str] = ""
    noun: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]]
    sorts: ClassVar[tuple[str, ...]] = ("",)
    preference: ClassVar[str] = ""
    topics: ClassVar[tuple[str, ...]] = ()
    panes: ClassVar[tuple[str, ...]] = ("list", "facts")
    head: ClassVar[int] = 0
    actions: ClassVar[frozenset[str]] = frozenset()
    prompt: ClassVar[str] = f"filter: {WORDS}"
    of_pods: ClassVar[bool] = False

    def __init__(self, context: ScreenContext) -> None:
        self.context = context
        self.typed = ""
        self.inverted = False
        self.revealed = False
        self._kept_as = self.preference.format(self.name)
        order = context.preferences.get(self._kept_as) if self._kept_as else ""
        self.sort = order if order in self.sorts else self.sorts[0]

    # What there is to show

    def rows(self, scene: Scene) -> Rows:
        raise NotImplementedError

    def count(self, rows: Rows) -> str:
        """How many rows there are, and how many of all where they are filtered."""
        text = self.typed.strip()
        return f"/{text}  {len(rows.keys)} of {rows.total}" if text else str(rows.total or "")

    def trouble(self, scene: Scene) -> str:
        """What stands below rows that are not all there is to know."""
        return empty_states.aged(self.feed(scene.fleet), scene.now, self.interval(scene.fleet))

    def about(self, scene: Scene) -> About:
        """Facts of the row under the cursor."""
        return About(self.title)

    def picture(self, scene: Scene) -> Picture:
        """The chart."""
        return Picture("")

    def chips(self) -> tuple[Cell, ...]:
        """What stands beside the line of lists, to be clicked away."""
        return ()

    # How old it is

    def wanted(self) -> tuple[str, ...]:
        """The topics that are asked for now."""
        return self.topics

    @property
    def demands(self) -> tuple[MarketQuery, ...]:
        """As what the market is asked for while it is shown, besides the one that is always asked for."""
        return ()

    def feed(self, fleet: Fleet) -> Feed[Any]:
        """Where its rows come from."""
        return fleet.topics.get(self.topics[-1], Feed())

    def interval(self, fleet: Fleet) -> float:
        """Every how many seconds that is asked for."""
        # The first screen has no list of a topic.
        from tui.store.topics import TOPICS

        return TOPICS[self.topics[-1]].interval

    def is_stale(self, scene: Scene) -> bool:
        return self.feed(scene.fleet).stale(scene.now, self.interval(scene.fleet))

    def ages(self, fleet: Fleet, now: float) -> bool:
        """Whether what it shows changes by the second, without anything that arrives."""
        feed = self.feed(fleet)
        return feed.value is None or feed.error is not None or feed.stale(now, self.interval(fleet))

    def minute(self, fleet: Fleet, now: float) -> object:
        """Something that is another when what it shows has aged in steps."""
        return None

    # What is under the cursor

    def targets(self, key: str | None) -> tuple[str, ...]:
        """The pods that an action is meant for."""
        return ()

    def at_hand(self, key: str | None) -> str | None:
        """The one pod that is looked at."""
        return next(iter(self.targets(key)), None)

    def wish(self, key: str | None) -> Wish | None:
        """What the row means to a deploy."""
        return None

    def undeployable(self, key: str | None) -> str:
        """Why nothing like the row can be deployed; empty where it can be, or means nothing to a deploy."""
        return ""

    def copies(self, key: str | None) -> tuple[Entry, ...]:
        """What there is to copy of the row."""
        return ()

    def copies_of(self, key: str | None, title: str, fact: Fact | None) -> tuple[Entry, ...]:
        """What there is to copy while the facts have the keys: the one under their cursor."""
        from tui.ui.primitives.facts import copied
        from tui.ui.render.copy_entries import under_cursor

        return under_cursor(fact.label or title, copied(fact)) if fact is not None else ()

    # Keys

    def allows(self, action: str) -> bool:
        """Whether one of those makes sense here that are not to be had in each list."""
        return action in self.actions

    def open(self, key: str | None) -> Message | ModalScreen[None] | str | None:
        """What enter leads to: a message for the app, a dialog to show; or why to nothing."""
        return None

    def watch(self, key: str | None) -> None:
        """Wait for what the row is."""

    def reach(self, step: int) -> None:
        """Let its chart and its rows reach further, or less far."""

    def reset(self) -> None:
        """Let them reach as far as at first."""

    def order(self, sort: str, inverted: bool) -> None:
        """Have rows in this order, and remember it."""
        self.sort, self.inverted = sort, inverted
        if self._kept_as:
            self.context.preferences.keep(self._kept_as, sort)

    def next_order(self) -> None:
        """Have rows in the order that comes after."""
        self.order(self.sorts[(self.sorts.index(self.sort) + 1) % len(self.sorts)], inverted=False)


def selected(context: ScreenContext, keys: tuple[str, ...]) -> tuple[str, ...]:
    """How many pods are marked, and how many of them are not among these rows; nothing where none is."""
    marked = [key for key in context.marks if key in context.fleet.records]
    shown = frozenset(keys) if marked else ()
    hidden = sum(key not in shown for key in marked)
    return (f"{len(marked)} selected{f', {hidden} hidden' if hidden else ''}",) if marked else ()


def marked_or(context: ScreenContext, key: str | None) -> tuple[str, ...]:
    """The marked pods; without marks, the one under the cursor."""
    live = context.fleet.records
    return tuple(pod for pod in context.marks if pod in live) or ((key,) if key is not None else ())
