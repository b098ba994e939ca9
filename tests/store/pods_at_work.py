"""Pods with GPUs that do what a test says, polled on virtual time, and what is told of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tui.api.errors import Unreachable
from tui.api.models import GpuReading, Pod, Runtime, Telemetry
from tui.domain.alert_rules import AlertRules
from tui.domain.events import Event, Kind
from tui.store.alert import Alert
from tui.store.alert_tracker import AlertTracker
from tui.store.alerts import alerts
from tui.store.fleet import Fleet

NOW = 1_795_435_200.0
RICH = funds(1e6, 10.0)
MINUTE, HOUR = 60.0, 3600.0


class Gpu(NamedTuple):
    """One GPU's values; None is not reported. Those of an H100 at work by default."""

    util: float | None = 97.0
    memory: float | None = 80.0
    watts: float | None = 560.0
    temp: float | None = 62.0


WORKS = Gpu()
HELD = Gpu(0, 80, 120, 36)
EMPTY = Gpu(0, 0, 70, 30)
WAITS = Gpu(100, 80, 150, 40)
LATCHED = Gpu(100, 0, 100, 32)
UNKNOWN = Gpu(None, None, None, None)


def box(
    *gpus: Gpu, at: float, id: str = "a", up: float = 10 * HOUR, cpu: float = 20.0, memory: float = 40.0,
    gpu: str = "H100 SXM", cost: float | None = 23.92, count: int | None = None, change: str | None = None,
    limit: int | None = None,
) -> Pod:  # fmt: skip
    """A pod whose container has been up for `up` seconds at `NOW`."""
    readings = tuple(GpuReading(f"G{n}", g.util, g.memory) for n, g in enumerate(gpus))
    latest = tuple(GpuReading(f"G{n}", g.util, g.memory, g.temp, g.watts) for n, g in enumerate(gpus))
    return replace(
        pod(id, gpu=gpu, cost=cost, change=change),
        gpu_count=len(gpus) if count is None else count,
        runtime=Runtime(int(at - NOW + up), cpu, memory, readings, ()),
        telemetry=Telemetry(at, None, latest),
        power_limit=limit,
    )


Scene = Callable[[float], Pod | None]
"""The pod at a time in seconds since the beginning; None: the poll fails."""


class Watch:
    """A fleet polled every `step` seconds, and what is told of it."""

    def __init__(self, step: float = 5.0) -> None:
        self.fleet, self.tracker = Fleet(step, 60.0), AlertTracker()
        self.step, self.at, self.told = step, NOW, list[Event]()

    def poll(self, *pods: Pod) -> None:
        self.fleet.apply(snapshot(*pods, funds=RICH), self.at)
        self.told += self.tracker.judge(self.fleet, self.at)
        self.at += self.step

    def run(self, scene: Scene, seconds: float) -> Watch:
        end = self.at + seconds
        while self.at < end:
            told = scene(self.at - NOW)
            if told is None:
                self.fleet.fail(Unreachable("no route"), self.at)
                self.at += self.step
            else:
                self.poll(told)
        return self

    def play(self, seconds: float, *gpus: Gpu, **more: object) -> Watch:
        """The same values all the time.

        Many tests begin with the same hour: it is played once, and each goes on with a copy.
        """
        if type(self) is not Watch or self.at != NOW or self.fleet.alert_rules != AlertRules():
            return self._play(seconds, gpus, more)
        key = (self.step, seconds, gpus, tuple(more.items()))
        if key not in _BEGUN:
            _BEGUN[key] = Watch(self.step)._play(seconds, gpus, more)
        self.__dict__.update(deepcopy(_BEGUN[key].__dict__))
        return self

    def _play(self, seconds: float, gpus: tuple[Gpu, ...], more: dict[str, Any]) -> Watch:
        return self.run(lambda _: box(*gpus, at=self.at, **more), seconds)

    def skip(self, seconds: float) -> Watch:
        """Nobody polls."""
        self.at += seconds
        return self

    @property
    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.told]

    def when(self, kind: Kind) -> list[float]:
        """Seconds since the beginning at which it was told."""
        return [event.at - NOW for event in self.told if event.kind is kind]

    @property
    def alerts(self) -> dict[str, Alert]:
        return {alert.kind.name: alert for alert in alerts(self.fleet, self.at - self.step, quiet=False)}


@cache
def traces() -> dict[str, list[list[Gpu]]]:
    """Real samples, one each 5 s: for each run, the GPUs at each instant. The file names its sources."""
    path = Path(__file__).parent.parent / "data" / "gpu_traces.json.gz"
    found = {}
    for name, run in json.loads(gzip.decompress(path.read_bytes())).items():
        gpus = [list(map(Gpu, g["util"], g["mem"], g["watts"], g["temp"])) for g in run["gpus"]]
        found[name] = [list(instant) for instant in zip(*gpus, strict=True)]
    return found


def looped(name: str, seconds: float) -> list[Gpu]:
    """A run that never ends: its samples without the start, again and again."""
    run = traces()[name][30:]
    return run[int(seconds // 5) % len(run)]


_BEGUN: dict[tuple[object, ...], Watch] = {}
"""What was played first, by what it was."""
