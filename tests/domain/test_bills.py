"""Without GPU types, as REST v2 bills, the parts of the totals are the items: no share is of less than all of it."""

from __future__ import annotations

from tui.api.account import Billed, Billing, BillSummary, StorageBilled
from tui.domain import bills
from tui.domain.charges import DAY
from tui.ui.render import charges

NOW = 1_795_435_200.0
AT = NOW - 2 * DAY
SUMMARY = BillSummary(AT, 70.0, 0.0, None, 10.0, 5.0, 15.0)
DISKS = StorageBilled(AT, 10.0, None, 4.0)
BY_KIND = Billing((), (), (DISKS,), (SUMMARY,))
BY_TYPE = Billing((Billed(kind="H100", at=AT, seconds=3600.0, amount=70.0),), (), (DISKS,), (SUMMARY,))


def told(billing: Billing) -> dict[str, tuple[str, str]]:
    rows = charges.bill_rows(billing, NOW, 28)
    words = {key: {n: "".join(t for t, _ in cell) for n, cell in row.cells.items()} for key, row in rows.items()}
    return {cells["what"]: (cells["amount"], cells["share"]) for cells in words.values()}


def test_the_parts_of_the_totals_are_the_items() -> None:
    assert told(BY_KIND) == {
        "all GPU pods": ("$70.00", "70%"), "other": ("$15.00", "15%"), "all disks": ("$10.00", "10%"),
        "all endpoints": ("$5.00", "5%"),
    }  # fmt: skip
    assert not bills.is_by_type(BY_KIND)


def test_types_are_the_items_where_runpod_tells_them() -> None:
    assert set(told(BY_TYPE)) == {"H100", "all disks"}
    assert [item.name for item in bills.items(BY_TYPE)] == ["H100", "all disks"]


def test_the_total_is_the_sum_of_all_parts_and_says_that_there_are_no_types() -> None:
    facts = {f.label: "".join(t for t, _ in f.value) for f in charges.bill_facts(BY_KIND, NOW, 28, None)[0].facts}
    assert facts["Total"] == "$100.00"
    assert facts["  other"] == "$15.00"
    assert facts["By GPU type"] == "not reported"
    known = {f.label for f in charges.bill_facts(BY_TYPE, NOW, 28, None)[0].facts}
    assert "By GPU type" not in known


def test_the_bars_have_every_amount_once() -> None:
    for billing, whole in ((BY_KIND, 100.0), (BY_TYPE, 80.0)):
        drawn = charges.bill_bars(billing, NOW, 28, 40)
        assert sum(map(sum, drawn.bars)) == whole
