"""Signals from RunPod's log stream: what is asked, what is left out, and what a hostile log costs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.logs import START, Logs, Time, always, line
from tests.make import pod
from tui.api.capabilities import Capability, not_offered
from tui.api.errors import CloudError, Rejected, Throttled, Unreachable
from tui.api.models import Problem
from tui.api.pod_logs import LogSource
from tui.domain.signals.rules import PodSignals
from tui.services.signals.budget import CHARACTERS, CHARACTERS_PER_S, LINES, LINES_PER_S, Budget
from tui.services.signals.log_source import AGAIN, APART, FIRST, LONGEST, LogStreamSource
from tui.services.signals.source import WrittenLine


class Intake:
    """Keeps what it gets."""

    def __init__(self) -> None:
        self.lines: list[WrittenLine] = []
        self.left_out = 0
        self.problems: list[str] = []

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]

    def take_lines(self, lines: Sequence[WrittenLine]) -> None:
        self.lines += lines

    def leave_out(self) -> None:
        self.left_out += 1

    def hinder(self, problem: str) -> None:
        if not self.problems or self.problems[-1] != problem:
            self.problems.append(problem)


class Reading:
    """One or more pods read by a source, on a time of the test's own."""

    def __init__(self, logs: Logs, *pods: str, skew: float = 0.0) -> None:
        cloud: Any = logs
        self.time = Time()
        self.source = LogStreamSource(
            always(cloud), skew=always(skew), clock=lambda: START + 1e6 + self.time.now, elapsed=self.time.clock,
            sleep=self.time.sleep, random=always(1.0),
        )  # fmt: skip
        self.intakes = {name: Intake() for name in pods or ("a",)}
        self.tasks = [
            asyncio.create_task(self.source.follow(pod(name), PodSignals(), intake))
            for name, intake in self.intakes.items()
        ]

    @property
    def intake(self) -> Intake:
        return self.intakes["a"]

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_a_log_is_read_from_a_few_lines_back_over_one_connection() -> None:
    logs = Logs(a=[line(n) for n in range(500)])
    reading = Reading(logs, skew=5.0)
    await reading.time.go(APART)
    assert len(reading.intake.lines) == FIRST
    assert reading.intake.lines[-1] == WrittenLine(START + 499 - 5.0, "line 499")
    logs.write("a", line(500))
    await reading.time.go(600.0)
    assert reading.intake.texts[-1] == "line 500"
    assert [query.source for _, query in logs.asked] == [LogSource.CONTAINER], "one request, whatever time passes"
    await reading.end()
    assert logs.open == []


async def test_many_pods_are_no_burst_of_requests() -> None:
    names = [f"p{n}" for n in range(50)]
    logs = Logs(**{name: [line(1)] for name in names})
    reading = Reading(logs, *names)
    await reading.time.go(10 * APART)
    assert len(logs.asked) <= 11
    await reading.time.go(50 * APART)
    assert len(logs.open) == 50
    assert len(logs.asked) == 50
    await reading.end()


async def test_after_a_break_it_goes_on_behind_the_last_line_and_nothing_is_read_twice() -> None:
    logs = Logs(a=[line(n) for n in range(10)])
    reading = Reading(logs)
    await reading.time.go(APART)
    logs.cut("a", Unreachable("the network is down.", sent=False))
    await reading.time.go()
    assert reading.intake.problems == ["", "the network is down."]
    logs.write("a", line(10))
    await reading.time.go(60.0)
    assert reading.intake.texts == [f"line {n}" for n in range(11)]
    assert logs.asked[-1][1].after == line(9).id
    assert reading.intake.problems[-1] == ""
    await reading.end()


@pytest.mark.parametrize("error", [not_offered(Capability.LOGS), Rejected((Problem("no such pod"),))])
async def test_a_refused_stream_is_not_tried_again_and_the_reason_is_said(error: CloudError) -> None:
    logs = Logs(a=[])
    logs.refuse = error
    reading = Reading(logs)
    await reading.time.go(10 * LONGEST)
    assert len(logs.asked) == 1
    assert reading.tasks[0].done()
    assert len(reading.intake.problems) == 1
    await reading.end()


async def test_a_wait_that_runpod_requests_is_kept() -> None:
    logs = Logs(a=[])
    logs.refuse = Throttled("Too many requests.", retry_after=900.0)
    reading = Reading(logs)
    await reading.time.go(800.0)
    assert len(logs.asked) == 1
    await reading.time.go(200.0)
    assert len(logs.asked) == 2
    await reading.end()


@pytest.mark.wide
async def test_a_log_that_is_too_fast_is_read_in_parts() -> None:
    logs = Logs(a=[])
    reading = Reading(logs)
    await reading.time.go(APART)
    for minute in range(10):
        logs.write("a", *[line(minute * 100_000 + n, "x" * 200) for n in range(20_000)])
        await reading.time.go(60.0)
        for pod_name in logs.open:
            assert pod_name == "a"
    assert reading.intake.left_out > 3
    most = LINES + LINES_PER_S * 610 + 10 * AGAIN
    assert len(reading.intake.lines) <= most
    assert len(logs.asked) < 10 * 6, "what is left out is no reason for many requests"
    await reading.end()


async def test_the_newest_lines_are_read_after_some_were_left_out() -> None:
    logs = Logs(a=[])
    reading = Reading(logs)
    await reading.time.go(APART)
    logs.write("a", *[line(n) for n in range(5000)])
    await reading.time.go(60.0)
    assert reading.intake.texts[-1] == "line 4999"
    await reading.end()


def test_a_budget_bounds_lines_and_characters_over_time() -> None:
    for size, per_s, most in ((10, LINES_PER_S, LINES), (100_000, CHARACTERS_PER_S / 100_000, CHARACTERS / 100_000)):
        budget, now, read = Budget(0.0), 0.0, 0
        while now < 3600.0:
            read += 1
            if not budget.spend(now, size):
                assert budget.wait() > 0
                now += budget.wait()
        assert read <= most + per_s * (now + 1) + now / 5
