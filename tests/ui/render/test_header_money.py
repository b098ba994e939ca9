"""The money in the header where it is older than the response that it stands beside."""

from __future__ import annotations

import pytest

from tests.make import pod
from tui.api.features import Feature
from tui.api.models import Funds, Problem, Snapshot
from tui.store.fleet import Fleet
from tui.ui.primitives.cells import Cell
from tui.ui.render import header_figures
from tui.ui.render.fitting import longest

NOW = 1_795_435_200.0
LACKS = frozenset({Feature.SPEND})
FAILED = Problem("balance: no", ("balance",))


def shown(fleet: Fleet, now: float, label: str) -> Cell:
    """The figure that begins with this word."""
    figures = longest(header_figures.money(fleet, False, now=now))
    return next(cell for cell in figures if words(cell).startswith(label))


def words(cell: Cell) -> str:
    return "".join(text for text, _ in cell)


@pytest.mark.parametrize(
    ("as_of", "problems", "expected"),
    [
        (None, (), "balance $42.50"),
        (NOW - 60, (), "balance $42.50"),
        (NOW - 125, (), "balance $42.50 2m old"),
        (NOW - 60, (FAILED,), "balance $42.50 1m old"),
        (NOW - 60, (Problem("limits: no", ("limits",)),), "balance $42.50"),
    ],
)
def test_a_balance_that_was_not_renewed_shows_its_age(
    as_of: float | None, problems: tuple[Problem, ...], expected: str
) -> None:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(Snapshot(Funds("u", 42.5, None, None, None, as_of), (pod("p1"),), (), problems, LACKS), NOW)
    balance = shown(fleet, NOW, "balance")
    assert words(balance) == expected
    assert ("strong" in {role for _, role in balance}) == (not expected.endswith("old")), "nor does it look fresh"


def test_the_cost_of_pods_does_not_look_fresh_where_only_the_money_was_renewed() -> None:
    fleet = Fleet(5.0, 60.0)
    money = Funds("u", 42.5, None, None)
    fleet.apply(Snapshot(money, (pod("p1"),), lacks=LACKS), NOW)
    assert "strong" in {role for _, role in shown(fleet, NOW + 5, "pods")}
    fleet.apply(Snapshot(money, None, lacks=LACKS), NOW + 30)
    assert "strong" in {role for _, role in shown(fleet, NOW + 30, "balance")}
    assert "strong" not in {role for _, role in shown(fleet, NOW + 30, "pods")}
