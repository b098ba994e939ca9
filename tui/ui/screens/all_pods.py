"""The screen of all accounts: their pods in one table, and what each of them has and spends.

Each row belongs to an account, whose own controllers act on it: their dialog names the account, and no other key
can be sent. There is no way from here to a pod of one account with the key of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual.binding import Binding, BindingType
from textual.events import ScreenResume
from textual.geometry import Region
from textual.widget import Widget

from tui.actions import ACTIONS, BY_ID
from tui.store.views.all_pods import PodKey
from tui.store.views.attention import needing as alerts_of
from tui.store.views.attention import next_pod, ranks
from tui.ui import layout
from tui.ui.context import ScreenContext
from tui.ui.controllers.deploys import Wish
from tui.ui.messages import OpenLogs, UseAccount
from tui.ui.primitives.cells import Cell
from tui.ui.render import header as status
from tui.ui.render import row_columns
from tui.ui.render.accounts import all_connected, is_current, money_line
from tui.ui.render.attention import none_to_go_to
from tui.ui.screens.all_pods_gpus import AllGpus
from tui.ui.screens.all_pods_lists import Accounts, AllPods, accounts_of, marks_of
from tui.ui.screens.keys import mark_keys, pod_list_keys
from tui.ui.screens.listing_screen import MOST_LOGS, ListingScreen
from tui.ui.widgets.gpu_map import GpuMap
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Table

if TYPE_CHECKING:
    from tui.store.fleet import Fleet
    from tui.ui.context import AccountContext

LIVE_ONLY = ("range", "return", "heat", "big", "pause", "step", "jump", "event", "go_to", "speed")
"""Actions of charts and of history: accounts have recordings of their own, which do not begin together."""


class AllPodsScreen(ListingScreen):
    """Shows the pods of all accounts as they are now, and the accounts above them."""

    MODE = "all"
    TITLES: ClassVar = {"pods": "Pods", "accounts": "Accounts", "map": "GPU map"}
    TABS: ClassVar = {**TITLES, "map": "GPUs"}
    HOME = "pods"
    # The accounts stand above the pods: where nothing has the focus yet, Textual would take the first.
    AUTO_FOCUS: ClassVar[str | None] = "#pods"
    TO_THE_LIST = True
    WITHOUT = frozenset(LIVE_ONLY)
    NEVER = (
        "chart.closer", "chart.wider", "chart.reset", "chart.heat", "chart.big", "time.pause", "time.back", "time.on",
        "time.far-back", "time.far-on", "time.event-back", "time.event-on", "time.go-to", "time.slower", "time.faster",
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        *pod_list_keys(),
        *mark_keys("Select pod, for actions", show=False),
        Binding("escape", "back", "Back", id="pane.back", show=False, tooltip="Clear filter, selection"),
    ]

    def __init__(self, sight: ScreenContext) -> None:
        self._pods, self._accounts = AllPods(sight), Accounts(sight)
        self._gpus = AllGpus()
        self._is_mounted = False
        super().__init__(sight, self._pods, self._accounts)
        self._states: tuple[tuple[bool, bool], ...] = ()

    def on_mount(self) -> None:
        self._is_mounted = True

    # Whose row it is

    @property
    def _sight(self) -> ScreenContext:
        """The context of the account under the cursor: what a key does to its row is done there."""
        account = self._account if self._is_mounted else None
        return account.context if account is not None else self._first

    @_sight.setter
    def _sight(self, sight: ScreenContext) -> None:
        self._first = sight

    @property
    def _all(self) -> tuple[AccountContext, ...]:
        return self._first.accounts()

    @property
    def _account(self) -> AccountContext | None:
        """The account of the row under the cursor."""
        if self._listing is self._accounts:
            return next((account for account in self._all if account.name == self._key), None)
        return self._pods.account_of(self._key)

    @property
    def _account_meant(self) -> AccountContext | None:
        """The account that an action is about; None if pods of several are selected."""
        return self._pods.account_meant(self._key) if self._listing is self._pods else self._account

    @property
    def _view(self) -> tuple[Fleet, float]:
        # Never a frozen one: these are the accounts as they are now.
        return self._first.fleet, self._first.session.clock()

    # Panes

    def _panes(self) -> Iterable[Widget]:
        yield Table(self._accounts.columns, id="accounts")
        yield Table(self._pods.columns, id="pods")
        yield GpuMap(id="map")
        yield Lines(id="gpus", classes="pane")

    def _regions(self, width: int, height: int) -> Mapping[str, Region]:
        # All pods: while a filter is typed the panes stay where they are.
        rows = sum(len(account.fleet.records) for account in self._all)
        return layout.all_accounts(
            width, height, self._active, len(self._all), self._alone, rows,
            lambda wide: self._gpus.lines(self._all, self._table(self._pods).keys, wide),
        )  # fmt: skip

    # Content

    def _show_row(self) -> None:
        keys, cursor = self._table(self._pods).keys, self._table(self._pods).cursor
        if "map" in self._shown:
            pane = self.query_one("#map", GpuMap)
            self._gpus.show_map(pane, self._all, keys, shades=self._has_shades)
            pane.look_at(cursor)
            self._entitle_map()
        if "gpus" in self._shown:
            lines = self.query_one("#gpus", Lines)
            title, of_pod = self._gpus.of_pod(self._all, cursor, keys, *lines.size) if cursor else ("", ())
            lines.content = tuple(TwoSided((line,)) for line in of_pod)
            self._entitle(lines, title, "")

    def _entitle_map(self) -> None:
        brief = self.size.width < row_columns.NARROW
        pane = self.query_one("#map", GpuMap)
        self._gpus.entitle(pane, self.TITLES["map"], self._all, brief=brief, shades=self._has_shades)

    def on_gpu_map_moved(self, event: GpuMap.Moved) -> None:
        self._table(self._pods).move_to(event.pod)
        if event.opened:
            self.action_open()
        else:
            self._entitle_map()

    def _show_history(self) -> None:
        """There is none here."""

    def on_screen_resume(self, event: ScreenResume) -> None:
        self._go_live()
        super().on_screen_resume(event)

    def _go_live(self) -> None:
        """A pod that was looked at from here may have led its account into history."""
        for account in self._all:
            if account.context.playback.frozen_view is not None:
                account.context.playback.now()

    def _age(self, fleet: Fleet, now: float) -> None:
        self._go_live()
        of = [(account.fleet, account.now) for account in self._all]
        states = tuple((is_current(fleet, now), fleet.pods_stale(now)) for fleet, now in of)
        if states != self._states:
            self._states = states
            self.show()
        elif not all(current for current, _ in states):
            # There may be thousands of pods; only an age has changed.
            self._show_list(self._accounts)

    def _show_header(self) -> None:
        header, first = self.query_one("#header", Lines), self._first
        self._header_at = first.session.clock()
        accounts = accounts_of(self._all)
        guards = [account.guard for account in accounts]
        badges = replace(
            first.badges, profile="all accounts", color="accent", read_only=all(guard.read_only for guard in guards),
            locked=all(guard.locked for guard in guards),
        )  # fmt: skip
        hosts = status.has_hosts(first.fleet)
        room = header.size.width
        header.content = (
            status.first_line(badges, all_connected(accounts, first.tz), room, self.MODE, hosts, "", 0),
            money_line(accounts, first.tz, room),
        )

    def _meter(self) -> Cell:
        # The accounts' own rows have it.
        return ()

    # Actions: each is for the pods of one account

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return False if action in LIVE_ONLY else super().check_action(action, parameters)

    def _are_of_several(self, verb: str) -> bool:
        """Whether pods of several accounts are selected, which is said: no dialog is about two accounts."""
        marked = [(account.name, len(marks_of(account))) for account in self._all if marks_of(account)]
        if self._listing is not self._pods or len(marked) < 2:
            return False
        listed = ", ".join(f"{count} of {name}" for name, count in marked)
        self.notify(f"{verb}: one account at a time; selected are {listed}", severity="warning", markup=False)
        return True

    def action_act(self, action: str) -> None:
        account = self._account_meant
        if self._are_of_several(BY_ID[action].verb) or account is None:
            return
        targets, number = self._targets(), self._all.index(account)
        shown = {PodKey.of(key).pod for key in self._table(self._pods).keys if PodKey.of(key).account == number}
        account.context.actions.ask(action, targets, tuple(pod for pod in targets if pod not in shown))

    def action_lease(self) -> None:
        if not self._are_of_several("lease") and (account := self._account_meant) is not None:
            account.context.actions.lease(self._targets())

    def action_idle_stop(self) -> None:
        if not self._are_of_several("auto-stop") and (account := self._account_meant) is not None:
            account.context.idle_stops.ask(self._targets())

    def action_mute(self) -> None:
        if not self._are_of_several("mute"):
            super().action_mute()

    def _possible(self) -> tuple[str, ...]:
        account, targets = self._account_meant, self._targets()
        if account is None:
            return ()
        context = account.context
        possible = tuple(f"act.{a.id}" for a in ACTIONS if context.actions.possible(a.id, targets))
        return possible if context.session.guard.read_only or self._wish() is None else (*possible, "act.deploy")

    def advice(self, id: str) -> str:
        account = self._account_meant
        return account.context.actions.advice(id.removeprefix("act."), self._targets()) if account is not None else ""

    def _wish(self) -> Wish | None:
        # Of the row: a deploy is made with the key of the account that it is copied from.
        pod = self._listing.at_hand(self._key)
        return Wish(pod=pod) if pod is not None else None

    # Selection

    def _mark(self, keys: Iterable[str]) -> None:
        for key in keys:
            pod = PodKey.of(key)
            marks = self._all[pod.account].context.marks
            if pod.pod in marks:
                del marks[pod.pod]
            else:
                marks[pod.pod] = None
        self.show()

    def action_mark_all(self) -> None:
        keys = [PodKey.of(key) for key in self._table(self._pods).keys]
        self._mark(key.text for key in keys if key.pod not in self._all[key.account].context.marks)

    def action_mark_none(self) -> None:
        for account in self._all:
            account.context.marks.clear()
        self.show()

    def _hide(self) -> bool:
        """Clear the selection, in all accounts; returns whether there was any."""
        is_home = self._active == self._home and not self._pods.typed
        if not is_home or not any(account.context.marks for account in self._all):
            return False
        for account in self._all:
            account.context.marks.clear()
        return True

    # To other screens

    def action_open(self) -> None:
        if self._listing is self._pods and (account := self._account) is not None:
            self.post_message(UseAccount(account.name))
        super().action_open()

    def action_logs(self) -> None:
        account = self._account_meant
        if self._are_of_several("logs") or account is None:
            return
        pods = self._targets()
        if len(pods) > MOST_LOGS:
            self.notify(f"logs: select at most {MOST_LOGS} pods ({len(pods)} are selected)", markup=False)
        elif pods:
            self.post_message(UseAccount(account.name))
            self.post_message(OpenLogs(pods, None))

    async def _follow_up(self, leads: str) -> None:
        # The header counts the alerts of all accounts, not of the one under the cursor.
        self.action_needy(1)

    def action_needy(self, step: int) -> None:
        """Move to the next or previous pod that needs attention, in whichever account, round the end."""
        table = self._table(self._pods)
        needing = [PodKey(n, pod).text for n, account in enumerate(self._all) for pod in ranks(account.fleet)]
        if (key := next_pod(needing, table.keys, table.cursor, step)) is not None:
            self._go("pods")
            table.move_to(key)
        else:
            names = [account.name for account in self._all if alerts_of(account.fleet)]
            unjudged = any(account.fleet.unjudged for account in self._all)
            self.notify(none_to_go_to(len(needing), names, unjudged), markup=False)
