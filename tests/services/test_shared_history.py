"""Shared history: under podtop's own, only where it did not watch, said in a word, and never in the way."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Collection
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests import make
from tui.config.settings import History
from tui.domain.user_message import UserMessage
from tui.history.remote import HistoryUnavailable
from tui.services.history_loader import HistoryLoader
from tui.services.shared_history import AGAIN, SharedHistory, is_covered, shared_history
from tui.services.source import Source
from tui.store.fleet import Fleet
from tui.store.fleet_state import Older
from tui.store.series import EMPTY, SampleColumn, Samples
from tui.store.slices import whole

NOW = 1_795_435_200.0


def samples(*times: float, value: int = 9) -> Samples:
    column = bytes([value]) * len(times)
    return Samples(array("d", times), {"gpu0": SampleColumn(column, column, column)})


OWN = Older(0.0, 600.0, 60.0, samples(300.0, 360.0, value=2))


class Server:
    name = "vm:8428"

    def __init__(self, answer: Samples | Exception) -> None:
        self.answer = answer
        self.asked = 0
        self.seconds: dict[str, float] = {}

    async def idle(self, pods: Collection[str], at: float) -> dict[str, float]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return {pod: seconds for pod, seconds in self.seconds.items() if pod in pods}

    async def samples(self, pod: str, start: float, end: float, width: float) -> Samples:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("watched", "covered"),
    [
        ((), False), (((0.0, 600.0),), True), (((-9.0, 610.0),), True), (((0.0, 300.0), (310.0, 600.0)), True),
        (((0.0, 300.0), (500.0, 600.0)), False), (((200.0, 600.0),), False), (((0.0, 400.0),), False),
    ],
)  # fmt: skip
def test_only_what_was_not_watched_is_asked_for(watched: tuple[tuple[float, float], ...], covered: bool) -> None:
    server = Server(samples(0.0, 60.0))
    shared = SharedHistory(server, lambda note: None, lambda: 0.0)  # type: ignore[arg-type]
    asyncio.run(shared.under(OWN, "a", watched))
    assert (server.asked == 0) is covered is is_covered(watched, 0.0, 600.0, 120.0)


def test_own_samples_win_and_the_source_is_named() -> None:
    server = Server(samples(0.0, 60.0, 300.0, 540.0))
    shared = SharedHistory(server, lambda note: None, lambda: 0.0)  # type: ignore[arg-type]
    both = asyncio.run(shared.under(OWN, "a", ((300.0, 360.0),)))
    values = dict(zip(both.stretch.times, both.stretch.columns["gpu0"].mean, strict=True))
    assert values == {0.0: 9, 60.0: 9, 300.0: 2, 360.0: 2, 540.0: 9}
    assert both.source == "vm:8428"


def test_a_failure_is_said_once_and_tried_again_later() -> None:
    server, now, said = Server(HistoryUnavailable("vm:8428 is away.")), [0.0], []
    shared = SharedHistory(server, said.append, lambda: now[0])  # type: ignore[arg-type]
    for _ in range(3):
        kept = asyncio.run(shared.under(OWN, "a", ()))
        assert kept.stretch == OWN.stretch
        assert kept.source == "vm:8428 unavailable"
    assert (server.asked, len(said)) == (1, 1)
    now[0], server.answer = AGAIN, samples(0.0)
    assert asyncio.run(shared.under(OWN, "a", ())).source == "vm:8428"
    assert not shared.failed


def test_a_server_without_this_pod_is_no_source() -> None:
    shared = SharedHistory(Server(EMPTY), lambda note: None, lambda: 0.0)  # type: ignore[arg-type]
    assert asyncio.run(shared.under(OWN, "a", ())) is OWN


def test_without_a_recording_of_its_own_podtop_shows_that_of_others() -> None:
    fleet, shown = Fleet(5.0, 60.0), []
    source = Source("x", False, lambda: None, lambda: 0.0)  # type: ignore[arg-type, return-value]
    shared = SharedHistory(Server(samples(0.0, 60.0)), lambda note: None, lambda: 0.0)  # type: ignore[arg-type]
    loader = HistoryLoader(fleet, source, lambda note: None, lambda past: None, lambda: shown.append(1), shared)
    assert fleet.has_past
    asyncio.run(loader.look_back(fleet, ["a"], 0.0, 600.0, 60.0))
    assert list(fleet.older["a"].stretch.times) == [0.0, 60.0]
    assert shown


def test_the_token_goes_over_tls_only(tmp_path: Path) -> None:
    token, said = tmp_path / "token", []
    token.write_text("a-secret-token")
    token.chmod(0o600)

    def made(url: str, file: str = str(token)) -> SharedHistory | None:
        return shared_history(History(url, file), said.append, lambda: 0.0)

    assert made("http://vm:8428") is None
    assert "plain http" in str(said[0])
    assert "a-secret-token" not in str(said[0])
    assert made("https://vm:8428") is not None
    assert made("http://127.0.0.1:8428") is not None
    assert made("http://vm:8428", "") is not None
    assert made("https://vm:8428", str(tmp_path / "missing")) is None
    assert made("") is None


# What alerts are judged by


def idle_minutes(until: float) -> Samples:
    """An hour and a half in which no GPU worked, a sample a minute."""
    times = array("d", (until - 60.0 * n for n in range(90, 0, -1)))
    nothing = bytes(len(times))
    return Samples(times, {"gpu0": SampleColumn(nothing, nothing, nothing)})


def fleet_at(now: float) -> Fleet:
    made = Fleet(5.0, 30.0)
    up = make.pod("a", utils=(0.0,))
    assert up.runtime is not None
    made.apply(make.snapshot(replace(up, runtime=replace(up.runtime, uptime=200_000)), make.pod("b")), now)
    return made


async def recalled(server: Server, fleet: Fleet, watched: tuple[tuple[float, float], ...] = ()) -> list[UserMessage]:
    said: list[UserMessage] = []
    shared = SharedHistory(server, said.append, lambda: 0.0)  # type: ignore[arg-type]
    before = await shared.before(fleet.records.copy(), NOW, 5.0, watched)
    whole(fleet.recalling(before.windows))
    whole(fleet.were_idle(before.idle))
    return said


async def test_a_pod_that_others_saw_idle_for_hours_is_so_at_the_start() -> None:
    fleet, server = fleet_at(NOW), Server(idle_minutes(NOW))
    server.seconds = {"a": 40_000.0}
    assert fleet.records["a"].idle_for(NOW) == 0.0
    await recalled(server, fleet)
    assert fleet.records["a"].idle_for(NOW) == pytest.approx(40_000.0, abs=120)
    assert fleet.records["a"].window.work.idle.is_settled
    # Their samples are not passed off as podtop's own.
    assert list(fleet.records["a"].series.times) == [NOW]
    # Work that is seen ends what was seen before.
    for n in range(1, 20):
        fleet.apply(make.snapshot(make.pod("b", utils=(90.0,))), NOW + 5 * n)
    assert fleet.records["b"].idle_for(NOW + 95) == 0.0


async def test_where_podtop_watched_nobody_is_asked_and_an_outage_is_said_once() -> None:
    fleet, server = fleet_at(NOW), Server(idle_minutes(NOW))
    server.seconds = {"a": 40_000.0}
    assert await recalled(server, fleet, ((NOW - 9000, NOW - 1),)) == []
    assert server.asked == 0
    assert fleet.records["a"].idle_for(NOW) == 0.0
    server.answer = HistoryUnavailable("vm:8428 is away.")
    assert len(await recalled(server, fleet)) == 1
    assert fleet.records["a"].idle_for(NOW) == 0.0


async def test_after_a_short_absence_own_samples_stay_and_the_idle_time_goes_on() -> None:
    fleet, server = fleet_at(NOW), Server(idle_minutes(NOW))
    server.seconds = {"a": 40_000.0}
    await recalled(server, fleet, ((NOW - 9000, NOW - 600),))
    assert server.asked == 0
    assert fleet.records["a"].idle_for(NOW) == pytest.approx(40_000.0, abs=10)
