"""What RunPod dates by a clock of its own: ages, alerts and telemetry are the same however wrong that clock is."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.api.make import account, cloud
from tests.make import funds, pod, snapshot
from tests.make_hosts import hosts
from tui.api.models import GpuReading, Snapshot, Telemetry
from tui.api.status_change import StatusChange
from tui.clocks import Clocks
from tui.domain import clock_skew
from tui.store.alerts import alerts
from tui.store.fleet import Fleet

NOW = 1_795_435_200.0
RICH = funds(10_000.0, 1.0)


def dated(what: str, at: float) -> str:
    zone = "GMT+0000 (Coordinated Universal Time)"
    return f"{what}: {datetime.fromtimestamp(at, UTC):%a %b %d %Y %H:%M:%S} {zone}"


def told(ahead: float) -> Snapshot:
    """An account as a RunPod tells it whose clock is so many seconds ahead."""
    booting = pod("b", utils=None, change=dated("Rented by User", NOW + ahead - 1800))
    outbid = pod("o", status="EXITED", utils=None, change=dated("Outbid", NOW + ahead - 600))
    hot = replace(pod("h"), telemetry=Telemetry(NOW + ahead - 20, None, (GpuReading(None, None, None, 71.0, 300.0),)))
    assert hot.machine is not None
    window = replace(hot.machine, maintenance_start=NOW + ahead + 3600, maintenance_end=NOW + ahead + 7200)
    return snapshot(booting, outbid, replace(hot, machine=window), funds=RICH)


@given(st.sampled_from([0, 1, 90, 180, 7200, -7200, 86_400, -86_400]) | st.integers(-400_000, 400_000))
@settings(deadline=None)
def test_nothing_depends_on_runpods_clock(ahead: int) -> None:
    straight, wrong = Fleet(5, 30), Fleet(5, 30)
    straight.apply(told(0), NOW)
    wrong.apply(clock_skew.snapshot(told(ahead), ahead), NOW)
    assert alerts(wrong, NOW) == alerts(straight, NOW)
    assert wrong.records["h"].series.value("temp0", NOW) == 71.0
    assert wrong.records["b"].pod == straight.records["b"].pod


def test_a_clock_that_is_right_changes_nothing_at_all() -> None:
    answer = told(0)
    assert clock_skew.snapshot(answer, 0.0) is answer
    assert clock_skew.detail(None, 60.0) is None


@given(st.text(max_size=40), st.floats(-1e12, 1e12))
@settings(deadline=None)
def test_a_change_without_a_date_stays_as_it_is(text: str, seconds: float) -> None:
    assert StatusChange(text).moved(seconds).text == text


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_date_at_the_edge_of_the_calendar_is_no_trouble(year: str) -> None:
    text = f"Rented by User: Mon Jan 01 {year} 00:00:00 GMT+0000 (Coordinated Universal Time)"
    for seconds in (-1e9, 1e12):
        assert StatusChange(text).moved(seconds)


def test_machines_are_brought_here_and_what_they_earned_by_the_day_is_not() -> None:
    answer = hosts()
    moved = clock_skew.hosts(answer, 7200.0)
    (before,), (after,) = answer.hosts, moved.hosts
    assert before.load is not None
    assert after.load is not None
    assert before.load.at is not None
    assert after.load.at == before.load.at - 7200
    assert before.maintenance_start is not None
    assert after.maintenance_start == before.maintenance_start - 7200
    assert moved.earnings == answer.earnings
    assert clock_skew.hosts(answer, 0.0) is answer


async def test_the_date_of_an_answer_reaches_the_clocks_and_that_of_a_failure_does_not() -> None:
    seen: list[tuple[float, float]] = []

    def answer(status: int, **headers: str) -> httpx.Response:
        return httpx.Response(status, json=account(), headers=headers)

    date = {"date": format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)}

    def note(at: float, waited: float) -> None:
        seen.append((at, waited))

    await cloud(answer(200, **date), dated=note).fleet()
    assert [at for at, _ in seen] == [NOW]
    assert 0 <= seen[0][1] < 60
    for other in (answer(200), answer(200, date="yesterday")):
        await cloud(other, dated=note).fleet()
    with pytest.raises(Exception, match="server error"):
        await cloud(answer(503, **date), dated=note).fleet()
    assert len(seen) == 1


async def test_the_program_asks_runpod_with_its_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.api.graphql import client
    from tui.config.loader import Config
    from tui.wiring import runpod_source

    made: dict[str, Any] = {}
    monkeypatch.setattr(client, "GraphQLCloud", lambda *_, **options: made.update(options))
    source = runpod_source(Config())
    source.open()
    assert isinstance(source.clocks, Clocks)
    assert source.clock == source.clocks.now
    assert not source.clocks.compared
    made["dated"](source.clocks.now(), 0.1)
    assert source.clocks.compared
