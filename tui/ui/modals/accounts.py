"""The dialog of the accounts: the money of each and of all, and their pods, worst first. A chosen one is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.domain import pod_health
from tui.files.paths import styles
from tui.format import numbers as fmt
from tui.store.views import pods
from tui.store.views.attention import ranks, worst
from tui.ui.modals.once import Once
from tui.ui.primitives import roles
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render.accounts import Account, account_cells, sum_line
from tui.ui.widgets.status_lines import Lines, TwoSided
from tui.ui.widgets.table import Cells, Column, Table

ACCOUNTS = (
    Column("account", "ACCOUNT", 12, 0, flex=True),
    Column("balance", "BALANCE", 11, 2, right=True),
    Column("spend", "$/H", 9, 1, right=True),
    Column("runway", "RUNWAY", 9, 3, right=True),
    Column("pods", "PODS", 7, 4, right=True),
    Column("alerts", "ATTENTION", 26, 1),
)
PODS = (
    Column("account", "ACCOUNT", 12, 1),
    Column("status", "STATUS", 22, 0),
    Column("name", "NAME", 16, 0, flex=True),
    Column("gpu", "GPU", 15, 3),
    Column("util", "UTIL", 5, 2, right=True),
    Column("cost", "$/H", 7, 1, right=True),
)
FRAME = 6
"""Lines of the dialog besides its rows: edges, two heads, the sum and an empty line."""

MOST_PODS = 500


def all_pods(accounts: Sequence[Account], now: float) -> list[tuple[int, str]]:
    """The pods of all accounts as (number of the account, id): those that need attention first, then running ones."""
    matches: list[tuple[tuple[int, float], int, str]] = []
    for number, account in enumerate(accounts):
        rank = ranks(account.fleet)
        for id, record in account.fleet.records.items():
            pod = record.pod
            group = 0 if id in rank else 1 if pod is not None and pod_health.is_on(pod) else 2
            cost = (pod.cost_per_hr or 0.0) if pod is not None else 0.0
            matches.append(((group, -cost), number, id))
    return [(number, id) for _, number, id in sorted(matches)]


def pod_cells(account: Account, id: str, now: float) -> Cells:
    """One pod as a row."""
    fleet = account.fleet
    record, alert = fleet.records[id], worst(fleet).get(id)
    phase, pod = record.phase(now), record.pod
    hue = "muted" if fleet.pods_stale(now) else "text"
    state = f"▲ {alert.word}" if alert is not None and not alert.muted else phase.value
    so_far = f" {fmt.money(alert.so_far)}" if alert is not None and alert.so_far else ""
    row = pods.pod_row(record, now) if pod is not None else None
    util = row.figures["util"] if row is not None else None
    return {
        "account": ((account.name, hue),),
        "status": ((f"{state}{so_far}", "warn" if alert is not None and not alert.muted else hue),),
        "name": ((record.name or id, hue),),
        "gpu": ((f"{row.gpu_count}×{row.gpu}" if row is not None and row.gpu else "", hue),),
        "util": ((fmt.percent(util) + ("%" if util is not None else ""), hue),),
        "cost": ((fmt.price(pod.cost_per_hr if pod is not None else None), hue),),
    }


class AccountsDialog(Once, ModalScreen[tuple[str, "str | None"]]):
    """Ends with the account to show, and the pod; None if none was chosen. No name: all accounts in one table."""

    CSS_PATH = styles("accounts")
    COMPONENT_CLASSES: ClassVar[set[str]] = set(roles.CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "show", id="accounts.take", tooltip="Show this account"),
        Binding("tab,shift+tab", "other", "pods", id="accounts.other", tooltip="Accounts, or their pods"),
        Binding("a,0", "all", "all", id="accounts.all", tooltip="Show the pods of all accounts in one table"),
        Binding("escape,q,A", "close", "close", id="accounts.close", tooltip="Close"),
    ]

    def __init__(self, accounts: Sequence[Account], shown: str) -> None:
        super().__init__()
        self._accounts = tuple(accounts)
        self._shown = shown

    def compose(self) -> ComposeResult:
        with Vertical(id="accounts"):
            yield Table(ACCOUNTS, id="accounts-list", classes="sheet")
            yield Lines(id="accounts-sum")
            yield Table(PODS, id="accounts-pods", classes="sheet")

    def on_mount(self) -> None:
        box = self.query_one("#accounts")
        box.border_title = Content("Accounts")
        box.border_subtitle = Content("↵ show · a all · tab pods · esc close")
        self.query_one("#accounts-list", Table).focus()
        self._show()
        self.set_interval(2.0, self._show)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        now = self._accounts[0].clock()
        room = max(2, self.app.size.height - FRAME)
        listing = self.query_one("#accounts-list", Table)
        listing.styles.height = 1 + min(len(self._accounts), max(1, room // 2))
        listing.show(
            tuple(account.name for account in self._accounts),
            lambda name: account_cells(self._account(name), self._account(name).clock(), name == self._shown),
            notice=EmptyState(""),
        )
        self.query_one("#accounts-sum", Lines).content = (TwoSided((sum_line(self._accounts),)),)
        keys = [f"{number} {id}" for number, id in all_pods(self._accounts, now)][:MOST_PODS]
        table = self.query_one("#accounts-pods", Table)
        table.styles.height = 1 + max(1, min(len(keys), room - min(len(self._accounts), max(1, room // 2))))
        table.show(tuple(keys), self._pod_cells, notice=EmptyState("No pods"))

    def _account(self, name: str) -> Account:
        return next(account for account in self._accounts if account.name == name)

    def _pod_cells(self, key: str) -> Cells:
        number, _, id = key.partition(" ")
        account = self._accounts[int(number)]
        return pod_cells(account, id, account.clock())

    @on(Table.Clicked)
    def _clicked(self) -> None:
        self.action_take()

    def action_other(self) -> None:
        accounts, pods = self.query_one("#accounts-list", Table), self.query_one("#accounts-pods", Table)
        (accounts if pods.has_focus else pods).focus()

    def action_take(self) -> None:
        table = self.query_one("#accounts-pods", Table)
        if table.has_focus:
            if table.cursor is not None:
                number, _, id = table.cursor.partition(" ")
                self.dismiss((self._accounts[int(number)].name, id))
        elif (name := self.query_one("#accounts-list", Table).cursor) is not None:
            self.dismiss((name, None))

    def action_all(self) -> None:
        self.dismiss(("", None))

    def action_close(self) -> None:
        self.dismiss(None)
