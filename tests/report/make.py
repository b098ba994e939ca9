"""Recordings for the report: pods that do what a test says, minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tui.api.models import GpuReading, Pod, Telemetry
from tui.domain.report import Report
from tui.history import report_reader
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer

NOW = 1_795_435_200.0  # 2026-11-23 12:00 UTC
HOUR, DAY = 3600.0, 86_400.0


def up(
    utils: tuple[float | None, ...], watts: float | None = None, *, id: str = "a", cost: float | None = 10.0,
    uptime: int = 7200, change: str = "Rented", gpu: str = "H100 SXM",
) -> Pod:  # fmt: skip
    """A pod whose container is up, without disks."""
    made = bare(pod(id, name=f"pod {id}", utils=utils, cost=cost, change=change, gpu=gpu))
    assert made.runtime is not None
    made = replace(made, runtime=replace(made.runtime, uptime=uptime))
    if watts is None:
        return made
    readings = tuple(GpuReading(f"GPU-{n}", power_w=watts) for n in range(len(utils)))
    return replace(made, telemetry=Telemetry(None, None, readings))


def bare(one: Pod) -> Pod:
    return replace(one, volume_gb=0.0, container_disk_gb=0)


Told = tuple[Pod, ...] | None
"""A response: pods, or none at all."""


def record(
    path: Path, polls: Iterable[tuple[float, Told]], *, tidy: bool = False, silence: float = 60.0, origin: str = ""
) -> Path:
    """Write polls; a failed one has None in place of pods."""
    polls = list(polls)
    with closing(Writer(connect(path, write=True), polls[0][0] - 0.001, silence=silence, origin=origin)) as writer:
        for at, told in polls:
            writer.write([Polled(at, None if told is None else snapshot(*told, funds=funds()))])
        if tidy:
            writer.tidy(polls[-1][0] + 3 * DAY)
    return path


def minutes(start: float, count: int, what: Callable[[int], Told], step: float = 60.0) -> list[tuple[float, Told]]:
    return [(start + n * step, what(n)) for n in range(count)]


def midnight(at: float) -> float:
    return at // DAY * DAY


def read(path: Path, start: float, end: float, start_of_day: Callable[[float], float] = midnight) -> Report:
    with closing(Recording(path)) as recording:
        return report_reader.read(recording, start, end, start_of_day)
