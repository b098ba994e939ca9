"""Machines in words and charts: every field is told somewhere, what is not known is a dash, nothing breaks a chart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.make_hosts import DAY, NOBODY, NOW, earnings, host
from tests.variants import up_to
from tui.api.account import HostEarning
from tui.api.hosts import Hosts
from tui.store.host_telemetry import Telemetry
from tui.store.views.hosts import days, rows
from tui.ui.charts import host_charts, plot
from tui.ui.charts.look import Look
from tui.ui.charts.pod_charts import width_of
from tui.ui.charts.spec import BarSpec
from tui.ui.primitives.facts import Section
from tui.ui.render import host_rows, hosts

OTHERWISE = {
    "gpus": "the bars tell percent, reserved and total", "load": "", "idle_job": "", "tenants": "",
    "registered": "yes", "listed": "yes", "verified": "yes", "mine": "yes", "public_ip": "yes", "secure": "community",
    "maintenance_start": "Thu 2026-11-26 12:00", "maintenance_end": "Thu 2026-11-26 14:00", "at": "ago",
    "state_since": "2h 30m", "public": "public", "serverless": "serverless", "start_jupyter": "Jupyter",
    "start_ssh": "SSH", "runtime_minutes": "3d 00h", "status": "running", "template_name": "night-embeddings",
    "week": "99.9%", "month": "99.4%", "quarter": "98.8%", "quarter_absolute": "91.1%",
}  # fmt: skip
"""How some fields are told in other words than their value."""


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Struct):
        for field in value.__struct_fields__:
            yield from leaves(getattr(value, field), field)
    elif isinstance(value, tuple):
        for item in value:
            yield from leaves(item, name)
    elif value is not None:
        yield name, value


def text_of(sections: tuple[Section, ...]) -> str:
    lines = [section.title for section in sections]
    lines += [f"{f.label} " + "".join(t for t, _ in f.value) for s in sections for f in s.facts]
    return "\n".join(lines)


def told(made: Any, at: float = NOW) -> str:
    (row,) = rows(Hosts((made,), (), earnings()), at)
    return text_of(hosts.sections(row, earnings(), at, UTC))


def test_every_field_of_a_machine_is_told() -> None:
    text = told(host())
    for name, value in leaves(host()):
        if name in OTHERWISE:
            assert OTHERWISE[name] in text or name == "gpus", name
            continue
        figure = (
            str(value)
            if name == "port"
            else f"{value:,}"
            if isinstance(value, int)
            else f"{value:g}"
            if isinstance(value, float)
            else value
        )
        assert figure in text or (isinstance(value, float) and f"{value:,.2f}" in text), (name, value)
    assert "6 of 8" in text
    assert "$10.00" in text, "the last day's earnings"


def test_of_a_machine_that_tells_nothing_no_figure_is_made_up() -> None:
    text = told(NOBODY)
    assert not set("0123456789") & set(text.replace("30 days", "")), text
    (row,) = rows(Hosts((NOBODY,)), NOW)
    figures = {key: "".join(part for part, _ in cell) for key, cell in host_rows.cells(row, NOW).items()}
    assert figures["price"] == figures["disk"] == figures["balance"] == figures["uptime"] == "–"
    assert figures["rented"] == "–/–"


@pytest.mark.parametrize(
    ("at", "word"),
    [
        (NOW, "in 3d 00h"),
        (NOW + 3 * DAY + 1800, "ongoing, 1h 30m left"),
        (NOW + 3 * DAY + 9000, "ended 30m 00s ago"),
    ],
)
def test_maintenance_counts_down_and_is_over(at: float, word: str) -> None:
    assert word in told(host(), at)


def test_dates_that_no_calendar_has_are_not_known() -> None:
    assert "From –" in told(host(maintenance_start=1e300, maintenance_end=None))


# Charts


def chart_of(earned: tuple[HostEarning, ...], width: int, height: int) -> tuple[BarSpec, list[str]]:
    spec = host_charts.earned_chart(days(earned, "m1"), NOW, width)
    return spec, ["".join(text for text, _ in row) for row in plot.draw(spec, width, height)]


def test_earnings_are_bars_disks_upon_gpus() -> None:
    spec, drawn = chart_of(earnings(days=30), 70, 12)
    assert spec.kinds[:2] == ("GPUs", "disks")
    assert len(spec.bars) == 30
    assert all(gpus > 0 and disks == 1.0 for gpus, disks, _ in spec.bars)
    assert drawn[0].startswith("30 days  ▪GPUs $")
    assert "▪disks $30.00" in drawn[0]
    assert "other" not in drawn[0]
    assert len({len(line) for line in drawn}) == 1


def test_a_bar_reaches_as_high_as_its_value() -> None:
    spec, drawn = chart_of((HostEarning(NOW, "m1", "a", 20.0, 20.0, 0.0),), 70, 12)
    assert spec.high == 20.0
    assert all("█" in line for line in drawn[1:11])


def test_a_day_without_earnings_has_no_bar_and_is_not_counted() -> None:
    earned = tuple(HostEarning(NOW - back * DAY, "m1", "a", 20.0, 20.0, 0.0) for back in (0, 2))
    spec, drawn = chart_of(earned, 70, 12)
    assert [sum(bar) for bar in spec.bars] == [20.0, 0.0, 20.0]
    assert drawn[0].startswith("2 days")


AMOUNTS = st.one_of(st.none(), st.floats(-10, 1e9), st.sampled_from([float("inf"), float("-inf"), 1e308]))


@settings(max_examples=up_to(60))
@given(
    st.lists(st.tuples(st.integers(0, 1200), AMOUNTS, AMOUNTS, AMOUNTS), max_size=40),
    st.integers(1, 200),
    st.integers(1, 40),
)
def test_no_earnings_break_a_chart(told: list[tuple[int, Any, Any, Any]], width: int, height: int) -> None:
    earned = tuple(HostEarning(NOW - back * DAY, "m1", "a", *amounts) for back, *amounts in told)
    _, drawn = chart_of(earned, width, height)
    assert len(drawn) == height


def test_three_years_of_days_show_the_last_of_them() -> None:
    spec, drawn = chart_of(earnings(days=1100), 120, 14)
    assert len(spec.bars) == len(spec.labels) == 90
    assert "90 days" in drawn[0]
    assert spec.labels[-1] == f"{datetime.fromtimestamp(NOW, UTC):%-d %b}"


def test_charts_of_a_machine() -> None:
    telemetry = Telemetry()
    made = host()
    assert made.load is not None
    for step in range(20):
        telemetry.tell(Hosts((replace(made, load=replace(made.load, at=NOW - 600 + 30 * step)),)), NOW)
    series = telemetry.of("m1")
    assert series is not None
    look = Look(now=NOW, span=900.0, tz=UTC)
    sizes = [(40, 8)] * 6
    charts = host_charts.charts_of(series)
    assert charts == host_charts.CHARTS
    made_specs = host_charts.specs(
        series, look, width_of(look, sizes), sizes, charts, 120.0, made.load, "NVIDIA H100 SXM"
    )
    titles = ["".join(text for text, _ in plot.draw(spec, 40, 8)[0]) for spec in made_specs]
    assert [title.split("  ")[0] for title in titles] == [
        "GPU util", "GPU memory", "GPU temp", "GPU power", "CPU", "Memory",
    ]  # fmt: skip
    assert "°C" in titles[2]
    assert "W" in titles[3]
    assert titles[4].endswith("31%"), "more than one cannot be a fraction"
    assert not any("▾" in title for title in titles), "GPUs of different tenants do not lag each other"
    assert made_specs[3].high == 700.0, "what a GPU is rated for"
    old = host_charts.specs(series, look, 30.0, sizes, charts, 120.0, None, None)
    assert [line.last for line in old[0].lines] == [None, None]
