"""A run that stands still is shown by its GPUs and by what it writes: it is one alert, which notifies once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.store.pods_at_work import EMPTY, HELD, HOUR, LATCHED, MINUTE, NOW, WAITS, WORKS, Gpu, box
from tests.store.test_run_alerts import Writing
from tui.domain.alert_rules import AlertRules, Mute, Rule
from tui.domain.attention import Attention, Grade, Topic
from tui.domain.events import Kind
from tui.domain.ringing import RingState, Seen, step
from tui.store.alert import Alert
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import AlertTracker
from tui.store.one_waste import Reported, unsaid
from tui.store.run_signals import Run


class Rung(Writing):
    """What is notified of a pod that writes and is polled."""

    def __init__(self, rules: AlertRules | None = None) -> None:
        super().__init__(step=20.0)
        self.state, self.rung = RingState(), list[Attention]()
        if rules is not None:
            self.fleet.alert_rules = rules

    def poll(self, *pods: object) -> None:
        super().poll(*pods)  # type: ignore[arg-type]
        at = self.at - self.step
        self.state, calls = step(self.state, Seen(self.fleet.attention, at, at, at))
        self.rung += [alert for call in calls for alert in call.alerts]

    @property
    def kinds_rung(self) -> list[str]:
        return [alert.kind for alert in self.rung]

    @property
    def shown(self) -> set[str]:
        return {alert.kind for alert in self.fleet.attention if alert.grade is not Grade.NOTICE}


def test_a_hang_that_ends_the_lines_too_is_one_alert_and_notifies_once() -> None:
    run = Rung()
    run.pass_by(40 * MINUTE)
    run.pass_by(3 * HOUR, writes=False, gpu=WAITS)
    assert run.kinds_rung == ["stalled"]
    assert run.shown == {"stalled"}
    alert = run.rung[0]
    assert alert.grade is Grade.BAD, "the GPUs agree"
    assert "GPUs at full load draw 150 of 700 W" in alert.text
    assert alert.so_far
    now = next(each for each in run.fleet.attention if each.kind == "stalled")
    assert now.so_far == pytest.approx(3 * 23.92, rel=0.02)
    assert run.events(Kind.HUNG, Kind.STALLED, Kind.HUNG_OVER) == [Kind.STALLED]
    run.pass_by(30 * MINUTE)
    assert run.events(Kind.STALLED_OVER, Kind.HUNG_OVER) == [Kind.STALLED_OVER]
    assert run.shown == set()


def test_where_the_hang_is_seen_first_it_says_that_the_lines_have_ended() -> None:
    run = Rung()
    for _ in range(12):
        # So far apart that it takes an hour until a missing one means something.
        run.pass_by(20.0)
        run.pass_by(5 * MINUTE, writes=False)
    run.pass_by(3 * HOUR, writes=False, gpu=WAITS)
    assert run.kinds_rung == ["hung"]
    assert run.shown == {"hung"}
    assert any("no new line for 3h" in alert.text for alert in run.fleet.attention)


def test_lines_that_go_on_beside_a_hang_are_said() -> None:
    run = Rung()
    run.pass_by(40 * MINUTE)
    run.pass_by(2 * HOUR, gpu=WAITS)
    assert run.kinds_rung == ["hung"]
    assert "but its log continues" in run.rung[0].text


@pytest.mark.parametrize(
    ("last", "gpu", "kind"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", EMPTY, "run-error"),
        ("Training completed. Do not forget to share your model on huggingface.co/models =)", EMPTY, "run-finished"),
        ("", LATCHED, "stalled"),
    ],
)
def test_however_it_ended_it_is_one_alert(last: str, gpu: Gpu, kind: str) -> None:
    run = Rung()
    run.pass_by(50 * MINUTE)
    if last:
        run.write(last)
    run.pass_by(3 * HOUR, writes=False, gpu=gpu)
    assert run.kinds_rung == [kind]
    assert run.shown == {kind}
    assert run.rung[0].wasted_per_hr == 23.92


def test_idle_gpus_that_hold_memory_are_money_and_have_their_own() -> None:
    run = Rung()
    run.pass_by(40 * MINUTE)
    run.pass_by(2 * HOUR, writes=False, gpu=HELD)
    assert run.kinds_rung == ["stalled", "idle"]
    assert {alert.topic for alert in run.rung} == {Topic.RUNS, Topic.MONEY}
    assert sum(alert.wasted_per_hr or 0.0 for alert in run.fleet.attention) == 23.92


def test_one_that_is_muted_or_off_says_nothing_and_the_other_does() -> None:
    run = Rung()
    run.fleet.mutes = (Mute("a", "stalled", NOW + 9 * HOUR),)
    run.pass_by(40 * MINUTE)
    run.pass_by(2 * HOUR, writes=False, gpu=WAITS)
    assert run.kinds_rung == ["hung"]
    run = Rung(AlertRules({"stalled": Rule(on=False)}))
    run.pass_by(40 * MINUTE)
    run.pass_by(2 * HOUR, writes=False, gpu=WAITS)
    assert run.kinds_rung == ["hung"]


def test_a_podtop_that_starts_in_between_does_not_notify_again() -> None:
    run = Rung()
    run.pass_by(40 * MINUTE)
    run.pass_by(2 * HOUR, writes=False, gpu=WAITS)
    saved = run.tracker.changes(run.at)
    later = AlertTracker()
    later.recall(run.told, saved=saved, last=run.at)
    run.tracker = later
    # What it wrote last is known of the recording, and nothing has been read of it yet.
    run.fleet.runs["a"] = Run(values_at=run.fleet.runs["a"].values_at, began=NOW)
    for _ in range(10):
        run.poll(box(WAITS, at=run.at))
    assert run.kinds_rung == ["stalled"]
    run.pass_by(30 * MINUTE, writes=False, gpu=WAITS)
    assert run.kinds_rung == ["stalled"]
    assert run.events(Kind.STALLED, Kind.STALLED_OVER, Kind.HUNG) == [Kind.STALLED]


def test_a_log_that_is_read_no_more_after_a_restart_hides_no_hang() -> None:
    run = Rung()
    run.pass_by(40 * MINUTE)
    run.pass_by(2 * HOUR, writes=False, gpu=WAITS)
    later = AlertTracker()
    later.recall(run.told, saved=run.tracker.changes(run.at), last=run.at)
    run.tracker = later
    run.fleet.runs.clear()
    for _ in range(30):
        run.poll(box(WAITS, at=run.at))
    assert run.shown == {"hung"}
    assert run.kinds_rung == ["stalled", "hung"]


def test_an_error_of_long_ago_hides_no_hang() -> None:
    run = Rung()
    run.pass_by(30 * MINUTE)
    run.write("Traceback (most recent call last):")
    # Lines without a figure: whether it goes on is unknown.
    for _ in range(36):
        run.write("still here")
        run.pass_by(5 * MINUTE, writes=False)
    assert run.kinds_rung == ["run-error"]
    for _ in range(12):
        run.write("still here")
        run.pass_by(5 * MINUTE, writes=False, gpu=WAITS)
    assert run.kinds_rung == ["run-error", "hung"]


def test_when_only_the_lines_go_on_the_hang_remains() -> None:
    run = Rung()
    run.pass_by(40 * MINUTE)
    run.pass_by(HOUR, writes=False, gpu=WAITS)
    run.pass_by(30 * MINUTE, gpu=WAITS)
    assert run.shown == {"hung"}
    assert run.events(Kind.STALLED, Kind.STALLED_OVER, Kind.HUNG) == [Kind.STALLED, Kind.STALLED_OVER, Kind.HUNG]
    assert run.kinds_rung == ["stalled", "hung"]


def test_a_log_that_cannot_be_read_any_more_hides_no_hang_behind_gpus_that_still_worked() -> None:
    run = Rung()
    run.pass_by(40 * MINUTE)
    run.pass_by(40 * MINUTE, writes=False)
    assert [alert.grade for alert in run.rung] == [Grade.NOTICE], "the GPUs work"
    run.fleet.runs["a"] = replace(run.fleet.runs["a"], problem="ssh: connection refused")
    for _ in range(int(3 * HOUR / run.step)):
        run.poll(box(WAITS, at=run.at))
    assert run.kinds_rung == ["stalled", "hung"]
    assert "hung" in run.shown


@pytest.mark.parametrize("grade", list(Grade))
def test_what_nothing_shows_now_silences_nothing_graver(grade: Grade) -> None:
    (hung,) = (kind for kind in KINDS if kind.name == "hung")
    (stalled,) = (kind for kind in KINDS if kind.name == "stalled")
    found = Alert(hung, Grade.BAD, "a", since=NOW)
    reported = {("a", Kind.STALLED): Reported(NOW - HOUR, grade), ("b", Kind.STALLED): Reported(NOW)}
    silenced = unsaid([found], reported, lambda key: False)
    assert silenced == ({("a", Kind.HUNG)} if grade is Grade.BAD else frozenset())
    assert unsaid([found], reported, lambda key: key[1] is Kind.STALLED) == frozenset()
    # And no notice silences what is worse.
    both = [found, Alert(stalled, grade, "a", since=NOW)]
    assert unsaid(both, reported, lambda key: False) == {("a", Kind.STALLED if grade is Grade.NOTICE else Kind.HUNG)}


def test_a_run_at_work_has_none() -> None:
    run = Rung()
    run.pass_by(HOUR, gpu=WORKS)
    assert run.rung == []
