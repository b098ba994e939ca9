"""The pods of several accounts in one order, and their money together."""

from __future__ import annotations

from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tui.domain.attention import Attention, Grade
from tui.domain.filters import parse
from tui.store.fleet import Fleet
from tui.store.views.all_pods import ALL_VOCABULARY, AccountView, Money, PodKey, all_pods, money
from tui.store.views.pods import Query

NOW = 1_795_435_200.0


def fleet(*names: str, **money: float) -> Fleet:
    made = Fleet(5, 30)
    made.apply(snapshot(*(pod(name, name=name) for name in names), funds=funds(**money)), NOW)
    return made


def alert(name: str, grade: Grade, *, muted: bool = False) -> Attention:
    return Attention("idle", "idle", grade, "It is idle.", name, name, muted=muted)


def views(*fleets: Fleet) -> tuple[AccountView, ...]:
    return tuple(AccountView(name, each, NOW) for name, each in zip(("work", "lab"), fleets, strict=True))


def shown(accounts: tuple[AccountView, ...], text: str = "", sort: str = "") -> list[tuple[int, str]]:
    chosen = parse(text, ALL_VOCABULARY) if text else None
    return [(key.account, key.pod) for key in all_pods(accounts, Query(chosen, sort))]


def test_the_worst_come_first_whichever_account_they_are_of() -> None:
    work, lab = fleet("a", "b", "same"), fleet("c", "d", "same")
    work.attention = (alert("b", Grade.WARN), alert("a", Grade.WARN, muted=True))
    lab.attention = (alert("d", Grade.BAD), alert("c", Grade.WARN))
    accounts = views(work, lab)
    assert shown(accounts) == [(1, "d"), (0, "b"), (1, "c"), (0, "a"), (0, "same"), (1, "same")]
    assert shown(accounts, sort="account")[:3] == [(0, "a"), (0, "b"), (0, "same")]


def test_a_filter_by_account_and_by_a_word_of_its_name() -> None:
    accounts = views(fleet("a", "same"), fleet("b", "same"))
    assert shown(accounts, "account=lab name~b") == [(1, "b")]
    assert shown(accounts, "!account:work") == shown(accounts, "lab") == [(1, "b"), (1, "same")]


def test_a_row_is_found_again_by_its_key() -> None:
    assert PodKey.of(PodKey(11, "p q").text) == PodKey(11, "p q")


def test_a_sum_with_an_unknown_part_is_a_lower_bound() -> None:
    work, lab = fleet(balance=100, spend=5), fleet(balance=50, spend=1)
    assert money((work, lab)) == Money(150, 6, at_least=False)
    lab.apply(snapshot(funds=replace(funds(50, 1), balance=None)), NOW + 5)
    assert money((work, lab)) == Money(100, 6, at_least=True)
    assert money((work, Fleet(5, 30))) == Money(100, 5, at_least=True)
    lab.apply(snapshot(funds=None), NOW + 10)
    assert money((lab, Fleet(5, 30))) == Money(None, None, at_least=True), "what is unknown of each is no zero"
