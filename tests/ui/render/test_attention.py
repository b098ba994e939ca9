"""The header's attention item at every width, and the clock of the runway."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import funds as money
from tests.make import pod, snapshot
from tui.domain.attention import Attention, Grade
from tui.store.fleet import Fleet
from tui.ui.render import attention
from tui.ui.render import header as status
from tui.ui.render.header import Badges
from tui.ui.widgets.status_lines import join

NOW = 1_795_435_200.0  # Monday 12:00 UTC


def alert(
    pod: str, kind: str, grade: Grade = Grade.WARN, wasted: float | None = None, muted: bool = False
) -> Attention:
    return Attention(kind, kind, grade, "…", pod, pod, cost_per_hr=wasted, wasted_per_hr=wasted, muted=muted)


THREE = (alert("o", "outbid", Grade.BAD), alert("i", "idle", wasted=1.38), alert("b", "slow boot"))


def line(alerts: tuple[Attention, ...], width: int, balance: float = 100.0) -> str:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("i"), funds=money(balance, 10.0)), NOW)
    fleet.attention = alerts
    badges = Badges("runpod", False, False)
    _, second = status.header(fleet, badges, NOW, status.connection(fleet, NOW, UTC), width, tz=UTC)
    return "".join(text for text, _ in join(second, width))


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (20, "▲3  runs out"),
        (40, "▲ 3: 1 outbid +2  runs out"),
        (80, "▲ 3: 1 outbid · 1 idle · 1 slow boot  runs out ▲ Mon 22:00"),
        (120, "▲ 3: 1 outbid · 1 idle $1.38/h · 1 slow boot  balance"),
        (200, "▲ 3: 1 outbid · 1 idle $1.38/h · 1 slow boot  balance"),
    ],
)
def test_it_stands_first_at_every_width(width: int, words: str) -> None:
    assert line(THREE, width).startswith(words)


def test_muted_ones_and_notices_are_not_counted() -> None:
    assert line((alert("a", "idle", muted=True), alert("b", "quiet", Grade.NOTICE)), 120).startswith("balance")


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["idle", "boot", "hung", "loop", "outbid"])), min_size=1
    ),
    st.integers(14, 220),
)
def test_its_number_is_never_cut_nor_dropped(those: list[tuple[str, str]], width: int) -> None:
    text = line(tuple(alert(name, kind) for name, kind in those), width)
    assert text.removeprefix("▲").lstrip().startswith(str(len(those)))
    assert "22:00" in text
    assert len(text) == width


def test_the_money_runs_out_at_a_clock_time() -> None:
    assert "runs out ▲ Mon 22:00 (10h 00m)" in line((), 200)
    assert "runs out Wed 22:00 (2d 10h)" in line((), 200, balance=580.0)
    assert "runs out 04 Jan (41d 16h)" in line((), 200, balance=10_000.0)
    assert "runway 416w" in line((), 200, balance=700_000.0)
    assert "runway ▲ none" in line((), 200, balance=0.0)


def test_a_click_leads_to_what_the_group_is_about() -> None:
    (group,) = attention.item(THREE)
    assert {attention.leads_to(cell) for _, cell in group} == {"attention"}
    assert attention.leads_to((("▲ 25s", "bad"),)) == ""
    assert attention.leads_to((("waste ", "muted"), ("$1.00/h", "warn"))) == "waste"
    assert attention.leads_to((("runs out ", "muted"), ("▲ 22:00", "warn"))) == ""
