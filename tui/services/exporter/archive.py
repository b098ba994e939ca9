"""A recording as OpenMetrics text with times: what Prometheus and VictoriaMetrics read to have the past, too.

The names are those of `/metrics`, so that a chart goes on over the border. A gap is the absence of samples. Blocking.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from fnmatch import fnmatchcase
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, NamedTuple

from tui.domain import pod_health
from tui.services.exporter import families
from tui.services.exporter.exposition import head, labels, line, number, ratio
from tui.services.exporter.families import Family
from tui.services.exporter.pod_lines import billed, costs, info
from tui.store.metrics import BY_NAME, steps
from tui.store.series import GAP

if TYPE_CHECKING:
    from tui.history.archive.reader import Recording, State
    from tui.store.series import Samples

SLOW = 60.0
"""Seconds between two samples of what seldom changes: what a pod is and costs, and the balance. Servers look back five
minutes."""

_OF_GPU = (
    (families.GPU_UTIL, "util", True),
    (families.GPU_MEMORY, "vram", True),
    (families.GPU_TEMPERATURE, "temp", False),
    (families.GPU_POWER, "power", False),
)
_OF_POD = ((families.POD_CPU, "cpu"), (families.POD_MEMORY, "memory"))

EXPORTED = (
    families.POD_INFO, families.POD_GPUS, families.POD_UPTIME, families.POD_PRICE,
    *(family for family, _ in _OF_POD), *(family for family, *_ in _OF_GPU),
    families.BALANCE,
)  # fmt: skip


Spans = tuple[tuple[float, float], ...]
"""When the account was watched, oldest first."""


class Wanted(NamedTuple):
    """What to export: from an instant on, pods whose name or id matches; under which account's name."""

    account: str
    since: float = 0.0
    pods: str = "*"

    def takes(self, id: str, name: str) -> bool:
        pattern = self.pods.lower()
        return fnmatchcase(id.lower(), pattern) or fnmatchcase(name.lower(), pattern)


class Exported(NamedTuple):
    """What was written."""

    pods: int
    samples: int


def export(recording: Recording, wanted: Wanted, out: IO[bytes]) -> Exported:
    """Write what is recorded. Raises ArchiveError, and OSError of `out`.

    Each family's samples must stand together, and each pod is read once: they are collected in temporary files.
    """
    spans = tuple((max(start, wanted.since), end) for start, end in recording.spans() if end > wanted.since)
    names, pods, samples = recording.names(), 0, 0
    with ExitStack() as stack:
        files = {family: stack.enter_context(TemporaryFile()) for family in EXPORTED}
        for id in sorted(recording.pods()) if spans else ():
            if not wanted.takes(id, names.get(id, id)):
                continue
            before = samples
            for family, text in _of_pod(recording, wanted.account, id, spans):
                samples += text.count("\n")
                files[family].write(text.encode())
            pods += samples > before
        for text in _balances(recording, wanted.account, spans):
            samples += 1
            files[families.BALANCE].write(text.encode())
        for family, file in files.items():
            if file.tell():
                file.seek(0)
                out.write("".join(f"{each}\n" for each in head(family, openmetrics=True)).encode())
                copyfileobj(file, out)
        out.write(b"# EOF\n")
    return Exported(pods, samples)


def _of_pod(recording: Recording, account: str, id: str, spans: Spans) -> Iterator[tuple[Family, str]]:
    start, end = spans[0][0], spans[-1][1] + 1.0
    samples = recording.samples(id, start, end)
    times = [f" {at:.3f}\n" for at in samples.times]
    for family, name in _OF_POD:
        yield family, _column(line(family, labels(account=account, pod=id), ""), samples, name, times, True)
    for family, name, is_ratio in _OF_GPU:
        for index in BY_NAME[name].gpus_in(samples.columns):
            series = BY_NAME[name].of_gpu(index)
            prefix = line(family, labels(account=account, pod=id, gpu=index), "")
            yield family, _column(prefix, samples, series, times, is_ratio)
    yield from _seldom(recording.states(id, start, end), account, id, spans, end)


def _column(prefix: str, samples: Samples, series: str, times: list[str], is_ratio: bool) -> str:
    """The samples of one series: of a span of time its mean."""
    column = samples.columns.get(series)
    if column is None:
        return ""
    scale, shown = steps(series), ratio if is_ratio else number
    texts = {byte: prefix + shown(byte / scale) for byte in set(column.mean) if byte != GAP}
    return "".join(texts[byte] + at for byte, at in zip(column.mean, times, strict=True) if byte != GAP)


def _seldom(states: tuple[State, ...], account: str, id: str, spans: Spans, end: float) -> Iterator[tuple[Family, str]]:
    """What the pod was and cost, every minute while it was watched. Each series stands together."""
    held = [
        (state.pod, state.at, states[index + 1].at if index + 1 < len(states) else end, state.started)
        for index, state in enumerate(states)
        if state.pod is not None
    ]
    for pod, since, until, _ in held:
        about = info(account, id, pod.name, pod.kind, pod.machine, pod.network_volume_id)
        yield families.POD_INFO, "".join(f"{about} {at:.3f}\n" for at in _minutes(spans, since, until))
    label = labels(account=account, pod=id)
    for pod, since, until, _ in held:
        count = line(families.POD_GPUS, label, str(pod.gpu_count))
        yield families.POD_GPUS, "".join(f"{count} {at:.3f}\n" for at in _minutes(spans, since, until))
    for pod, since, until, started in held:
        if started is not None and pod_health.is_on(pod):
            age = line(families.POD_UPTIME, label, "")
            ages = (f"{age}{number(max(0.0, at - started))} {at:.3f}\n" for at in _minutes(spans, since, until))
            yield families.POD_UPTIME, "".join(ages)
    for kind in range(2):
        for pod, since, until, _ in held:
            compute, storage = billed(pod)
            if cost := costs(account, id, *((None, storage) if kind else (compute, None))):
                yield families.POD_PRICE, "".join(f"{cost} {at:.3f}\n" for at in _minutes(spans, since, until))


def _minutes(spans: Spans, since: float, until: float) -> Iterator[float]:
    """Watched instants in since <= instant < until, whole minutes after the start of a span."""
    for start, end in spans:
        at = start + SLOW * max(0, math.ceil((since - start) / SLOW))
        while at < until and at <= end:
            yield at
            at += SLOW


def _balances(recording: Recording, account: str, spans: Spans) -> Iterator[str]:
    prefix = line(families.BALANCE, labels(account=account), "")
    for start, end in spans:
        times, values = recording.balances(start, end, SLOW)
        for at in _minutes(((start, end),), start, math.inf):
            index = bisect_right(times, at) - 1
            if index >= 0 and not math.isnan(values[index]):
                yield f"{prefix}{number(values[index])} {at:.3f}\n"
