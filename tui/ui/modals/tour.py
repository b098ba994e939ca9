"""The tour: the layout and the main keys, on one screen, at the first start and on request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.files.paths import styles
from tui.format.width import wrapped
from tui.ui.key_hints import Hint
from tui.ui.modals.dialog import Dialog

WHOLE = (80, 24)
"""Minimum columns and lines for the full tour."""


class Stop(NamedTuple):
    """One line of the tour.

    keys:  ids of the bindings whose keys are shown at the left; a line whose keys have no effect here is left out.
    sign:  the text shown there instead.
    words: the description; `short` if there is room for a few words only, "" if the line is dropped then.
    """

    keys: tuple[str, ...]
    sign: str
    words: str
    short: str = ""


INTRODUCTION = "Your RunPod pods, live: status, cost, runway and GPU prices."
SHORT_INTRODUCTION = "Your RunPod pods, live."

STOPS = (
    Stop(
        (), "● ◌ ◔ ■", "Running, idle, booting, stopped (all symbols: help).",
        "run, idle, boot, stopped",
    ),
    Stop((), "runs out", "In the header: when the balance reaches $0.", "when balance is $0"),
    Stop(("pod.needy",), "", "Next pod that needs attention (▲ in the header)."),
    Stop(("table.down", "table.up"), "", "Move; charts follow the cursor.", "move"),
    Stop(("table.open",), "", "Pod details; esc goes back.", "pod details; esc back"),
    Stop(("pane.next", "pane.zoom"), "", "Next pane; zoom pane.", "next pane; zoom"),
    Stop(("table.filter",), "", "Filter pods or GPUs.", "filter"),
    Stop(
        ("screen.fleet", "screen.market", "screen.account", "screen.events"), "",
        "Screens: Fleet, Market, Account, Events.",
    ),
    Stop(
        ("act.stop", "act.resume", "act.terminate"), "",
        "Stop, resume, terminate. A dialog shows the effect on money and data first.", "act; a dialog asks first",
    ),
    Stop((), "a–z", "Lowercase keys never spend or destroy."),
    Stop(("act.lock",), "", "Lock actions (automatic after 10 min without input)."),
    Stop(("app.palette",), "", "Command palette: actions, pods, GPUs, themes, tour.", "command palette"),
    Stop(("app.help", "app.quit"), "", "Help; quit (pods keep running).", "help; quit"),
)  # fmt: skip


def lines(hints: Iterable[Hint], width: int, brief: bool) -> tuple[tuple[str, str, bool], ...]:
    """The left part, the text beside it, and whether the left part is keys. In `width` cells."""
    by_id = {hint.id: hint for hint in hints}
    side = 10 if brief else 13
    drawn: list[tuple[str, str, bool]] = []
    for stop in STOPS:
        text = stop.short if brief else stop.words
        keys = [by_id[id].keys[0] for id in stop.keys if id in by_id]
        if not text or (stop.keys and not keys):
            continue
        first, *rest = wrapped(text, max(10, width - side))
        drawn.append((f"{' '.join(keys) or stop.sign:<{side}}", first, bool(stop.keys)))
        drawn += [(" " * side, line, False) for line in rest]
    return tuple(drawn)


class Tour(Dialog[None]):
    """One screen to read; any key closes it, and does nothing else."""

    CSS_PATH = styles("tour")

    def __init__(
        self,
        hints: Iterable[Hint],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self._hints = tuple(hints)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="tour", can_focus=False):
            yield Static(id="tour-text")

    def on_mount(self, event: events.Mount) -> None:
        self._show()

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        size = self.app.size
        brief = size.width < WHOLE[0] or size.height < WHOLE[1]
        box = self.query_one("#tour")
        box.set_class(brief, "-brief")
        box.border_title = "podtop" if brief else "Welcome to podtop"
        box.border_subtitle = "press any key"
        room = min(76, size.width) - (4 if brief else 8)
        texts: list[Text] = []
        for line in wrapped(SHORT_INTRODUCTION if brief else INTRODUCTION, room):
            texts.append(self.text(((line, "text"),), "#tour"))
        if not brief:
            texts.append(Text(""))
        for left, text, is_keys in lines(self._hints, room, brief):
            texts.append(self.text(((left, "key" if is_keys else "accent"), (text, "text")), "#tour"))
        self.query_one("#tour-text", Static).update(Text("\n").join(texts))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.end(None)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.end(None)
