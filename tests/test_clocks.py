"""Three clocks: what passes, the time of day, RunPod's; each moved while podtop runs, and none taken for another."""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.clocks import Clocks, TimeOfDay, instant, passed
from tui.storage.audit_log import AuditLog, entries
from tui.storage.clock_file import BOOT, ClockFile, dated_by, now_at

NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC
HOUR, DAY = 3600.0, 86_400.0
MOVES = (HOUR, -HOUR, DAY, -DAY)


class Machine:
    """A machine and a RunPod with clocks that a test sets."""

    def __init__(self) -> None:
        self.wall, self.boot, self.server = NOON, 1000.0, NOON
        self.clocks = Clocks(lambda: self.wall, lambda: self.boot)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds
        self.server += seconds

    def halt(self, seconds: float) -> None:
        """The machine stands still, and what counts its time does not know of it."""
        self.wall += seconds
        self.server += seconds

    def poll(self, latency: float = 0.2, unread: float = 0.0) -> float:
        """Ask and be answered; when that was, as far as is known."""
        self.wait(latency)
        date = float(int(self.server))
        self.wait(unread)
        self.clocks.dated(date, latency + unread)
        return self.clocks.answered(latency + unread)

    def live(self, seconds: float) -> None:
        for _ in range(int(seconds / 5)):
            self.wait(4.8)
            self.poll()


@pytest.mark.parametrize("by", MOVES)
def test_the_time_of_day_is_set_and_time_goes_on(by: float) -> None:
    machine = Machine()
    machine.live(60)
    before = machine.clocks.now()
    machine.wall += by
    assert machine.clocks.now() == before
    machine.live(600)
    assert machine.clocks.now() == pytest.approx(before + 600, abs=1e-6)
    assert machine.clocks.skew == 0
    assert machine.clocks.ahead() == pytest.approx(by)


@pytest.mark.parametrize("by", MOVES)
def test_runpods_clock_is_set_and_what_it_dates_is_brought_here(by: float) -> None:
    machine = Machine()
    machine.live(60)
    before = machine.clocks.now()
    machine.server += by
    machine.poll()
    assert machine.clocks.skew == 0, "one odd answer is believed in nothing"
    machine.live(600)
    assert machine.clocks.now() == pytest.approx(before + 600.2, abs=1e-6)
    assert abs(machine.clocks.skew - by) <= 1
    assert machine.clocks.ahead() == 0


@given(st.floats(-DAY, DAY), st.floats(0, 20), st.lists(st.floats(0.01, 3.0), min_size=1, max_size=40))
@settings(deadline=None)
def test_a_skew_is_known_from_the_first_answer_on_and_does_not_flicker(
    by: float, phase: float, latencies: list[float]
) -> None:
    machine = Machine()
    machine.server += by
    machine.wait(phase)
    told = []
    for latency in latencies:
        machine.wait(5.0)
        machine.poll(latency)
        told.append(machine.clocks.skew)
    assert all(abs(skew - by) <= 4.5 for skew in told)
    assert len(set(told)) <= 3


# From one podtop to the next


class Restarted(Machine):
    """A machine on which one podtop after the other runs, with the file by which they date what they write."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        (folder / "boot_id").write_text("first-boot\n")
        self._folder = folder
        self.start()

    def start(self) -> None:
        self.file = ClockFile(self._folder / "clock.json", self._folder / "boot_id")
        self.clocks = Clocks(lambda: self.wall, lambda: self.boot, self.file.begun())

    async def poll_once(self) -> float:
        self.wait(0.2)
        # One thread: what comes second in it is done after the first.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        dated_by(self.clocks, self.file)(float(int(self.server)), 0.2)
        await asyncio.to_thread(lambda: None)
        return self.clocks.now()

    def reboot(self) -> None:
        self.boot = 5.0
        (self._folder / "boot_id").write_text("second-boot\n")
        self.start()


@pytest.mark.parametrize("by", [*MOVES, 180.0, -180.0])
async def test_what_an_earlier_podtop_dated_is_as_old_as_it_is_whatever_was_set_in_between(
    by: float, tmp_path: Path
) -> None:
    machine = Restarted(tmp_path)
    before = await machine.poll_once()
    machine.wall += by
    machine.wait(60)
    machine.start()
    assert machine.clocks.now() - before == pytest.approx(60)
    assert await machine.poll_once() - before == pytest.approx(60.2)
    assert machine.clocks.skew == 0, "RunPod's clock agrees with that time"
    assert machine.clocks.ahead() == pytest.approx(by), "the time of day is shown as it is set"


async def test_a_time_that_runpods_clock_does_not_confirm_is_not_kept(tmp_path: Path) -> None:
    machine = Restarted(tmp_path)
    machine.wall -= HOUR
    machine.start()
    await machine.poll_once()
    assert machine.clocks.skew != 0
    assert not (tmp_path / "clock.json").exists()
    machine.wall += HOUR
    machine.start()
    assert machine.clocks.now() == pytest.approx(machine.wall)


@pytest.mark.parametrize("by", MOVES)
async def test_an_action_is_logged_with_the_true_time_and_found_by_it(by: float, tmp_path: Path) -> None:
    machine = Restarted(tmp_path)
    machine.wall += by
    machine.start()
    assert machine.clocks.utc() == machine.wall, "nothing else is known yet"
    await machine.poll_once()
    log = AuditLog(tmp_path / "a.jsonl", origin="demo", wall=machine.clocks.utc)
    log.intent("restart", "p", "n", {})
    (entry,) = entries(log.path)
    assert abs(datetime.fromisoformat(entry.time).timestamp() - machine.server) < 3
    assert abs(log.unfinished()[0].at - machine.server) < 3
    machine.wall -= by
    machine.start()
    later = AuditLog(log.path, origin="demo", wall=machine.clocks.utc)
    assert later.unfinished() == log.unfinished(), "whatever the clock of the podtop that reads it"


@pytest.mark.skipif(not BOOT.exists(), reason="nothing names a boot here")
def test_since_means_by_the_time_of_the_recording(tmp_path: Path) -> None:
    kept = ClockFile(tmp_path / "clock-x.json")
    begun = Clocks().now() - passed() - DAY
    kept.keep(begun)
    assert now_at(tmp_path / "none.json", *tmp_path.glob("clock-*.json")) == pytest.approx(begun + passed(), abs=5)
    assert now_at() == pytest.approx(begun + passed() + DAY, abs=5)


async def test_after_a_reboot_the_time_of_day_is_believed(tmp_path: Path) -> None:
    machine = Restarted(tmp_path)
    await machine.poll_once()
    machine.wall += HOUR
    machine.reboot()
    assert machine.clocks.now() == pytest.approx(machine.wall)


async def test_a_machine_that_was_halted_between_two_podtops_passes_the_time_in_which_it_was(tmp_path: Path) -> None:
    machine = Restarted(tmp_path)
    before = await machine.poll_once()
    machine.halt(8 * HOUR)
    machine.start()
    after = await machine.poll_once()
    assert after - before == pytest.approx(8 * HOUR + 0.2, abs=1e-3)
    assert (machine.clocks.skew, machine.clocks.ahead()) == (0, 0)
    machine.start()
    assert machine.clocks.now() == pytest.approx(machine.wall), "and the next one begins there"


async def test_a_kept_time_that_both_clocks_refute_is_forgotten(tmp_path: Path) -> None:
    machine = Restarted(tmp_path)
    await machine.poll_once()
    kept = json.loads((tmp_path / "clock.json").read_text())
    (tmp_path / "clock.json").write_text(json.dumps({**kept, "begun": kept["begun"] + DAY}))
    machine.start()
    before = machine.clocks.now()
    assert await machine.poll_once() > before, "time never goes back while podtop runs"
    machine.start()
    assert machine.clocks.now() == pytest.approx(machine.wall)


@pytest.mark.parametrize(
    "content", [b"", b"[", b"{}", b'{"boot": "first-boot", "begun": "x"}', b'{"boot": "first-boot", "begun": NaN}',
                b'{"boot": "first-boot", "begun": 1e999}', b'{"boot": "first-boot", "begun": ' + b"9" * 5000 + b"}",
                b"[" * 60_000, b"\xff\xfe", b'{"boot": ["first-boot"], "begun": 1}', b'"first-boot"', None],
)  # fmt: skip
def test_a_file_of_any_content_is_no_reason_to_fail(content: bytes | None, tmp_path: Path) -> None:
    if content is None:
        os.mkfifo(tmp_path / "clock.json")
    else:
        (tmp_path / "clock.json").write_bytes(content)
    machine = Restarted(tmp_path)
    assert machine.file.begun() is None
    assert machine.clocks.now() == NOON


@pytest.mark.parametrize("seconds", [HOUR, 8 * HOUR, DAY])
def test_a_machine_that_was_halted_and_does_not_know_it(seconds: float) -> None:
    machine = Machine()
    machine.live(60)
    before = machine.clocks.now()
    machine.halt(seconds)
    machine.poll()
    assert abs(machine.clocks.now() - before - seconds) <= 2.5
    assert (machine.clocks.skew, abs(machine.clocks.ahead()) <= 2.5) == (0, True)


def test_a_sleep_that_the_machine_counts_is_nothing_to_find_out() -> None:
    machine = Machine()
    machine.live(60)
    before = machine.clocks.now()
    machine.wait(8 * HOUR)
    machine.poll()
    assert machine.clocks.now() == pytest.approx(before + 8 * HOUR + 0.2)
    assert machine.clocks.skew == machine.clocks.ahead() == 0


def test_locks_count_whichever_clock_says_more() -> None:
    machine = Machine()
    begun = machine.clocks.away()
    machine.wait(100)
    assert machine.clocks.away() - begun == pytest.approx(100)
    machine.wall -= DAY
    machine.wait(100)
    assert machine.clocks.away() - begun == pytest.approx(200)
    machine.halt(HOUR)
    assert machine.clocks.away() - begun == pytest.approx(200 + HOUR)


def test_an_answer_that_lay_unread_is_as_old_as_its_date_says() -> None:
    machine = Machine()
    machine.live(60)
    assert machine.poll() == machine.clocks.now()
    asked = machine.clocks.now()
    at = machine.poll(latency=0.2, unread=20.0)
    assert asked <= at <= asked + 2
    assert machine.clocks.now() - at > 18


def test_a_date_that_is_none_is_not_believed() -> None:
    machine = Machine()
    machine.live(60)
    for date in (0.0, -1e12, 253_402_300_799.0):
        machine.clocks.dated(date, 0.1)
        machine.clocks.dated(date, 0.1)
    assert machine.clocks.skew == 0


@pytest.mark.parametrize("by", MOVES)
def test_the_time_of_day_reads_as_the_machines_clock_does(by: float) -> None:
    machine = Machine()
    zone = TimeOfDay(UTC, machine.clocks.ahead)
    machine.wall += by
    shown = datetime.fromtimestamp(machine.clocks.now(), zone)
    assert shown.replace(tzinfo=UTC).timestamp() == pytest.approx(NOON + by)
    assert instant(shown) == pytest.approx(machine.clocks.now())
    assert f"{shown:%H:%M}" == "12:00" if abs(by) == DAY else f"{shown:%H:%M}" != "12:00"


def test_without_a_zone_it_is_the_machines_own() -> None:
    zone = TimeOfDay(None, lambda: 0.0)
    shown = datetime.fromtimestamp(NOON, zone)
    assert shown.replace(tzinfo=None) == datetime.fromtimestamp(NOON)
    assert instant(shown) == NOON
    assert shown.utcoffset() == datetime.fromtimestamp(NOON).astimezone().utcoffset()
