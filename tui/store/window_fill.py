"""Windows of recorded samples: so that a restart of podtop forgets nothing. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from itertools import pairwise
from typing import TYPE_CHECKING

from tui.domain import pod_health
from tui.domain.events import ENDS_A_RUN, Event, Kind
from tui.domain.gpu_power import nominal_w
from tui.store.holds import Cadence, Hold, cadence_of
from tui.store.metrics import CONTAINER, GPU, LATEST, UTIL
from tui.store.minutes import MEMORY_SPAN
from tui.store.series import EMPTY, GAP, GAP_BYTE, SampleColumn, Samples
from tui.store.stretches import cut
from tui.store.watched_time import idle_in
from tui.store.windows import Given, Window, layout_of

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.store.fleet_state import Record
    from tui.store.packed_samples import PackedSample

REACH = 3900.0
"""Seconds of samples that are fed: an hour, and what a hold needs before it."""

MEMORY_REACH = REACH + (MEMORY_SPAN + 1) * 60.0
"""Seconds of the container's memory that are read: three hours before the first sample that is fed."""

_MOST_POLLS = 130

_FEW_PODS, _LEAST_REACH = 200, 900.0

_CHUNK = 60


def window_reach(pods: int, interval: float) -> float:
    """Seconds of samples to read for the windows of `pods` pods: fewer where that would take very long."""
    if pods <= _FEW_PODS:
        return MEMORY_REACH + _fed(interval) - REACH
    return max(_LEAST_REACH, _fed(interval) * min(1.0, 5 * _FEW_PODS / pods))


def window_step(pods: int, interval: float) -> float:
    """Seconds between two samples to feed, 0 for all: of very many pods that would take seconds."""
    return 0.0 if pods <= _FEW_PODS else window_reach(pods, interval) / _MOST_POLLS


def _fed(interval: float) -> float:
    """Seconds of samples that are fed: what is judged by a number of polls needs longer if they are rare."""
    return max(REACH, _MOST_POLLS * interval)


def given_of(pod: Pod) -> Given:
    """What a window needs to know of a pod besides its samples."""
    machine, limit = pod.machine, pod.power_limit
    return Given(pod.gpu_count, nominal_w(machine.gpu_name) if machine else None, limit is not None and limit < 100)


def after(window: Window | None, pod: Pod, sample: PackedSample | None, at: float, cadence: Cadence) -> Window:
    """A pod's window after a response about it; `sample`: of a live one. The same object, unless there was none."""
    if window is None:
        window = Window()
    if sample is not None:
        window.saw_up(at, pod.runtime.uptime if pod.runtime is not None else None, cadence)
        window.feed(at, layout_of(sample.names), sample.row, given_of(pod), cadence)
    elif pod_health.is_on(pod):
        window.saw_down(at, cadence)
    else:
        window.saw_off()
    return window


def window_of(samples: Samples, pod: Pod, told_at: float, interval: float, step: float = 0.0) -> Window:
    """The window of a pod after its recorded samples; `told_at`: when it was reported as it is.

    interval: seconds between polls now; recorded samples may have been polled less often.
    step:     seconds between two samples to feed, if there are more: of very many pods.
    """
    window = Window()
    uptime = pod.runtime.uptime if pod.runtime is not None else None
    times, first = samples.times, 0
    if uptime is not None:
        window.started = told_at - uptime
        first = bisect_left(times, window.started)
    fed = max(first, bisect_left(times, told_at - _fed(interval)))
    _fill_memory(window, samples, first, fed)
    feed_samples(window, *_sparse(samples, fed, step), pod, interval)
    if step and window.watts.hung.since is not None and not window.watts.hung.is_settled:
        # That takes a number of samples as well.
        return window_of(samples, pod, told_at, interval)
    if times and (not pod.gpu_count or UTIL.series_in(samples.columns)):
        # A container that is not up has no GPUs yet.
        window.up_at = times[-1]
    if window.work.at is None and window.work.idle.since is not None:
        # It may have been idle for longer than what was fed.
        seconds, _ = idle_in(cut(samples, window.started or 0.0, told_at + 1.0), interval)
        window.work.idle.extend(seconds - window.work.idle.total)
    return window


def joined(window: Window, record: Record, interval: float) -> Window:
    """A window of what was recorded before podtop saw a pod, with what it has seen since."""
    live, pod = record.window, record.pod
    if pod is None:
        return live
    first = bisect_left(record.series.times, record.seen)
    seen = (
        record.series.stretch(record.series.times[first], record.series.names) if first < len(record.series) else EMPTY
    )
    window.restarts = tuple(sorted({*window.restarts, *live.restarts}))
    if live.restarts and live.started is not None:
        window.restarted(live.restarts[-1])
        window.started = live.started
    feed_samples(window, seen, bisect_left(seen.times, window.started or 0.0), pod, interval)
    window.up_at, window.down = live.up_at or window.up_at, live.down
    if live.down.since is None and live.up_at is None and window.up_at is not None and not pod_health.is_live(pod):
        window.saw_down(record.told_at, cadence_of(interval))
    return window


def recall_open(records: Mapping[str, Record], open: Iterable[tuple[str, Kind]]) -> None:
    """What had begun before, and goes on in the samples that were read, has lasted for long enough: by pod and kind."""
    for pod, kind in open:
        if (record := records.get(pod)) is not None and (holds := _HOLDS.get(kind)) is not None:
            for hold in holds(record.window):
                hold.settle()
            record.window.work.sure |= kind is Kind.IDLE and record.window.work.idle.since is not None


_HOLDS: dict[Kind, Callable[[Window], Iterable[Hold]]] = {
    Kind.IDLE: lambda window: (window.work.idle,),
    Kind.ENDED: lambda window: (window.work.idle, window.work.ended),
    Kind.HUNG: lambda window: (window.watts.hung,),
    Kind.LATCHED: lambda window: (window.watts.latched,),
    Kind.CAPPED: lambda window: (window.watts.capped,),
    Kind.STRAGGLER: lambda window: (lag.hold for lag in window.apart.lags.values()),
    Kind.UNUSED: lambda window: window.apart.unused.values(),
    Kind.MISSING: lambda window: (window.missing,),
    Kind.MEMORY: lambda window: (window.memory, window.growing),
    Kind.VRAM: lambda window: (window.vram,),
    Kind.HOT: lambda window: (window.hot,),
    Kind.LOST: lambda window: (window.down,),
}


LONG_AGO = (Kind.ENDED, Kind.ENDED_OVER, Kind.LOST, Kind.LOST_OVER)
"""The kinds of events that `recall_events` needs the last of, however old it is."""


def recall_events(records: Mapping[str, Record], events: Iterable[Event]) -> None:
    """What recorded events, oldest first, say of pods beyond the samples that are read."""
    ended: dict[str, float] = {}
    lost: dict[str, float] = {}
    for event in events:
        record = records.get(event.pod)
        if record is None:
            continue
        if event.kind is Kind.ENDED:
            ended[event.pod] = event.at
        elif event.kind is Kind.ENDED_OVER:
            ended.pop(event.pod, None)
        elif event.kind is Kind.LOST:
            lost[event.pod] = event.at
        elif event.kind is Kind.LOST_OVER:
            lost.pop(event.pod, None)
        elif event.kind is Kind.RESTART:
            record.window.restarts = tuple(sorted({*record.window.restarts, event.at}))
        elif event.kind in ENDS_A_RUN:
            record.window.restarts = tuple(at for at in record.window.restarts if at > event.at)
        elif event.kind is Kind.IDLE_OVER:
            record.window.work.has_woken(event.at)
    for pod, at in ended.items():
        records[pod].window.work.has_ended(at)
    for pod, at in lost.items():
        _was_lost(records[pod], at)


def _was_lost(record: Record, at: float) -> None:
    """A container that is known to have been up by an instant: one that is down now was lost, and does not boot."""
    window, pod = record.window, record.pod
    if window.up_at is None and pod is not None and pod_health.is_on(pod) and not pod_health.is_live(pod):
        window.up_at, window.down = at, copy(window.unseen)


def _fill_memory(window: Window, samples: Samples, first: int, fed: int) -> None:
    """The container's memory from sample `first` on, over three hours before sample `fed`."""
    column = samples.columns.get("memory")
    if column is None or fed >= len(samples.times):
        return
    times, minutes = samples.times, window.minutes
    last = int(times[fed] / 60.0)
    for minute in range(max(last - MEMORY_SPAN + 1, int(times[first] / 60.0)), last):
        lo = max(first, bisect_left(times, minute * 60.0))
        values = column.mean[lo : bisect_left(times, minute * 60.0 + 60.0, lo)].replace(GAP_BYTE, b"")
        if values:
            minutes.put_memory(minute, round(sum(values) / len(values)))
    # What comes next may be a gap, whose minutes stand for nothing.
    minutes.minute = last - 1


def _sparse(samples: Samples, first: int, step: float) -> tuple[Samples, int]:
    """The samples to feed, from which one on: with the last, and as if polled every `step` seconds."""
    times, count = samples.times, len(samples.times) - first
    lasts = times[-1] - times[first] if count > 1 else 0.0
    stride = int(step * (count - 1) / lasts) if lasts > 0.0 else 1
    if stride < 2:
        return samples, first
    start = first + (count - 1) % stride
    means = {name: column.mean[start::stride] for name, column in samples.columns.items()}
    return Samples(times[start::stride], {name: SampleColumn(mean, mean, mean) for name, mean in means.items()}), 0


def feed_samples(window: Window, samples: Samples, first: int, pod: Pod, interval: float) -> None:
    """Feed the samples from one on."""
    times, given = samples.times, given_of(pod)
    names, rows = _rows(samples, first)
    place = layout_of(names)
    cadence: Cadence | None = None
    for index, row in zip(range(first, len(times)), rows, strict=True):
        if cadence is None or index % _CHUNK == 0:
            cadence = _cadence(samples, index, interval)
        # A sample without any value marks a failed poll.
        if row.count(GAP) < len(row):
            window.feed(times[index], place, row, given, cadence)


def _cadence(samples: Samples, index: int, interval: float) -> Cadence:
    """How often samples came around one of them."""
    near = samples.times[max(0, index - 1) : index + _CHUNK]
    steps = sorted(after - before for before, after in pairwise(near))
    usual = steps[len(steps) // 2] if steps else interval
    longest = cadence_of(max(interval, usual))
    return Cadence(usual, longest.counted, longest.longest)


def _rows(samples: Samples, first: int) -> tuple[tuple[str, ...], Iterator[bytes]]:
    """The names of all values, those of each metric side by side, and a row of bytes for each sample."""
    columns = samples.columns
    names = [metric.name for metric in CONTAINER]
    gpus = max((number for metric in GPU for number in metric.gpus_in(columns)), default=-1) + 1
    for metric in GPU:
        names += map(metric.of_gpu, range(gpus))
    for metric in LATEST:
        if latest := metric.gpus_in(columns):
            names += map(metric.of_gpu, range(latest[-1] + 1))
    width, count = len(names), max(0, len(samples.times) - first)
    matrix = bytearray(GAP_BYTE * (width * count))
    for index, name in enumerate(names):
        if name in columns:
            matrix[index::width] = columns[name].mean[first:]
    return tuple(names), (bytes(matrix[at : at + width]) for at in range(0, width * count, width))
