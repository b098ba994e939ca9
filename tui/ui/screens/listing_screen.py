"""`ListingScreen`: a screen of listings, and what can be done to their rows: selection, actions, logs, copying."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.message import Message
from textual.screen import ModalScreen

from tui.actions import ACTIONS
from tui.ui.context import ScreenContext
from tui.ui.layout import place_of
from tui.ui.messages import OpenLogs
from tui.ui.screens.listing import Listing
from tui.ui.screens.rows_screen import RowsScreen
from tui.ui.widgets.table import Table

if TYPE_CHECKING:
    from tui.ui.controllers.deploys import Wish

OWN = frozenset((
    "sort", "invert", "columns", "filter", "logs", "demand", "list", "pane", "zoom", "open", "mute", "needy", "watch",
    "remove", "reveal", "go_to",
))  # fmt: skip
"""Actions that are unavailable while a filter is typed."""


MARKING = ("mark", "mark_all", "mark_none", "mark_others")
"""Actions that select pods."""

ACTING = ("act", "lock", "deploy", "lease")
CHARTS = frozenset(("telemetry", "charts", "trend"))
"""Panes of charts whose range can be changed."""

OF_THE_PRESENT = frozenset(("pod.ssh", "pod.mute", "pod.watch", "table.watch", "market.watch", "market.remove"))
"""Bindings that lead to a pod, or change what podtop does from now on, not offered in history; their keys say why."""

MOST_LOGS = 8
"""Pods whose logs are shown together, at most: each has a stream, and a colour."""


class ListingScreen(RowsScreen):
    """Shows listings, and acts on the row under the cursor or on the selected pods.

    WITHOUT: actions that are not available here.
    """

    WITHOUT: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, sight: ScreenContext, *listings: Listing) -> None:
        super().__init__(sight, *listings)
        self._sometimes = frozenset[str]().union(*(listing.actions for listing in listings))

    def action_back(self) -> None:
        """Leave the state entered last: the chart cursor, zoom, the pane, the filter, the selection, the screen."""
        home = self._home
        listing = self._listing if home else self._lists.get(self._active)
        if self._cursor is not None:
            self._cursor = None
            self.show()
        elif self._zoomed:
            self.action_zoom()
        elif self._hide():
            self.show()
        elif home and self._active != home:
            self._go(home)
        elif listing is not None and listing.typed:
            self._set_filter(listing, "")
        elif self._sight.marks and any(listing.of_pods for listing in self._on_screen()):
            self._sight.marks.clear()
            self.show()
        else:
            self._leave()

    def _hide(self) -> bool:
        """Hide revealed values; returns whether there were any."""
        return False

    def _leave(self) -> None:
        """Go back from this screen, if it was reached from another."""

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in MARKING:
            return not self.typing() and self._marks_here
        if action in self.WITHOUT or (action in self._sometimes and not self._listing.allows(action)):
            return False
        if action == "pane" and len(self._in_turn()) < 2:
            # A list without details has nothing to go to.
            return False
        if action in ACTING:
            # In read-only mode and in history there are no such keys; `on_key` explains why nothing happens.
            barred = self._sight.session.guard.read_only or self._sight.actions.in_history()
            return not self.typing() and not barred and self._seen
        if action in ("ssh", "copy"):
            return not self.typing() and self._seen
        return action not in OWN or not self.typing()

    def action_open(self) -> None:
        opened = self._listing.open(self._key)
        if isinstance(opened, Message):
            self.post_message(opened)
        elif isinstance(opened, str):
            self.app.clear_notifications()
            self.notify(opened, markup=False)
        elif opened is not None:
            self._push(opened)

    def _push(self, dialog: ModalScreen[None]) -> None:
        """Show a dialog of a listing."""
        self.app.push_screen(dialog)

    def action_reveal(self) -> None:
        """Show hidden values, or hide them again."""
        self._listing.revealed = not self._listing.revealed
        self._attend()
        self.show()

    def action_watch(self) -> None:
        self._listing.watch(self._key)

    def action_mute(self) -> None:
        self._listing.mute(self._key_meant)

    # Selection

    @property
    def _marks_here(self) -> bool:
        """Whether rows can be selected: they are pods, and the user sees them."""
        listing = self._listing
        if not listing.allows("mark"):
            return False
        # Asked for each key of the footer: Textual remembers what it found by an id, and walks the screen for a query.
        table = self.query_one_optional(f"#{listing.name}")
        return isinstance(table, Table) and place_of(table) in self._shown

    def _mark(self, keys: Iterable[str]) -> None:
        """Select these pods, or deselect those of them that are selected."""
        marks = self._sight.marks
        for key in keys:
            if key in marks:
                del marks[key]
            else:
                marks[key] = None
        self.show()

    def action_mark(self) -> None:
        """Select the pod under the cursor, or deselect it, and move to the next."""
        table = self._table(self._listing)
        if table.cursor is not None:
            self._mark((table.cursor,))
            table.action_move(1)

    def action_mark_all(self) -> None:
        """Select all pods that the filter shows."""
        self._mark(key for key in self._table(self._listing).keys if key not in self._sight.marks)

    def action_mark_none(self) -> None:
        """Clear the selection, also of pods that the filter hides."""
        self._sight.marks.clear()
        self.show()

    def action_mark_others(self) -> None:
        """Select the pods that are shown and not selected, and deselect the others of them."""
        self._mark(self._table(self._listing).keys)

    # Actions

    def _targets(self) -> tuple[str, ...]:
        """The target pods of an action, by their ids."""
        return self._listing.targets(self._key_meant)

    def _possible(self) -> tuple[str, ...]:
        acts, targets = self._sight.actions, self._targets()
        possible = tuple(f"act.{a.id}" for a in ACTIONS if acts.possible(a.id, targets))
        return possible if self._sight.session.guard.read_only or self._wish() is None else (*possible, "act.deploy")

    def _useful(self) -> tuple[str, ...]:
        acts, key, guard = self._sight.actions, self._key, self._sight.session.guard
        pod = self._listing.at_hand(self._key_meant)
        copies = key is not None and (pod is not None or bool(self._listing.copies(key)))
        useful = {
            "act.lock": guard.locked and not guard.read_only,
            "pod.ssh": self._sight.connect.may_enter(pod),
            "pod.copy": copies or self._active == "facts",
            "chart.wider": not CHARTS.isdisjoint(self._shown) or self._listing.reaches,
            "table.open": key is not None,
            "table.mark": key is not None and self._marks_here,
            "market.watch": key is not None and not acts.in_history(),
        }
        possible = self._possible() if acts.offered() else ()
        return (*possible, *(id for id, does in useful.items() if does))

    def may(self, id: str) -> bool:
        """Whether a binding is available now."""
        if (id.startswith("act.") or id in OF_THE_PRESENT) and self._sight.actions.in_history():
            return False
        if id in ("act.lease", "act.idle-stop"):
            return len(self._targets()) == 1 and "lease" not in self.WITHOUT
        return not id.startswith("act.") or id == "act.lock" or id in self._possible()

    def advice(self, id: str) -> str:
        """Why an action is worth considering for the pods that it would apply to; empty if nothing speaks for it."""
        return self._sight.actions.advice(id.removeprefix("act."), self._targets())

    def action_act(self, action: str) -> None:
        targets = self._targets()
        listed = next((self._table(listing).keys for listing in self._on_screen() if listing.of_pods), targets)
        self._sight.actions.ask(action, targets, tuple(key for key in targets if key not in listed))

    def _wish(self) -> Wish | None:
        """The meaning of the row under the cursor for a deploy; None if it has none."""
        if (wish := self._listing.wish(self._key)) is not None:
            return wish
        from tui.ui.controllers.deploys import Wish

        targets = self._targets()
        return Wish(pod=targets[0]) if len(targets) == 1 else None

    def action_deploy(self) -> None:
        if why := self._listing.undeployable(self._key):
            self.notify(why, severity="warning", markup=False)
        else:
            self._sight.deploys.deploy(self._wish())

    def action_lease(self) -> None:
        self._sight.actions.lease(self._targets())

    def action_idle_stop(self) -> None:
        self._sight.idle_stops.ask(self._targets())

    def action_lock(self) -> None:
        self._sight.actions.lock()
        self._show_header()
        self._show_possible()

    def on_key(self, event: events.Key) -> None:
        guard = self._sight.session.guard
        if event.key not in self._sight.acting or self.typing():
            return
        if guard.read_only:
            event.stop()
            self._sight.actions.lock()
        elif (why := self._sight.actions.in_history()) is not None:
            event.stop()
            self._sight.session.messages.reply(why)

    def action_ssh(self) -> None:
        self._sight.connect.enter(self._listing.at_hand(self._key_meant))

    def action_copy(self) -> None:
        """The value under the cursor, first and preselected; then the texts to copy of the pod."""
        if self._active == "facts":
            title, fact = self._facts.fact or ("", None)
            first = self._listing.copies_of(self._key, title, fact)
        else:
            first = self._listing.copies(self._key)
        self._sight.connect.menu(first, self._listing.at_hand(self._key_meant))

    def action_logs(self) -> None:
        """Show the logs of the selected pods, or of the one under the cursor, at the instant that is read here."""
        at_hand = self._listing.at_hand(self._key_meant)
        pods = self._listing.targets(self._key_meant) or ((at_hand,) if at_hand is not None else ())
        if not pods:
            self.notify("logs: no pod under the cursor", markup=False)
        elif len(pods) > MOST_LOGS:
            self.notify(f"logs: select at most {MOST_LOGS} pods ({len(pods)} are selected)", markup=False)
        else:
            self.post_message(OpenLogs(pods, self._instant))

    @property
    def _instant(self) -> float | None:
        """The instant that is read on this screen: of the chart cursor, or in history; None if it is the present."""
        if self._cursor is not None:
            return self._cursor
        return self._view[1] if self._player.in_history else None
