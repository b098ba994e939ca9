"""What podtop tells systemd, over a real datagram socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.system.sd_notify import ServiceManager, service_manager


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    name = f"podtop-test-{os.getpid()}"
    address = str(tmp_path / "notify") if request.param == "path" else f"@{name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address if request.param == "path" else f"\0{name}")
        listener.settimeout(5)
        yield address, listener


def test_each_message_is_a_datagram(manager: tuple[str, socket.socket]) -> None:
    address, listener = manager
    service = service_manager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
    assert service is not None
    assert service.watchdog == 30.0
    service.ready()
    service.status("● recording 3 pods\nREADY=0 " + "x" * 400)
    service.alive()
    service.patience(90)
    service.stopping()
    told = [listener.recv(4096).decode() for _ in range(5)]
    assert told[0] == "READY=1"
    assert told[1].startswith("STATUS=● recording 3 pods READY=0 x")
    assert "\n" not in told[1]
    assert told[2:] == ["WATCHDOG=1", "EXTEND_TIMEOUT_USEC=90000000", "STOPPING=1"]


def test_nothing_of_it_is_left_for_programs_that_podtop_starts() -> None:
    environ = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/home/ada"}
    assert service_manager(environ) is not None
    assert environ == {"HOME": "/home/ada"}


@pytest.mark.parametrize(
    ("environ", "expects"),
    [
        ({"WATCHDOG_USEC": "500000"}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "77"}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "78"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "٣"}, None),
        ({"WATCHDOG_USEC": "9" * 5000}, None),
        ({}, None),
    ],
)
def test_signs_of_life_are_for_the_process_that_is_watched(environ: dict[str, str], expects: float | None) -> None:
    service = service_manager({"NOTIFY_SOCKET": "@x", **environ}, pid=77)
    assert service is not None
    assert service.watchdog == expects


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/", "@", "relative"])
def test_without_a_socket_there_is_no_manager(address: str) -> None:
    assert service_manager({"NOTIFY_SOCKET": address}) is None


def test_a_manager_that_is_gone_disturbs_nothing(tmp_path: Path) -> None:
    service = ServiceManager(str(tmp_path / "gone"), 1.0)
    service.ready()
    service.stopping()
