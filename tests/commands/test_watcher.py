"""What `podtop record` says of itself: at its start, of each event, and to systemd."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.make import pod, snapshot
from tui.api.errors import Unreachable
from tui.commands.parser import parser
from tui.commands.watcher import NONE, EventLines, Powers, Service, SharedManager, announced, live, ways
from tui.config.fields import tables
from tui.config.loader import Config
from tui.config.settings import Notify, Watcher
from tui.domain.events import Event, Kind
from tui.store.fleet import Fleet
from tui.system.sd_notify import ServiceManager

NOON = 1_795_435_200.0


@pytest.mark.parametrize(
    ("powers", "config", "expected"),
    [
        (NONE, Config(), NONE),
        (Powers(leases=True), Config(), Powers(leases=True)),
        (NONE, Config(watcher=Watcher(watches=True)), Powers(watches=True)),
        (Powers(leases=True), Config(watcher=Watcher(idle=True)), Powers(leases=True, idle=True)),
        (Powers(True, True, True), Config(read_only=True, watcher=Watcher(leases=True)), NONE),
    ],
)
def test_it_acts_on_what_the_command_line_or_the_settings_allow(
    powers: Powers, config: Config, expected: Powers
) -> None:
    assert powers.within(config) == expected


def test_it_says_first_what_it_will_do() -> None:
    quiet = "\n".join(announced(NONE, (), read_only=False))
    assert "notifies nobody" in quiet
    assert "changes no pod: --enforce-leases, --watches" in quiet
    assert "read-only mode" in "\n".join(announced(NONE, (), read_only=True))
    all_of_it = "\n".join(announced(Powers(True, True, True), ("webhook", "command"), read_only=False))
    assert "notifies by webhook, command" in all_of_it
    assert "acts without asking: stops or terminates pods whose lease ends; deploys and resumes" in all_of_it
    assert "add --enforce-leases" not in all_of_it
    # A pod that it rents with a lease runs on if nobody enforces that.
    assert "add --enforce-leases" in "\n".join(announced(Powers(watches=True), (), read_only=False))


def test_what_writes_to_a_terminal_is_no_way_without_one() -> None:
    config = Config(notify=Notify(bell=True, osc9=True, command=("true",)))
    assert ways(config, None) == ("command",)
    assert ways(config, lambda text: None) == ("terminal", "command")


def test_each_event_is_a_line_once_and_what_a_message_says_is_none(tmp_path: Path) -> None:
    fleet = Fleet(5.0, 30.0)
    fleet.apply(snapshot(pod("a", name="train")), NOON)
    lines = EventLines(fleet, NOON)
    fleet.events.append(Event(NOON - 60, "a", Kind.IDLE, "all GPUs idle before podtop ran"))
    fleet.events.append(Event(NOON + 1, "a", Kind.IDLE, "all GPUs idle for 10 min ($1.38/h)"))
    fleet.events.append(Event(NOON + 2, "a", Kind.DONE, "stop train: stopped"))
    assert [line[9:] for line in lines.new()] == ["idle · train: all GPUs idle for 10 min ($1.38/h)"]
    assert lines.new() == []
    for number in range(fleet.events.maxlen or 0):
        fleet.events.append(Event(NOON + 3, "", Kind.RUNWAY, f"runway {number} h"))
    assert len(lines.new()) == fleet.events.maxlen


class Systemd:
    """A service whose socket, polls and clock the test holds."""

    def __init__(self, path: Path) -> None:
        self.now = NOON
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)
        self.fleet = Fleet(5.0, 30.0)
        self.manager = ServiceManager(str(path), 60.0)
        self.service = Service(self.manager, self.fleet, lambda: self.now, monotonic=lambda: self.now)

    def poll(self, status: str = "● recording", after: float = 5.0) -> None:
        self.now += after
        self.fleet.apply(snapshot(pod("a", name="train")), self.now)
        self.service.changed(status)

    def fail(self, retry_in: float = 10.0) -> None:
        self.now += 5
        self.fleet.fail(Unreachable("RunPod cannot be reached."), self.now, self.now + retry_in)
        self.service.changed("▲ RunPod cannot be reached. Retrying.")

    def told(self) -> list[str]:
        messages: list[str] = []
        try:
            while True:
                messages.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return messages


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    stand = Systemd(tmp_path / "notify")
    yield stand
    stand.socket.close()


def test_it_is_ready_with_the_first_response_and_a_start_without_network_is_no_failure(systemd: Systemd) -> None:
    for _ in range(8):
        systemd.fail(60.0)
    before = systemd.told()
    assert "READY=1" not in before
    assert before.count("EXTEND_TIMEOUT_USEC=150000000") == 8
    assert "STATUS=▲ RunPod cannot be reached. Retrying." in before
    systemd.poll()
    assert systemd.told() == ["READY=1", "STATUS=● recording"]
    systemd.fail()
    assert systemd.told() == ["STATUS=▲ RunPod cannot be reached. Retrying."]
    systemd.poll()
    assert systemd.told() == ["STATUS=● recording"], "it is ready once"
    for _ in range(20):
        systemd.poll()
    assert len(systemd.told()) == 1, "figures alone are told once a minute"


def test_of_several_accounts_all_are_to_be_polled(systemd: Systemd) -> None:
    shared = SharedManager(systemd.manager, 2)
    fleets = [Fleet(5.0, 30.0), Fleet(5.0, 30.0)]
    services = [
        Service(shared.of(name), fleet, lambda: systemd.now, monotonic=lambda: systemd.now)
        for name, fleet in zip(("work", "lab"), fleets, strict=True)
    ]

    def poll(number: int) -> None:
        fleets[number].apply(snapshot(pod("a")), systemd.now)
        services[number].changed("● recording")

    async def signs() -> int:
        async def sleep(seconds: float) -> None:
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await live(systemd.manager, services, sleep)
        return systemd.told().count("WATCHDOG=1")

    poll(0)
    assert systemd.told() == ["STATUS=work: ● recording"]
    poll(1)
    assert systemd.told() == ["READY=1", "STATUS=lab: ● recording"]
    assert asyncio.run(signs()) == 1
    systemd.now += 200
    poll(0)
    systemd.told()
    assert asyncio.run(signs()) == 0, "one account that is polled hides no other that is not"


def test_signs_of_life_stop_when_polls_do(systemd: Systemd) -> None:
    async def signs() -> int:
        systemd.poll()
        systemd.told()
        pauses: list[float] = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)
            systemd.now += seconds
            if len(pauses) < 5:
                systemd.poll(after=0)
            if len(pauses) == 50:
                raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await live(systemd.manager, (systemd.service,), sleep)
        assert set(pauses) == {30.0}
        return systemd.told().count("WATCHDOG=1")

    # As long as there are polls, and the grace after the last of them.
    assert asyncio.run(signs()) == 5 + 3


def test_a_long_wait_that_runpod_asked_for_is_no_standstill(systemd: Systemd) -> None:
    systemd.fail(600.0)
    systemd.now += 650
    assert systemd.service.is_alive()
    systemd.now += 60
    assert not systemd.service.is_alive()


async def test_without_a_watchdog_there_are_no_signs_of_life(systemd: Systemd) -> None:
    systemd.manager.watchdog = None
    await live(systemd.manager, (systemd.service,))
    assert systemd.told() == []


def test_no_flag_of_it_is_taken_for_a_table_of_the_settings() -> None:
    given = vars(parser().parse_args(["record", "--auto", "--watches", "--enforce-leases"]))
    assert not given.keys() & tables().keys()
