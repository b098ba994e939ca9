"""The lists of the screen of all accounts: their pods in one table, and the accounts themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from tui.store.views import pods
from tui.store.views.all_pods import ALL_SORTS, ALL_VOCABULARY, AccountView, PodKey, all_pods, all_rise
from tui.store.views.attention import ranks, worst
from tui.store.views.pods import Query
from tui.ui.messages import OpenPod, UseAccount
from tui.ui.primitives.empty_state import EmptyState
from tui.ui.render import empty_states, row_columns
from tui.ui.render.accounts import Account, account_cells, account_fields, is_current
from tui.ui.render.run_columns import with_runs
from tui.ui.screens.fleet_lists import POD_COLUMN_MEANINGS, cells_of, timers_of
from tui.ui.screens.listing import WORDS, Listing, Rows, Scene
from tui.ui.widgets.table import REST, Cells, Column

if TYPE_CHECKING:
    from textual.message import Message

    from tui.domain.filters import Vocabulary
    from tui.store.fleet import Fleet
    from tui.ui.context import AccountContext

_ACCOUNT = Column("account", "ACCOUNT", 9, 0, sort="account", least=4)
_BRIEF = {"status": 10, "name": 9}
"""Cells in narrow terminals, so that the GPUs have room beside the account."""

_COLUMNS = (*row_columns.POD_COLUMNS[:1], _ACCOUNT, *row_columns.POD_COLUMNS[1:])

_MARK = "▲ "


class AllPods(Listing):
    """The pods of all accounts. A row is keyed by the number of its account and the pod's id."""

    name = "pods"
    title = "Pods"
    columns = _COLUMNS
    table = "fleet"
    column_meanings = POD_COLUMN_MEANINGS
    sorts = ALL_SORTS
    sort_names: ClassVar = {pods.ATTENTION: "ATTENTION"}
    sort_ways: ClassVar = {pods.ATTENTION: ("worst first", "best first")}
    actions = frozenset(("mark", "open", "ssh"))
    prompt = f"filter pods: account:NAME, {WORDS}"
    of_pods = True

    @property
    def every_column(self) -> tuple[Column, ...]:
        each = with_runs(row_columns.EVERY_POD_COLUMN, shown=True)
        return (*each[:1], _ACCOUNT, *each[1:])

    @property
    def chosen_columns(self) -> tuple[str, ...]:
        """As chosen for the pods of one account, and the account in any case."""
        chosen = super().chosen_columns
        return (*chosen[:1], _ACCOUNT.key, *chosen[1:]) if chosen and _ACCOUNT.key not in chosen else chosen

    @property
    def vocabulary(self) -> Vocabulary:
        return ALL_VOCABULARY

    @property
    def all(self) -> tuple[AccountContext, ...]:
        return self.context.accounts()

    def trouble(self, scene: Scene) -> str:
        old = [account.name for account in self.all if not is_current(account.fleet, account.now)]
        return f"not current: {', '.join(old)}" if old else ""

    def rows(self, scene: Scene) -> Rows:
        accounts, query = self.all, Query(self.filter, self.sort, self.inverted)
        views = [AccountView(account.name, account.fleet, account.now) for account in accounts]
        keys = tuple(key.text for key in all_pods(views, query))
        scenes = [replace(scene, fleet=view.fleet, now=view.now) for view in views]
        of_account = [cells_of(account.context, each) for account, each in zip(accounts, scenes, strict=True)]
        fleets = [account.fleet for account in accounts]

        def cells(key: str) -> Cells:
            pod = PodKey.of(key)
            account, view = accounts[pod.account], views[pod.account]
            own = of_account[pod.account](pod.pod)
            return self._of(account, own, not is_current(view.fleet, view.now), view.fleet.pods_stale(view.now))

        is_worst_first = self.sort == pods.ATTENTION and not self.inverted and any(map(ranks, fleets))
        columns = row_columns.pod_columns(
            scene.width, any(timers_of(account.context) for account in accounts),
            [alert for fleet in fleets for alert in worst(fleet).values()],
            max(map(pods.most_gpus, fleets), default=0),
        )  # fmt: skip
        columns = with_runs(columns, any(bool(fleet.runs) for fleet in fleets), scene.width)
        columns = self._with_account(columns, scene.width)
        total = sum(empty_states.total(fleet, self.name) for fleet in fleets)
        return Rows(
            keys, cells, total, EmptyState("No pods match" if self.filter is not None else "No pods"),
            notes=(*self._selected(keys), *(("worst first",) if is_worst_first else ())), rising=all_rise(query),
            columns=columns, widest=self._widest_of(fleets),
        )  # fmt: skip

    def _with_account(self, columns: tuple[Column, ...], width: int) -> tuple[Column, ...]:
        """The columns of pods in a terminal this wide, and the account behind the status."""
        if width >= row_columns.NARROW:
            return columns[0], replace(_ACCOUNT, width=min(16, self._widest)), *columns[1:]
        status, *others = (replace(column, width=_BRIEF.get(column.key, column.width)) for column in columns)
        return status, replace(_ACCOUNT, title="ACCT", width=5), *others

    @property
    def _widest(self) -> int:
        """Cells of the longest name of an account, with its mark if it is stale."""
        return max(len(_ACCOUNT.title), *(len(account.name) + len(_MARK) for account in self.all))

    def _widest_of(self, fleets: list[Fleet]) -> dict[str, int]:
        widest: dict[str, int] = {"account": self._widest}
        for fleet in fleets:
            for column, cells in pods.widest(fleet).items():
                widest[column] = max(widest.get(column, 0), cells)
        return widest

    @staticmethod
    def _of(account: AccountContext, cells: Cells, failed: bool, stale: bool) -> Cells:
        """The cells of a pod with its account, marked if its last poll failed; what is stale does not look fresh."""
        if stale:
            cells = {key: tuple((text, "muted") for text, _ in cell) for key, cell in cells.items() if key != REST} | {
                key: cell for key, cell in cells.items() if key == REST
            }
        return {**cells, "account": ((_MARK if failed else "", "warn"), (account.name, "muted" if stale else "text"))}

    def _selected(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The number of selected pods, and of those that the filter hides."""
        marked = {PodKey(n, id).text for n, account in enumerate(self.all) for id in marks_of(account)}
        hidden = len(marked.difference(keys)) if marked else 0
        return (f"{len(marked)} selected{f', {hidden} hidden' if hidden else ''}",) if marked else ()

    # The row under the cursor, and what is selected

    def account_of(self, key: str | None) -> AccountContext | None:
        """The account of a row."""
        return self.all[PodKey.of(key).account] if key is not None else None

    def account_meant(self, key: str | None) -> AccountContext | None:
        """The account that an action is about: of the selected pods, else of the row; None if they are of several."""
        marked = [account for account in self.all if marks_of(account)]
        return self.account_of(key) if not marked else marked[0] if len(marked) == 1 else None

    def targets(self, key: str | None) -> tuple[str, ...]:
        """The selected pods, if they are of one account; without a selection, the pod of the row."""
        account = self.account_meant(key)
        return (marks_of(account) or ((PodKey.of(key).pod,) if key is not None else ())) if account is not None else ()

    def at_hand(self, key: str | None) -> str | None:
        return PodKey.of(key).pod if key is not None else None

    def open(self, key: str | None) -> Message | None:
        return OpenPod(PodKey.of(key).pod) if key is not None else None

    def watch(self, key: str | None) -> None:
        if (account := self.account_of(key)) is not None and key is not None:
            account.context.watches.pod(PodKey.of(key).pod)

    def mute(self, key: str | None) -> None:
        if (account := self.account_meant(key)) is not None:
            account.context.muting.pods(self.targets(key))


def marks_of(account: AccountContext) -> tuple[str, ...]:
    """The selected pods of an account that are still there."""
    return tuple(pod for pod in account.context.marks if pod in account.fleet.records)


class Accounts(Listing):
    """The accounts: whether their figures are live, their money, and the requests that were sent with their keys."""

    name = "accounts"
    title = "Accounts"
    columns = (
        Column("account", "ACCOUNT", 14, 0, least=7),
        Column("state", "STATE", 26, 2, least=8),
        Column("balance", "BALANCE", 11, 1, right=True),
        Column("spend", "$/H", 9, 1, right=True),
        Column("runway", "RUNWAY", 9, 3, right=True),
        Column("pods", "PODS", 7, 5, right=True),
        Column("requests", "REQUESTS", 13, 6),
        Column("alerts", "ATTENTION", 18, 1, flex=True, least=14),
    )
    actions = frozenset(("open",))

    @property
    def vocabulary(self) -> Vocabulary:
        return account_fields(0.0).vocabulary

    def trouble(self, scene: Scene) -> str:
        return ""

    def count(self, rows: Rows) -> str:
        """How many there are, and are current if not all: their sums are in the header."""
        if self.filter is not None:
            return super().count(rows)
        accounts = accounts_of(self.context.accounts())
        current = sum(is_current(account.fleet, account.clock()) for account in accounts)
        return str(len(accounts)) if current == len(accounts) else f"{current} of {len(accounts)} current"

    def rows(self, scene: Scene) -> Rows:
        accounts, tz = accounts_of(self.context.accounts()), self.context.tz
        passing = accounts if self.filter is None else [a for a in accounts if self._passes(a)]
        by_name = {account.name: account for account in passing}
        return Rows(
            tuple(by_name), lambda name: account_cells(by_name[name], by_name[name].clock(), tz=tz),
            len(accounts), EmptyState("No accounts match" if accounts else "No accounts"),
        )  # fmt: skip

    def _passes(self, account: Account) -> bool:
        """Whether the filter lets an account pass, at the time by its own clock."""
        return self.filter is None or account_fields(account.clock(), self.context.tz).holds(self.filter, account)

    def open(self, key: str | None) -> Message | None:
        return UseAccount(key, shown=True) if key is not None else None


def accounts_of(accounts: tuple[AccountContext, ...]) -> tuple[Account, ...]:
    """The accounts as their rows show them."""
    of = ((account, account.context.session) for account in accounts)
    return tuple(
        Account(account.name, account.color, account.fleet, session.clock, session.api_use, session.guard)
        for account, session in of
    )
