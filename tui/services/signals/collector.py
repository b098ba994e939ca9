"""`SignalCollector`: reads the signals of running pods that [signals] names, and keeps them in the fleet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.api.secret import known, mask, redact
from tui.domain import pod_health
from tui.domain.signals.detection import LineReader
from tui.domain.signals.own_pattern import OwnPattern
from tui.services.barrier import held
from tui.services.signals.budget import ALL_AT_ONCE, ALL_READING, READING, READING_AT_ONCE, ReadingTime
from tui.services.signals.source import SignalSource, WrittenLine
from tui.store.kept_log import KeptLog
from tui.store.run_signals import Run, RunTracker

if TYPE_CHECKING:
    from tui.domain.signals.machine import Machine
    from tui.domain.signals.rules import PodSignals, SignalRules
    from tui.domain.signals.values import Values
    from tui.store.fleet import Fleet
    from tui.store.fleet_state import Record

LOOK = 2.0
"""Seconds between two looks which pods run, and what was read of them."""

MOST_PODS = 200
"""Pods that are read at the same time."""


class SignalCollector:
    """One reader for each pod that runs and that the rules name; without any, nothing is open.

    sources: by name, as in `PodSignals.sources`. elapsed, cpu: clocks of real seconds, and of those of CPU.
    """

    def __init__(
        self,
        fleet: Fleet,
        rules: SignalRules,
        sources: Mapping[str, SignalSource],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        elapsed: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._fleet = fleet
        self._rules = rules
        self._sources = sources
        self._sleep = sleep
        self._elapsed = elapsed
        self._cpu = cpu
        self._time = ReadingTime(ALL_READING, ALL_AT_ONCE, elapsed())
        self._readers: dict[str, PodReader] = {}
        self._kept = fleet.kept_log = KeptLog(most, _without_keys) if (most := int(rules.keep_log)) else None

    async def run(self) -> None:
        """Read until cancelled."""
        try:
            while True:
                self.look()
                await self._sleep(LOOK)
        finally:
            readers, self._readers = self._readers, {}
            tasks = [task for reader in readers.values() for task in reader.close()]
            await asyncio.gather(*tasks, return_exceptions=True)

    def look(self) -> None:
        """Begin to read pods that started, end with those that stopped, and bring what is known into the fleet."""
        named = {
            record.id: rules
            for record in self._fleet.records.values()
            if _is_up(record) and (rules := self._rules.of(record.name)) is not None
        }
        for pod in self._readers.keys() - named.keys():
            self._readers.pop(pod).close()
        for pod in self._fleet.runs.keys() - self._fleet.records.keys():
            del self._fleet.runs[pod]
        if self._kept is not None:
            self._kept.only(self._readers)
        for pod, rules in named.items():
            record = self._fleet.records[pod]
            if (reader := self._readers.get(pod)) is None:
                if len(self._readers) >= MOST_PODS or record.pod is None:
                    continue
                reader = self._readers[pod] = PodReader(
                    rules, record, (self._time, ReadingTime(READING, READING_AT_ONCE, self._elapsed())),
                    self._elapsed, self._cpu, quotes=self._rules.quote, log=self._kept,
                )  # fmt: skip
                reader.begin(record, self._sources)
            elif (started := _started(record)) is not None and started != reader.started:
                reader.restart(record, self._sources)
            if reader.is_changed:
                self._fleet.runs[pod] = reader.settle()


class PodReader:
    """Makes a run of what the sources read of one pod.

    times: of all pods, and of this one; `elapsed`, `cpu`: clocks of real seconds, and of those of CPU.
    log:   takes the lines that are recorded; None: none are.
    """

    def __init__(
        self,
        rules: PodSignals,
        record: Record,
        times: tuple[ReadingTime, ReadingTime],
        elapsed: Callable[[], float],
        cpu: Callable[[], float],
        *,
        quotes: bool,
        log: KeptLog | None = None,
    ) -> None:
        self._pod = record.id
        self._kept = log
        self._times = times
        self._elapsed = elapsed
        self._cpu = cpu
        self._rules = rules
        self._reader = LineReader(rules.preset, OwnPattern(rules.pattern) if rules.pattern else None)
        self._tracker = RunTracker(quotes=quotes, hidden=_without_keys)
        self._problems: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.started = _started(record)
        self.is_changed = True

    def begin(self, record: Record, sources: Mapping[str, SignalSource]) -> None:
        """Read it by its sources."""
        if record.pod is None:
            return
        for name in self._rules.sources:
            if (source := sources.get(name)) is not None:
                follow = source.follow(record.pod, self._rules, _Intake(self, name))
                self._tasks.append(asyncio.create_task(held(follow, f"reading signals by {name}")))

    def restart(self, record: Record, sources: Mapping[str, SignalSource]) -> None:
        """Its container was restarted: another program may write, by other routes."""
        self.close()
        self.started = _started(record)
        self._problems.clear()
        self._tracker.restarted()
        self._reader.restart()
        self.begin(record, sources)
        self.is_changed = True

    def close(self) -> list[asyncio.Task[None]]:
        """Read no more; returns the tasks that are ending."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        return tasks

    def take(self, source: str, lines: Sequence[WrittenLine]) -> None:
        """Lines of a source; those of another one than the first that works are not needed."""
        working = next((name for name in self._rules.sources if not self._problems.get(name)), source)
        if source != working:
            return
        now = self._elapsed()
        for line in lines:
            # A pod decides what its lines are, and how long it takes to read them.
            if not all(times.has_some(now) for times in self._times):
                self._tracker.skipped(1)
                break
            begun = self._cpu()
            self._tracker.take(line.at, line.text, self._reader.read(line.text))
            if self._kept is not None:
                self._kept.add(self._pod, line.at, line.text)
            took = self._cpu() - begun
            for times in self._times:
                times.spend(took)
        self.is_changed = True

    def take_values(self, at: float, values: Values) -> None:
        """What a file of metrics says."""
        self._tracker.take_values(at, values)
        self.is_changed = True

    def take_machine(self, machine: Machine) -> None:
        """What the pod says about itself."""
        self._tracker.take_machine(machine)
        self.is_changed = True

    def leave_out(self) -> None:
        self._tracker.skipped(1)
        self.is_changed = True

    def hinder(self, source: str, problem: str) -> None:
        """Why a source reads nothing; empty if it does."""
        if self._problems.get(source, "") == problem:
            return
        self._problems[source] = problem
        problems = [self._problems.get(name, "") for name in self._rules.sources]
        self._tracker.hindered(problems[0] if all(problems) else "")
        self.is_changed = True

    def settle(self) -> Run:
        """The run as of now."""
        self.is_changed = False
        return self._tracker.settle(self._reader.title, detected=bool(self._reader.detected))


class _Intake:
    """Passes what one source reads to its pod's reader."""

    def __init__(self, reader: PodReader, source: str) -> None:
        self._reader = reader
        self._source = source

    def take_lines(self, lines: Sequence[WrittenLine]) -> None:
        self._reader.take(self._source, lines)

    def take_values(self, at: float, values: Values) -> None:
        self._reader.take_values(at, values)

    def take_machine(self, machine: Machine) -> None:
        self._reader.take_machine(machine)

    def leave_out(self) -> None:
        self._reader.leave_out()

    def hinder(self, problem: str) -> None:
        self._reader.hinder(self._source, problem)


def _without_keys(text: str) -> str:
    return mask(redact(text, known()))


def _is_up(record: Record) -> bool:
    return record.pod is not None and record.unreadable is None and pod_health.is_live(record.pod)


def _started(record: Record) -> float | None:
    """When its container was last seen restarted."""
    return record.window.restarts[-1] if record.window.restarts else None
