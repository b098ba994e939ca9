"""Alerts ring from a session, whether it has a screen or records: by the bell, the terminal and a program, once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.make import funds, pod, snapshot
from tests.services.test_session import Stand
from tui.api.errors import Unreachable
from tui.api.models import Snapshot
from tui.config.loader import Config
from tui.config.settings import Notify

HUNGRY = snapshot(pod("alder", utils=(90.0,), cost=4.0), funds=funds(balance=8.0, spend=4.0))
"""A pod at work on an account whose money lasts for two hours."""


class Ringing(Stand):
    """A session that notifies, and what was rung."""

    def __init__(self, tmp_path: Path, kind: str, answer: Snapshot) -> None:
        self.out = tmp_path / "rang"
        code = f"import os; open({str(self.out)!r}, 'a').write(os.environ['PODTOP_TEXT'] + chr(10))"
        self.written: list[str] = []
        notify = Notify(bell=True, osc9=True, command=(sys.executable, "-c", code))
        super().__init__(tmp_path, Config(notify=notify), kind=kind, write=self.written.append)
        self.cloud.fleet_answer = answer

    async def minutes(self, number: int) -> None:
        for _ in range(number * 6):
            self.cloud.now += 10.0
            await self.session.monitor.look()
        while tasks := self.session.notifications.notifier._tasks:
            await asyncio.gather(*tasks)

    @property
    def rang(self) -> list[str]:
        return self.out.read_text().splitlines() if self.out.exists() else []


@asynccontextmanager
async def running(tmp_path: Path, kind: str, answer: Snapshot = HUNGRY) -> AsyncIterator[Ringing]:
    stand = Ringing(tmp_path, kind, answer)
    work = asyncio.ensure_future(stand.session.monitor.run())
    await stand.seen.wait()
    yield stand
    await stand.session.close()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


@pytest.mark.parametrize("kind", ["screen", "record"])
async def test_alerts_ring_once_and_not_again_after_a_restart(kind: str, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as stand:
        await stand.minutes(5)
        assert [text[:40] for text in stand.rang] == ["2h 00m left at $4.00/h, runs out Mon 14:"[:40]]
        (sequences,) = stand.written
        assert sequences.startswith("\x1b]9;podtop: low runway: 2h 00m left at $4.00/h")
        assert sequences.endswith("\x07\x07")
    async with running(tmp_path, kind) as stand:
        stand.cloud.now += 400
        await stand.minutes(5)
        assert stand.written == []
        assert len(stand.rang) == 1
        stand.cloud.fleet_answer = snapshot(*(HUNGRY.pods or ()), funds=funds(balance=3.0, spend=4.0))
        await stand.minutes(2)
        assert [text[:11] for text in stand.rang] == ["2h 00m left", "45m 00s left"[:11]], "it got worse"


async def test_a_screen_and_a_recorder_ring_once_together(tmp_path: Path) -> None:
    async with running(tmp_path, "record") as recorder, running(tmp_path, "screen") as screen:
        for _ in range(4):
            await recorder.minutes(1)
            await screen.minutes(1)
        assert len(recorder.rang) == 1
        assert len(recorder.written + screen.written) == 1


async def test_a_command_that_acts_notifies_of_nothing(tmp_path: Path) -> None:
    stand = Stand(tmp_path, Config(notify=Notify(bell=True)))
    stand.cloud.fleet_answer = HUNGRY
    work = asyncio.ensure_future(stand.session.monitor.run())
    await stand.seen.wait()
    for _ in range(12):
        stand.cloud.now += 10.0
        await stand.session.monitor.look()
    assert "_notifier" not in stand.session.__dict__
    await stand.session.close()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert not (tmp_path / "alarms").exists()


async def test_without_any_way_nothing_is_written(tmp_path: Path) -> None:
    stand = Stand(tmp_path, Config(), kind="record")
    stand.cloud.fleet_answer = HUNGRY
    work = asyncio.ensure_future(stand.session.monitor.run())
    await stand.seen.wait()
    for _ in range(12):
        stand.cloud.now += 10.0
        await stand.session.monitor.look()
    await stand.session.close()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert not (tmp_path / "alarms").exists()
    assert not (tmp_path / "notify").exists()


async def test_that_podtop_cannot_watch_rings_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    async with running(tmp_path, "record", snapshot(pod("alder", utils=(90.0,)), funds=funds(balance=900.0))) as stand:
        await stand.minutes(1)
        stand.cloud.fleet_answer = Unreachable("no route")
        begun = stand.cloud.now
        while not stand.rang and stand.cloud.now - begun < 1800:
            stand.cloud.now += 30.0
            stand.session.monitor._pods_failed(Unreachable("no route"), stand.cloud.now, stand.cloud.now + 30)
            stand.session.changed()
            while tasks := stand.session.notifications.notifier._tasks:
                await asyncio.gather(*tasks)
        assert 900 <= stand.cloud.now - begun <= 1020
        assert len(stand.rang) == 1
