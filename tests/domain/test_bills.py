"""Without GPU types, as REST v2 bills, the parts of the totals are the items: no share is of less than all of it."""

from __future__ import annotations

from msgspec.structs import replace

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
    assert told(BY_TYPE) == {"H100": ("$70.00", "70%"), "all disks": ("$10.00", "10%")}
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


def test_28_days_are_the_28_that_the_chart_draws() -> None:
    """RunPod may stamp a day at any hour: the one that began 28 days ago is not among the last 28, today is."""
    days = [NOW - n * DAY for n in range(40)]
    billing = Billing(
        tuple(Billed(kind="H100", at=at, seconds=3600.0, amount=1.0) for at in days), (),
        tuple(StorageBilled(at, 1.0, None, None) for at in days),
        tuple(BillSummary(at, 1.0, 0.0, None, 1.0, 0.0, 0.0) for at in days),
    )  # fmt: skip
    assert told(billing) == {"H100": ("$28.00", "50%"), "all disks": ("$28.00", "50%")}
    facts = charges.bill_facts(billing, NOW, 28, "GPU H100")
    assert "".join(text for text, _ in facts[0].facts[0].value) == "$56.00"
    by_day = next(section for section in facts if section.title == "By day")
    assert len(by_day.facts) == 1 + 28
    assert by_day.facts[1].label == "Mon 23 Nov"
    for columns in (40, 27, 14, 13, 10, 3, 1):
        assert sum(map(sum, charges.bill_bars(billing, NOW, 28, columns).bars)) == 56.0
        assert len(charges.bill_bars(billing, NOW, 28, columns).labels) <= columns


def test_an_item_is_called_as_in_the_market() -> None:
    bill = Billed(kind="NVIDIA H100 80GB HBM3", at=AT, seconds=3600.0, amount=70.0)
    assert set(told(replace(BY_TYPE, gpus=(bill,)))) == {"H100 80GB HBM3", "all disks"}
    assert charges.bill_bars(replace(BY_TYPE, gpus=(bill,)), NOW, 28, 40).kinds[0] == "H100 80GB HBM3"


def test_a_share_is_of_the_total_beside_the_rows() -> None:
    serverless = BillSummary(AT, 70.0, 0.0, 920.0, 10.0, 0.0, 0.0)
    shares = {name: share for name, (_, share) in told(replace(BY_TYPE, summary=(serverless,))).items()}
    assert shares == {"H100": "7%", "all disks": "1%"}
