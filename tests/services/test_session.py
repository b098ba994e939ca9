"""The session: what it makes for the screen, for `record` and for commands, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import funds, offer, pod, snapshot
from tests.ui.conftest import NOW, HeldCloud
from tui.api.models import Quote
from tui.clocks import Clocks
from tui.config.loader import Config
from tui.config.settings import Notify
from tui.domain import deploy_draft
from tui.domain.events import Kind
from tui.domain.user_message import Level, UserMessage
from tui.history.recorder import Recorder
from tui.services import duties
from tui.services.action_lock import ActionLock
from tui.services.messages import Messages
from tui.services.session import Session
from tui.services.source import Source
from tui.storage.state_files import StateFiles
from tui.ui.render.header import Badges, header

H100 = offer("H100 SXM", Quote(2.99, 1.75, "High"))


class Stand:
    """A session on a cloud that the test holds."""

    def __init__(self, tmp_path: Path, config: Config | None = None, *, has_clocks: bool = False, **more: Any) -> None:
        self.cloud = HeldCloud()
        self.notes: list[UserMessage] = []
        self.changes = 0
        self.seen = asyncio.Event()
        self.guard = ActionLock()
        self.state = StateFiles(lambda: tmp_path, "test", "https://test.invalid")
        self.clocks = Clocks(lambda: self.cloud.now, lambda: self.cloud.now - NOW)
        source = Source(
            "test", False, lambda: self.cloud, lambda: self.cloud.now, clocks=self.clocks if has_clocks else None
        )
        self.session = Session(
            source, config or Config(), Messages(self.notes.append), self.guard,
            state=self.state, on_change=self._changed, tz=UTC, **more,
        )  # fmt: skip

    def _changed(self) -> None:
        self.changes += 1
        if self.session.fleet.pods_at is not None:
            self.seen.set()


async def test_it_watches_until_it_is_cancelled_and_closes_what_it_opened(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    running = asyncio.ensure_future(stand.session.monitor.run())
    await stand.seen.wait()
    assert stand.changes > 0
    assert set(stand.session.fleet.records)
    await stand.session.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert stand.cloud.closed


async def test_the_first_response_is_judged_once_the_recording_has_been_read(tmp_path: Path) -> None:
    """The next one may be a minute away: until then a fleet that burns money would look as if all is well."""
    at_each_change: list[tuple[bool, bool, str]] = []

    def recorder(say: Callable[[UserMessage], object]) -> Recorder:
        return Recorder(tmp_path, "test", post=say, account="test", wall=lambda: NOW)

    stand = Stand(tmp_path, Config(interval=3600.0), record=recorder)
    stand.cloud.fleet_answer = snapshot(pod("a"), funds=funds(10.0, 10.0))
    fleet = stand.session.fleet
    judged = asyncio.Event()

    def changed() -> None:
        line = "".join(
            text
            for part in header(fleet, Badges("test", demo=False, read_only=False), NOW, ((),), 120)[1].left
            for text, _ in part
        )
        at_each_change.append((fleet.pods_at is not None, fleet.unjudged, line))
        if fleet.judged_at is not None:
            judged.set()

    stand.session.monitor._on_change = changed
    running = asyncio.ensure_future(stand.session.monitor.run())
    await asyncio.wait_for(judged.wait(), 30)
    assert (stand.cloud.asked, fleet.judged_at) == (1, NOW)
    known = [(unjudged, line) for has_pods, unjudged, line in at_each_change if has_pods]
    assert known[0][0]
    assert "alerts follow" in known[0][1]
    assert not known[-1][0]
    assert "low runway" in known[-1][1]
    assert [event.text for event in fleet.events if event.kind is Kind.RUNWAY], "and it is an event"
    await stand.session.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_sends_is_there_once_it_was_started_and_hears_of_every_change(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    assert stand.session.executor is None
    executor = stand.session.start_executor(stand.state)
    heard: list[bool] = []
    executor.polled = lambda: heard.append(True)  # type: ignore[method-assign]
    stand.session.changed()
    assert heard == [True]
    assert stand.changes == 1
    await stand.session.close()


async def test_read_only_nothing_acts_by_itself_and_a_lock_is_for_hands_alone(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.guard.toggle()
    assert stand.guard.locked
    assert stand.session.may_act() is None
    stand.guard.read_only = "podtop is in read-only mode"
    assert stand.session.may_act() == "podtop is in read-only mode"


async def test_a_day_begins_at_local_midnight_and_a_month_on_its_first(tmp_path: Path) -> None:
    session = Stand(tmp_path).session
    assert session.start_of_day(NOW) == NOW - 12 * 3600
    assert session.start_of_day(NOW, day=1) == NOW - 12 * 3600 - 22 * 86_400


async def test_a_call_rings_the_terminal_and_news_do_not(tmp_path: Path) -> None:
    written: list[str] = []
    stand = Stand(tmp_path, Config(notify=Notify(bell=True)), write=written.append)
    stand.session.messages.post(UserMessage("pod stopped"))
    assert written == []
    stand.session.messages.call("podtop: H100", "available")
    assert written == ["\x07"]
    await stand.session.close()


async def test_a_deploy_that_an_earlier_podtop_left_open_gets_its_lease(tmp_path: Path) -> None:
    """`kill -9` between the request and its answer: the pod is there, and is to stop as it was asked."""
    stand = Stand(tmp_path)
    session = stand.session
    draft = deploy_draft.from_offer(H100, "7f3a", ())
    draft = replace(draft, values={**draft.values, "lease": "yes", "stop_after": "2h"})
    await session.drafts.keep(draft)
    stand.state.ledger().intent("deploy", "", draft["name"], {})
    session.start_executor(stand.state)
    catching_up = asyncio.ensure_future(duties.catch_up(session))
    stand.cloud.now += 60
    stand.cloud.fleet_answer = snapshot(pod("pod1", name=draft["name"]))
    for _ in range(200):
        if catching_up.done():
            break
        await asyncio.sleep(0.005)
        stand.cloud.now += 5
        session.fleet.apply(stand.cloud.fleet_answer, stand.cloud.now)
        session.changed()
    assert catching_up.done()
    lease = session.fleet.leases["pod1"]
    assert lease.action == "stop"
    assert await session.drafts.load() is None, "what was ordered is no draft any more"


@pytest.mark.parametrize("wrong", [3600.0, -3600.0])
async def test_a_deploy_left_open_gets_its_lease_on_time_though_the_clock_is_an_hour_wrong(
    tmp_path: Path, wrong: float
) -> None:
    """The action log has the true time, and is read before a response shows how wrong this machine's clock is."""
    stand = Stand(tmp_path, has_clocks=True)
    session = stand.session
    draft = deploy_draft.from_offer(H100, "7f3a", ())
    draft = replace(draft, values={**draft.values, "lease": "yes", "stop_after": "2h"})
    await session.drafts.keep(draft)
    stand.state.ledger(lambda: NOW - wrong).intent("deploy", "", draft["name"], {})
    session.start_executor(stand.state)
    catching_up = asyncio.ensure_future(duties.catch_up(session))
    while not session.fleet.operations:  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    assert stand.clocks.skew == 0
    stand.cloud.now += 60
    stand.clocks.dated(stand.cloud.now - wrong, 0.2)
    session.fleet.apply(snapshot(pod("pod1", name=draft["name"])), stand.cloud.now)
    while not catching_up.done():
        session.changed()
        await asyncio.sleep(0.002)
    assert session.fleet.leases["pod1"].ends == pytest.approx(NOW + 7200, abs=2)


async def test_a_lease_that_cannot_be_read_is_told_and_none_is_set(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    draft = deploy_draft.from_offer(H100, "7f3a", ())
    draft = replace(draft, values={**draft.values, "lease": "yes", "stop_after": "yesterday evening"})
    await stand.session.leases.set_for(draft, "pod1", "train", NOW, UTC)
    assert not stand.session.fleet.leases
    assert "train" in stand.notes[0].text


async def test_a_lease_of_an_account_that_is_not_known_is_no_silent_loss(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    await stand.session.leases.set("pod1", "train", "stop", NOW + 7200)
    assert not stand.session.fleet.leases
    assert [note.level for note in stand.notes] == [Level.WARNING]
    assert "train" in stand.notes[0].text


async def test_of_two_writings_of_a_draft_the_last_stands(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    drafts = stand.session.drafts
    first = deploy_draft.from_offer(H100, "7f3a", ())
    writing, dropping = drafts.keep(first), drafts.keep(None)
    await asyncio.gather(writing, dropping)
    assert await drafts.load() is None
    assert not stand.state.draft().exists()
