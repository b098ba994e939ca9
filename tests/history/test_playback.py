"""Where in time the screens are: holding, stepping, playing, and coming back to now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import funds, pod, snapshot
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.playback import SPEEDS, Playback, land
from tui.history.queries import HistoryQueries
from tui.store.fleet import Fleet
from tui.store.run_history import PastRuns

NOW = 1_795_435_200.0


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=6),
    st.integers(-20, 700),
    st.booleans(),
)
def test_one_always_lands_where_someone_looked(parts: list[tuple[int, int]], at: int, forward: bool) -> None:
    spans, end = [], 0.0
    for gap, length in parts:
        spans.append((end + gap + 1.0, end + gap + 1.0 + length))
        end = spans[-1][1]
    landed = land(tuple(spans), float(at), forward)
    assert landed is not None
    assert any(start <= landed <= last for start, last in spans)
    if any(start <= at <= last for start, last in spans):
        assert landed == at
    assert land((), float(at), forward) is None


class Screen:
    """A player, what it told, and a clock."""

    def __init__(self, path: Path, *, replay: bool = False) -> None:
        self.now = NOW + 300
        self.said: list[str] = []
        self.changes = 0
        self.live = Fleet(5, 30)
        self.live.apply(snapshot(pod("a"), funds=funds(40.0)), NOW + 300)
        self.player = Playback(self.live, lambda: self.now, self._changed, self.said.append, replay=replay)
        self.player.past = HistoryQueries(path)

    def _changed(self) -> None:
        self.changes += 1

    @property
    def at(self) -> float:
        return self.player.view[1] - NOW

    @property
    def balance(self) -> float | None:
        shown = self.player.view[0].funds
        return shown.balance if shown else None


Launch = Callable[..., Screen]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Screens over a recording of 300 s in polls 5 s apart, with nobody looking from 100 to 200."""
    path = tmp_path / "a.sqlite"
    with closing(Writer(connect(path, write=True), NOW - 1)) as writer:
        for part in (range(0, 105, 5), range(200, 301, 5)):
            writer.write(Polled(NOW + at, snapshot(pod("a"), funds=funds(100.0 - at / 5))) for at in part)
            writer._spans.clear()
    made: list[Screen] = []

    def start(*, replay: bool = False) -> Screen:
        made.append(Screen(path, replay=replay))
        return made[-1]

    yield start
    for screen in made:
        if screen.player.past is not None:
            screen.player.past.close()


async def test_steps_go_back_and_forth_and_now_is_now(launch: Launch) -> None:
    screen = launch()
    assert not screen.player.in_history
    await screen.player.step(-5)
    assert (screen.at, screen.balance, screen.player.in_history) == (295, 41, True)
    await screen.player.step(-5)
    assert (screen.at, screen.balance) == (290, 42)
    await screen.player.step(5)
    assert screen.at == 295
    assert screen.player.now()
    assert screen.player.view[0] is screen.live
    assert not screen.player.now()


async def test_a_step_into_a_gap_lands_beyond_it(launch: Launch) -> None:
    screen = launch()
    await screen.player.go(NOW + 204)
    await screen.player.step(-5)
    assert screen.at == 100
    await screen.player.step(5)
    assert screen.at == 200
    await screen.player.step(-600)
    assert screen.at == 0


async def test_beyond_the_newest_is_now(launch: Launch) -> None:
    screen = launch()
    await screen.player.step(-5)
    await screen.player.step(600)
    assert not screen.player.in_history
    assert screen.player.frozen_view is None


async def test_of_many_steps_the_last_is_what_comes(launch: Launch) -> None:
    screen = launch()
    await asyncio.gather(*(screen.player.step(-5) for _ in range(12)))
    assert screen.at == 240


async def test_holding_keeps_the_screen_while_the_fleet_goes_on(launch: Launch) -> None:
    screen = launch()
    screen.player.pause()
    screen.live.apply(snapshot(pod("b")), NOW + 305)
    screen.now = NOW + 320
    assert set(screen.player.view[0].records) == {"a"}
    assert (screen.at, screen.player.in_history) == (300, False)
    screen.player.pause()
    assert set(screen.player.view[0].records) == {"b"}


class Beat:
    """A sleep that ends when it is told to."""

    def __init__(self) -> None:
        self._turns: asyncio.Queue[None] = asyncio.Queue()
        self._asleep = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self._asleep.set()
        await self._turns.get()

    async def tick(self) -> None:
        """Wake the sleeper, and wait until it sleeps again."""
        await self._asleep.wait()
        self._asleep.clear()
        self._turns.put_nowait(None)
        await self._asleep.wait()


async def test_the_past_is_played_at_a_speed_and_stops_at_its_end(launch: Launch) -> None:
    screen = launch(replay=True)
    player, beat = screen.player, Beat()
    await player.go(NOW + 50)
    running = asyncio.create_task(player.run(beat))
    for _ in range(20):
        player.faster(1)
    assert player.speed == SPEEDS[-1]
    for _ in range(20):
        player.faster(-1)
    for _ in range(3):
        player.faster(1)
    assert player.speed == 5
    player.pause()
    assert player.playing
    for expected in (55, 60, 65):
        await beat.tick()
        assert screen.at == expected
    player.pause()
    await beat.tick()
    assert screen.at == 65
    player.pause()
    await player.go(NOW + 299)
    await beat.tick()
    assert (screen.at, player.playing) == (300, False)
    assert not player.now(), "a recording has no now"
    running.cancel()


async def test_without_a_recording_one_is_told(launch: Launch) -> None:
    screen = launch()
    screen.player.past = None
    await screen.player.step(-5)
    assert screen.said == ["No recording to go back to"]
    assert not screen.player.in_history


async def test_a_recording_that_cannot_be_read_is_told(launch: Launch, tmp_path: Path) -> None:
    screen = launch()
    screen.player.past = HistoryQueries(tmp_path / "gone.sqlite")
    await screen.player.step(-5)
    assert "Cannot read the recording" in screen.said[0]
    assert not screen.player.waiting


async def test_a_visit_shows_the_instant_where_someone_looked_and_else_now(launch: Launch) -> None:
    screen = launch()
    assert await screen.player.visit(NOW + 50)
    assert (screen.at, screen.balance, screen.player.in_history) == (50, 90, True)
    assert await screen.player.visit(NOW + 110), "what was last told holds until the poll that does not come"
    assert screen.at == 100
    assert not await screen.player.visit(NOW - 3600)
    assert not screen.player.in_history
    screen.player.past.close()  # type: ignore[union-attr]
    screen.player.past = None
    assert not await screen.player.visit(NOW + 50)


async def test_a_visit_in_a_replay_has_no_now_to_go_to(launch: Launch) -> None:
    screen = launch(replay=True)
    assert not await screen.player.visit(NOW + 3600)
    assert (screen.at, screen.player.in_history) == (300, True)


async def test_what_was_read_of_earlier_runs_is_kept_from_one_step_to_the_next(launch: Launch) -> None:
    screen = launch()
    near, far = PastRuns(until=NOW + 300), PastRuns(until=NOW - 4 * 3600)
    screen.live.past_runs.update(a=near, b=far)
    for _ in range(3):
        await screen.player.step(-5)
        assert screen.player.view[0].past_runs == {"a": near}, "as long as it holds"


async def test_before_the_first_sample_of_a_recording_one_lands_on_it(tmp_path: Path) -> None:
    """A part of a recording begins at the time that was asked for, between two polls; nothing is known there."""
    path = tmp_path / "a.sqlite"
    with closing(Writer(connect(path, write=True), NOW - 1)) as writer:
        writer.write(Polled(NOW + at, snapshot(pod("a"), funds=funds(100.0))) for at in range(0, 305, 5))
        writer._db.execute("UPDATE span SET start = ?", (NOW - 730.0,))
    screen = Screen(path)
    try:
        for at in (NOW - 730.0, NOW - 300.0, NOW - 1.0, NOW):
            await screen.player.go(at, forward=False)
            assert (screen.at, screen.balance) == (0, 100.0)
            assert [record.id for record in screen.player.view[0].records.values()] == ["a"]
    finally:
        assert screen.player.past is not None
        screen.player.past.close()
