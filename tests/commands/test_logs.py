"""`podtop logs` in this process, on a cloud and a time of the test's own; and once as a program."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import msgspec
import pytest

from tests.cli import quick
from tests.commands.conftest import Run
from tests.logs import START, Logs, Time, always, line
from tests.make import pod, snapshot
from tui.api.capabilities import Capability, not_offered
from tui.api.errors import CloudError, NotOffered, Rejected, Throttled, Unauthorized, Unreachable
from tui.api.models import Problem, Snapshot
from tui.api.pod_logs import LogLine, LogQuery, LogSource
from tui.commands import logs as command
from tui.commands.exit_codes import Exit
from tui.commands.logs import Wanted, print_logs
from tui.commands.schema import schema
from tui.services.logs import PodLogs
from tui.services.source import Source

PODS = snapshot(pod("a", name="alpha"), pod("b", name="beta"), pod("c", name="twin"), pod("d", name="twin"))


class Cloud(Logs):
    """A cloud with pods and their logs."""

    fleet_answer: Snapshot | CloudError = PODS
    offered = True

    async def fleet(self) -> Snapshot:
        if isinstance(self.fleet_answer, CloudError):
            raise self.fleet_answer
        return self.fleet_answer

    def offers(self, capability: Capability) -> bool:
        return self.offered


class Printed:
    """One command under way."""

    def __init__(self, cloud: Cloud, capsys: pytest.CaptureFixture[str], **wanted: Any) -> None:
        self.cloud, self.time, self._capsys = cloud, Time(), capsys
        self.out = self.err = ""
        held: Any = cloud
        service = PodLogs(always(held), clock=self.time.clock, sleep=self.time.sleep, random=always(1.0))
        source = Source("test", True, always(held), always(START + 1_000.0))
        pods = wanted.pop("pods", ("alpha",))
        self.task = asyncio.create_task(print_logs(held, source, Wanted(pods, **wanted), service))

    async def go(self, seconds: float = 0.0) -> None:
        """Let time pass, and what is written arrive: that is done by a thread."""
        for _ in range(200):
            await self.time.go()
            await asyncio.sleep(0.001)
            if self.time._sleepers or self.task.done():
                break
        await self.time.go(seconds)
        self.read()

    def read(self) -> None:
        new = self._capsys.readouterr()
        self.out, self.err = self.out + new.out, self.err + new.err

    async def end(self) -> int:
        """The exit code."""
        while not self.task.done():
            await self.time.go(0.25)
            await asyncio.sleep(0.001)
        self.read()
        return self.task.result()

    async def until(self, words: str) -> None:
        """Until it is printed."""
        while words not in self.out and not self.task.done():
            await self.time.go(0.0)
            await asyncio.sleep(0.001)
            self.read()
        assert words in self.out, self.err

    async def stop(self) -> None:
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task
        assert self.cloud.open == []


async def test_it_prints_the_latest_lines_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud(a=[line(n) for n in range(5)])
    run = Printed(cloud, capsys, tail=2)
    assert await run.end() == Exit.OK
    assert (run.out, run.err) == ("line 3\nline 4\n", "")
    assert cloud.open == []


async def test_it_follows_until_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud(a=[line(0)])
    run = Printed(cloud, capsys, follow=True)
    await run.until("line 0\n")
    await run.time.go(60.0)
    cloud.write("a", line(1))
    await run.until("line 1\n")
    cloud.refuse = Unreachable("no route to host.")
    cloud.cut("a", cloud.refuse)
    await run.time.go(30.0)
    cloud.refuse = None
    await run.time.go(30.0)
    cloud.write("a", line(2))
    await run.until("line 2\n")
    assert run.err == "podtop: alpha: no route to host. Retrying.\n"
    await run.stop()


async def test_several_pods_are_printed_by_time_with_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud(a=[line(0), line(2)], b=[line(1, "pulling", source=LogSource.SYSTEM), line(3)])
    run = Printed(cloud, capsys, pods=("beta", "a"))
    assert await run.end() == Exit.OK
    assert run.out == "alpha: line 0\nbeta: [system] pulling\nalpha: line 2\nbeta: line 3\n"


async def test_since_and_sources_are_requested(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud(a=[line(n, source=LogSource.SYSTEM) for n in range(1_000)])
    run = Printed(cloud, capsys, since=2.0, source=LogSource.SYSTEM)
    assert await run.end() == Exit.OK
    assert run.out == "line 998\nline 999\n", "the source is known"
    assert cloud.asked == [("a", LogQuery(LogSource.SYSTEM, since=START + 998.0))]


async def test_json_is_an_object_per_line_of_the_documented_shape(capsys: pytest.CaptureFixture[str]) -> None:
    odd = LogLine("", None, LogSource.SYSTEM, "x\ny")
    cloud = Cloud(a=[line(0, "caf\u00e9", at=START + 0.25), odd])
    run = Printed(cloud, capsys, as_json=True)
    assert await run.end() == Exit.OK
    first, second = map(json.loads, run.out.splitlines())
    assert first == {
        "podtop": 1, "kind": "log", "pod_id": "a", "pod_name": "alpha", "at": "2026-11-23T08:00:00.250Z",
        "source": "container", "id": line(0).id, "text": "caf\u00e9",
    }  # fmt: skip
    assert (second["at"], second["source"], second["text"]) == (None, "system", "x y")
    valid = jsonschema.Draft202012Validator(json.loads(msgspec.json.encode(schema())))
    valid.validate(first)
    valid.validate(second)
    assert not valid.is_valid({**first, "kind": "logs"})
    assert not valid.is_valid({key: value for key, value in first.items() if key != "id"})


async def test_nothing_in_a_line_reaches_the_terminal_as_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud(a=[line(0, "a\x1b]52;c;aGk=\x07b\u202ec\x9bd\re\x00f")])
    run = Printed(cloud, capsys)
    await run.end()
    assert run.out == "a]52;c;aGk=bcd ef\n"


async def test_no_lines(capsys: pytest.CaptureFixture[str]) -> None:
    run = Printed(Cloud(), capsys)
    assert await run.end() == Exit.NOTHING
    assert (run.out, run.err) == ("", "podtop: no log lines\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unauthorized("wrong key."), Exit.UNAUTHORIZED),
        (Rejected((Problem("gone."),)), Exit.REFUSED),
        (Unreachable("no route."), Exit.UNREACHABLE),
        (Throttled("slow down.", 3.0), Exit.UNREACHABLE),
        (NotOffered("REST v2 does not accept this API key for logs."), Exit.USAGE),
    ],
)
async def test_what_fails_ends_it_with_the_code_of_the_error(
    error: CloudError, code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = Cloud(a=[line(0)])
    cloud.refuse = error
    run = Printed(cloud, capsys)
    assert await run.end() == code
    assert run.err.startswith(f"podtop: alpha: {error}")
    assert run.err.count("\n") == 1
    assert len(cloud.asked) == 1


async def test_one_pod_that_fails_leaves_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    class Half(Cloud):
        async def _stream(self, pod: str, query: LogQuery) -> AsyncIterator[LogLine]:
            if pod == "b":
                raise Rejected((Problem("gone"),))
            async for each in super()._stream(pod, query):
                yield each

    run = Printed(Half(a=[line(0)]), capsys, pods=("a", "b"))
    assert await run.end() == Exit.REFUSED
    assert run.out == "alpha: line 0\n"


async def test_an_api_without_logs_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud()
    cloud.offered = False
    run = Printed(cloud, capsys)
    assert await run.end() == Exit.USAGE
    assert run.err == f"podtop: {not_offered(Capability.LOGS)}\n"
    assert cloud.asked == []


@pytest.mark.parametrize(
    ("pods", "code", "words"),
    [
        (("twin",), Exit.USAGE, "2 pods are named 'twin': c, d. Select one by its ID."),
        (("alpah",), Exit.NOTHING, "no pod named 'alpah'; did you mean a (alpha)?"),
    ],
)
async def test_pods_are_named_as_in_other_commands(
    pods: tuple[str, ...], code: Exit, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Printed(Cloud(), capsys, pods=pods)
    assert await run.end() == code
    assert run.err == f"podtop: {words}\n"


async def test_an_error_before_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud()
    cloud.fleet_answer = Unreachable("no route.")
    run = Printed(cloud, capsys)
    assert await run.end() == Exit.UNREACHABLE
    assert run.err == "podtop: no route.\n"


async def test_a_slow_reader_stops_the_reading(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = asyncio.Event()

    class Slow:
        texts: list[str] = []  # noqa: RUF012

        async def written(self, text: str) -> None:
            self.texts.append(text)
            await free.wait()

    monkeypatch.setattr(command, "Outlet", Slow)
    monkeypatch.setattr(command, "QUEUED", 10)
    cloud = Cloud(a=[line(n) for n in range(3_000)])
    run = Printed(cloud, capsys, tail=3_000, follow=True)
    await run.time.go(5.0)
    stream_at = len(cloud.open)
    assert stream_at == 1
    assert len(Slow.texts) == 1
    assert Slow.texts[0].count("\n") < 1_000
    free.set()
    while sum(text.count("\n") for text in Slow.texts) < 3_000:
        await run.time.go(1.0)
    await run.stop()


def test_as_a_program_against_graphql_alone(run: Run) -> None:
    done = run("logs", "qwen-eval-sweep", env={"PODTOP_API": "graphql"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not offer logs of pods" in done.stderr
    assert "set api" in done.stderr


def test_ctrl_c_and_a_reader_that_leaves_end_it_quietly(environ: dict[str, str]) -> None:
    for leave, code in ((False, 130), (True, 0)):
        process = quick.Process("logs", "llama-70b-pretrain", "--follow", "--tail", "5000", env=environ)
        assert process.stdout.readline()
        if leave:
            process.stdout.close()
            with process.stderr:
                assert process.stderr.read() == ""
        else:
            process.send_signal(signal.SIGINT)
            assert process.communicate()[1] == ""
        assert process.wait() == code


@pytest.mark.parametrize("text", ["", "10", "m", "0m", "-1m", "1.5h", "9999999d", "\u0661m"])
def test_a_length_of_time(text: str) -> None:
    import argparse

    from tui.commands.flags import ago

    assert [ago("90s"), ago("10m"), ago("2h"), ago("3d")] == [90.0, 600.0, 7_200.0, 259_200.0]
    with pytest.raises(argparse.ArgumentTypeError):
        ago(text)
