"""Every command in every kind of hostile surroundings: an exit code that is documented and one line at most."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli import quick
from tests.cli.terminal import Terminal
from tui.actions import ACTIONS
from tui.commands.exit_codes import Exit
from tui.commands.frame import framed
from tui.commands.parser import parser

ROOT = Path(__file__).parents[2]
GOES_ON = ("record", "simulate", "teams", "export")
"""Commands that end when they are told to, that write where they stand, or that need a recording."""


def subparsers(of: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (action,) = [one for one in of._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(action.choices)


def forms(name: str, of: argparse.ArgumentParser) -> Iterator[list[str]]:
    """The least that a command takes, each way of it: read off the parser, so that a new command is tried too."""
    words: list[str] = []
    for action in of._actions:
        if not action.option_strings and action.nargs not in ("?", "*"):
            words.append(str(next(iter(action.choices))) if action.choices else "x")
    groups = [group for group in of._mutually_exclusive_groups if group._group_actions]
    for group in groups:
        if group.required:
            yield from ([name, *words, action.option_strings[0]] for action in group._group_actions)
            return
    flags = {flag for action in of._actions for flag in action.option_strings}
    if "--yes" in flags:
        words.append("--yes")
    for flag in ("--json", "--csv"):
        if flag in flags:
            yield [name, *words, flag]
    if name not in ("market", "account"):
        # Those show a screen without a form.
        yield [name, *words]


EVERY = [form for name, of in subparsers(parser()).items() if name not in GOES_ON for form in forms(name, of)]
ALL = [["--version"], ["--help"], *([name, "--help"] for name in subparsers(parser())), *EVERY]
ACTS = {action.id for action in ACTIONS if action.command}
NAMED = {*ACTS, "logs", "once", "market", "notify"}
"""Commands that look for something, by its name or in the settings, which may not be there."""

SILENT = {*ACTS, "logs", "--init", "notify"}
WRITE = [form for form in ALL if "--help" in form or (form != ["log", "--json"] and not SILENT & {*form})]
"""Commands that write to their output when all goes well."""


def together(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    results = []
    for case in cases:
        done = quick.run(*case["argv"], cwd=ROOT, around=case)
        results.append({**case, "code": done.returncode, "out": done.stdout, "err": done.stderr})
    return results


def argv(form: list[str]) -> list[str]:
    return form if form[0].startswith("-") else ["--demo", *form]


def is_orderly(result: dict[str, Any], *codes: int) -> None:
    said = result["err"]
    assert "Traceback" not in said, result
    assert "Exception ignored" not in said, result
    assert "Fatal" not in said, result
    assert result["code"] in (codes or (*Exit, 130)), result


def parts(of: int) -> list[Any]:
    """A part of the cases by default, another for each surroundings, so that commands differ; all of them at length."""
    return [pytest.param(of, id="a part"), pytest.param(1, id="all", marks=pytest.mark.wide)]


TROUBLES = [({"full": True}, "cannot be written: No space left on device"), ({"closed": [1]}, "the output is closed")]


@pytest.mark.parametrize("of", parts(24))
def test_an_output_that_takes_nothing_is_one_line_and_a_1(of: int) -> None:
    cases = [
        {"argv": argv(form), "words": words, **trouble}
        for number, (trouble, words) in enumerate(TROUBLES)
        for form in WRITE[number % of :: of]
    ]
    for result in together(cases):
        is_orderly(result, 1)
        assert result["err"].startswith("podtop: "), result
        assert result["words"] in result["err"], result
        assert result["err"].count("\n") == 1, result


SURROUNDINGS: dict[str, dict[str, Any]] = {
    "nobody": {"env": {"HOME": None, "XDG_CONFIG_HOME": None, "XDG_STATE_HOME": None}, "nobody": True},
    "no HOME, ascii, no input": {"env": {"HOME": None, "LANG": "C", "LC_ALL": "C"}, "encoding": "ascii", "closed": [0]},
    "HOME= and no directory": {"env": {"HOME": ""}, "gone": True},
    "HOME=relative and no stderr": {"env": {"HOME": "x/y", "XDG_CONFIG_HOME": "x"}, "closed": [2]},
    "nothing at all": {"closed": [0, 1, 2]},
}


# What `config --init` writes would lie in the real home of who runs the tests.
MINE = [form for form in EVERY if "--init" not in form]


@pytest.mark.parametrize("of", parts(4 * len(SURROUNDINGS)))
def test_every_command_ends_as_documented_wherever_it_runs(of: int) -> None:
    cases = [
        {"argv": argv(form), **around}
        for number, around in enumerate(SURROUNDINGS.values())
        for form in MINE[number % of :: of]
    ]
    for result in together(cases):
        is_orderly(result)
        blind = {1, 2} & {*result.get("closed", ())}
        if not blind:
            well = (0, 3) if NAMED & {*result["argv"]} else (0,)
            assert result["code"] in well, result


@pytest.mark.parametrize("of", parts(4))
def test_an_argument_that_is_no_text_is_refused_or_used_and_never_a_traceback(of: int) -> None:
    odd = "\udcff\udc80"
    cases = [["once", "--profile", odd], ["--theme", odd], ["stop", odd, "--yes"], ["log", "--pod", odd], [odd],
             ["once", "--api-key-file", odd], ["--replay", odd], ["market", "--json", "--filter", odd],
             ["once", "--api-key-file", "~nosuchuser/key"], ["--api-url", odd, "once"]]  # fmt: skip
    for result in together([{"argv": ["--demo", *case] if "--replay" not in case else case} for case in cases[::of]]):
        is_orderly(result, 0, 2, 3)


@pytest.mark.parametrize("of", parts(20))
def test_ctrl_c_is_quiet_whenever_it_comes(of: int) -> None:
    cases = [{"argv": argv(form), "interrupt": at} for form in MINE for at in (30, 3_000, 60_000)]
    for result in together(cases[::of]):
        is_orderly(result, 130, -signal.SIGINT, 0, 3)
        assert result["err"].count("\n") <= 1 or "stop" in result["argv"], result


def test_too_little_memory_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    # Where the system has nothing left for the interpreter itself no frame helps: what is tried is what Python raises.
    def command() -> int:
        raise MemoryError

    assert framed(command) == 1
    said = capsys.readouterr().err
    assert "out of memory" in said
    assert said.count("\n") == 1


def test_a_crash_is_one_line_and_a_log_whatever_the_command() -> None:
    forms = [form for form in EVERY if form[0] in ("log", "config", "completions", "market") and "--init" not in form]
    for result in together([{"argv": argv(form), "crash": True} for form in forms[::3]]):
        is_orderly(result, 1)
        assert result["err"].startswith("podtop: crashed: ZeroDivisionError"), result
        assert result["err"].count("\n") == 1, result
    log = (home() / "podtop" / "podtop.log").read_text()
    assert "ZeroDivisionError" in log
    assert "rpa_" not in log


# What goes on, goes on


class Goes:
    """`podtop record` on a simulated RunPod, with an output of some kind."""

    def __init__(self, url: str, redirect: str, *more: str) -> None:
        line = f"exec {sys.executable} -m tui --api-url {url} record --interval 2 {' '.join(more)} {redirect}"
        self.process = subprocess.Popen(
            ["bash", "-c", line], stderr=subprocess.PIPE, env={**os.environ, "RUNPOD_API_KEY": "demo-key"}
        )

    def end(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        _, said = self.process.communicate(timeout=20)
        assert time.monotonic() - began < 10
        return self.process.returncode, said.decode()


def home() -> Path:
    return Path(os.environ["XDG_STATE_HOME"])


def log_of() -> str:
    path = home() / "podtop" / "podtop.log"
    return path.read_text() if path.exists() else ""


def wait_for(words: str) -> None:
    until = time.monotonic() + 30
    while words not in log_of():
        assert time.monotonic() < until, log_of()
        time.sleep(0.05)


def wide(case: object) -> Any:
    return pytest.param(case, marks=pytest.mark.wide)


@pytest.mark.parametrize("redirect", [">/dev/full", "<&- >&- 2>&-", *map(wide, (">&-", "> >(exit 0)"))])
def test_recording_goes_on_without_an_output(redirect: str, url: str) -> None:
    recorder = Goes(url, redirect)
    try:
        wait_for("state=recording")
    finally:
        code, said = recorder.end()
    assert (code, said) == (0, "")
    assert "ended code=0" in log_of()


@pytest.mark.wide
def test_recording_goes_on_where_the_terminal_takes_nothing_for_minutes(url: str) -> None:
    argv = [sys.executable, "-m", "tui", "--api-url", url, "record", "--interval", "2"]
    terminal = Terminal(argv, env={"RUNPOD_API_KEY": "demo-key"})
    # ctrl+s: the terminal halts, and from now on every write to it waits.
    terminal.type("\x13")
    wait_for("state=recording")
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == 0
    os.close(terminal.fd)
    assert "ended code=0" in log_of()


@pytest.mark.wide
def test_recording_goes_on_when_its_terminal_is_gone(url: str) -> None:
    line = f"trap '' HUP; exec {sys.executable} -m tui --api-url {url} record --interval 2"
    terminal = Terminal(["/bin/bash", "-c", line], env={"RUNPOD_API_KEY": "demo-key"})
    wait_for("state=recording")
    os.close(terminal.fd)
    wait_for("output_lost")
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == 0


@pytest.mark.wide
def test_a_reader_that_halts_does_not_keep_a_watch_from_ending(url: str) -> None:
    line = f"exec {sys.executable} -m tui --api-url {url} --log-level debug once pods --json --watch 2"
    reader, writer = os.pipe()
    # A pipe that is full takes nothing more.
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"\n" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    env = {**os.environ, "RUNPOD_API_KEY": "demo-key"}
    process = subprocess.Popen(["bash", "-c", line], stdout=writer, stderr=subprocess.PIPE, env=env)
    try:
        # What is behind it is written, and stays in the pipe's way.
        wait_for("answered operation=")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, 128 + signal.SIGTERM)
    finally:
        process.kill()
        process.communicate()
        os.close(reader)
        os.close(writer)


@pytest.mark.wide
@pytest.mark.parametrize("redirect", [">&-", *map(wide, (">/dev/full", "> >(exit 0)"))])
def test_the_simulator_serves_whether_anybody_reads_where_or_not(redirect: str) -> None:
    line = f"exec {sys.executable} -m tui simulate --port 0 {redirect}"
    process = subprocess.Popen(["bash", "-c", line], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while not listens(process.pid):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) in ((0, ""), (130, ""))


def listens(pid: int) -> bool:
    """Whether a process has a socket that listens."""
    try:
        links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
        rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    except OSError:
        return False
    sockets = {link[8:-1] for link in links if link.startswith("socket:[")}
    return any(row[3] == "0A" and row[9] in sockets for row in rows)
