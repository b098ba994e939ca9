"""The sums of several accounts in words: figures that are not current are not shown as current."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.make import funds, pod, snapshot
from tui.api.errors import Unreachable
from tui.api.models import Funds
from tui.domain.attention import Attention, Grade
from tui.services.action_lock import ActionLock
from tui.store.fleet import Fleet
from tui.ui.render.accounts import Account, account_cells, money_line, sum_line
from tui.ui.widgets.status_lines import taken


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


def header(accounts: list[Account], width: int) -> str:
    left = money_line(accounts, UTC, width).left
    assert taken(left) <= width
    return "  ".join("".join(text for text, _ in cell) for cell in left)


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (28, "▲3  busy 4/5  ▲ 01:01  $30/h"),
        (34, "▲3  busy 4/5  out ▲ 01:01  $30/h"),
        (38, "▲3  busy 4/5  out ▲ 01:01 lab  $30/h"),
        (78, "▲ 3: crash loop · low runway  busy 4/5  runs out ▲ Thu 01:01 lab  $30.00/h"),
        (
            118,
            "▲ 3: crash loop · low runway  busy 4/5  runs out ▲ Thu 01:01 (1h 00m) lab  spend $30.00/h  balance $50.00",
        ),
    ],
)
def test_the_header_of_all_accounts_has_the_order_of_that_of_one(width: int, words: str) -> None:
    fleets = Fleet(5.0, 60.0), Fleet(5.0, 60.0)
    for fleet, spend in zip(fleets, (5.0, 25.0), strict=True):
        fleet.apply(snapshot(pod("a", utils=(90.0, 91.0)), funds=funds(25.0, spend)), 100.0)
        fleet.attention = (Attention("runway", "low runway", Grade.WARN, ""),)
    fleets[0].apply(snapshot(pod("a", utils=(90.0, 91.0)), pod("b", utils=(0.0,)), funds=funds(25.0, 5.0)), 101.0)
    fleets[1].attention += (Attention("loop", "crash loop", Grade.BAD, ""),)
    accounts = [account(name, fleet) for name, fleet in zip(("work", "lab"), fleets, strict=True)]
    assert header(accounts, width) == words


def test_an_account_whose_pods_are_unknown_makes_the_counts_lower_bounds() -> None:
    fleets = Fleet(5.0, 60.0), Fleet(5.0, 60.0)
    fleets[0].apply(snapshot(pod("a", utils=(90.0,)), funds=funds(25.0, 5.0)), 100.0)
    accounts = [account(name, fleet) for name, fleet in zip(("work", "lab"), fleets, strict=True)]
    line = header(accounts, 200)
    for figure in ("busy ≥1/≥1", "spend ≥$5.00/h", "balance ≥$25.00", "pods ≥1/≥1 running", "lab – –/h"):
        assert figure in line


@pytest.mark.parametrize(
    ("money", "words"),
    [
        (funds(0.0, 5.0), "runway ▲ none"), (funds(-3.0, 5.0), "runway ▲ none"), (funds(10_000_000.0, 0.9), "runway "),
    ],
)  # fmt: skip
def test_a_runway_of_one_length_names_its_account_too(money: Funds, words: str) -> None:
    work, lab = Fleet(5.0, 60.0), Fleet(5.0, 60.0)
    work.apply(snapshot(funds=funds(50.0, 0.0)), 100.0)
    lab.apply(snapshot(funds=money), 100.0)
    accounts = [account("work", work), account("lab", lab)]
    (runway,) = (part for part in header(accounts, 118).split("  ") if part.startswith(words))
    assert runway.endswith(" lab")
    # Its name gives way, and the runway stays.
    assert header(accounts, taken([((runway.removesuffix(" lab"), ""),)])) == runway.removesuffix(" lab")


def test_money_that_is_unknown_of_each_account_is_no_zero() -> None:
    work, lab = Fleet(5.0, 60.0), Fleet(5.0, 60.0)
    accounts = [account("work", work), account("lab", lab)]
    assert header(accounts, 200).startswith("spend –  balance –  pods –  ")
    assert "".join(text for text, _ in sum_line(accounts)) == "0 of 2 accounts current  –  –/h"
    work.apply(snapshot(funds=None), 100.0)
    lab.apply(snapshot(funds=funds(None, 2.0)), 100.0)
    assert "spend ≥$2.00/h  balance unknown  pods 0/0 running" in header(accounts, 200)
    lab.apply(snapshot(funds=None), 100.0)
    assert "spend unknown  balance unknown" in header(accounts, 200)


def test_a_gpu_that_nothing_is_known_of_is_not_counted_as_idle() -> None:
    """Neither where one account is all unknown, nor where that is all there is; booting ones are known not to work."""
    work, lab, boots = Fleet(5.0, 60.0), Fleet(5.0, 60.0), Fleet(5.0, 60.0)
    work.apply(snapshot(pod("a", utils=(90.0, 91.0))), 100.0)
    lab.apply(snapshot(pod("b", utils=(None, None))), 100.0)
    boots.apply(snapshot(pod("c", utils=None)), 100.0)
    both = [account("work", work), account("lab", lab)]
    assert "GPUs busy 2/4, 2 unknown  " in header(both, 200)
    assert "busy ≥2/4  " in header(both, 60)
    booting = [account("work", work), account("lab", boots)]
    assert "GPUs busy 2/3, 1 booting  " in header(booting, 200)
    assert "busy 2/3  " in header(booting, 60)
    empty = Fleet(5.0, 60.0)
    empty.apply(snapshot(), 100.0)
    for others in ([], [account("empty", empty)]):
        assert "busy –/2  " in header([account("lab", lab), *others], 60)
    assert "GPUs busy ≥2/≥4, 2 unknown  " in header([*both, account("new", Fleet(5.0, 60.0))], 200)


def test_the_name_of_an_account_is_in_no_colour_of_a_state() -> None:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(snapshot(funds=funds(50.0, 1.0)), 100.0)
    of = account("lab", fleet)._replace(color="warn")
    assert account_cells(of, 101.0)["account"][0] == ("lab", "text")
