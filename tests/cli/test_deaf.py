"""In a real terminal: a halted program hears nothing of what was typed meanwhile; a person at leisure is heard."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import served
from tests.cli.terminal import Terminal, podtop

KEY = {"RUNPOD_API_KEY": "demo-key"}
SILENCE = 0.8
"""Seconds that a person who has read a dialog has taken at the least."""

HALTS, EVERY_HALT = (200,), (0, 50, 120, 200, 300, 390, 450)
"""Milliseconds after a dialog was shown, of a run of the suite and of a long one."""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """podtop on a served simulator, with its first data."""
    with served(str(tmp_path)) as url:
        made = podtop(
            "--api-url", url,
            env={**KEY, "PODTOP_TOUR": "0", "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
        )  # fmt: skip
        try:
            made.wait_for("llama-70b-pretrain")
            made.wait_for("GPU map")
            # Which GPUs are there, and at what price, depends on the time of day.
            made.type("M")
            made.wait_for("▰▰▰ high")
            made.type("MM")
            made.wait_for("GPU map")
            yield made
        finally:
            made.signal(signal.SIGKILL)
            made.wait()
            os.close(made.fd)


def intents(path: Path) -> int:
    return sum(log.read_text().count('"intent"') for log in path.rglob("actions*.jsonl"))


def test_nothing_typed_at_a_halted_program_is_heard_and_a_person_at_leisure_is(
    terminal: Terminal, tmp_path: Path
) -> None:
    halted(terminal, tmp_path, HALTS)
    at_leisure(terminal, tmp_path)


@pytest.mark.soak
def test_nothing_typed_at_a_halted_program_is_heard_whenever_it_is(terminal: Terminal, tmp_path: Path) -> None:
    halted(terminal, tmp_path, EVERY_HALT)


def halted(terminal: Terminal, tmp_path: Path, halts: tuple[int, ...]) -> None:
    terminal.type("g")
    for ms in halts:
        terminal.listen(SILENCE)
        terminal.type("S")
        terminal.wait_for("Stop (y)")
        terminal.listen(ms / 1000)
        terminal.halt()
        terminal.type("y\r")
        terminal.listen(0.5)
        terminal.signal(signal.SIGCONT)
        terminal.listen(SILENCE)
        assert "Stop (y)" in terminal.text, ms
        assert intents(tmp_path) == 0, ms
        # While the machine is busy it may be deaf for longer.
        terminal.leave("Stop (y)")
    terminal.type("S")
    terminal.wait_for("Stop (y)")
    for _ in range(20):
        terminal.listen(SILENCE)
        if "Stop (y)" not in terminal.text:
            break
        terminal.type("y")
    terminal.wait_until(lambda: intents(tmp_path) == 1)


def at_leisure(terminal: Terminal, tmp_path: Path) -> None:
    """Terminate by typing the name: a second intent."""
    terminal.listen(SILENCE)
    terminal.type("/qwen\r")
    terminal.wait_for("1 of 6")
    terminal.listen(SILENCE)
    terminal.type("T")
    terminal.wait_for("type its name")
    for _ in range(5):
        for letter in "qwen-eval-sweep":
            terminal.listen(0.1)
            terminal.type(letter)
        terminal.type("\r")
        terminal.listen(2 * SILENCE)
        if "type its name" not in terminal.text:
            # It was heard, and letters would be keys of the screen now.
            terminal.wait_until(lambda: intents(tmp_path) == 2)
            break
        # While the machine is busy a letter may be dropped.
        terminal.type("\x7f" * 20)
    assert intents(tmp_path) == 2
    terminal.wait_for("terminat")
