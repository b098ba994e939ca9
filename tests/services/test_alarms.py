"""Alerts that ring: once for all podtops of an account, over restarts, whatever becomes of the file."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from tests.domain.test_ringing import NOW, alert
from tests.make import funds, snapshot
from tui.config.settings import Notify
from tui.domain.attention import Attention, Topic
from tui.domain.ring_words import words
from tui.domain.ringing import Audience, Call
from tui.domain.user_message import UserMessage
from tui.services.alarms import Alarms
from tui.storage.alarm_file import AlarmFile
from tui.store.fleet import Fleet

USER = {Audience.USER: frozenset(Topic)}


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Podtop:
    """One podtop's alarms, on files that others share."""

    def __init__(self, folder: Path, settings: Notify | None = None, audiences: Any = None) -> None:
        self.now = NOW
        self.fleet = Fleet(10.0, 30.0)
        self.calls: list[tuple[Call, frozenset[str]]] = []
        self.notes: list[UserMessage] = []
        self.called: Callable[[], object] = lambda: None
        self.alarms = Alarms(
            self.fleet, settings or Notify(), USER if audiences is None else audiences,
            file=lambda account: folder / f"{account or 'unknown'}.json",
            ring=self._ring, post=self.notes.append,
            clock=lambda: self.now, tz=UTC,
        )  # fmt: skip

    def _ring(self, call: Call, audiences: frozenset[str]) -> None:
        self.calls.append((call, audiences))
        self.called()

    def poll(self, now: float, *alerts: Attention, account: bool = True) -> None:
        self.now = now
        self.fleet.apply(snapshot(funds=funds() if account else None), now)
        self.fleet.attention, self.fleet.judged_at = alerts, now
        self.alarms.look()

    @property
    def texts(self) -> list[str]:
        return [words(call, str)[1] for call, _ in self.calls]


async def test_an_alert_rings_once_and_not_again_after_a_restart(tmp_path: Path) -> None:
    first = Podtop(tmp_path)
    for n in range(20):
        first.poll(NOW + 10 * n, alert(so_far=2.5))
    assert first.texts == ["alder: none of its GPUs has worked for 14 min; $2.50 so far, $23.92/h"]
    first.alarms.close()
    second = Podtop(tmp_path)
    for n in range(20):
        second.poll(NOW + 200 + 10 * n, alert(so_far=2.5))
    second.alarms.close()
    rung = {call.id for call, _ in first.calls}
    assert {call.id for call, _ in second.calls} <= rung, "the spool knows it by its id"


async def test_a_podtop_that_was_killed_while_an_alert_waited_leaves_it_to_the_next(tmp_path: Path) -> None:
    first = Podtop(tmp_path)
    first.poll(NOW, alert())
    assert first.calls == []
    second = Podtop(tmp_path)
    second.poll(NOW + 3600, alert())
    assert len(second.calls) == 1


async def test_of_two_podtops_one_rings(tmp_path: Path) -> None:
    one, two = Podtop(tmp_path), Podtop(tmp_path)
    for n in range(60):
        for podtop in (one, two):
            podtop.poll(NOW + 10 * n, alert(), alert("birch") if n > 20 else alert())
    rung = sorted(one.texts + two.texts)
    assert rung == [f"{pod}: none of its GPUs has worked for 14 min; $23.92/h" for pod in ("alder", "birch")]


async def test_a_podtop_without_a_terminal_does_not_silence_one_that_has_it(tmp_path: Path) -> None:
    recorder = Podtop(tmp_path)
    screen = Podtop(tmp_path, audiences={Audience.USER: frozenset(Topic), Audience.TERMINAL: frozenset({Topic.RUNS})})
    for n in range(20):
        recorder.poll(NOW + 10 * n, alert())
        screen.poll(NOW + 10 * n, alert())
    assert [audiences for _, audiences in recorder.calls] == [{Audience.USER}]
    assert [audiences for _, audiences in screen.calls] == [{Audience.TERMINAL}]


async def test_both_reaches_of_one_podtop_get_one_call(tmp_path: Path) -> None:
    screen = Podtop(tmp_path, audiences={Audience.USER: frozenset(Topic), Audience.TERMINAL: frozenset(Topic)})
    for n in range(20):
        screen.poll(NOW + 10 * n, alert())
    assert [audiences for _, audiences in screen.calls] == [{Audience.USER, Audience.TERMINAL}]


async def test_it_rings_while_polls_fail(tmp_path: Path) -> None:
    podtop = Podtop(tmp_path)
    podtop.poll(NOW, alert())
    for n in range(1, 10):
        podtop.now = NOW + 20 * n
        podtop.alarms.look()
    assert len(podtop.calls) == 1


async def test_it_rings_without_any_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.domain.ringing.GATHER", 0.02)
    podtop = Podtop(tmp_path)
    podtop.poll(NOW, alert())
    podtop.now = NOW + 1
    called = asyncio.Event()
    podtop.called = called.set
    async with asyncio.timeout(10):
        await called.wait()
    podtop.alarms.close()


async def test_history_and_what_was_never_judged_do_not_ring(tmp_path: Path) -> None:
    podtop = Podtop(tmp_path)
    podtop.fleet.past = True
    podtop.poll(NOW, alert())
    podtop.poll(NOW + 100, alert())
    podtop.fleet.past, podtop.fleet.judged_at = False, None
    podtop.alarms.look()
    podtop.alarms.close()
    assert podtop.calls == []
    assert files(tmp_path) == []


async def test_nothing_is_written_where_nobody_is_reached(tmp_path: Path) -> None:
    podtop = Podtop(tmp_path, audiences={})
    podtop.poll(NOW, alert())
    podtop.poll(NOW + 100, alert())
    assert podtop.calls == []
    assert files(tmp_path) == []


async def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    podtop = Podtop(tmp_path)
    for n in range(20):
        podtop.poll(NOW + 10 * n, alert())
    file = tmp_path / "user_1.json"
    before = file.stat().st_mtime_ns
    for n in range(80, 200):
        podtop.poll(NOW + 10 * n, alert())
    assert podtop.calls
    assert file.stat().st_mtime_ns != 0
    after = file.stat().st_mtime_ns
    for n in range(200, 400):
        podtop.poll(NOW + 10 * n, alert())
    assert file.stat().st_mtime_ns == after >= before


async def test_an_account_without_a_name_gets_alarms_too(tmp_path: Path) -> None:
    podtop = Podtop(tmp_path)
    for n in range(30):
        podtop.poll(NOW + 10 * n, alert(), account=False)
    assert len(podtop.calls) == 1
    assert "unknown.json" in files(tmp_path)


async def test_a_file_that_cannot_be_written_costs_no_alarm(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("a file in the place of a folder")
    podtop = Podtop(tmp_path / "there")
    for n in range(60):
        podtop.poll(NOW + 10 * n, alert())
    assert len(podtop.calls) == 1
    assert sorted(note.text.split(" in ")[0].split(" to ")[0] for note in podtop.notes) == [
        "cannot read the notified alerts", "cannot save the notified alerts",
    ]  # fmt: skip


async def test_a_damaged_file_is_set_aside_and_alerts_ring_again(tmp_path: Path) -> None:
    (tmp_path / "user_1.json").write_text("{")
    podtop = Podtop(tmp_path)
    for n in range(20):
        podtop.poll(NOW + 10 * n, alert())
    assert len(podtop.calls) == 1
    assert (tmp_path / "user_1.json.damaged").exists()
    assert "podtop notifies you of all current alerts again" in podtop.notes[0].text


async def test_quiet_hours_and_the_digest_are_local_times(tmp_path: Path) -> None:
    # NOW is 12:00 UTC.
    podtop = Podtop(tmp_path, Notify(quiet="11:00-13:00", digest="13:30"))
    for n in range(0, 3 * 360):
        podtop.poll(NOW + 10 * n, alert())
    assert [(words(call, str)[0], round((call.at - NOW) / 60)) for call, _ in podtop.calls] == [
        ("podtop: 1 alert in quiet hours", 60),
        ("podtop: daily digest", 90),
    ]


PROCESS = """
import json, sys
from pathlib import Path
from tests.services.test_alarms import Podtop
from tests.domain.test_ringing import NOW, alert

async def main():
    podtop = Podtop(Path(sys.argv[1]))
    for n in range(300):
        podtop.poll(NOW + 10 * n, *(alert(f"pod {k}") for k in range(1 + n // 20)))
    print(json.dumps({call.id: [a.pod for a in call.alerts] for call, _ in podtop.calls}))

import asyncio
asyncio.run(main())
"""


@pytest.mark.wide
def test_of_many_processes_at_once_each_alert_is_rung_by_one(tmp_path: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    # One that has just begun hands over again what was sent a moment ago; the spool knows it by its id.
    calls: dict[str, list[str]] = {}
    for process in running:
        calls |= json.loads(process.communicate(timeout=60)[0])
    told = [pod for pods in calls.values() for pod in pods]
    assert [process.returncode for process in running] == [0, 0, 0]
    # The last ones may still wait for others.
    state = AlarmFile(tmp_path / "user_1.json").all()[Audience.USER]
    waiting = [item.alert.pod for item in state.due]
    assert sorted(told + waiting) == sorted(f"pod {k}" for k in range(15))
