"""Signals over ssh: what is run and with which arguments, when not, and the same over a real server on loopback."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.cli import sshd
from tests.logs import Time, always
from tests.make import pod
from tui.api.models import Pod, Port
from tui.config.settings import Ssh
from tui.domain.signals.machine import Machine
from tui.domain.signals.rules import PodSignals
from tui.domain.signals.values import Values
from tui.services.signals import ssh_source
from tui.services.signals.source import WrittenLine
from tui.services.signals.ssh_source import BY_PROXY, SIMULATED, SshSource
from tui.store.run_signals import RunTracker
from tui.system.bounded_output import Output, bounded_output

NOW = 1_795_435_200.0
FILES = PodSignals(sources=("ssh",), files=("/workspace/*.log",), machine=False)


def up(ip: str = "194.68.245.9", port: int = 40_123) -> Pod:
    here = pod("a", name="llama")
    assert here.runtime is not None
    return replace(here, runtime=replace(here.runtime, ports=(Port(22, port, ip, True, "tcp"),)))


class Intake:
    """Keeps what it gets."""

    def __init__(self) -> None:
        self.lines: list[WrittenLine] = []
        self.values: list[tuple[float, Values]] = []
        self.machines: list[Machine] = []
        self.left_out = 0
        self.problems: list[str] = []

    def take_lines(self, lines: Sequence[WrittenLine]) -> None:
        self.lines += lines

    def take_values(self, at: float, values: Values) -> None:
        self.values.append((at, values))

    def take_machine(self, machine: Machine) -> None:
        self.machines.append(machine)

    def leave_out(self) -> None:
        self.left_out += 1

    def hinder(self, problem: str) -> None:
        if not self.problems or self.problems[-1] != problem:
            self.problems.append(problem)


class Pods:
    """ssh in a test's hands: it keeps what it was given, and answers what the test says."""

    def __init__(self) -> None:
        self.argv: list[tuple[str, ...]] = []
        self.scripts: list[str] = []
        self.answer: Callable[[str], Output] = lambda marker: Output(0, b"", b"")

    async def run(self, argv: Sequence[str], environ: Any, text: bytes, **limits: Any) -> Output:
        self.argv.append(tuple(argv))
        self.scripts.append(text.decode())
        marker = text.decode().partition("M=")[2].partition("\n")[0]
        return self.answer(marker)


class Reading:
    def __init__(self, folder: Path, present: Pod | None, rules: PodSignals = FILES, **options: Any) -> None:
        self.ssh, self.intake, self.time, self.pod = Pods(), Intake(), Time(), present
        source = SshSource(
            lambda _: self.pod, options.pop("settings", Ssh()), 30.0, lambda: folder, {},
            clock=lambda: NOW + self.time.now, sleep=self.time.sleep, random=always(0.0), run=self.ssh.run, **options,
        )  # fmt: skip
        self.task = asyncio.create_task(source.follow(up(), rules, self.intake))

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_ssh_asks_nothing_forwards_nothing_and_keeps_one_connection(tmp_path: Path) -> None:
    settings = Ssh("me", "~/.ssh/key", ("-o", "BatchMode=no", "-A"))
    reading = Reading(tmp_path, up(), settings=settings)
    await reading.time.go(90.0)
    assert len(reading.ssh.argv) == 4, "once every 30 s"
    (argv,) = set(reading.ssh.argv)
    assert argv[0] == "ssh"
    assert argv[-4:] == ("--", "me@194.68.245.9", "sh", "-s")
    before = argv[: argv.index("--")]
    for option in ("-T", "-a", "-x", "-oBatchMode=yes", "-oClearAllForwardings=yes", "-oControlMaster=auto"):
        assert option in before
    assert before.index("-oBatchMode=yes") < before.index("BatchMode=no"), "ssh takes the first"
    (socket,) = [word.partition("=")[2] for word in argv if word.startswith("-oControlPath=")]
    assert Path(socket).parent == tmp_path / "ssh"
    assert (tmp_path / "ssh").stat().st_mode & 0o777 == 0o700
    await reading.end()
    assert "-Oexit" in reading.ssh.argv[-1], "the connection is closed when nobody reads any more"


@pytest.mark.parametrize(
    ("present", "simulated", "why"),
    [
        (pod("a"), False, BY_PROXY),
        (None, False, "the pod is gone"),
        (up(ip="194.68.245.9"), True, SIMULATED),
        (up(ip="-oProxyCommand=x"), False, BY_PROXY),
        (up(port=70_000), False, BY_PROXY),
    ],
)
async def test_where_there_is_no_way_in_ssh_is_not_run(
    tmp_path: Path, present: Pod | None, simulated: bool, why: str
) -> None:
    reading = Reading(tmp_path, present, simulated=simulated)
    await reading.time.go(600.0)
    assert reading.intake.problems == [why]
    assert reading.ssh.argv == []
    await reading.end()


async def test_a_simulated_pod_is_read_where_the_server_is_this_machine(tmp_path: Path) -> None:
    reading = Reading(tmp_path, up(ip="127.0.0.1"), simulated=True)
    await reading.time.go()
    assert len(reading.ssh.argv) == 1
    await reading.end()


async def test_a_failure_is_said_and_tried_again_less_and_less_often(tmp_path: Path) -> None:
    reading = Reading(tmp_path, up())
    reading.ssh.answer = lambda marker: Output(255, b"", b"debug\nme@h: Permission \x1b[31mdenied (publickey).\n")
    await reading.time.go(3600.0)
    assert reading.intake.problems == ["ssh: me@h: Permission denied (publickey)."]
    assert len(reading.ssh.argv) < 12
    reading.ssh.answer = lambda marker: Output(0, f"\n{marker} log 77 0 0 5\n".encode(), b"")
    await reading.time.go(ssh_source.LONGEST)
    assert reading.intake.problems[-1] == ""
    await reading.end()


async def test_what_is_not_there_is_said_until_it_was_there_once(tmp_path: Path) -> None:
    """A session that is gone later is a run that is over, of which alerts tell: it must not end them."""
    here = Reading(tmp_path, up(), PodSignals(sources=("ssh",), files=("/logs/*.log",), tmux="train:0.0"))
    await here.time.go()
    assert here.intake.problems == ["no file /logs/*.log, no tmux pane train:0.0 on the pod"]
    here.ssh.answer = lambda marker: Output(0, f"\n{marker} pane\nstep 1 loss 2\n".encode(), b"")
    await here.time.go(60.0)
    here.ssh.answer = lambda marker: Output(0, f"\n{marker} pane\n".encode(), b"")
    await here.time.go(60.0)
    assert here.intake.problems[1:] == [""]
    await here.end()


async def test_lines_go_on_where_the_last_reading_ended_and_left_out_ones_are_said(tmp_path: Path) -> None:
    reading = Reading(tmp_path, up())
    reading.ssh.answer = lambda marker: Output(
        0, f"\n{marker} log 77 0 13 5\nstep 1 loss 2\n".encode()[:-1] + b"\n", b""
    )
    await reading.time.go()
    assert [line.text for line in reading.intake.lines] == ["step 1 loss 2"]
    await reading.time.go(30.0)
    assert "new log 77 14 " in reading.ssh.scripts[-1]
    reading.ssh.answer = lambda marker: Output(0, f"\n{marker} log 77 90000 90010 5\nx\nstep 9 loss 2\n".encode(), b"")
    await reading.time.go(30.0)
    assert reading.intake.left_out == 1
    assert reading.intake.lines[-1].text == "step 9 loss 2"
    await reading.end()


async def test_an_answer_of_a_hostile_pod_is_bounded_text(tmp_path: Path) -> None:
    reading = Reading(
        tmp_path, up(), PodSignals(sources=("ssh",), files=("/a",), metrics=("/b.csv", "/c.tfevents"), tmux="x")
    )
    noise = b"\xff\x00\x1b]52;c;cm0gLXJm\x07" * 1000 + b"x" * 200_000
    for head in ("log 1 0 9 0", "m0 1 0 9 0", "m1 1 0 9 0", "ps", "df", "apps", "log -1 -1 -1 -1", "log", "../x"):
        reading.ssh.answer = lambda marker, head=head: Output(0, f"\n{marker} {head}\n".encode() + noise + b"\n", b"")  # type: ignore[misc]
        await reading.time.go(30.0)
        assert not reading.task.done()
    assert all(line.text.isprintable() and len(line.text) <= 4096 for line in reading.intake.lines)
    assert all(script.count("\n") < 60 and "rm" not in script.split() for script in reading.ssh.scripts)
    await reading.end()


async def test_a_program_that_writes_without_end_is_killed() -> None:
    output = await bounded_output(("sh", "-c", "yes"), os.environ, b"", most=300_000, patience=30.0)
    assert (len(output.out), output.cut) == (300_000, True)


async def test_a_program_that_does_not_end_is_killed() -> None:
    with pytest.raises(TimeoutError):
        await bounded_output(("sleep", "100"), os.environ, b"", most=10, patience=0.05)


Write = Callable[[Path], None]
CASES: dict[str, tuple[list[str], Callable[[RunTracker], bool]]] = {
    "healthy": (
        [f"step {n}/1000 | loss 2.5 | lr 1e-4" for n in range(50)] + ["saving checkpoint"],
        lambda tracker: tracker.run.now.step == 49 and tracker.run.trouble is None,
    ),
    "nan": (["step 1/9 loss 2.5", "step 2/9 loss nan"], lambda tracker: tracker.run.not_finite is not None),
    "finished": (["step 9/9 loss 2.5", "Training complete"], lambda tracker: tracker.run.ended is not None),
}


@pytest.mark.wide
@pytest.mark.skipif(sshd.missing() != "", reason=f"no SSH server on this machine: {sshd.missing()}")
async def test_runs_are_read_over_a_real_server(tmp_path: Path) -> None:
    from tui.domain.signals.detection import LineReader

    with sshd.server(tmp_path) as server:
        options = tuple(word for word in server.options)
        settings = Ssh(server.user, str(server.key), options)
        state = tmp_path / "s"
        for name, (lines, holds) in CASES.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "train.log").write_text("".join(f"{line}\n" for line in lines))
            (tmp_path / name / "metrics.csv").write_text("step,eval_loss\n7,2.25\n")
            rules = PodSignals(
                sources=("ssh",), files=(f"{tmp_path / name}/*.log",), metrics=(f"{tmp_path / name}/metrics.csv",),
                disks=("/",),
            )  # fmt: skip
            intake, reads = Intake(), 0

            async def pause(seconds: float) -> None:
                nonlocal reads
                reads += 1
                if reads > 2:
                    await asyncio.Event().wait()

            source = SshSource(
                lambda _, port=server.port: up(ip="127.0.0.1", port=port),  # type: ignore[misc]
                settings, 10.0, lambda: state, os.environ, clock=always(NOW), sleep=pause, simulated=True,
            )  # fmt: skip
            task = asyncio.create_task(source.follow(up(), rules, intake))
            await _until(lambda: reads > 2)  # noqa: B023
            sockets = list((state / "ssh").iterdir()) if len(str(state)) < 60 else []
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            tracker, reader = RunTracker(), LineReader()
            for line in intake.lines:
                tracker.take(line.at, line.text, reader.read(line.text))
            assert intake.problems == [""], intake.problems
            assert [line.text for line in intake.lines] == lines, "each line once, over two readings"
            assert holds(tracker), name
            assert [values for _, values in intake.values] == [Values(step=7, eval_loss=2.25)]
            assert [disk.mount for disk in intake.machines[0].disks] == ["/"]
            assert len(sockets) <= 1
            assert not any((state / "ssh").iterdir()), "the connection is closed"


async def _until(holds: Callable[[], bool]) -> Awaitable[None] | None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return None
