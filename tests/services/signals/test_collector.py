"""Which pods are read, from when to when, and how what is read gets into the fleet."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from tests.logs import START, Time
from tests.make import pod, snapshot
from tui.domain.signals.rules import PodSignals, SignalRules
from tui.services.signals.budget import ALL_AT_ONCE, ALL_READING, READING, READING_AT_ONCE
from tui.services.signals.collector import LOOK, SignalCollector
from tui.services.signals.source import Intake, WrittenLine
from tui.store.fleet import Fleet
from tui.store.run_signals import LONGEST_LINE

RULES = SignalRules(pods=(("llama-*", PodSignals()), ("olmo", PodSignals(sources=("ssh", "log")))))


class Source:
    """A source whose pods a test writes."""

    def __init__(self) -> None:
        self.intakes: dict[str, Intake] = {}
        self.begun: list[str] = []

    async def follow(self, pod: Any, rules: PodSignals, intake: Intake) -> None:
        self.intakes[pod.id] = intake
        self.begun.append(pod.id)
        try:
            await asyncio.Event().wait()
        finally:
            self.intakes.pop(pod.id, None)

    def write(self, pod: str, *texts: str, at: float = START) -> None:
        self.intakes[pod].take_lines([WrittenLine(at + n, text) for n, text in enumerate(texts)])


class Collecting:
    """A collector over a fleet of pods that a test reports."""

    def __init__(self, rules: SignalRules = RULES) -> None:
        self.time, self.fleet = Time(), Fleet(5.0, 30.0)
        self.log, self.ssh = Source(), Source()
        sources: dict[str, Any] = {"log": self.log, "ssh": self.ssh}
        self.task = asyncio.create_task(SignalCollector(self.fleet, rules, sources, sleep=self.time.sleep).run())

    async def report(self, *pods: Any) -> None:
        self.fleet.apply(snapshot(*pods), START + self.time.now)
        await self.time.go(LOOK)

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_only_running_pods_that_are_named_are_read() -> None:
    here = Collecting()
    stopped = replace(pod("c", name="llama-8b", status="EXITED"), runtime=None)
    await here.report(pod("a", name="llama-7b"), pod("b", name="notebook"), stopped)
    assert here.log.begun == ["a"]
    assert set(here.fleet.runs) == {"a"}
    here.log.write("a", "step 1/10 | loss 2.5", "step 2/10 | loss 2.4")
    await here.time.go(LOOK)
    run = here.fleet.runs["a"]
    assert (run.now.step, run.now.total, run.now.loss, run.line) == (2, 10, 2.4, "step 2/10 | loss 2.4")
    assert (run.title, run.detected) == ("key=value lines", True)
    # What it last wrote stays known when it stops; nothing is open any more.
    await here.report(replace(pod("a", name="llama-7b", status="EXITED"), runtime=None))
    assert here.log.intakes == {}
    assert here.fleet.runs["a"].now.loss == 2.4
    await here.report()
    assert here.fleet.runs == {}
    await here.end()


async def test_the_first_source_that_works_is_used() -> None:
    here = Collecting()
    await here.report(pod("o", name="olmo"))
    here.ssh.write("o", "step 1 loss 3")
    here.log.write("o", "step 9 loss 9")
    await here.time.go(LOOK)
    assert here.fleet.runs["o"].now.step == 1
    here.ssh.intakes["o"].hinder("no route")
    here.log.write("o", "step 2 loss 3")
    await here.time.go(LOOK)
    assert (here.fleet.runs["o"].now.step, here.fleet.runs["o"].problem) == (2, "")
    here.log.intakes["o"].hinder("refused")
    await here.time.go(LOOK)
    assert here.fleet.runs["o"].problem == "no route"
    await here.end()


async def test_a_restarted_container_is_another_run() -> None:
    here = Collecting()
    up = pod("a", name="llama-7b")
    assert up.runtime is not None
    await here.report(replace(up, runtime=replace(up.runtime, uptime=5000)))
    here.log.write("a", "Traceback (most recent call last):", "step 5 loss nan")
    await here.time.go(LOOK)
    assert here.fleet.runs["a"].not_finite is not None
    await here.report(replace(up, runtime=replace(up.runtime, uptime=3)))
    assert here.log.begun == ["a", "a"]
    assert here.fleet.runs["a"].not_finite is None
    await here.end()


async def test_nothing_is_open_when_it_ends() -> None:
    here = Collecting()
    await here.report(pod("a", name="llama-7b"), pod("o", name="olmo"))
    assert set(here.log.intakes) == {"a", "o"}
    await here.end()
    assert here.log.intakes == here.ssh.intakes == {}


async def test_a_pod_whose_lines_take_long_to_read_costs_no_more_and_the_others_are_read() -> None:
    here, busy = Collecting(), 0.0
    here.task.cancel()

    def cpu() -> float:
        nonlocal busy
        busy += 0.01
        return busy

    sources: dict[str, Any] = {"log": here.log, "ssh": here.ssh}
    collector = SignalCollector(here.fleet, RULES, sources, sleep=here.time.sleep, elapsed=here.time.clock, cpu=cpu)
    here.task = asyncio.create_task(collector.run())
    await here.report(pod("a", name="llama-7b"), pod("b", name="llama-8b"))
    for second in range(100):
        here.log.write("a", *[f"step {n} loss 2" for n in range(1000)], at=START + 10.0 * second)
        here.log.write("b", "step 5 loss 2.5", at=START + 10.0 * second)
        await here.time.go(1.0)
    await here.time.go(LOOK)
    hostile, other = here.fleet.runs["a"], here.fleet.runs["b"]
    assert hostile.lines <= (READING_AT_ONCE + 102 * READING) / 0.01 + 1
    assert hostile.left_out > 50
    assert other.lines > 60
    assert (hostile.lines + other.lines) * 0.01 <= ALL_AT_ONCE + 102 * ALL_READING + 0.02
    await here.end()


async def test_a_line_that_an_alert_may_quote_has_no_part_of_a_key_at_its_end() -> None:
    key = "hf_abcdefghijkl"
    for quote in (False, True):
        here = Collecting(replace(RULES, quote=quote))
        await here.report(pod("a", name="llama-7b"))
        here.log.write("a", f"RuntimeError: {'-' * (LONGEST_LINE - 15 - 5)} {key} is refused")
        await here.time.go(LOOK)
        line = here.fleet.runs["a"].line
        assert len(line) <= LONGEST_LINE
        assert ("hf_a" in line) is not quote
        await here.end()


async def test_lines_wait_to_be_recorded_only_where_that_is_wanted_and_without_keys() -> None:
    here = Collecting()
    await here.report(pod("a", name="llama-7b"))
    assert here.fleet.kept_log is None
    await here.end()
    here = Collecting(replace(RULES, keep_log=10))
    await here.report(pod("a", name="llama-7b"), pod("b", name="notebook"))
    here.log.write("a", "step 1/10 | loss 2.5", "export HF_TOKEN=hf_abcdefghijkl")
    assert here.fleet.kept_log is not None
    assert here.fleet.kept_log.most == 10
    ((pod_id, (_, lines)),) = here.fleet.kept_log.waiting().items()
    assert (pod_id, [line.text for line in lines]) == ("a", ["step 1/10 | loss 2.5", "export HF_TOKEN=•••"])
    await here.end()
