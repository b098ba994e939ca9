"""Alerts about runs, by what they write: each named within its hold, begun and ended once, and by nothing unread."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.store.pods_at_work import EMPTY, HOUR, MINUTE, NOW, WORKS, Gpu, Watch, box
from tui.domain.alert_rules import AlertRules, Rule
from tui.domain.attention import Grade
from tui.domain.events import Kind
from tui.domain.signals.detection import LineReader
from tui.domain.signals.machine import Disk, Machine, Process
from tui.store.alert import Alert
from tui.store.kinds.runs import diverged_since
from tui.store.run_signals import RunTracker

OURS = {"disk-full", "loss-nan", "run-error", "stalled", "run-finished", "diverged", "plateau"}


class Writing(Watch):
    """A pod at work whose run writes what a test says."""

    def __init__(self, *, quotes: bool = False, step: float = 5.0) -> None:
        super().__init__(step)
        self.tracker_of_run, self.reader = RunTracker(quotes=quotes), LineReader()
        self.number = 0

    def write(self, text: str, at: float | None = None) -> None:
        self.tracker_of_run.take(self.at if at is None else at, text, self.reader.read(text))

    def pass_by(self, seconds: float, *, writes: bool = True, gpu: Gpu = WORKS, loss: str = "") -> None:
        """Time passes; the run goes on unless it is not to."""
        end = self.at + seconds
        while self.at < end:
            if writes:
                self.number += 1
                self.write(f"step {self.number}/100000 | loss {loss or 2.5 + 0.01 * (self.number % 7):.5} | lr 1e-4")
            self.fleet.runs["a"] = self.tracker_of_run.settle()
            self.poll(box(gpu, at=self.at))

    @property
    def ours(self) -> dict[str, Alert]:
        return {name: alert for name, alert in self.alerts.items() if name in OURS}

    def events(self, *kinds: Kind) -> list[Kind]:
        return [event.kind for event in self.told if event.kind in kinds]


def test_a_run_that_is_well_has_no_alert() -> None:
    run = Writing()
    run.pass_by(HOUR)
    assert run.ours == {}


def test_a_loss_that_is_no_number_is_reported_within_its_hold_and_ends_with_a_number() -> None:
    run = Writing()
    run.pass_by(10 * MINUTE)
    run.pass_by(30.0, loss="nan")
    alert = run.ours["loss-nan"]
    assert (alert.grade, alert.wasted_per_hr) == (Grade.BAD, 23.92)
    text = alert.kind.text(alert, None, run.at)
    assert text.startswith("loss is NaN (step 12"), text
    assert "($23.92/h)" in text
    run.pass_by(5 * MINUTE)
    assert run.events(Kind.NOT_FINITE, Kind.NOT_FINITE_OVER) == [Kind.NOT_FINITE, Kind.NOT_FINITE_OVER]


def test_a_run_that_writes_nothing_has_stalled_and_the_gpus_say_whether_they_agree() -> None:
    run = Writing()
    run.pass_by(20 * MINUTE)
    run.pass_by(9 * MINUTE, writes=False)
    assert run.ours == {}
    run.pass_by(2 * MINUTE, writes=False)
    alert = run.ours["stalled"]
    assert alert.grade is Grade.NOTICE, "GPUs at work disagree"
    text = alert.kind.text(alert, None, run.at)
    assert "while billed $23.92/h; median is one in 5s; GPUs still work" in text
    assert alert.wasted_per_hr is None

    idle = Writing()
    idle.pass_by(40 * MINUTE)
    idle.pass_by(40 * MINUTE, writes=False, gpu=EMPTY)
    alert = idle.ours["stalled"]
    assert alert.grade is Grade.BAD, "GPUs that rest agree"
    assert "GPUs do nothing either" in alert.note
    assert alert.wasted_per_hr == 23.92, "it is the one that is shown"
    run.pass_by(MINUTE)
    assert run.events(Kind.STALLED, Kind.STALLED_OVER) == [Kind.STALLED, Kind.STALLED_OVER]


def test_a_log_that_is_not_read_has_not_stalled() -> None:
    run = Writing()
    run.pass_by(20 * MINUTE)
    run.tracker_of_run.hindered("the network is down.")
    run.pass_by(HOUR, writes=False)
    assert run.ours == {}


def test_what_is_not_read_any_more_ends_nothing() -> None:
    run = Writing()
    run.pass_by(10 * MINUTE)
    run.pass_by(MINUTE, loss="nan")
    run.tracker_of_run.hindered("refused")
    run.pass_by(20 * MINUTE, writes=False)
    assert run.events(Kind.NOT_FINITE, Kind.NOT_FINITE_OVER) == [Kind.NOT_FINITE]


def test_a_crash_is_named_and_quoted_only_where_that_is_wanted() -> None:
    for quotes in (False, True):
        run = Writing(quotes=quotes)
        run.pass_by(10 * MINUTE)
        run.write("Traceback (most recent call last):")
        run.write("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB")
        run.pass_by(2 * MINUTE, writes=False)
        alert = run.ours["run-error"]
        text = alert.kind.text(alert, None, run.at)
        assert text.startswith("out of GPU memory 1m 55s ago, no progress since")
        assert ("Tried to allocate" in text) is quotes
        assert set(run.ours) == {"run-error"}


def test_a_traceback_that_is_followed_by_progress_is_none() -> None:
    run = Writing()
    run.pass_by(10 * MINUTE)
    run.write("Traceback (most recent call last):")
    run.pass_by(5 * MINUTE)
    assert run.ours == {}
    assert run.events(Kind.RUN_ERROR) == []


def test_a_run_that_has_finished_is_no_stall_and_says_what_to_do() -> None:
    run = Writing()
    run.pass_by(10 * MINUTE)
    run.write("Training complete")
    run.pass_by(30 * MINUTE, writes=False)
    assert set(run.ours) == {"run-finished"}
    alert = run.ours["run-finished"]
    text = alert.kind.text(alert, None, run.at)
    assert text.startswith("run finished 29m")
    assert text.endswith("; stop it: S")


def test_a_loss_far_above_its_median_has_diverged_and_may_come_back() -> None:
    run = Writing()
    run.pass_by(20 * MINUTE)
    run.pass_by(2 * MINUTE, loss="9.75")
    assert "3.9 times its median of 2.53" in run.ours["diverged"].note
    run.pass_by(10 * MINUTE)
    assert run.events(Kind.DIVERGED, Kind.DIVERGED_OVER) == [Kind.DIVERGED, Kind.DIVERGED_OVER]


def test_one_bad_batch_is_no_divergence() -> None:
    run = Writing()
    run.pass_by(20 * MINUTE)
    run.pass_by(5.0, loss="99.5")
    run.pass_by(MINUTE)
    assert run.events(Kind.DIVERGED) == []
    assert diverged_since(run.fleet.runs["a"]) is None


@pytest.mark.wide
def test_a_plateau_is_judged_only_where_it_is_wanted() -> None:
    for on in (False, True):
        run = Writing()
        if on:
            run.fleet.alert_rules = AlertRules({"plateau": Rule(hold=HOUR)})
        run.pass_by(2 * HOUR, loss="2.5")
        assert ("plateau" in run.ours) is on


def test_a_stopped_pod_has_none_of_these() -> None:
    run = Writing()
    run.pass_by(10 * MINUTE)
    run.pass_by(MINUTE, loss="nan")
    run.poll(replace(box(WORKS, at=run.at), status="EXITED", runtime=None))
    assert run.ours == {}
    assert run.events(Kind.NOT_FINITE_OVER) == [Kind.NOT_FINITE_OVER]


def test_a_restart_ends_what_was_before_it() -> None:
    run = Writing()
    run.pass_by(10 * MINUTE)
    run.pass_by(MINUTE, loss="nan")
    run.tracker_of_run.restarted()
    run.pass_by(MINUTE, writes=False)
    (over,) = [event for event in run.told if event.kind is Kind.NOT_FINITE_OVER]
    assert "container restarted" in over.text
    assert run.at - NOW > 0


def test_a_disk_that_is_nearly_full_is_reported_and_is_over_once_it_has_room() -> None:
    run = Writing()
    run.pass_by(MINUTE)
    for used, grade in ((90.0, None), (96.0, Grade.WARN), (99.0, Grade.BAD), (50.0, None)):
        for _ in range(15):
            run.tracker_of_run.take_machine(
                Machine(run.at, (), (Disk("/workspace", 100.0, used), Disk("/", 10.0, 1.0)))
            )
            run.pass_by(30.0)
        alert = run.ours.get("disk-full")
        assert (alert.grade if alert else None) == grade
        if alert is not None:
            assert alert.note == f"/workspace is {used:.0f}% full, {100 - used:.1f} GB free"
    assert run.events(Kind.DISK, Kind.DISK_OVER) == [Kind.DISK, Kind.DISK, Kind.DISK_OVER]


def test_disks_that_were_not_read_for_long_are_not_judged() -> None:
    run = Writing()
    run.tracker_of_run.take_machine(Machine(run.at, (), (Disk("/", 100.0, 99.0),)))
    run.pass_by(HOUR)
    assert run.ours == {}
    assert run.events(Kind.DISK, Kind.DISK_OVER) == [Kind.DISK]


def machine_of(at: float, *processes: Process) -> Machine:
    return Machine(at, (Process(1, "sshd", 9.0), *processes))


def test_a_run_whose_processes_are_gone_has_finished_although_it_does_not_say_so() -> None:
    run = Writing()
    trainer = Process(77, "python3", 9000.0, 60_000.0)
    run.pass_by(5 * MINUTE)
    run.tracker_of_run.take_machine(machine_of(run.at, trainer))
    run.pass_by(5 * MINUTE)
    assert run.ours == {}
    run.tracker_of_run.take_machine(machine_of(run.at))
    run.pass_by(2 * MINUTE, writes=False)
    alert = run.ours["run-finished"]
    text = alert.kind.text(alert, None, run.at)
    assert text.startswith("training process gone for 1m 55s"), text
    assert f"(step {run.number}), still billed $23.92/h" in text
    run.pass_by(20 * MINUTE, writes=False)
    assert set(run.ours) == {"run-finished"}, "of one waste there is one alert"
    run.tracker_of_run.take_machine(machine_of(run.at, trainer))
    run.pass_by(2 * MINUTE)
    assert run.events(Kind.FINISHED, Kind.FINISHED_OVER) == [Kind.FINISHED, Kind.FINISHED_OVER]


def test_a_process_that_is_not_known_to_be_gone_ends_nothing() -> None:
    trainer = Process(77, "python3", 9000.0)
    for later in (
        Machine(0.0),
        machine_of(0.0, Process(77, "python3", 100.0)),
        machine_of(0.0, Process(78, "pt_main_thread", 4000.0)),
    ):
        run = Writing()
        run.pass_by(5 * MINUTE)
        run.tracker_of_run.take_machine(machine_of(run.at, trainer))
        run.tracker_of_run.take_machine(replace(later, at=run.at))
        run.pass_by(2 * MINUTE, writes=False)
        assert "run-finished" not in run.ours, later
    # Other programs than trainers were never the run.
    run = Writing()
    run.pass_by(5 * MINUTE)
    run.tracker_of_run.take_machine(machine_of(run.at, Process(9, "jupyter-lab", 2000.0)))
    run.tracker_of_run.take_machine(machine_of(run.at))
    run.pass_by(2 * MINUTE, writes=False)
    assert "run-finished" not in run.ours


def test_a_process_that_is_gone_after_an_error_is_that_error() -> None:
    run = Writing()
    run.pass_by(5 * MINUTE)
    run.tracker_of_run.take_machine(machine_of(run.at, Process(77, "python3", 9000.0, 60_000.0)))
    run.write("torch.OutOfMemoryError: CUDA out of memory.")
    run.tracker_of_run.take_machine(machine_of(run.at))
    run.pass_by(3 * MINUTE, writes=False)
    assert set(run.ours) == {"run-error"}
