"""The help: every key of a screen from its binding, the meaning of the symbols, and a search line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise, zip_longest
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from tui.files.paths import styles
from tui.format.width import wrapped
from tui.ui.key_hints import Hint, grouped, hints
from tui.ui.modals.once import Once
from tui.ui.modals.scrolling import Scrolling, scroll_keys
from tui.ui.primitives import roles
from tui.ui.primitives.roles import style_of
from tui.ui.widgets.filter_input import FilterLine

if TYPE_CHECKING:
    from tui.domain.filters import Vocabulary

SIGNS = (
    ("● ◌ ◔ ■", "running, idle, booting, stopped"),
    ("idle", "no GPU at 5% or more for 10 min"),
    ("▼ ▲ ✕ ? ◆", "outbid, error, terminated, unreadable, unknown"),
    ("⊘", "muted: shown, not counted, never notified"),
    ("▲ 3: 1 idle", "what needs attention; n or click to go there"),
    ("waste", "$/h that does nothing; W or click for details"),
    ("▸ stopping", "action in progress (?: response lost)"),
    ("✓ name", "selected for actions and charts"),
    ("(2.99)", "hourly price when running (stopped now)"),
    ("72▾", "GPU average; one is >20 points below"),
    ("▇▇▁▇", "util of each GPU; >16: share of GPUs per eighth"),
    ("█ ◌ ▾ ▲ ° ?", "GPU map: busy, idle, lags, hung, hot, unknown"),
    ("spot", "may be stopped for a higher bid"),
    ("■ 2h ✕ 2h", "lease: time until stop / terminate"),
    ("▰▰▰ ▰▱▱", "high, low stock (▱▱▱ none): only a hint"),
    ("◉", "a watch is set on this GPU"),
    ("● live", "live data"),
    ("▲ 3m old", "stale: no new data from RunPod"),
    ("◀ ‖", "viewing history; paused"),
    ("–", "no data"),
    ("◌ as a value", "not offered by this API"),
)

MARKS = (
    ("+ ▶ ● ○ ↻ ↺", "new, running, up, down, restart, loop"),
    ("■ ▼ ✕ ✓", "stopped, outbid, gone, done or ended"),
    ("◌ ◔ ∅ ▣", "idle, slow boot, no GPUs, maintenance"),
    ("▲ △ $ ◉ ? ◆", "alert, rate, money, watch, unknown"),
)
"""The events on the time axis of charts, which the chart cursor names."""

WIDE, WIDEST = 120, 180
"""Minimum columns of a terminal for the help in two columns, and in three."""

KEYS = 13
NARROW_KEYS = 9
NARROW = 60
COLUMN = 53
COLUMNS = ("help-left", "help-middle", "help-right")


def _market_words() -> tuple[Block, ...]:
    """The filters that go to RunPod, from where they are parsed."""
    from tui.store.views.offers import FILTERS

    return (("API filters (f)", tuple(Entry(f"{name}=", meaning) for name, (_, meaning) in FILTERS.items())),)


def filter_words(vocabulary: Vocabulary) -> tuple[Block, ...]:
    """The language of filters, and the fields of a list."""
    if not vocabulary.fields:
        return ()
    states = " ".join(vocabulary.states)
    return ((
        "Filter terms (/)",
        (
            Entry("word", 'part of the row\'s text; "two words" with spaces'),
            Entry("!term", "excludes matches"),
            Entry("util<5", "= != < <= > >=, in the field's unit or without one; unknown values never match"),
            Entry("dc:EU,US", 'contains; comma = or; text with a colon in quotes: "a:b"'),
            Entry("re:PATTERN", "regular expression"),
            Entry("fields", " ".join(vocabulary.fields)),
            *((Entry("states", states),) if states else ()),
        ),
    ),)  # fmt: skip


class Entry(NamedTuple):
    """Keys, or a symbol, and their meaning; `now` is whether they have an effect now."""

    key: str
    words: str
    now: bool = True


Block = tuple[str, tuple[Entry, ...]]


def blocks(bindings: Sequence[Hint], vocabulary: Vocabulary | None = None) -> tuple[Block, ...]:
    """All entries, under titles. `vocabulary`: of the filter of the list that keys are for."""
    by_group = [
        (title, tuple(Entry(" ".join(h.keys), h.help, h.enabled) for h in group)) for title, group in grouped(bindings)
    ]
    signs, marks = (tuple(Entry(sign, meaning) for sign, meaning in each) for each in (SIGNS, MARKS))
    if any(hint.id == "market.demand" for hint in bindings):
        by_group += _market_words()
    terms = filter_words(vocabulary) if vocabulary is not None else ()
    return (
        *by_group,
        ("Symbols", signs),
        ("Events on charts, named by ← →", marks),
        *terms,
        ("Tour", (Entry(": tour", "show the tour again"),)),
    )


def found(blocks_of: Iterable[Block], text: str) -> tuple[Block, ...]:
    """The entries in which, with their title, all of these words occur."""
    terms = text.lower().split()
    matching = (
        (title, tuple(e for e in entries if all(t in f"{title} {e.key} {e.words}".lower() for t in terms)))
        for title, entries in blocks_of
    )
    return tuple((title, entries) for title, entries in matching if entries)


def parted(lengths: Sequence[int], count: int) -> tuple[int, ...]:
    """The number of blocks in each of `count` columns, so that the longest column is as short as it can be."""
    if count <= 1:
        return (len(lengths),)

    def tallest(parts: tuple[int, ...]) -> int:
        ends = [sum(parts[:n]) for n in range(len(parts) + 1)]
        return max(sum(lengths[start:end]) for start, end in pairwise(ends))

    ways = ((n, *parted(lengths[n:], count - 1)) for n in range(len(lengths) + 1))
    return min(ways, key=tallest)


class Help(Once, Scrolling):
    """Lists keys and symbols; any of its closing keys ends it."""

    CSS_PATH = styles("help")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close", id="help.back", tooltip="Clear search, or close"),
        Binding("question_mark,q", "close", "Close", id="help.close", tooltip="Close help"),
        Binding("slash", "find", "Search", id="help.find", tooltip="Search: all words must match"),
        *scroll_keys("help", page="pagedown,space", top="top", end="end"),
    ]

    def __init__(self, bindings: Sequence[Hint], title: str = "", vocabulary: Vocabulary | None = None) -> None:
        super().__init__()
        self._blocks = blocks(bindings, vocabulary)
        self._of = title
        self._words = ""
        self._line: FilterLine | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="help"), VerticalScroll(id="help-keys", can_focus=False), Horizontal():
            yield from (Static(id=name) for name in COLUMNS)

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        self._show()

    # Display

    def _show(self) -> None:
        width = self.app.size.width
        count = 3 if width >= WIDEST else 2 if width >= WIDE else 1
        box = self.query_one("#help")
        box.set_class(count > 1, "-wide")
        box.set_class(count > 2, "-widest")
        room = COLUMN if count > 1 else max(20, min(68, width - 7))
        shown = found(self._blocks, self._words)
        texts = [self._block(block, room) for block in shown]
        parts = parted([text.plain.count("\n") + 2 for text in texts], count)
        rest = iter(texts)
        for name, blocks_in in zip_longest(COLUMNS, parts):
            column = self.query_one(f"#{name}", Static)
            column.display = blocks_in is not None
            column.update(Text("\n\n").join(islice(rest, blocks_in or 0)))
        if not texts:
            nothing = self._text(("No matches · esc shows all", "muted"))
            self.query_one(f"#{COLUMNS[0]}", Static).update(nothing)
        count = sum(len(entries) for _, entries in shown)
        name = f"Keys and symbols: {self._of}" if self._of and width >= NARROW else "Keys and symbols"
        box.border_title = Text(f"{name}  /{self._words}  {count}" if self._words else name)
        box.border_subtitle = Text(self._way_out(width))

    def _way_out(self, width: int) -> str:
        """The keys for search and for closing, under the keymap."""
        keys = {hint.id: hint.keys for hint in hints(self.active_bindings)}
        find, closing = keys.get("help.find", ("/",))[0], keys.get("help.close", ("esc",))
        if width < NARROW:
            return f"{find} search · {closing[-1]} close"
        return f"{find} search · {', '.join(dict.fromkeys(('esc', *closing)))} close"

    def _text(self, *parts: tuple[str, str]) -> Text:
        under = self.query_one("#help").rich_style
        return Text.assemble(*((text, style_of(self, role, under)) for text, role in parts))

    def _block(self, block: Block, room: int) -> Text:
        """A title and its entries: keys at the left, text beside them; long entries wrap."""
        title, entries = block
        keys = KEYS if room >= NARROW - 10 else NARROW_KEYS
        lines = [self._text((title, "accent"))]
        for key, meaning, now in entries:
            first, *rest = wrapped(meaning, room - keys) or [""]
            if len(key) >= keys:
                lines.append(self._text((key, "strong" if now else "quiet")))
                key = ""
            lines.append(
                self._text((f"{key:<{keys}}", "strong" if now else "quiet"), (first, "text" if now else "quiet"))
            )
            lines += [self._text((" " * keys + line, "text" if now else "quiet")) for line in rest]
        return Text("\n").join(lines)

    # Search

    async def on_key(self, event: events.Key) -> None:
        """A letter that is no key here starts the search."""
        text = event.character or ""
        if not event.is_printable or text == " " or event.key in self._bindings.key_to_bindings:
            return
        if self._line is not None and self.focused is self._line:
            return
        event.stop()
        if self._line is not None:
            # Typed before the line had the focus.
            self._line.value += text
            self._line.action_end()
            return
        await self._find(self._words + text if self._words else text)

    async def action_find(self) -> None:
        if self._line is None:
            await self._find(self._words)

    async def _find(self, text: str) -> None:
        self._line = FilterLine(text, "search: all words must match")
        self._line.select_on_focus = False  # its first letter was typed before the line existed
        await self._line.open(self.query_one("#help"))
        self._line.action_end()
        self._set(text)

    def _set(self, text: str) -> None:
        self._words = text.strip()
        self._show()
        self.box.scroll_home(animate=False)

    @on(FilterLine.Typed)
    def _typed(self, event: FilterLine.Typed) -> None:
        self._set(event.text)

    @on(FilterLine.Done)
    async def _done(self, event: FilterLine.Done) -> None:
        if self._line is event.line:
            self._line = None
        await event.line.remove()
        if not event.kept:
            self._set("")

    # Closing

    def on_click(self, event: events.Click) -> None:
        """A click outside the list closes it."""
        if event.widget is self:
            self.dismiss(None)

    def action_back(self) -> None:
        if self._words:
            self._set("")
        else:
            self.action_close()

    def action_close(self) -> None:
        self.dismiss(None)
