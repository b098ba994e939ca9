"""History is what was: how long pods had been idle, where steps land, what prices are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import market, offer, pod, snapshot
from tui.api.models import Pod, Quote
from tui.domain import pod_health
from tui.domain.events import Event, Kind
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Entry, Polled, Priced, Writer
from tui.history.playback import Playback
from tui.history.queries import HistoryQueries, nearest
from tui.history.replay_source import choose
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet
from tui.store.price_history import SOME, as_of
from tui.store.views.offers import rows
from tui.ui.render.rows import offer_cells

NOW = 1_795_435_200.0
HOUR = 3600.0
LONG = 5_000_000
IDLE, BUSY = pod("a", utils=(0.0,)), pod("a", utils=(80.0,))

Tape = Callable[..., HistoryQueries]


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[Tape]:
    """What is written is a recording that can be asked, packed by `now`."""
    made: list[HistoryQueries] = []

    def write(*entries: Entry, now: float = 0.0) -> HistoryQueries:
        with closing(Writer(connect(tmp_path / "a.sqlite", write=True), entries[0].at - 1)) as writer:  # type: ignore[union-attr]
            writer.write(entries)
            writer.tidy(now)
        made.append(HistoryQueries(tmp_path / "a.sqlite"))
        return made[-1]

    yield write
    for past in made:
        past.close()


def up(*utils: float) -> Pod:
    known = pod("a", utils=utils)
    assert known.runtime is not None
    return replace(known, runtime=replace(known.runtime, uptime=LONG))


def day(idle_from: float, until: float, step: float = 10.0) -> list[Entry]:
    """Polls from NOW on: a pod works until `idle_from`, and does nothing from then on."""
    return [
        Polled(NOW + at, snapshot(up(80.0 if at < idle_from else 0.0)))
        for at in (step * n for n in range(int(until / step) + 1))
    ]


@pytest.mark.parametrize("packed", [False, True])
async def test_a_pod_of_the_past_is_idle_for_as_long_as_it_was_then(tape: Tape, packed: bool) -> None:
    past = tape(*day(1000.0, 4 * HOUR), now=NOW + 4 * HOUR + 3600 if packed else 0.0)
    live = Fleet(10, 30)
    for at in (1200.0, 2 * HOUR, 4 * HOUR):
        fleet = await past.at(NOW + at, live)
        # From the last sample with work, or the time that its container can be up by what was recorded.
        assert fleet.records["a"].idle_for(NOW + at) == pytest.approx(at - 990.0, abs=0.1)


async def test_a_gap_in_the_recording_is_no_idleness(tape: Tape) -> None:
    past = tape(*(entry for entry in day(1000.0, 3 * HOUR) if not 2000 < entry.at - NOW < 2 * HOUR))  # type: ignore[union-attr]
    fleet = await past.at(NOW + 3 * HOUR, Fleet(10, 30))
    assert fleet.records["a"].idle_for(NOW + 3 * HOUR) == pytest.approx(1010 + HOUR, abs=0.1)


async def test_at_start_it_is_known_from_the_recording_for_how_long_a_pod_was_idle(tape: Tape) -> None:
    past = tape(*day(1000.0, 4 * HOUR))
    live, first = Fleet(10, 30), NOW + 4 * HOUR + 600
    live.apply(snapshot(up(0.0)), first)
    await past.fill(live, first, first)
    assert live.records["a"].idle_for(first) == pytest.approx(4 * HOUR - 990, abs=0.1), "not while podtop was away"


async def test_a_crash_loop_does_not_end_while_podtop_is_away(tape: Tape) -> None:
    restarts = tuple(Event(NOW + 60 + n, "a", Kind.RESTART, "") for n in range(pod_health.LOOP_RESTARTS))
    past = tape(Polled(NOW, snapshot(BUSY)), Polled(NOW + 65, snapshot(BUSY), restarts))
    live, chronicle, first = Fleet(5, 30), AlertTracker(), NOW + 8 * HOUR
    chronicle.recall([Event(NOW + 65, "a", Kind.LOOP, "")])
    live.apply(snapshot(BUSY), first)
    await past.fill(live, first, first)
    assert not [e for e in chronicle.judge(live, first) if e.pod], "nobody saw its container stay up"


# Steps


@given(
    st.lists(st.floats(4.0, 7.0), min_size=3, max_size=30),
    st.data(),
    st.booleans(),
)
@settings(deadline=None)
def test_a_step_ends_at_the_next_sample(gaps: list[float], data: st.DataObject, forward: bool) -> None:
    times = [NOW]
    for gap in gaps:
        times.append(times[-1] + gap)
    index = data.draw(st.integers(1, len(times) - 2))
    base, at = times[index], times[index] + (5.0 if forward else -5.0)
    near = (min((t for t in times if t >= at), default=None), max((t for t in times if t <= at), default=None))
    assert nearest(near, at, base, forward, 60.0) == times[index + (1 if forward else -1)]


@pytest.mark.parametrize("packed", [False, True])
async def test_steps_go_from_sample_to_sample(tape: Tape, packed: bool) -> None:
    times = [0.0, 5.1, 9.9, 15.3, 20.0, 26.2, 30.0, 35.4]
    past = tape(*(Polled(NOW + at, snapshot(BUSY)) for at in times), now=NOW + 2 * HOUR if packed else 0.0)
    live = Fleet(5, 30)
    live.apply(snapshot(BUSY), NOW + times[-1])
    player = Playback(live, lambda: NOW + 37.0, lambda: None)
    player.past = past
    seen = []
    for _ in range(len(times)):
        await player.step(-5)
        seen.append(round(player.view[1] - NOW, 1))
        assert player.view[0].totals.gpus_busy == 1, "nothing is unknown where a step ends"
    # What is shown live is the newest sample: the first step is to the one before it.
    assert seen == [*reversed(times[:-1]), 0.0]
    for at in times[1:]:
        await player.step(5)
        assert round(player.view[1] - NOW, 1) == at
    await player.step(5)
    assert not player.in_history


async def test_a_step_does_not_land_where_a_poll_failed(tape: Tape) -> None:
    answers = [(0, BUSY), (5, BUSY), (10, None), (15, None), (20, None), (25, BUSY), (30, BUSY)]
    past = tape(*(Polled(NOW + at, snapshot(told) if told else None) for at, told in answers))
    live = Fleet(5, 30)
    live.apply(snapshot(BUSY), NOW + 30)
    player = Playback(live, lambda: NOW + 30.0, lambda: None)
    player.past = past
    for at in (25, 5, 0):
        await player.step(-5)
        assert player.view[1] == NOW + at
        assert player.view[0].totals == (1, 1, 1, 1, 0, 0)


def test_samples_are_found_wherever_they_are_kept(tape: Tape, tmp_path: Path) -> None:
    tape(*(Polled(NOW + 10 * n, snapshot(BUSY)) for n in range(400)), now=NOW + 3000)
    with closing(Recording(tmp_path / "a.sqlite")) as recording:
        for at in (0.0, 5.0, 1234.0, 2995.0, 3990.0):
            before, after = recording.sampled(NOW + at, False), recording.sampled(NOW + at, True)
            assert before == pytest.approx(NOW + at // 10 * 10, abs=0.03)
            assert after == pytest.approx(NOW + -(-at // 10) * 10, abs=0.03)
        assert recording.sampled(NOW - 100, False) is None
        assert recording.sampled(NOW + 5000, True) is None


# Prices


PRICED = market(offer("H100", Quote(3.0, 1.5, "High")), offer("B200", Quote(None, None, None)))


async def test_prices_that_were_recorded_are_shown(tape: Tape) -> None:
    past = tape(Polled(NOW, snapshot(BUSY)), Priced(NOW + 1, PRICED), Polled(NOW + 5, snapshot(BUSY)))
    fleet = await past.at(NOW + 5, Fleet(5, 30))
    assert fleet.market.value is not None
    assert fleet.market.value.offers[0].secure == Quote(3.0, 1.5, "High")
    assert (await past.at(NOW, Fleet(5, 30))).market.value is None


async def test_prices_that_are_known_from_elsewhere_are_too(tape: Tape) -> None:
    past = tape(Polled(NOW, snapshot(BUSY)), Polled(NOW + 5, snapshot(BUSY)))
    live = Fleet(5, 30)
    live.prices.tell(market(offer("H100", Quote(2.5, 1.0, "Low"))), NOW, 60.0)
    live.prices.tell(market(offer("H100", Quote(2.5, 1.0, "Low"))), NOW + 5, 60.0)
    live.market = live.market.succeeded(PRICED, NOW + 3 * HOUR)
    fleet = await past.at(NOW + 5, live)
    assert fleet.market.value is not None
    (only,) = fleet.market.value.offers
    assert only.secure == Quote(2.5, 1.0, SOME), "as it was then; of the other nothing is known"
    assert as_of(live.prices, PRICED, NOW - 5 * HOUR) is None


async def test_stock_of_which_only_the_price_is_kept_is_unknown_and_not_none() -> None:
    live = Fleet(5, 30)
    present = market(offer("H100", Quote(2.5, 1.0, "Low")), offer("B200", Quote(None, None, None)))
    live.prices.tell(present, NOW, 60.0)
    live.prices.tell(present, NOW + 5, 60.0)
    then = as_of(live.prices, present, NOW + 5)
    assert then is not None
    some, none = ("".join(text for text, _ in offer_cells(row)["stock"]).strip() for row in rows(then))
    assert (some, none) == ("–", "▱▱▱ none")


async def test_a_recording_of_prices_alone_can_be_stepped_back_in(tape: Tape, tmp_path: Path) -> None:
    past = tape(*(Priced(NOW + 30 * n, market(offer("H100", Quote(3.0 + n, 1.5, "High")))) for n in range(5)))
    live = Fleet(30, 30)
    live.keyless = True
    player = Playback(live, lambda: NOW + 130.0, lambda: None)
    player.past = past
    await player.step(-30)
    fleet, at = player.view
    assert (player.in_history, at, fleet.keyless) == (True, NOW + 100, True)
    assert fleet.market.value is not None
    assert fleet.market.value.offers[0].secure == Quote(6.0, 1.5, "High")
    assert choose(str(tmp_path / "a.sqlite"), None, tmp_path).at == NOW + 120
