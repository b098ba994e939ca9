"""`podtop record` as a service, as processes: what systemd hears, how it ends, and that of two one acts."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.cli import quick
from tests.cli.conftest import served
from tests.cli.test_log import podtop, state
from tests.cli.test_recording import KEY
from tui.domain.lease import Lease
from tui.domain.market_watch import MarketWatch
from tui.storage.lease_file import LeaseFile
from tui.storage.owner_file import Duty
from tui.storage.state_files import StateFiles
from tui.storage.watch_file import WatchFile

POD = "k3v9x0q2m1a7ze"


def started(url: str, *flags: str, interval: str = "2", **environ: str) -> quick.Process:
    arguments = ("record", "--interval", interval, "--api-url", url, *flags)
    return quick.Process(*arguments, env={**os.environ, **KEY, **environ}, merged=True)


def read_until(process: quick.Process, words: str) -> str:
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"{words!r} was never said: {seen}")


def test_systemd_hears_that_it_is_ready_how_it_goes_and_that_it_ends(url: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        process = started(url, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="400000")
        told = [systemd.recv(4096).decode() for _ in range(3)]
        while "WATCHDOG=1" not in told or not any("● recording 3 pods" in message for message in told):
            told.append(systemd.recv(4096).decode())
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate()
        took = time.monotonic() - begun
        while told[-1] != "STOPPING=1":
            told.append(systemd.recv(4096).decode())
    assert process.wait() == 0
    assert took < 2.0
    assert told.count("READY=1") == 1
    assert any(message.startswith("STATUS=") for message in told)


def test_it_ends_in_time_whatever_does_not_answer(tmp_path: Path) -> None:
    """The server takes requests and never responds: so does everything that is under way at the end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/graphql"
        process = started(url, "--enforce-leases", "--watches")
        request, _ = silent.accept()
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate()
        request.close()
    assert process.wait() == 0
    assert time.monotonic() - begun < 2.0


def test_of_two_one_stops_the_pod_and_the_other_takes_over_when_it_ends(tmp_path: Path) -> None:
    with served(str(tmp_path), "--pods", "3") as url:
        files = StateFiles(state, "127.0.0.1", url)
        leases, owners = LeaseFile(files.leases("user_2demoPodtop")), files.owners("user_2demoPodtop")
        far = time.time() + 86_400
        leases.set(Lease(POD, "llama-70b-pretrain", "stop", far, time.time()))
        both = [started(url, "--enforce-leases") for _ in range(2)]
        for process in both:
            assert "acts without asking: stops or terminates pods" in read_until(process, "acts without asking")
        while Duty.LEASES not in (found := owners.owners()) or not found[Duty.LEASES].pid:
            time.sleep(0.05)
        owner = found[Duty.LEASES]
        assert owner.kind == "record"
        first = next(process for process in both if process.pid == owner.pid)
        (second,) = (process for process in both if process is not first)
        first.send_signal(signal.SIGTERM)
        first.communicate()
        while owners.owners().get(Duty.LEASES, owner).pid != second.pid:
            time.sleep(0.05)
        now = time.time()
        leases.set(Lease(POD, "llama-70b-pretrain", "stop", now - 60, now - 3600, warned_at=now - 1200))
        read_until(second, "stopped")
        second.send_signal(signal.SIGTERM)
        second.communicate()
    intents = [json.loads(line) for line in podtop("log", "--json").stdout.splitlines()]
    assert [entry["action"] for entry in intents if entry["phase"] == "intent"] == ["stop"]


@pytest.mark.wide
def test_the_demo_rings_from_record_each_alert_once_with_dollars(tmp_path: Path) -> None:
    rang, settings = tmp_path / "rang", tmp_path / "settings.toml"
    rang.touch()
    command = json.dumps(["/bin/sh", "-c", f'echo "$PODTOP_TITLE: $PODTOP_TEXT" >> {rang}'])
    settings.write_text(f"[notify]\ncommand = {command}\n")
    process = quick.Process(
        "--demo", "--speed", "240", "record", "--interval", "2", "--config", str(settings), env={**os.environ, **KEY}
    )  # fmt: skip
    kinds = (
        "low runway|left at",
        "slow boot|still booting",
        "run ended|run seems to have ended",
        "straggler|lags",
        "idle",
    )
    end = time.monotonic() + 60
    while time.monotonic() < end and not all(re.search(kind, rang.read_text()) for kind in kinds):
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    lines = rang.read_text().splitlines()
    assert all(re.search(kind, "\n".join(lines)) for kind in kinds)
    assert all("$" in line for line in lines)
    assert len(set(lines)) == len(lines)


def test_read_only_and_what_acts_do_not_go_together() -> None:
    done = podtop("--read-only", "record", "--watches", "--auto")
    assert done.returncode == 2
    assert "--watches sends mutations" in done.stderr
    assert "--auto sends mutations" in done.stderr


def test_it_serves_its_metrics_and_asks_runpod_no_more_for_it(url: str) -> None:
    process = started(url, "--listen", "127.0.0.1:0", interval="300")
    where = re.search(r"serves (http://127\.0\.0\.1:\d+/metrics)", read_until(process, "serves http"))
    assert where
    read_until(process, "● recording")
    pages = [httpx.get(where[1]).text for _ in range(20)]
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.wait() == 0
    assert 'podtop_gpu_utilization_ratio{account="default",pod="' in pages[0]
    asked = [int(re.findall(r"podtop_api_requests_total{[^}]*} (\d+)", page)[0]) for page in pages]
    # What the first poll began may end in between; had a page asked, it would be one for each.
    assert asked[-1] - asked[0] < len(pages) / 2


def test_an_address_that_is_taken_ends_it_with_a_word(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = started(url, "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        said, _ = process.communicate()
    assert process.wait() == 2
    assert "cannot listen on 127.0.0.1:" in said
    assert "Traceback" not in said


@pytest.mark.wide
def test_two_watchers_of_an_account_ring_once_together(tmp_path: Path) -> None:
    """Of a watch that is met: it is told by whichever podtop writes it down first."""
    rang, settings = tmp_path / "rang", tmp_path / "settings.toml"
    rang.touch()
    command = json.dumps(["/bin/sh", "-c", f'echo "$PODTOP_TITLE: $PODTOP_TEXT" >> {rang}'])
    settings.write_text(f"[notify]\ncommand = {command}\n")
    with served(str(tmp_path), "--pods", "3") as url:
        files = StateFiles(state, "127.0.0.1", url)
        waits = MarketWatch("v1", time.time(), ("NVIDIA GeForce RTX 4090",), ("RTX 4090",), account="user_2demoPodtop")
        both = [started(url, "--market-interval", "2", "--config", str(settings)) for _ in range(2)]
        for process in both:
            read_until(process, "pods")
        WatchFile(files.watches()).put("v1", waits)
        while "is available" not in rang.read_text():
            time.sleep(0.05)
        for process in both:
            # What waits for others to be sent with is sent when a podtop ends.
            process.send_signal(signal.SIGTERM)
        for process in both:
            process.communicate()
    lines = rang.read_text().splitlines()
    assert sum("RTX 4090" in line and "is available" in line for line in lines) == 1
    assert len(set(lines)) == len(lines)


@pytest.mark.wide
def test_an_alert_rings_once_from_two_watchers_though_one_is_killed_while_it_waits(tmp_path: Path) -> None:
    """Of a lease that is due: it waits for others to be sent with, in a file that both have."""
    rang, settings = tmp_path / "rang", tmp_path / "settings.toml"
    rang.touch()
    command = json.dumps(["/bin/sh", "-c", f'echo "$PODTOP_TITLE: $PODTOP_TEXT" >> {rang}'])
    settings.write_text(f"[notify]\ncommand = {command}\n")

    def waits() -> bool:
        return any("llama-70b-pretrain" in path.read_text() for path in files.directory().glob("alarms/**/*.json"))

    with served(str(tmp_path), "--pods", "3") as url:
        files = StateFiles(state, "127.0.0.1", url)
        both = [started(url, "--enforce-leases", "--config", str(settings)) for _ in range(2)]
        for process in both:
            read_until(process, "pods")
        now = time.time()
        LeaseFile(files.leases("user_2demoPodtop")).set(Lease(POD, "llama-70b-pretrain", "stop", now + 500, now))
        while not waits():
            time.sleep(0.05)
        both[0].send_signal(signal.SIGKILL)
        both[0].communicate()
        # What waits is sent when a podtop ends, or by the next one if there was no time for it; by one alone.
        both[1].send_signal(signal.SIGTERM)
        both[1].communicate()
        third = started(url, "--enforce-leases", "--config", str(settings))
        read_until(third, "● recording")
        while "llama" not in rang.read_text():
            time.sleep(0.05)
        third.send_signal(signal.SIGTERM)
        third.communicate()
    (line,) = (line for line in rang.read_text().splitlines() if "llama-70b-pretrain" in line)
    assert "stop" in line
