"""Views of several accounts at once: their pods in one order, and their money together. Pure.

Each account keeps a fleet of its own. A pod is named by its account's number and its id: the same id may be in two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.domain.attention import Grade
from tui.domain.filters import TEXT, Field, Kind, Vocabulary
from tui.store.views import pods
from tui.store.views.attention import worst
from tui.store.views.pod_filter import VOCABULARY, readers
from tui.store.views.pods import ATTENTION, Order, Query, order_of, ordered

if TYPE_CHECKING:
    from tui.domain.filters import Filter, Readers
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

ACCOUNT = "account"
"""The field, the order and the column of the account."""

ALL_VOCABULARY = Vocabulary(
    {**VOCABULARY.fields, ACCOUNT: Field(Kind.WORDS, "part of an account's name")}, VOCABULARY.states
)
"""The fields that the pods of several accounts are filtered by."""

ALL_SORTS = (*pods.POD_SORTS, ACCOUNT)


class AccountView(NamedTuple):
    """One account: its name, what is known of it, and the time by its clock."""

    name: str
    fleet: Fleet
    now: float


class PodKey(NamedTuple):
    """A pod of one of several accounts: the number of the account, and the id. As text it is the key of a row."""

    account: int
    pod: str

    @classmethod
    def of(cls, key: str) -> PodKey:
        """The pod of a row's key."""
        number, _, pod = key.partition(" ")
        return cls(int(number), pod)

    @property
    def text(self) -> str:
        return f"{self.account} {self.pod}"


class Money(NamedTuple):
    """The money of all accounts together, None where it is unknown of each; `at_least`: whether a part is unknown, and
    the sums are less than all."""

    balance: float | None
    spend: float | None
    at_least: bool


def money(fleets: Sequence[Fleet]) -> Money:
    """The sums over the accounts, of what is known: what is not is no zero, but makes the sum a lower bound."""
    funds = [fleet.funds for fleet in fleets]
    balances = [each.balance for each in funds if each is not None and each.balance is not None]
    spends = [each.spend_per_hr for each in funds if each is not None and each.spend_per_hr is not None]
    return Money(
        sum(balances) if balances else None, sum(spends) if spends else None,
        min(len(balances), len(spends)) < len(funds),
    )  # fmt: skip


def all_pods(accounts: Sequence[AccountView], query: Query) -> tuple[PodKey, ...]:
    """The pods that match, sorted; equal ones by name, so that rows never jump. Raises TooComplex."""
    rows: list[_Row] = []
    for number, account in enumerate(accounts):
        rows += [(number, record) for record in _matching(account, query.filter)]
    rows.sort(key=lambda row: (row[1].name.lower(), row[0], row[1].id))
    return tuple(PodKey(number, record.id) for number, record in ordered(rows, _order(accounts, query), query.inverted))


def all_rise(query: Query) -> bool:
    """Whether the pods are sorted in ascending order."""
    return not query.inverted if query.sort == ACCOUNT else pods.pods_rise(query)


_Row = tuple[int, "Record"]

_GRADES = {Grade.BAD: 0, Grade.WARN: 1}
_CALM = len(_GRADES)


def _order(accounts: Sequence[AccountView], query: Query) -> Order[_Row]:
    if query.sort == ACCOUNT:
        return Order(lambda row: row[0], rising=True)
    orders = [order_of(account.fleet, account.now, query.sort) for account in accounts]
    rising = orders[0].rising if orders else True
    if query.sort not in ("", ATTENTION):
        return Order(lambda row: orders[row[0]].key(row[1]), rising)
    # Each account ranks its own alerts: those of a grade come first in all of them.
    alerts = [worst(account.fleet) for account in accounts]

    def key(row: _Row) -> tuple[int, Any]:
        number, record = row
        alert = alerts[number].get(record.id)
        grade = _CALM if alert is None or alert.muted else _GRADES.get(alert.grade, _CALM)
        rank, phase = orders[number].key(record)
        # The place among the alerts of an account says nothing about pods without any.
        return grade, (phase,) if grade == _CALM else (rank, phase)

    return Order(key, rising)


def _matching(account: AccountView, chosen: Filter | None) -> Sequence[Record]:
    records = list(account.fleet.records.values())
    return chosen.select(records, _readers(account)) if chosen else records


def _readers(account: AccountView) -> Readers[Record]:
    """Reads the fields of the pods of an account; its name is one of them, and a word of their text."""
    of_pods, name = readers(account.fleet, account.now), account.name
    own_text, word = of_pods(TEXT), name.lower()

    def read(field: str) -> Callable[[Record], Any]:
        if field == ACCOUNT:
            return lambda record: name
        if field == TEXT:
            return lambda record: f"{own_text(record)} {word}"
        return of_pods(field)

    return read
