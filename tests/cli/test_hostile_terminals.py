"""Terminals without cells, terminals that do not read, streams that are none: podtop keeps its hands, and ends."""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import struct
import sys
import termios
import time
from itertools import product
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from tests.cli.quick import ROOT
from tests.cli.terminal import Terminal, podtop

QUIET = {"PODTOP_TOUR": "0", "RUNPOD_API_KEY": "demo-key"}
BROKEN = "import tui.store.fleet as f, time\nf.Fleet.apply = lambda *a, **k: time.sleep(60)\n"


def wide(case: object) -> ParameterSet:
    """One more of the same kind: each costs a start of podtop."""
    return pytest.param(case, marks=pytest.mark.wide)


def redirected(redirections: str, home: Path, *arguments: str) -> Terminal:
    line = f"exec {shlex.join([sys.executable, '-m', 'tui', *arguments])} {redirections}"
    return Terminal(["/bin/sh", "-c", line], env={**QUIET, "HOME": str(home), "PYTHONPATH": str(ROOT)})


OTHERS = ("2>&-", "2>/dev/null", "2>&1 2>/dev/full", "2>&0")


@pytest.mark.wide
@pytest.mark.parametrize("where", ["2>{}/err.log", *map(wide, OTHERS)])
def test_the_screen_is_where_the_keys_are(where: str, url: str, tmp_path: Path) -> None:
    terminal = redirected(where.format(tmp_path), tmp_path, "--api-url", url, "--no-record")
    terminal.wait_for("llama-70b-pretrain")
    terminal.type("?")
    terminal.wait_for("Quit (pods keep")
    terminal.leave("Quit (pods keep")
    assert terminal.quit() == 0
    assert terminal.restored
    for log in tmp_path.glob("err.log"):
        assert log.read_bytes() == b""


IN = {"pipe": "</dev/zero", "file": "</dev/null", "closed": "<&-", "tty": ""}
OUT = {"pipe": "| cat >/dev/null; exit ${PIPESTATUS[0]}", "file": ">/dev/null", "closed": ">&-", "tty": ""}
ERR = {"file": "2>{}/err.log", "closed": "2>&-", "tty": ""}
REFUSED = [each for each in product(IN, ("file", "closed", "tty"), ERR) if each[:2] != ("tty", "tty")]


def _refused(stdin: str, stdout: str, stderr: str, home: Path) -> None:
    terminal = redirected(f"{IN[stdin]} {OUT[stdout]} {ERR[stderr].format(home)}", home, "--demo")
    assert terminal.end() == 2
    assert b"\x1b" not in terminal.output
    said = terminal.text if stderr == "tty" else (home / "err.log").read_text() if stderr == "file" else ""
    assert "Traceback" not in said
    assert stderr == "closed" or "needs a terminal" in said


@pytest.mark.parametrize("case", [("file", "tty", "tty"), ("tty", "closed", "file")], ids="-".join)
def test_without_a_terminal_on_both_sides_it_is_refused(case: tuple[str, str, str], tmp_path: Path) -> None:
    _refused(*case, tmp_path)


@pytest.mark.wide
@pytest.mark.parametrize("case", REFUSED, ids="-".join)
def test_every_other_combination_is_refused(case: tuple[str, str, str], tmp_path: Path) -> None:
    _refused(*case, tmp_path)


def sized(terminal: Terminal, columns: int, lines: int) -> None:
    """What the system tells of the terminal's size; what the test sees stays as it is."""
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def still(terminal: Terminal) -> None:
    """Until nothing has come for a while."""
    before = -1
    while before != len(terminal.output):
        before = len(terminal.output)
        until = time.monotonic() + 0.7
        while time.monotonic() < until:
            terminal._read(0.1)


@pytest.mark.parametrize("sizes", [((0, 0), (1, 1)), wide(((100, 0), (0, 40)))], ids=["none", "none one way"])
def test_a_terminal_without_cells_is_sent_nothing_and_heard_and_comes_back(
    sizes: tuple[tuple[int, int], ...], url: str
) -> None:
    terminal = podtop("--api-url", url, "--no-record", env=QUIET)
    sized(terminal, 0, 0)
    terminal.wait_until(lambda: b"\x1b[?1006h" in terminal.output)
    terminal.resize(120, 40)
    terminal.wait_for("llama-70b-pretrain")
    for size in sizes:
        sized(terminal, *size)
        still(terminal)
        sent = len(terminal.output)
        terminal.type("2")
        still(terminal)
        assert len(terminal.output) - sent < 100, size
        terminal.resize(100, 30)
        terminal.wait_for("f API filters")
        terminal.type("1")
        terminal.wait_for("llama-70b-pretrain")
    sized(terminal, 0, 0)
    still(terminal)
    assert terminal.quit() == 0


def ended_within(terminal: Terminal, seconds: float) -> int:
    """The exit code, while nobody reads what is sent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (code := terminal.poll()) is not None:
            return code
        time.sleep(0.01)
    os.kill(terminal.pid, signal.SIGKILL)
    raise AssertionError("it did not end")


def take(terminal: Terminal) -> None:
    while terminal._read(0.2):
        if not terminal._read(0.2):
            break
        before = len(terminal.output)
        terminal._read(0.3)
        if len(terminal.output) == before:
            break
    os.close(terminal.fd)


def test_sigterm_ends_a_program_whose_loop_stands_still_and_restores_the_terminal(url: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BROKEN)
    terminal = podtop("--api-url", url, "--no-record", env={**QUIET, "PYTHONPATH": f"{tmp_path}:{ROOT}"}, starts=True)
    terminal.wait_for("Pods")
    time.sleep(1.5)
    terminal.signal(signal.SIGTERM)
    assert ended_within(terminal, 8.0) == 128 + signal.SIGTERM
    take(terminal)
    assert terminal.restored


@pytest.mark.parametrize("way", ["q", wide("SIGTERM")])
def test_a_terminal_that_does_not_read_holds_nothing(way: str, url: str) -> None:
    terminal = podtop("--api-url", url, "--no-record", env=QUIET, size=(200, 60))
    terminal.wait_for("llama-70b-pretrain")
    # Nobody reads: screens come and go until nothing more fits.
    for _ in range(6):
        terminal.type("2")
        time.sleep(0.03)
        terminal.type("1")
        time.sleep(0.03)
    if way == "q":
        terminal.type("q")
    else:
        terminal.signal(signal.SIGTERM)
    assert ended_within(terminal, 30.0 if way == "q" else 8.0) == (0 if way == "q" else 128 + signal.SIGTERM)
    take(terminal)
    assert terminal.restored


@pytest.mark.wide
def test_continued_unasked_it_takes_the_terminal_once(url: str, tmp_path: Path) -> None:
    terminal = redirected("", tmp_path, "--api-url", url, "--no-record")
    terminal.wait_for("llama-70b-pretrain")
    for _ in range(3):
        terminal.halt()
        for _ in range(20):
            terminal.signal(signal.SIGCONT)
        terminal.listen(0.3)
        terminal.type("?")
        terminal.wait_for("Quit (pods keep")
        terminal.leave("Quit (pods keep")
    modes = os.dup(terminal.fd)
    assert terminal.quit() == 0
    assert terminal.restored
    assert termios.tcgetattr(modes)[3] & termios.ECHO, "the shell is left without its own modes"
    os.close(modes)
