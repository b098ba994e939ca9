"""Alerts about training runs, by what they write themselves. Pure; instants in epoch seconds.

They exist only for pods that the user has named in [signals]. What is not read at the moment begins and ends nothing.
Of one waste there is one alert (`tui.store.one_waste`): where the GPUs are idle too, theirs counts the money.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from tui.domain.attention import Grade, Ring, Topic
from tui.domain.events import Kind as EventKind
from tui.format import numbers as fmt
from tui.store.alert import Alert, AlertKind, Basis, Over, PodView
from tui.store.kinds.gpus import drawn
from tui.store.kinds.parts import any_so_far, cost, if_readable, if_running, price, run_so_far, spent, up_since
from tui.store.run_signals import SILENT, Run, has_ended, patience

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record
    from tui.store.holds import Hold

DIVERGES = 3.0
"""A loss this many times its median has diverged."""

JUDGED, BY = 3, 200
"""Losses that must all be so, and losses before them by which the median is known; at least a tenth of these."""

STALE = 900.0
"""Seconds after which what a pod said about its disks says nothing any more."""

PLATEAU_GAIN = 0.001
"""The part of its value by which a loss must get better."""


def _run(view: PodView) -> Run | None:
    """The run, if it is read at the moment, and has written what a run writes."""
    if view.fleet is None or view.fleet.past:
        # What a demo shows of its past is not what is read now.
        return None
    run = view.fleet.runs.get(view.pod.id)
    return None if run is None or run.problem or run.began is None else run


AGREES_AFTER = 300.0
"""Seconds for which GPUs must have rested to agree with what a run writes."""


def _rest(view: PodView) -> str:
    """How the GPUs show that nothing works, as the end of a sentence; empty if they do not."""
    work, watts = view.window.work, view.window.watts
    if _rests(watts.hung) or _rests(watts.latched):
        return f"; GPUs at full load draw {drawn(view)}"
    return "; GPUs do nothing either" if _rests(work.idle) else ""


def _rests(hold: Hold) -> bool:
    return hold.is_settled or (hold.since is not None and hold.total >= AGREES_AFTER)


def _idle_counts(view: PodView) -> bool:
    """Whether idle GPUs have an alert of their own, with the money."""
    return view.window.work.idle.is_settled and not view.window.work.ended.is_settled


def _alert(
    kind: AlertKind, view: PodView, since: float, note: str, *, wastes: bool = True, grade: Grade | None = None
) -> Alert | None:
    """The alert of what has lasted since an instant, if that is long enough."""
    lasts = max(0.0, view.now - since)
    if lasts < view.hold(kind):
        return None
    wasted = price(view.pod) if wastes and not _idle_counts(view) else None
    return kind.alert(
        view.pod, grade=grade or kind.grade, since=since, lasts=lasts, note=note, basis=Basis.HISTORY,
        wasted_per_hr=wasted, so_far=spent(wasted, lasts), up_since=up_since(view),
    )  # fmt: skip


def _dollars(alert: Alert, now: float) -> str:
    return f"({cost(alert)}){any_so_far(alert, now)}"


def _quoted(run: Run, line: str) -> str:
    """A line of the log as the end of a sentence, where the user wants it quoted."""
    return f": {line[:120]}" if run.quotes and line else ""


def _at_step(run: Run) -> str:
    return f" (step {run.now.step:,})" if run.now.step is not None else ""


def _find_not_finite(kind: AlertKind, view: PodView) -> Alert | None:
    run = _run(view)
    if run is None or run.not_finite is None:
        return None
    return _alert(kind, view, run.not_finite.at, f"loss is {run.now.not_finite or 'NaN'}{_at_step(run)}")


def diverged_since(run: Run) -> tuple[float, float, float] | None:
    """Since when all losses are far above the median before them, with the last one and the median; None if not."""
    losses = run.series.last("loss", BY)
    before, late = losses[:-JUDGED], losses[-JUDGED:]
    if len(before) < BY // 10:
        return None
    usual = median(point.value for point in before)
    if usual <= 0 or any(point.value < DIVERGES * usual for point in late):
        return None
    since = late[0].at
    for point in before[::-1]:
        if point.value < DIVERGES * usual:
            break
        since = point.at
    return since, late[-1].value, usual


def _find_diverged(kind: AlertKind, view: PodView) -> Alert | None:
    run = _run(view)
    if run is None or run.not_finite is not None or (diverged := diverged_since(run)) is None:
        return None
    since, last, usual = diverged
    return _alert(kind, view, since, f"loss {last:.4g}, {last / usual:.1f} times its median of {usual:.4g}")


def _find_plateau(kind: AlertKind, view: PodView) -> Alert | None:
    run = _run(view)
    if run is None:
        return None
    span = view.hold(kind)
    losses = run.series.column("loss")
    earlier = [point.value for point in losses if point.at < view.now - span]
    late = [point.value for point in losses if point.at >= view.now - span]
    if len(earlier) < BY // 10 or len(late) < BY // 10:
        return None
    best, now = min(earlier), min(late)
    if best - now > PLATEAU_GAIN * abs(best):
        return None
    return _alert(kind, view, view.now - span, f"loss has not improved on {best:.4g}", wastes=False)


def _find_stalled(kind: AlertKind, view: PodView) -> Alert | None:
    run = _run(view)
    if run is None or run.line_at is None or run.values_at is None:
        return None
    if has_ended(run) or run.trouble is not None:
        return None
    if view.now - run.line_at <= patience(run, view.hold(kind)):
        return None
    usual = f"; median is {fmt.pace(run.usual)}" if run.usual is not None else ""
    # The GPUs of the same time agree, or do not.
    if rest := _rest(view):
        return _alert(kind, view, run.line_at, f"{usual}{rest}", grade=Grade.BAD)
    if view.window.work.works:
        return _alert(kind, view, run.line_at, f"{usual}; GPUs still work", wastes=False, grade=Grade.NOTICE)
    return _alert(kind, view, run.line_at, usual)


def _find_error(kind: AlertKind, view: PodView) -> Alert | None:
    run = _run(view)
    if run is None or run.trouble is None or run.trouble.trouble is None or run.ended is not None:
        return None
    at, line = run.trouble.at, run.trouble.line
    return _alert(kind, view, at, f"{run.trouble.trouble.value}|{_rest(view)}{_quoted(run, line)}")


def _error_text(alert: Alert, now: float) -> str:
    trouble, _, quoted = alert.note.partition("|")
    ago = fmt.lasting(alert.lasts)
    return f"{trouble} {ago} ago, no progress since {_dollars(alert, now)}{quoted}"


def _find_finished(kind: AlertKind, view: PodView) -> Alert | None:
    run = _run(view)
    if run is None:
        return None
    if run.ended is not None:
        return _alert(kind, view, run.ended.at, _at_step(run))
    # A process that is gone after an error has an alert already; one that wrote nothing may be no run.
    if run.gone is None or run.trouble is not None or run.values_at is None:
        return None
    return _alert(kind, view, run.gone, f"{GONE}{_at_step(run)}")


GONE = "|"
"""How the note of a run begins whose processes are gone, and that has not said that it ended."""


def _finished_text(alert: Alert) -> str:
    lasts = fmt.lasting(alert.lasts)
    if alert.note.startswith(GONE):
        return f"training process gone for {lasts}{alert.note.removeprefix(GONE)}"
    return f"run finished {lasts} ago{alert.note}"


def _finished_begins(alert: Alert) -> str:
    gone = alert.note.startswith(GONE)
    return f"training process gone{alert.note.removeprefix(GONE)}" if gone else f"run finished{alert.note}"


def _if_read(why: Callable[[Run], str | None]) -> Over:
    """Why an alert is over, by what the run writes: what is not read ends nothing."""

    def over(fleet: Fleet, record: Record | None) -> str | None:
        def of(pod: Pod) -> str | None:
            run = fleet.runs.get(pod.id)
            if run is None or run.problem:
                return None
            # What is known of a recording only has not been read yet.
            restarted = run.line_at is None and run.machine is None and run.values_at is None
            return "container restarted" if restarted else why(run)

        return if_readable(lambda pod: if_running(of)(fleet, record))(fleet, record)

    return over


FULL, NEARLY_FULL = 0.95, 0.98
"""Of a disk: the share from which on it is reported, and from which on that is grave. A full disk ends a run."""


def _find_disk(kind: AlertKind, view: PodView) -> Alert | None:
    run = view.fleet.runs.get(view.pod.id) if view.fleet is not None and not view.fleet.past else None
    if run is None or run.machine is None or view.now - run.machine.at > STALE:
        return None
    fullest = max(run.machine.disks, key=lambda disk: disk.share, default=None)
    if fullest is None or fullest.share < FULL:
        return None
    step = int(fullest.share >= NEARLY_FULL)
    free = fullest.size - fullest.used
    return kind.alert(
        view.pod, grade=Grade.BAD if step else kind.grade, step=step,
        note=f"{fullest.mount} is {100 * fullest.share:.0f}% full, {free:.1f} GB free", up_since=up_since(view),
    )  # fmt: skip


def _why_room(run: Run) -> str | None:
    """Why no disk is full any more."""
    disks = run.machine.disks if run.machine is not None else ()
    return "disk has room again" if disks and all(disk.share < FULL for disk in disks) else None


NOT_FINITE = AlertKind(
    name="loss-nan", word="loss NaN", grade=Grade.BAD, holds=20.0, event=EventKind.NOT_FINITE, find=_find_not_finite,
    running=True, topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: f"{alert.note} for {fmt.lasting(alert.lasts)} {_dollars(alert, now)}",
    begins=lambda alert, now: f"{alert.note} {_dollars(alert, now)}",
    over=_if_read(lambda run: "loss is a number again" if run.not_finite is None and run.values_at else None),
)  # fmt: skip
"""No loss that is a number since the first that was none."""

DIVERGED = AlertKind(
    name="diverged", grade=Grade.WARN, holds=60.0, event=EventKind.DIVERGED, find=_find_diverged, running=True,
    topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: f"{alert.note}, for {fmt.lasting(alert.lasts)} {_dollars(alert, now)}",
    begins=lambda alert, now: f"{alert.note} {_dollars(alert, now)}",
    over=_if_read(lambda run: "loss near its median again" if diverged_since(run) is None else None),
)  # fmt: skip

PLATEAU = AlertKind(
    name="plateau", grade=Grade.NOTICE, holds=7200.0, event=EventKind.PLATEAU, find=_find_plateau, running=True,
    topic=Topic.RUNS, by_default=False, rearm=0.0,
    text=lambda alert, funds, now: (
        f"{alert.note} for {fmt.lasting(alert.lasts)} ({cost(alert)}){run_so_far(alert, now)}"
    ),
    begins=lambda alert, now: (
        f"{alert.note} for {fmt.lasting(alert.lasts)} ({cost(alert)}){run_so_far(alert, now)}"
    ),
    over=_if_read(lambda run: "loss improves" if run.values_at else None),
)  # fmt: skip
"""Off unless the user turns it on: most losses are flat at the end."""

STALLED = AlertKind(
    name="stalled", grade=Grade.WARN, holds=SILENT, event=EventKind.STALLED, find=_find_stalled, running=True,
    topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: (
        f"no new line for {fmt.lasting(alert.lasts)} while billed {cost(alert)}{alert.note}{any_so_far(alert, now)}"
    ),
    begins=lambda alert, now: (
        f"no new line for {fmt.short_duration(alert.lasts)} while billed {cost(alert)}{alert.note}"
        f"{any_so_far(alert, now)}"
    ),
    over=_if_read(lambda run: "new lines" if run.line_at is not None else None),
)  # fmt: skip
"""A run that writes nothing for far longer than between its lines before."""

RUN_ERROR = AlertKind(
    name="run-error", word="run error", grade=Grade.WARN, holds=60.0, event=EventKind.RUN_ERROR, find=_find_error,
    running=True, topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: _error_text(alert, now),
    begins=_error_text,
    over=_if_read(lambda run: "progress again" if run.trouble is None and run.values_at else None),
)  # fmt: skip
"""A traceback, memory that ran out, an error of NCCL; and no progress after it."""

FINISHED = AlertKind(
    name="run-finished", word="finished", grade=Grade.WARN, holds=60.0, event=EventKind.FINISHED,
    find=_find_finished, running=True, topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: (
        f"{_finished_text(alert)}, still billed {cost(alert)}{any_so_far(alert, now)}; stop it: S"
    ),
    begins=lambda alert, now: (
        f"{_finished_begins(alert)}, still billed {cost(alert)}{any_so_far(alert, now)}; stop it: S"
    ),
    over=_if_read(lambda run: "progress again" if not has_ended(run) and run.values_at else None),
)  # fmt: skip
"""The log has the line with which its trainer ends; or, by ssh, the processes that trained are gone."""

DISK = AlertKind(
    name="disk-full", word="disk full", grade=Grade.WARN, event=EventKind.DISK, find=_find_disk, running=True,
    topic=Topic.RUNS, ring=Ring.AT_ONCE, rearm=0.0,
    text=lambda alert, funds, now: f"disk {alert.note} ({cost(alert)}){run_so_far(alert, now)}",
    begins=lambda alert, now: f"disk {alert.note} ({cost(alert)}){run_so_far(alert, now)}",
    over=_if_read(_why_room),
)  # fmt: skip
"""A mount of a pod that is read by ssh: RunPod does not report disks."""
