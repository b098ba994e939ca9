"""The sums of several accounts in words: figures that are not current are not shown as current."""

from __future__ import annotations

from tests.make import funds, snapshot
from tui.api.errors import Unreachable
from tui.services.action_lock import ActionLock
from tui.store.fleet import Fleet
from tui.ui.render.accounts import Account, sum_line


def account(name: str, fleet: Fleet) -> Account:
    return Account(name, "accent", fleet, lambda: 101.0, lambda: None, ActionLock())


def test_a_sum_says_how_many_accounts_are_current() -> None:
    fleets = Fleet(5.0, 60.0), Fleet(5.0, 60.0)
    for fleet in fleets:
        fleet.apply(snapshot(funds=funds(50.0, 1.0)), 100.0)
    accounts = [account(name, fleet) for name, fleet in zip(("work", "lab"), fleets, strict=True)]
    assert "".join(text for text, _ in sum_line(accounts)) == "2 accounts  $100.00  $2.00/h"
    fleets[1].fail(Unreachable("no route"), 101.0)
    cell = sum_line(accounts)
    assert "".join(text for text, _ in cell) == "1 of 2 accounts current  $100.00  $2.00/h"
    assert {role for _, role in cell} == {"muted"}
