"""podtop in a real terminal: it starts, takes keys and sizes, and leaves the terminal as it was, however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import podtop
from tests.variants import every
from tui import __version__

PODTOP = [sys.executable, "-m", "tui"]
KEY = {"RUNPOD_API_KEY": "demo-key"}


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PODTOP, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        env={**os.environ, **environ}, timeout=30,
    )  # fmt: skip


@pytest.mark.wide
def test_the_demo_starts_takes_keys_and_sizes_and_quits() -> None:
    # With few pods, as every pod has a past to be made.
    terminal = podtop("--demo", "--pods", "3", "--no-record", starts=True)
    terminal.wait_for("llama-70b-pretrain")
    terminal.wait_for("Telemetry")
    terminal.type("?")
    terminal.wait_for("Quit (pods keep running)")
    terminal.leave("Quit (pods keep running)")
    # In one burst, as a lagging link delivers it: what follows the slash is text, and quits nothing.
    for _ in range(30):
        terminal.type("/llama")
        terminal.listen(1.0)
        if "1 of 3" in terminal.text:
            break
        # Right behind what closed keys do nothing, for longer where the machine is busy.
        terminal.type("\x1b")
        terminal.listen(1.0)
    terminal.wait_for("1 of 3")
    terminal.type("\r")
    terminal.resize(80, 24)
    terminal.wait_for(" Telemetry ")
    assert terminal.quit() == 0
    assert terminal.restored


@pytest.mark.parametrize("number", [signal.SIGHUP, pytest.param(signal.SIGTERM, marks=pytest.mark.wide)])
def test_a_signal_restores_the_terminal(number: signal.Signals, url: str) -> None:
    terminal = podtop("--api-url", url, "--no-record", env=KEY)
    terminal.wait_for("llama-70b-pretrain")
    terminal.signal(number)
    assert terminal.end() == 128 + number
    assert terminal.restored


def test_a_terminal_that_is_gone_leaves_no_process_behind(url: str) -> None:
    terminal = podtop("--api-url", url, "--no-record", env=KEY)
    terminal.wait_for("llama-70b-pretrain")
    os.close(terminal.fd)
    assert terminal.wait() != 0


def test_a_crash_is_one_line_and_a_log(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import tui.services.monitor as w\n"
        "async def broken(self): raise ZeroDivisionError('rpa_very_secret')\n"
        "w.Monitor.run = broken\n"
    )
    terminal = podtop(
        "--demo",
        env={"PYTHONPATH": str(tmp_path), "XDG_STATE_HOME": str(tmp_path), "RUNPOD_API_KEY": "rpa_very_secret"},
        starts=True,
    )
    assert terminal.end() == 1
    assert terminal.restored
    assert "podtop: crashed" in terminal.text
    assert "Traceback" not in terminal.text
    log = tmp_path / "podtop" / "podtop.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert "ZeroDivisionError" in log.read_text()
    assert "rpa_very_secret" not in log.read_text()


def test_without_a_terminal_it_says_so() -> None:
    done = run("--demo")
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


def test_without_a_key_it_says_what_to_do() -> None:
    done = run()
    assert done.returncode == 2
    for words in ("RUNPOD_API_KEY", "--api-key-file", "podtop --demo"):
        assert words in done.stderr


def test_a_dumb_terminal_is_refused_with_words() -> None:
    terminal = podtop("--demo", env={"TERM": "dumb"})
    assert terminal.end() == 2
    assert "TERM=dumb" in terminal.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        *every(
            3,
            [
                (["--interval", "1"], "--interval: invalid value '1'; expected seconds, from 2"),
                (["--api-url", "http://example.com/"], "http on loopback only"),
                (["--no-such-flag"], "unknown flag --no-such-flag"),
                (["--demo", "--pods", "-1"], "a number of pods from 0"),
                (["simulate", "--fault", "nope"], "unknown fault 'nope'"),
                (["--api-key-file", "/nowhere"], "cannot be read"),
            ],
            values=2,
        ),
    ],
)
def test_bad_usage_is_exit_code_2_and_named(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_theme_is_named_with_what_there_is() -> None:
    terminal = podtop("--demo", "--theme", "plaid", size=(200, 24))
    assert terminal.end() == 2
    assert "podtop-light" in terminal.text


def test_version_and_help_without_a_terminal() -> None:
    version = (
        rf"podtop {re.escape(__version__)} \(APIs graphql, rest, Python 3\.\d+\.\d+\S*, Textual \d[\d.]*, \w+-\w+\)\n"
    )
    assert re.fullmatch(version, run("--version").stdout)
    shown = run("--help").stdout
    for flag in ("--demo", "--api-url", "--interval", "--read-only", "simulate"):
        assert flag in shown


def test_a_served_simulator_is_watched_like_the_real_thing_and_a_refused_key_is_told(url: str) -> None:
    refused = podtop("--api-url", url, "--read-only", env={"RUNPOD_API_KEY": "wrong-key"})
    refused.wait_for("RunPod rejected the API key")
    refused.wait_for("RTX ")  # the market needs no key; which card is cheapest moves
    refused.wait_for("READ-ONLY")
    assert refused.quit() == 0
    assert b"wrong-key" not in refused.output
