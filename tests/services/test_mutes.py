"""Mutes: on disk for all podtops of an account, marked at once, ended by time or by work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tests.store.pods_at_work import WAITS, WORKS, Gpu, box
from tui.domain.alert_rules import AlertRules, Mute, Rule, is_muted
from tui.services.messages import Messages
from tui.services.mutes import AccountMutes
from tui.storage.mute_file import MuteFile
from tui.storage.state_files import StateFiles
from tui.store.alert_tracker import AlertTracker
from tui.store.alerts import alerts
from tui.store.fleet import Fleet

NOW = 1_795_435_200.0


class World:
    """A fleet with an idle pod, and mutes of its account."""

    def __init__(self, path: Path) -> None:
        self.at = NOW
        self.said: list[str] = []
        self.fleet = Fleet(5, 30)
        self.state = StateFiles(lambda: path, "test", "https://test.invalid")
        messages = Messages(lambda message: self.said.append(message.text))
        self.mutes = AccountMutes(self.state, self.fleet, messages, lambda: self.at, lambda: None)
        self.tracker = AlertTracker()

    async def poll(self, util: float = 0.0) -> None:
        """Ten minutes pass, with a poll every 5 s; then the alerts are judged."""
        await self.mutes.read("user_1")
        for _ in range(130):
            self.at += 5
            self.fleet.apply(snapshot(pod("a", name="alder", utils=(util,))), self.at)
        await self.mutes.read("user_1")
        self.tracker.judge(self.fleet, self.at)

    async def works(self, gpu: Gpu, polls: int = 130, judges: bool = True) -> None:
        """Polls, one every 5 s, of a pod whose GPUs do this; the mutes are read, and alerts judged, at every tenth."""
        for poll in range(polls):
            self.at += 5
            self.fleet.apply(snapshot(box(gpu, gpu, at=self.at)), self.at)
            if poll % 10 == 0:
                await self.mutes.read("user_1")
                if judges:
                    self.tracker.judge(self.fleet, self.at)

    @property
    def muted(self) -> dict[str, bool]:
        return {alert.kind: alert.muted for alert in self.fleet.attention if alert.pod}


def in_the(path: Path) -> Callable[[], World]:
    return lambda: World(path)


async def test_a_mute_marks_at_once_and_after_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.poll()
    assert world.muted == {"idle": False}
    await world.mutes.set(Mute("a", until=world.at + 3600, set_at=world.at), "alder")
    assert world.muted == {"idle": True}
    again = World(tmp_path)
    again.at = world.at
    await again.poll()
    assert again.muted == {"idle": True}
    again.at += 3600
    await again.poll()
    assert again.muted == {"idle": False}
    assert not MuteFile(again.state.mutes("user_1")).all()


async def test_until_it_works_again_ends_with_work_and_not_with_an_outage(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.poll()
    await world.mutes.set(Mute("a", until_works=True, set_at=world.at), "alder")
    world.fleet.apply(snapshot(), world.at + 5)
    await world.mutes.read("user_1")
    assert world.fleet.mutes
    await world.poll()
    assert world.muted == {"idle": True}
    await world.poll(util=90.0)
    await world.poll(util=90.0)
    assert world.fleet.mutes == ()


async def test_a_hung_pod_that_is_muted_before_its_alert_is_judged_stays_muted(tmp_path: Path) -> None:
    """By name its GPUs are busy, and while the recording is read no alert is known."""
    world = World(tmp_path)
    await world.works(WAITS, 3, judges=False)
    await world.mutes.set(Mute("a", until_works=True, set_at=world.at), "alder")
    await world.works(WAITS, 3, judges=False)
    await world.works(WAITS, 200)
    assert world.muted["hung"]
    await world.works(WORKS, 80)
    assert world.fleet.mutes == ()


async def test_a_pod_that_works_is_muted_until_it_works_again_after_its_next_alert(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.works(WORKS, 20)
    await world.mutes.set(Mute("a", until_works=True, set_at=world.at), "alder, until it works again")
    assert world.said == ["Muted: alder, until it works again after its next alert"]
    await world.works(WORKS, 20)
    assert world.fleet.mutes
    await world.works(WAITS, 200)
    assert world.muted["hung"]
    await world.works(WORKS, 80)
    assert world.fleet.mutes == ()


async def test_a_mute_that_is_set_while_the_file_is_read_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    await world.poll()
    read, goes_on, whole = threading.Event(), threading.Event(), MuteFile.all

    def slow(file: MuteFile) -> object:
        found = dict(whole(file))
        if not read.is_set():
            read.set()
            goes_on.wait(10)
        return found

    monkeypatch.setattr(MuteFile, "all", slow)
    reading = asyncio.create_task(world.mutes.read("user_1"))
    await asyncio.to_thread(read.wait, 10)
    setting = asyncio.create_task(world.mutes.set(Mute("a", set_at=world.at), "alder"))
    # The other one goes as far as it gets.
    for _ in range(50):
        await asyncio.to_thread(lambda: None)
    goes_on.set()
    await asyncio.gather(reading, setting)
    assert [mute.pod for mute in world.fleet.mutes] == ["a"]


async def test_what_is_unmuted_is_no_longer_muted(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.poll()
    await world.mutes.set(Mute("a"), "alder")
    await world.mutes.set(Mute("a", "idle"), "alder idle")
    await world.mutes.set(Mute("b"), "beech")
    await world.mutes.remove("a", "idle", "alder idle")
    assert world.muted == {"idle": False}
    assert [mute.pod for mute in world.fleet.mutes] == ["b"]


async def test_a_damaged_file_mutes_nothing_and_is_reported_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    path = world.state.mutes("user_1")
    path.parent.mkdir()
    path.write_text("{")
    await world.poll()
    await world.poll()
    assert world.muted == {"idle": False}
    assert len(world.said) == 1
    assert "moved to" in world.said[0]


async def test_another_account_has_its_own_mutes(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.poll()
    await world.mutes.set(Mute("a"), "alder")
    await world.mutes.read("user_2")
    assert world.fleet.mutes == ()


def test_before_the_account_is_known_nothing_is_read(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert world.fleet.mutes == ()


def test_the_file_mutes_by_pattern_and_a_key_by_pod_and_kind() -> None:
    rules, none = AlertRules(muted=("notebook-*",)), AlertRules()
    assert is_muted("x", "notebook-1", "idle", rules, (), NOW)
    assert not is_muted("x", "train", "idle", rules, (), NOW)
    assert not is_muted("", "", "runway", AlertRules(muted=("*",)), (), NOW)
    assert is_muted("x", "train", "idle", none, (Mute("x", "idle"),), NOW)
    assert not is_muted("x", "train", "boot", none, (Mute("x", "idle"),), NOW)
    assert not is_muted("x", "train", "idle", none, (Mute("x", until=NOW),), NOW)
    assert is_muted("", "", "runway", none, (Mute("", "runway"),), NOW)


def test_a_kind_that_is_off_is_not_judged() -> None:
    fleet = Fleet(5, 30)
    outbid = pod("a", status="EXITED", utils=None, change="Outbid: Mon Nov 23 2026 11:59:00 GMT+0000 (UTC)")
    fleet.apply(snapshot(outbid, replace(outbid, id="b", name="kept")), NOW)
    fleet.alert_rules = AlertRules(
        {"outbid": Rule(on=False), "runway": Rule(on=False)}, (("kept", {"outbid": Rule()}),)
    )
    assert [(alert.kind.name, alert.name) for alert in alerts(fleet, NOW)] == [("outbid", "kept")]
