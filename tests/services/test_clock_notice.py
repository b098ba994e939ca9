"""Wrong times of a recording are reported while they can be mended: once for each cause, never for a right clock."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from tests.make import pod, snapshot
from tests.services.test_session import NOW, Stand
from tui.clocks import Clocks
from tui.commands.watcher import EventLines
from tui.domain.events import Event, Kind
from tui.domain.user_message import UserMessage
from tui.services.clock_notice import ClockNotice
from tui.services.messages import MachineMessages


class Machine:
    """A machine whose time of day is `wrong` seconds ahead of RunPod's when podtop starts."""

    def __init__(self, wrong: float, begun: float | None = None) -> None:
        self.true, self.wrong = NOW, wrong
        self.clocks = Clocks(lambda: self.true + self.wrong, lambda: self.true - NOW, begun)
        self.told: list[UserMessage] = []
        self.events: list[Event] = []
        self.notice = ClockNotice(MachineMessages(self.told.append).post, self.events.append)

    def poll(self) -> list[str]:
        """What is reported after a response."""
        self.true += 5
        self.clocks.dated(float(int(self.true)), 0.2)
        before = len(self.told)
        self.notice.look(self.clocks)
        return [message.text for message in self.told[before:]]


@pytest.mark.parametrize(("wrong", "apart"), [(7200.0, "2h 00m ahead of"), (-7200.0, "2h 00m behind")])
def test_a_wrong_clock_is_reported_once_with_what_to_do_and_again_when_it_was_set(wrong: float, apart: str) -> None:
    machine = Machine(wrong)
    assert machine.poll() == [
        f"this machine's clock is {apart} RunPod's, and so are recorded times. Set it (NTP), then restart podtop."
    ]
    assert machine.poll() == []
    machine.wrong = 0.0
    assert machine.poll() == [
        f"podtop started with a clock {apart} RunPod's, and records those times. "
        "The clock is right now: restart podtop."
    ]
    assert machine.poll() == []
    assert [(event.kind, event.text) for event in machine.events] == [(Kind.TROUBLE, m.text) for m in machine.told]
    for event in machine.events:
        assert event.at == pytest.approx(machine.clocks.now(), abs=15), "by the time of the recording"


@pytest.mark.parametrize("wrong", [0.0, 40.0, -40.0])
def test_a_clock_that_is_near_is_not_worth_a_word(wrong: float) -> None:
    machine = Machine(wrong)
    assert machine.poll() == []
    assert machine.poll() == []


def test_a_right_clock_is_not_accused_of_the_time_of_an_earlier_podtop() -> None:
    machine = Machine(0.0, begun=NOW + 7200)
    (told,) = machine.poll()
    assert told.startswith("podtop started with a clock 2h 00m ahead of RunPod's")


@pytest.mark.parametrize("records", [True, False])
def test_only_who_records_is_told(tmp_path: Path, records: bool) -> None:
    stand = Stand(tmp_path, has_clocks=True, record=(lambda post: None) if records else None)
    stand.clocks.dated(stand.cloud.now - 7200, 0.2)
    stand.session.fleet.apply(snapshot(pod("pod1")), stand.cloud.now)
    before = len(stand.session.fleet.events)
    stand.session.changed()
    stand.session.changed()
    assert len(stand.session.fleet.events) - before == records, "it is in the event log"
    assert len([note for note in stand.notes if "recorded times" in note.text]) == records
    lines = EventLines(stand.session.fleet, stand.cloud.now - 60, UTC).new()
    assert not [line for line in lines if "recorded times" in line], "podtop record prints the message alone"


def test_of_several_accounts_one_says_it_and_the_event_log_of_each_keeps_it(tmp_path: Path) -> None:
    said: list[UserMessage] = []
    machine = MachineMessages(said.append)
    stands = [Stand(tmp_path, has_clocks=True, record=lambda post: None, machine=machine) for _ in range(3)]
    for stand in stands:
        stand.clocks.dated(stand.cloud.now - 7200, 0.2)
        stand.session.fleet.apply(snapshot(pod("pod1")), stand.cloud.now)
        stand.session.changed()
        assert [e.text for e in stand.session.fleet.events if e.kind is Kind.TROUBLE] == [said[0].text]
        assert not stand.notes, "it is not about one account, whose name its messages begin with"
    assert len(said) == 1
