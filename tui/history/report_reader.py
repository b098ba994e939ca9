"""The report of an account, read from its recording pod by pod: in bounded memory, however many pods there are.

Blocking: for a separate thread.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from tui.api.enums import PodStatus
from tui.domain import costs, gpu_power, pod_costs, pod_health
from tui.domain.action import State
from tui.domain.pod_bill import UNSEEN, Look, Seen, Stay, Use, bill, certain, loops
from tui.domain.report import MICRO, Ledger, Report, Row
from tui.history.archive.reader import State as Recorded
from tui.history.daily_activity import DailyActivity
from tui.store.gpu_minutes import POWER
from tui.store.metrics import UTIL
from tui.turns import give_way

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.history.archive.reader import Recording
    from tui.history.report_days import ReportDays
    from tui.store.series import Samples

HOUR, DAY = 3600.0, 86_400.0

MOST_GPUS = 128

RESET = 60.0
"""Seconds by which a container's start must move to be another one."""


JITTER = 10.0
"""Seconds by which the start of one container differs between responses, which give whole seconds and take time."""


class Source(NamedTuple):
    """A recording, and the times that are read from it, oldest first. `recent`: its samples that are in no block."""

    recording: Recording
    spans: tuple[tuple[float, float], ...]
    recent: Mapping[int, Samples]


def read(
    recording: Recording | None,
    start: float,
    end: float,
    start_of_day: Callable[[float], float],
    go_on: Callable[[], bool] = lambda: True,
    beside: Recording | None = None,
    stored: ReportDays | None = None,
) -> Report:
    """The report from `start` to `end`. Raises ArchiveError.

    start_of_day: when the local day of an instant began.
    go_on:  asked before each pod; once it is False the rest is left out, as nobody waits for it any more.
    beside: what others saw while the recording did not watch, and nothing else.
    stored: what is kept of finished days of the first recording.
    """
    recordings = [each for each in (recording, beside) if each is not None]
    spans_of = [tuple(span for span in each.spans() if span[0] < end) for each in recordings]
    spans = sorted(span for each in spans_of for span in each)
    since = spans[0][0] if spans else None
    if since is not None:
        start = min(max(start, since), end)
    if since is None or start >= end:
        return Report(start, end, since, 0.0)
    borders = {at for each in spans_of for span in each for at in span} if len(recordings) > 1 else ()
    edges, days = _grid(start, end, start_of_day, borders)
    ledger = Ledger(edges, days)
    pods = {pod: None for each in recordings for pod in each.pods()}
    sources = [
        Source(each, of_it, each.recent(each.pods(), start, end, UTIL, POWER))
        for each, of_it in zip(recordings, spans_of, strict=True)
    ]
    for id in pods:
        give_way()
        if not go_on():
            break
        _add(ledger, sources, id, spans, edges, stored)
    else:
        if stored is not None and recording is not None:
            stored.forget_all_but(frozenset(recording.pods()))
    return ledger.report(start, end, since, _watched(spans, start, end))


def _grid(
    start: float, end: float, start_of_day: Callable[[float], float], extra: Iterable[float] = ()
) -> tuple[list[float], list[float]]:
    """The borders of slots of at most an hour, each in one local day and in one of UTC; and the local day of each.

    extra: further borders.
    """
    borders = {start, end, *(at for at in extra if start < at < end)}
    day = start_of_day(start)
    midnights = [day]
    while day < end:
        # Half a day beyond its shortest length: days with a change of the clock have 23 to 25 hours.
        after = start_of_day(day + 1.5 * DAY)
        after = after if after > day else day + DAY
        hours = range(1, int((after - day) // HOUR) + 1)
        borders.update(at for at in (after, *(day + hour * HOUR for hour in hours)) if start < at < end)
        midnights.append(after)
        day = after
    at = start // DAY * DAY + DAY
    while at < end:
        borders.add(at)
        at += DAY
    edges = sorted(borders)
    return edges, [midnights[bisect_right(midnights, edge) - 1] for edge in edges[:-1]]


def _watched(spans: Iterable[tuple[float, float]], start: float, end: float) -> dict[float, float]:
    """Watched seconds by the midnight of UTC."""
    by_day: dict[float, float] = {}
    for first, last in spans:
        at, last = max(first, start), min(last, end)
        while at < last:
            day = at // DAY * DAY
            until = min(last, day + DAY)
            by_day[day] = by_day.get(day, 0.0) + until - at
            at = until
    return by_day


def _add(
    ledger: Ledger,
    sources: Sequence[Source],
    id: str,
    spans: Sequence[tuple[float, float]],
    edges: Sequence[float],
    stored: ReportDays | None,
) -> None:
    """Add one pod."""
    start, end = edges[0], edges[-1]
    joined = _joined(sources, id, start, end) if len(sources) > 1 else sources[0].recording.states(id, start, end)
    states = _without_blips(joined)
    known = [state.pod for state in states if state.pod is not None]
    if not known:
        return
    stays, missing = certain(_stays(states, end), spans, start, end)
    pod = known[-1]
    gpus = min(max(each.gpu_count for each in known), MOST_GPUS)
    name = pod.machine.gpu_name if pod.machine is not None else None
    look: Look = _unseen
    idle: list[tuple[float, float]] = []
    activities: list[DailyActivity] = []
    if gpus and any(stay.use is Use.UP and stay.judged for stay in stays):
        watts = gpu_power.nominal_w(name)
        activities = [
            DailyActivity(
                each.recording, id, start, end, gpus, watts, each.recent,
                stored.days(id) if stored is not None and not number else (),
            )
            for number, each in enumerate(sources)
        ]  # fmt: skip
        look = activities[0].look if len(sources) == 1 else _by_time(sources, [each.look for each in activities])
        idle = sorted(run for each in activities for run in each.idle_runs())
    whole = bill(stays, missing, look, edges, loops(_restarts(states)), idle)
    if activities and stored is not None and (read := activities[0].days()) is not None:
        stored.keep(id, read)
    if whole.slots or whole.nothing:
        ledger.add(_row(id, pod, name, states[-1].pod is not None, end), whole)


def _without_blips(states: Sequence[Recorded]) -> list[Recorded]:
    """Without responses that lacked the runtime of a container which ran before and after them: it did not boot."""
    remaining: list[Recorded] = []
    for number, state in enumerate(states):
        before, after = remaining[-1] if remaining else None, states[number + 1] if number + 1 < len(states) else None
        if before is not None and state.started is None and _is_same(before, after) and _is_on(state):
            continue
        if before is not None and _is_same(before, state) and before.pod == state.pod:
            continue
        remaining.append(state)
    return remaining


def _is_same(before: Recorded, after: Recorded | None) -> bool:
    """Whether both states have the same running container, at the same price."""
    if after is None or before.pod is None or after.pod is None or before.started is None or after.started is None:
        return False
    same = abs(after.started - before.started) <= JITTER and before.pod.cost_per_hr == after.pod.cost_per_hr
    return same and _is_on(before) and _is_on(after)


def _is_on(state: Recorded) -> bool:
    return state.pod is not None and pod_health.is_on(state.pod)


def _joined(sources: Sequence[Source], id: str, start: float, end: float) -> list[Recorded]:
    """A pod's states by who watched; where one watched that never had it, it did not exist."""
    states_of = [source.recording.states(id, start, end) for source in sources]
    watched = sorted((span, number) for number, source in enumerate(sources) for span in source.spans)
    joined: list[Recorded] = []
    for (first, last), number in watched:
        if last < start or first >= end:
            continue
        held = None
        for state in states_of[number]:
            if state.at <= first:
                held = state
        begins = Recorded(first, None, None) if held is None else replace(held, at=first)
        joined += [begins, *(state for state in states_of[number] if first < state.at <= last)]
    return joined


def _by_time(sources: Sequence[Source], looks: Sequence[Look]) -> Look:
    """What the one saw that watched: no piece of time is of two, as their borders are edges."""

    def look(start: float, end: float) -> Seen:
        middle = (start + end) / 2
        for source, each in zip(sources, looks, strict=True):
            if any(first <= middle <= last for first, last in source.spans):
                return each(start, end)
        return looks[0](start, end)

    return look


def _unseen(start: float, end: float) -> Seen:
    return UNSEEN


def _stays(states: Sequence[Recorded], end: float) -> list[Stay]:
    ends = [*(state.at for state in states[1:]), end]
    return [_stay(state, until) for state, until in zip(states, ends, strict=True)]


def _stay(state: Recorded, end: float) -> Stay:
    pod = state.pod
    if pod is None:
        return Stay(state.at, end, Use.UNKNOWN if state.damaged else Use.GONE)
    billed = costs.state(pod)
    stopped = pod_costs.storage_per_hr(pod, running=False)
    # Without the text of a change, an equal start of the container shows that nothing came in between.
    change = pod.status_change.text if pod.status_change is not None else state.started
    match billed:
        case State.RUNNING:
            return Stay(
                state.at, end, Use.UP if pod_health.is_live(pod) else Use.BOOTING, _price(pod.cost_per_hr),
                pod_costs.storage_per_hr(pod, running=True), stopped, judged=bool(pod.gpu_count),
                empty=not pod.gpu_count and pod.machine is not None and bool(pod.machine.gpu_name),
                rental=(billed, change, pod.cost_per_hr, pod.volume_gb, pod.container_disk_gb),
            )  # fmt: skip
        case State.STOPPED:
            return Stay(state.at, end, Use.STOPPED, None, stopped, stopped, rental=(billed, change, pod.volume_gb))
        case State.GONE:
            return Stay(state.at, end, Use.GONE)
        case None:
            return Stay(state.at, end, Use.UNKNOWN)


def _price(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and value >= 0 else None


def _restarts(states: Iterable[Recorded]) -> list[float]:
    """When the container started again while the pod stayed on."""
    restarts = []
    before: Recorded | None = None
    for state in states:
        if state.pod is None or not pod_health.is_on(state.pod):
            before = None
        elif state.started is not None:
            if before is not None and before.started is not None and state.started - before.started > RESET:
                restarts.append(state.at)
            before = state
    return restarts


def _row(id: str, pod: Pod, gpu: str | None, exists: bool, end: float) -> Row:
    """All about a pod but the money of the time."""
    stopped_at = stored = None
    if exists and pod.status == PodStatus.EXITED and pod.status_change is not None:
        stopped_at, rate = pod.status_change.at, pod_costs.storage_per_hr(pod, running=False)
        if stopped_at is not None and rate is not None:
            stored = round(max(0.0, end - stopped_at) / HOUR * rate * MICRO)
    volume = (pod.network_volume_id or "") if exists else ""
    return Row(id, pod.name or id, gpu or "", pod.gpu_count, stopped_at=stopped_at, stored=stored, volume=volume)
