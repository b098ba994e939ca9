"""Alerts through the monitor: a failed poll is no outage, a refused key is told, what is open is recorded."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.acting import Account
from tests.make import funds, pod, snapshot
from tui.api.cloud import Cloud
from tui.api.errors import CloudError, Unauthorized, Unreachable
from tui.api.models import Pod
from tui.config.loader import Config
from tui.domain.action import Command
from tui.domain.events import Event, Kind
from tui.domain.operations import Status
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.services.monitor import Monitor
from tui.services.source import Source
from tui.store.alert_tracker import RECALLED, AlertTracker
from tui.store.fleet import Fleet

NOW = 1_795_435_200.0
STEP = 10.0
BUSY, IDLE = pod("a", utils=(80.0,)), pod("a", utils=(0.0,))


class Life:
    """A monitor that is given responses and failures at virtual times."""

    def __init__(self) -> None:
        self.at = NOW
        self.fleet = Fleet(STEP, 3 * STEP)
        source = Source("test", False, Cloud, lambda: self.at)
        self.monitor = Monitor(source, Config(interval=STEP), self.fleet, lambda: None)

    def poll(self, error: CloudError | None = None, times: int = 1) -> None:
        for _ in range(times):
            self.at += STEP
            if error is None:
                self.monitor._pods_told(snapshot(BUSY, funds=funds(100_000.0, 1.0)), self.at, 0.1)
            else:
                self.monitor._pods_failed(error, self.at, self.at + STEP)

    @property
    def kinds(self) -> list[Kind]:
        shown = (Kind.OUTAGE, Kind.OUTAGE_OVER, Kind.UNWATCHED, Kind.UNWATCHED_OVER, Kind.KEY_REFUSED)
        return [event.kind for event in self.fleet.events if event.kind in shown]


def test_single_failed_polls_are_no_outage() -> None:
    life = Life()
    for _ in range(20):
        life.poll(times=40)
        life.poll(Unreachable("502 Bad Gateway"))
    life.poll()
    assert life.kinds == []


def test_two_in_a_row_are_one_and_five_minutes_are_an_alert_too() -> None:
    life = Life()
    life.poll(times=5)
    life.poll(Unreachable("502 Bad Gateway"), times=2)
    assert life.kinds == [Kind.OUTAGE]
    life.poll(Unreachable("502 Bad Gateway"), times=40)
    assert life.kinds == [Kind.OUTAGE, Kind.UNWATCHED]
    assert [alert.kind for alert in life.fleet.attention] == ["unwatched"]
    life.poll(times=40)
    assert life.kinds == [Kind.OUTAGE, Kind.UNWATCHED, Kind.OUTAGE_OVER, Kind.UNWATCHED_OVER]


def test_a_key_that_is_refused_from_the_start_is_told() -> None:
    life = Life()
    life.poll(Unauthorized("RunPod rejects the API key"), times=10)
    assert life.kinds.count(Kind.KEY_REFUSED) == 1
    assert [alert.kind for alert in life.fleet.attention] == ["key-refused"]


def test_what_is_open_is_recorded_with_its_poll_and_the_next_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "one.sqlite"
    at = NOW

    def run(polls: list[Pod]) -> tuple[list[Event], Fleet]:
        nonlocal at
        fleet, tracker = Fleet(STEP, STEP), AlertTracker()
        if path.exists():
            with closing(Recording(path)) as recording:
                last = recording.spans()[-1][1]
                tracker.recall(recording.latest(RECALLED), saved=recording.open_alerts(), last=last)
                fleet.apply(snapshot(polls[0], funds=funds(1000.0, 1.0)), at)
                fleet.prefill(recording.all_samples(at - 7200.0, at))
        told: list[Event] = []
        with closing(Writer(connect(path, write=True), at - 1.0, silence=60.0)) as writer:
            for one in polls:
                response = snapshot(one, funds=funds(1000.0, 1.0))
                happened = fleet.apply(response, at)
                judged = tracker.judge(fleet, at)
                told += judged
                writer.write([Polled(at, response, (*happened, *judged), alerts=tracker.changes(at))])
                at += STEP
        return told, fleet

    begun, before = run([BUSY] * 300 + [IDLE] * 200)
    assert [event.kind for event in begun] == [Kind.IDLE]
    again, after = run([IDLE] * 30)
    assert again == []
    (shown,) = [one for one in after.attention if one.kind == "idle"]
    (known,) = [one for one in before.attention if one.kind == "idle"]
    assert shown.so_far is not None
    assert known.so_far is not None
    assert shown.so_far > known.so_far


async def test_the_act_of_a_lease_is_an_event_with_its_outcome(tmp_path: Path) -> None:
    account = Account(tmp_path)
    await account.poll(0.0)
    running = next(r.pod for r in account.fleet.records.values() if r.pod is not None and r.pod.status == "RUNNING")
    task = account.performer.start(Command("stop", running.id, running.name), by="lease")
    assert (await task).ending is Status.DONE
    (done,) = [event for event in account.fleet.events if event.kind is Kind.DONE]
    assert done.text.startswith("auto-stop timer: stop")
    await account.performer.close()
