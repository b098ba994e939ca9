"""Recording and replaying as a person does it: two processes, kills, restarts, signals, exit codes."""

from __future__ import annotations

import base64
import itertools
import os
import signal
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli import quick
from tests.cli.terminal import Terminal, podtop
from tui.history.archive.reader import Recording
from tui.history.archive.schema import ArchiveError

PODTOP = [sys.executable, "-m", "tui"]
PATIENCE = 20.0
KEY = {"RUNPOD_API_KEY": "demo-key"}


class Collector:
    """`podtop record`, and the lines it writes."""

    def __init__(self, url: str, *flags: str) -> None:
        arguments = ("record", "--interval", "2", "--api-url", url, *flags)
        self.process = quick.Process(*arguments, env={**os.environ, **KEY}, merged=True)

    def wait_for(self, words: str) -> str:
        seen = ""
        for line in self.process.stdout:
            seen += line
            if words in line:
                return seen
        raise AssertionError(f"{words!r} was never said: {seen}")

    def end(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        rest, _ = self.process.communicate()
        return self.process.wait(), rest


def archive() -> Path:
    (path,) = Path(os.environ["XDG_STATE_HOME"]).rglob("archive/*.sqlite")
    return path


def samples() -> list[float]:
    """Instants with a value; none while the file is being made."""
    try:
        return _samples()
    except ArchiveError:
        return []


def _samples() -> list[float]:
    with closing(Recording(archive())) as recording:
        found = recording.samples("k3v9x0q2m1a7ze", 0, time.time() + 60)
    column = found.columns["util"].mean if "util" in found.columns else b""
    return [at for at, value in zip(found.times, column, strict=True) if value != 255]


def watching(url: str) -> Terminal:
    terminal = podtop("--interval", "2", "--api-url", url, env=KEY)
    terminal.wait_for("llama-70b-pretrain")
    terminal.wait_for("● live")
    return terminal


def test_a_collector_says_how_it_goes_and_ends_well_when_told_to(url: str) -> None:
    collector = Collector(url)
    collector.wait_for("● recording 3 pods")
    code, rest = collector.end(signal.SIGTERM)
    assert (code, rest) == (0, "stopped, recording saved\n")
    assert samples()
    log = archive().parent.parent.rglob("*")
    assert not [p for p in log if p.is_file() and b"demo-key" in p.read_bytes()]


def test_a_quiet_collector_says_only_what_is_wrong(url: str) -> None:
    collector = Collector(url, "--quiet")
    until = time.monotonic() + 30
    while not list(Path(os.environ["XDG_STATE_HOME"]).rglob("archive/*.sqlite")) or not samples():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert collector.end(signal.SIGTERM) == (0, "")


def test_what_was_committed_survives_a_kill_and_the_next_one_goes_on(url: str) -> None:
    first = Collector(url)
    first.wait_for("● recording")
    code, _ = first.end(signal.SIGKILL)
    assert code == -signal.SIGKILL
    before = samples()
    assert before
    second = Collector(url)
    second.wait_for("● recording")
    second.end(signal.SIGTERM)
    assert samples()[: len(before)] == before
    assert len(samples()) > len(before)


def test_podtop_beside_a_collector_writes_nothing_twice_and_what_it_wrote_is_replayed_without_a_network(
    url: str,
) -> None:
    collector = Collector(url)
    collector.wait_for("● recording")
    terminal = watching(url)
    size = len(samples())
    terminal.wait_for("Telemetry")
    assert terminal.quit() == 0
    collector.end(signal.SIGTERM)
    found = samples()
    assert len(found) >= size
    gaps = [b - a for a, b in itertools.pairwise(found)]
    assert all(gap > 1.5 for gap in gaps), f"a poll was written twice: {gaps}"
    # What was recorded, without a key.
    terminal = podtop("--replay", "latest")
    terminal.wait_for("REPLAY")
    terminal.wait_for("llama-70b-pretrain")
    terminal.type("?")
    terminal.wait_for("Longer time range")
    terminal.leave("Longer time range")
    terminal.signal(signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    assert terminal.restored


@pytest.mark.wide
def test_a_restarted_podtop_shows_what_the_killed_one_saw(url: str) -> None:
    terminal = watching(url)
    while len(archives := list(Path(os.environ["XDG_STATE_HOME"]).rglob("archive/*.sqlite"))) < 1 or not samples():
        terminal._read(0.1)
    assert archives
    terminal.signal(signal.SIGKILL)
    assert terminal.end() == 128 + signal.SIGKILL
    again = watching(url)
    # The recording is opened behind the first response.
    for _ in range(120):
        again.type("[")
        again.listen(0.5)
        if "= live" in again.text:
            break
    again.wait_for("= live")
    again.type("=")
    again.wait_for("● live")
    assert again.quit() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--replay", "latest"], "no recording in"),
        (["--replay", "/nowhere.sqlite"], "no such file"),
        (["--at", "12:00", "--demo"], "--at requires --replay"),
        (["--replay", "latest", "--demo"], "--replay cannot be combined"),
        (["--replay", "latest", "doctor"], "--replay cannot be combined"),
        (["--replay", "latest", "log"], "--replay cannot be combined"),
        (["--at", "14:30", "doctor"], "--at requires --replay"),
        (["--hub", "http://127.0.0.1:1", "doctor"], "--hub shows the screen"),
    ],
)
def test_a_replay_that_cannot_be_is_refused_in_words(arguments: list[str], words: str) -> None:
    done = quick.run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.wide
def test_what_is_copied_reaches_the_terminals_clipboard_and_no_record_leaves_no_file(url: str) -> None:
    terminal = podtop("--no-record", "--api-url", url, env=KEY)
    terminal.wait_for("● live")
    terminal.type("/llama")
    terminal.wait_for("1 of 3")
    terminal.wait_for("↵ apply")
    terminal.type("\r")
    terminal.wait_for("↵ details")
    terminal.type("\r")
    terminal.wait_for("POWER")
    terminal.type("c")
    terminal.wait_for("pod ID")
    terminal.type("i")
    terminal.wait_until(lambda: b"\x1b]52;c;" + base64.b64encode(b"k3v9x0q2m1a7ze") in terminal.output)
    terminal.wait_for("k3v9x0q2m1a7ze")
    assert terminal.quit() == 0
    assert not list(Path(os.environ["XDG_STATE_HOME"]).rglob("*.sqlite"))
