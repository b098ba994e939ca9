"""The facts of charges: each sum above its own parts."""

from __future__ import annotations

from tests.domain.test_charges import NOW, charge
from tui.domain import charges
from tui.ui.render.charges import charge_facts


def test_the_parts_of_a_month_follow_its_own_sum() -> None:
    days = charges.days([charge(back, 10.0, pods=9.97, disk=0.03) for back in range(60)])
    month, shown = charge_facts(days, days[-28:], 28, None, NOW, None)
    lines = [(fact.label, "".join(text for text, _ in fact.value)) for fact in month.facts]
    assert lines[:3] == [("To date", "$230.00"), ("  pods", "$229.31"), ("  storage", "  $0.69")]
    assert lines[-1] == ("Last month", "$310.00")
    values = {fact.label: "".join(text for text, _ in fact.value) for fact in shown.facts}
    assert values["  storage"] == "  $0.84   <1%", "what is not nothing is no 0%"
    assert values["  pods"] == "$279.16  100%", "amounts and percentages stand below each other"
