"""Charts of an instant of history are the same whichever way one came there, and have all of its samples."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from tests.make import pod, snapshot
from tui.domain.events import Event, Kind
from tui.history.archive.compaction import KEEP_RAW
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.playback import Playback
from tui.history.queries import HistoryQueries
from tui.services.history_loader import HistoryLoader
from tui.services.source import Source
from tui.store.fleet import Fleet
from tui.store.views import pod_lines
from tui.ui.charts import pod_charts
from tui.ui.charts.look import Look
from tui.ui.screens.charted import RANGES, STEPS

NOW = 1_795_435_200.0
SIZE = (110, 8)
GAP = (1500.0, 2100.0)
LENGTH = 3600.0
SECONDS = 10.0


def polls(end: float) -> list[float]:
    """An hour of polls with ten minutes without."""
    times = [end - LENGTH + SECONDS * n for n in range(int(LENGTH / SECONDS))]
    return [at for at in times if not GAP[0] <= at - (end - LENGTH) < GAP[1]]


def written(path: Path, thin: bool) -> float:
    """Record it; returns its end. `thin`: as it is kept after two days."""
    end = NOW - KEEP_RAW - 8 * 3600.0 if thin else NOW - 37.0
    with closing(Writer(connect(path, write=True), end - LENGTH - 1.0, silence=60.0)) as writer:
        for number, at in enumerate(polls(end)):
            told = (Event(at, "a", Kind.RUNNING, "up"),) if number % 60 == 31 else ()
            writer.write([Polled(at, snapshot(pod("a", utils=(20.0 + number % 70, 50.0))), told)])
        if thin:
            later = [end + n * 3600.0 for n in range(1, int(KEEP_RAW / 3600) + 8)]
            writer.write(Polled(at, snapshot(pod("b")), ()) for at in later)
            assert writer.tidy(later[-1])
    return end


class Walker:
    """Screens that step through a recording as keys do, and what their charts show."""

    def __init__(self, path: Path) -> None:
        self.live = Fleet(5.0, 30.0)
        self.live.apply(snapshot(pod("a")), NOW)
        self.live.has_past = True
        self.player = Playback(self.live, lambda: NOW, lambda: None)
        self.player.past = HistoryQueries(path)
        source = Source("test", False, lambda: None, lambda: NOW)  # type: ignore[arg-type, return-value]
        self.loader = HistoryLoader(self.live, source, lambda note: None, lambda past: None, lambda: None)
        self.loader.past = self.player.past

    def frame(self, span: float) -> pod_lines.Frame:
        fleet, now = self.player.view
        end = pod_lines.charted_until(fleet, fleet.records.values(), now)
        look = Look(now=now, span=span, tz=UTC, end=end, live=not self.player.in_history)
        return pod_charts.frame_of(look, SIZE, pod_charts.width_of(look, [SIZE]))

    async def shown(self, span: float) -> tuple[Any, ...]:
        """The lines of a range, drawn until all that it asks for is there; and since when there are samples."""
        for _ in range(4):
            fleet, now = self.player.view
            record = fleet.records["a"]
            frame = self.frame(span)
            lines = [pod_lines.chart_lines(fleet, record, chart, frame) for chart in ("util", "cpu")]
            # As a screen does: it requests both when it draws, and has neither.
            unread, self.player._unread = tuple(self.player._unread), {}
            lacking = pod_lines.lacking(fleet, record, frame)
            if lacking is not None:
                await self.loader.look_back(fleet, ("a",), *lacking, frame.width)
            if unread and self.player.past is not None:
                await self.player.past.read_on(fleet, unread, now)
            if not unread and lacking is None:
                assert not pod_lines.is_loading(fleet, record, frame)
                return now, lines, pod_lines.known_since(fleet, [record], now - span)
        raise AssertionError("it goes on asking")

    async def press(self, key: str, span: float) -> None:
        step = max(5.0, span / STEPS)
        match key:
            case "[" | "]":
                await self.player.step(step if key == "]" else -step)
            case "{" | "}":
                await self.player.step(span if key == "}" else -span)
            case "(" | ")":
                await self.player.step_event(key == ")")

    def close(self) -> None:
        if self.player.past is not None:
            self.player.past.close()


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.wide)], ids=["polls", "minutes"])
def hour(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, float, bool]:
    path = tmp_path / "a.sqlite"
    return path, written(path, request.param), request.param


def sampled(end: float, start: float, until: float) -> list[float]:
    return [at for at in polls(end) if start <= at <= until]


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.wide) for n in range(2, 12))])
async def test_charts_depend_on_the_instant_and_not_on_the_way_to_it(hour: tuple[Path, float, bool], seed: int) -> None:
    path, end, is_thin = hour
    chosen = random.Random(seed)
    walker = Walker(path)
    try:
        keys = [*"[{(([", "@", *chosen.choices([*"[]{}()+-@"], k=12)]
        spans = range(5)
        index = 1
        if is_thin:
            await walker.player.go(end - 20.0, forward=False)
        for number, key in enumerate(keys):
            if key == "@":
                await walker.player.go(end - chosen.uniform(0.0, LENGTH - 20.0), forward=False)
            elif key in "+-":
                index = min(max(index + (1 if key == "-" else -1), 0), len(spans) - 1)
            else:
                await walker.press(key, RANGES[index])
            if not walker.player.in_history or "a" not in walker.player.view[0].records:
                continue
            span = RANGES[index]
            at, lines, since = await walker.shown(span)
            direct = Walker(path)
            try:
                await direct.player.go(at, forward=False)
                # Of minutes a step may land between two.
                if direct.player.view[1] == at or not is_thin:
                    assert (at, lines, since) == await direct.shown(span), keys[: number + 1]
            finally:
                direct.close()
            # And they have the samples of that time.
            frame = walker.frame(span)
            whole = sampled(end, max(frame.start, at - span), at)
            assert whole, "where one lands, there are some"
            drawn = [point for run in lines[0][0].runs for point in run]
            slack = 60.0 if is_thin else 0.0
            missed = [
                each for each in whole
                if each >= whole[0] + slack and not any(p.at <= each < p.at + frame.width + slack for p in drawn)
            ]  # fmt: skip
            assert not missed, (keys[: number + 1], span, missed[:3])
            assert since <= whole[0] + slack, "never later than the first sample, or minute"
            if whole[0] > at - span + SECONDS:
                assert whole[0] - since <= slack, "and it is the first sample's, not its step's"
    finally:
        walker.close()


async def test_what_began_within_a_step_is_known_to_the_sample(hour: tuple[Path, float, bool]) -> None:
    path, end, is_thin = hour
    if is_thin:
        return
    walker = Walker(path)
    try:
        await walker.player.go(end - 60.0, forward=False)
        for span in RANGES[3:]:
            _, lines, since = await walker.shown(span)
            assert lines[0][0].runs
            assert since == end - LENGTH, span
    finally:
        walker.close()
