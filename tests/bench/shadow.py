"""What the shadow of the terminal saves and what it costs: `python -m tests.bench.shadow` prints two tables.

The first runs one Textual app twice, a table of 35 rows of which a few numbers change at every refresh, with and
without the shadow. The second times the shadow alone on a screen of 120x40.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections.abc import Callable
from math import inf

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import DataTable, Static

from tests.ui.terminal.test_diff_renderer import Wire
from tui.ui.terminal import diff_renderer
from tui.ui.terminal.cell_buffer import CellBuffer

WIDTH, HEIGHT = 120, 40
REFRESHES = 60
COLUMNS = ("id", "name", "gpu", "util", "memory", "cpu", "$/h", "uptime")


class Bench(App[None]):
    def __init__(self, shadowed: bool) -> None:
        super().__init__(driver_class=Wire)
        self.animation_level = "none"
        self.rng = random.Random(1)
        if shadowed:
            diff_renderer.install(self, Wire)
        self.bytes = 0
        self.idle = 0
        self.cpu = 0.0
        self.painting = self.painted = 0.0
        self._paint, self._display = self._display, self.timed  # type: ignore[method-assign, assignment]

    def timed(self, screen: Screen[object], update: object) -> None:
        started = time.process_time()
        self._paint(screen, update)  # type: ignore[arg-type]
        self.painting += time.process_time() - started

    def compose(self) -> ComposeResult:
        yield Static(id="header")
        yield DataTable()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for name in COLUMNS:
            table.add_column(name, key=name, width=12)
        for row in range(35):
            table.add_row(f"pod{row:05}", f"run-{row}", "8x H100", "0%", "0 GB", "0%", "23.92", "1h", key=str(row))

    def refresh_numbers(self, count: int) -> None:
        table = self.query_one(DataTable)
        self.query_one("#header", Static).update(f"balance 812.{count:02}   spend 143.52/h   updated {count} s ago")
        for row in range(35):
            if self.rng.random() < 0.5:
                table.update_cell(str(row), "util", f"[green]{self.rng.randint(80, 99)}%[/]")
                table.update_cell(str(row), "memory", f"{self.rng.randint(60, 79)} GB")
            table.update_cell(str(row), "cpu", f"{self.rng.randint(5, 9)}%")

    async def measure(self, pilot: Pilot[object]) -> None:
        driver = self._driver
        assert isinstance(driver, Wire)
        for _ in range(5):
            await pilot.pause()
        driver.received()
        self.painting = 0.0
        started = time.process_time()
        for count in range(REFRESHES):
            self.refresh_numbers(count)
            await pilot.pause()
            await pilot.pause()
        self.cpu = time.process_time() - started
        self.bytes = len(driver.received().encode())
        self.painted = self.painting
        for _ in range(10):
            self.screen.refresh()
            await pilot.pause()
            await pilot.pause()
        self.idle = len(driver.received().encode())
        self.exit()


def frame(seed: int) -> list[Strip]:
    """A screen of rows with ten coloured fields each."""
    rng = random.Random(seed)
    styles = [Style(color=f"#{colour:06x}", bgcolor="#101418") for colour in range(0x204060, 0x204060 + 6)]
    return [
        Strip([Segment(f"{rng.random():<12.8f}"[: WIDTH // 10], rng.choice(styles)) for _ in range(10)], WIDTH)
        for _ in range(HEIGHT)
    ]


def lay(shadow: CellBuffer, rows: list[Strip]) -> int:
    for y, row in enumerate(rows):
        shadow.put(0, y, row)
    return len(shadow.frame((0, 0)).encode())


def alone(name: str, before: list[Strip], after: Callable[[], list[Strip]], say: Callable[[str], object]) -> None:
    best, sent = inf, 0
    for _ in range(20):
        shadow = CellBuffer(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
        if before:
            lay(shadow, before)
        rows = after()
        started = time.perf_counter()
        sent = lay(shadow, rows)
        best = min(best, time.perf_counter() - started)
    say(f"{name:<44}{best * 1000:>9.2f} ms{sent:>9} B\n")


def main() -> None:
    say = sys.stdout.write
    title = f"a table refreshed {REFRESHES} times, best of 3"
    say(f"{title:<44}{'B/frame':>12}{'painting':>12}{'of CPU':>12}{'B, no change':>14}\n")
    best = dict.fromkeys((False, True), (inf, inf))
    sent = {}
    for _ in range(3):
        for shadowed in best:
            app = Bench(shadowed)
            gc.collect()
            asyncio.run(app.run_async(size=(WIDTH, HEIGHT), auto_pilot=app.measure))
            painted, cpu = best[shadowed]
            best[shadowed] = min(painted, app.painted), min(cpu, app.cpu)
            sent[shadowed] = app.bytes, app.idle
    for shadowed, times in best.items():
        painted, cpu = (seconds * 1000 / REFRESHES for seconds in times)
        bytes_sent, idle = sent[shadowed]
        name = "cells that differ" if shadowed else "Textual alone"
        say(f"{name:<44}{bytes_sent / REFRESHES:>12.0f}{painted:>9.2f} ms{cpu:>9.2f} ms{idle:>14}\n")
    say(f"\n{'the shadow alone, 120x40, best of 20':<44}{'time':>12}{'sent':>11}\n")
    one, same = frame(1), frame(1)
    alone("the first frame", [], lambda: frame(1), say)
    alone("the same strips again", one, lambda: one, say)
    alone("equal strips, newly made", same, lambda: frame(1), say)
    alone("every cell changed", one, lambda: frame(2), say)


if __name__ == "__main__":
    main()
