"""Rows that the terminal moved itself are those that a whole frame shows, on podtop's own screens."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.conftest import served
from tests.cli.terminal import Terminal, podtop
from tests.ui.terminal.test_cell_buffer import Cells, Emulator

MOVES = ("j" * 25, "G", "k" * 25, "g", "o", "n", "j" * 25, "o", "c", "\x1b[6~", "\x1b[5~")


def cells(terminal: Terminal) -> Cells:
    emulator = Emulator(terminal.screen.columns, terminal.screen.lines)
    emulator.screen = terminal.screen
    return emulator.cells()


@pytest.mark.wide
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_a_list_that_moved_is_as_if_it_were_drawn(size: tuple[int, int], tmp_path: Path) -> None:
    environ = {"PODTOP_TOUR": "0", "HOME": str(tmp_path), "RUNPOD_API_KEY": "demo-key"}
    with served(str(tmp_path / "server"), "--pods", "60", "--seed", "7") as url:
        terminal = podtop("--api-url", url, "--no-record", "--interval", "2", env=environ, size=size)
        try:
            terminal.wait_for("─ Pods  60 ─")
            # The rows may come a frame later, and alerts put them in another order.
            terminal.listen(1.0)
            for keys in MOVES:
                for key in [keys] if keys.startswith("\x1b") else keys:
                    terminal.type(key)
                    terminal.listen(0.05)
            assert terminal.output.count(b"\x1b[r") > 10
            # Behind what closed, keys do nothing. Then nothing changes.
            terminal.listen(1.0)
            terminal.type("p")
            terminal.wait_for("paused")
            terminal.listen(0.5)
            shown, before = cells(terminal), len(terminal.output)
            terminal.type("\x0c")
            terminal.wait_until(lambda: len(terminal.output) > before + 2_000)
            terminal.listen(0.5)
            assert cells(terminal) == shown
        finally:
            terminal.signal(signal.SIGTERM)
            terminal.end()
