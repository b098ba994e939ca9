"""Data centers side by side: nothing is cut in the middle, and what has no room is counted."""

from __future__ import annotations

from msgspec.structs import replace

from tui.api.models import DataCenter, Stock
from tui.ui.primitives.facts import Section
from tui.ui.render.data_centers import cells, facts, listed
from tui.ui.widgets.facts_pane import label_width


def center(name: str, **stock: str) -> DataCenter:
    return DataCenter(name, name, "SE", True, True, None, (), tuple(Stock(gpu, word) for gpu, word in stock.items()))


HERE = center("EU-SE-1", H100="High", A40="Low")
OTHERS = tuple(center(f"US-KS-{n}", **({"H100": "Medium"} if n % 2 else {"L4": "High"})) for n in range(1, 9))
ALL = (HERE, *OTHERS)


def lines(sections: tuple[Section, ...]) -> list[str]:
    return [f"{fact.label}|{''.join(text for text, _ in fact.value)}".rstrip() for _, each in sections for fact in each]


def test_stock_is_compared_with_that_of_the_others() -> None:
    stock, elsewhere = facts(HERE, {}, ALL, 200)
    assert [stock.title, elsewhere.title] == ["In stock", "Elsewhere"]
    head, first, second = lines((stock,))
    assert head.split("|")[1].split() == [each.id for each in ALL]
    assert first.split() == ["H100|▰▰▰", "high", *["▰▰▱", "·"] * 4]
    assert second.split() == ["A40|▰▱▱", "low", *["·"] * 8]
    assert lines((elsewhere,))[1].split() == ["L4|·", *["·", "▰▰▰"] * 4]


def test_those_without_room_are_counted_and_the_one_under_the_cursor_is_not_among_them() -> None:
    for here in ALL:
        head = lines(facts(here, {}, ALL, 50))[0]
        assert here.id in head
        assert head.endswith("+5 more")
        assert all(len(line.split("|")[1]) <= 50 for line in lines(facts(here, {}, ALL, 50)))


def test_without_room_for_others_each_stock_is_a_fact() -> None:
    for others, room in ((ALL, 20), ((), 200), ((HERE, OTHERS[0]), 200)):
        assert lines(facts(HERE, {}, others, room)) == ["H100|▰▰▰ high", "A40|▰▱▱ low"]
    assert "no GPU in stock" in lines(facts(replace(HERE, stocks=()), {}))[0]


def test_names_in_a_cell_are_whole() -> None:
    names = ("H100 SXM", "L4", "RTX PRO 6000 Workstation")
    assert listed(names, 100) == ", ".join(names)
    assert listed(names, 16) == "H100 SXM, L4 +1"
    assert listed(names, 11) == "H100 SXM +2"
    assert "".join(text for text, _ in cells(HERE, {}, 7)["best"]) == "H100 +1"


def test_a_long_label_is_whole_where_it_leaves_the_values_their_room() -> None:
    stock = facts(HERE, {"H100": "RTX PRO 6000 Workstation"}, ALL, 200)
    assert [label_width(stock, 14, room) for room in (0, 60, 72, 196)] == [14, 14, 24, 24]
    assert label_width(facts(HERE, {}, ALL, 200), 14, 196) == 14
