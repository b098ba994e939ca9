"""A recording of two clocks: what one of them wrote for a time yet to come hides nothing that the other writes now."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.history.archive.test_archive import busy
from tests.make import funds, market, offer, snapshot
from tui.api.models import Quote
from tui.commands.recall import recall
from tui.domain.events import Event, Kind
from tui.history import spend_history
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import MARKET, PODS, Entry, Happened, Polled, Priced, Writer
from tui.history.queries import HistoryQueries
from tui.store.fleet import Fleet

NOW = 1_795_435_200.0
HOUR, DAY = 3600.0, 86_400.0
SHIFTS = (DAY, HOUR, 400.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.sqlite"


def poll(at: float, util: float, name: str, balance: float, *more: str) -> Polled:
    pods = [busy("a", util, name=name), *(busy(key, util) for key in more)]
    return Polled(at, snapshot(*pods, funds=funds(balance)))


def run(path: Path, start: float, count: int, entry: tuple[float, str, float], *more: str, price: float = 2.0) -> None:
    """A run of podtop: as many polls, every five seconds, all of which say the same."""
    util, name, balance = entry
    with closing(Writer(connect(path, write=True), start - 0.001)) as writer:
        going(writer, start, count, util, name, balance, *more, price=price)
        writer.tidy(start + 5 * count)


def going(
    writer: Writer, start: float, count: int, util: float, name: str, balance: float, *more: str, price: float = 2.0
) -> None:
    entries: list[Entry] = []
    for i in range(count):
        entries.append(poll(start + 5 * i, util, name, balance, *more))
        entries.append(Priced(start + 5 * i, market(offer("H100", Quote(price, None, "High")))))
    writer.write(entries)


def seen(recording: Recording, at: float) -> tuple[object, ...]:
    """What a recording says of an instant."""
    told, priced = recording.snapshot(at), recording.market(at)
    if told is None or told.pods is None:
        return (None,)
    utils = {pod.id: pod.runtime.gpus[0].util for pod in told.pods if pod.runtime is not None and pod.runtime.gpus}
    names = {pod.id: pod.name for pod in told.pods}
    secure = priced[0].offers[0].secure if priced else None
    return names, utils, told.funds.balance if told.funds else None, secure.on_demand if secure else None


def as_told(util: float, name: str, balance: float, price: float) -> tuple[object, ...]:
    return {"a": name}, {"a": util}, balance, price


def in_order(recording: Recording) -> None:
    """No view of it goes back and forth, and nobody looked twice at once."""
    for topic in (PODS, MARKET):
        spans = recording.spans(topic)
        assert all(start <= last for start, last in spans), spans
        assert all(a[1] <= b[0] for a, b in pairwise(spans)), spans
    for name in recording.names():
        for times in (recording.samples(name, 0, 2e9).times, recording.brief(name, 0, 2e9).times):
            assert list(times) == sorted(times), name
        assert recording.all_samples(0, 2e9)[name].times == recording.samples(name, 0, 2e9).times


@pytest.mark.parametrize("shift", SHIFTS)
def test_what_a_clock_wrote_that_was_ahead_hides_nothing(path: Path, shift: float) -> None:
    run(path, NOW + shift, 300, (90, "ahead", 9.0), "later")
    run(path, NOW, 10, (10, "now", 5.0), price=3.0)
    last = NOW + 45
    with closing(Recording(path)) as recording:
        recording.until = last + 1
        in_order(recording)
        assert seen(recording, last) == as_told(10, "now", 5.0, 3.0)
        assert recording.names() == {"a": "now"}
        assert recording.spans() == recording.spans(MARKET) == ((NOW, last),)
        assert recording.sampled(last, forward=True) == recording.sampled(2e9, forward=False) == last
        assert recording.samples("a", 0, 2e9).times[-1] == last
        assert "later" not in recording.all_samples(0, 2e9)
        read = spend_history.read(recording, ["a"], last, NOW - HOUR, NOW - DAY)
        assert read.spans == ((NOW, last),)
        assert read.watched == last - NOW
        assert list(read.balances)[-1] == 5.0


@pytest.mark.parametrize("shift", SHIFTS)
def test_that_nothing_changed_since_is_told_too(path: Path, shift: float) -> None:
    run(path, NOW - HOUR, 3, (10, "now", 5.0))
    run(path, NOW + shift, 10, (90, "ahead", 9.0), "later")
    run(path, NOW, 3, (10, "now", 5.0))
    with closing(Recording(path)) as recording:
        assert seen(recording, NOW + 10) == as_told(10, "now", 5.0, 2.0)


@pytest.mark.parametrize("shift", [HOUR, 400.0])
def test_when_that_time_comes_it_is_told_as_it_is_then(path: Path, shift: float) -> None:
    """The run goes on until the time that the other clock had told of is over."""
    run(path, NOW + shift, 100, (90, "ahead", 9.0), "later")
    count = int(shift / 5) + 60
    with closing(Writer(connect(path, write=True), NOW - 0.001)) as writer:
        for begin in range(0, count, 400):
            going(writer, NOW + 5 * begin, min(400, count - begin), 10, "now", 5.0, price=3.0)
            writer.tidy(NOW + 5 * (begin + 400))
    with closing(Recording(path)) as recording:
        in_order(recording)
        for at in (NOW, NOW + shift - 5, NOW + shift, NOW + shift + 5, NOW + 5 * (count - 1)):
            assert seen(recording, at) == as_told(10, "now", 5.0, 3.0), at - NOW
        # Of what the time has not come for, nothing is lost.
        rest = NOW + shift + 495
        assert seen(recording, rest) == ({"a": "ahead", "later": "pod later"}, {"a": 90, "later": 90}, 9.0, 2.0)
        assert recording.spans() == ((NOW, NOW + 5 * (count - 1)), (NOW + 5 * (count - 1) + 0.001, rest))


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_clock_that_was_behind_changes_nothing_of_what_was_told_rightly(path: Path, shift: float) -> None:
    run(path, NOW, 300, (10, "true", 5.0), "other")
    run(path, NOW + 1495 - shift, 4, (90, "behind", 9.0), price=3.0)
    behind = NOW + 1495 - shift
    run(path, NOW + 3000, 4, (20, "after", 4.0), price=4.0)
    with closing(Recording(path)) as recording:
        in_order(recording)
        assert seen(recording, behind + 15) == as_told(90, "behind", 9.0, 3.0)
        assert seen(recording, NOW + 1495) == ({"a": "true", "other": "pod other"}, {"a": 10, "other": 10}, 5.0, 2.0)
        assert seen(recording, NOW + 3015) == as_told(20, "after", 4.0, 4.0)


@pytest.mark.parametrize("back", [0.3, 7.0, *SHIFTS])
def test_a_clock_that_is_set_back_while_it_runs(path: Path, back: float) -> None:
    with closing(Writer(connect(path, write=True), NOW - 0.001)) as writer:
        going(writer, NOW, 200, 10, "before", 5.0, "other")
        begin = NOW + 995 - back
        going(writer, begin, 5, 20, "after", 4.0, price=3.0)
        for at in (begin, begin + 5, begin + 20):
            with closing(Recording(path)) as recording:
                recording.until = begin + 20
                assert seen(recording, at) == as_told(20, "after", 4.0, 3.0), at - begin
                in_order(recording)
        going(writer, begin + 25, 300, 30, "on", 3.0, price=4.0)
        writer.tidy(NOW + DAY)
    with closing(Recording(path)) as recording:
        in_order(recording)
        assert seen(recording, begin + 25 + 1495) == as_told(30, "on", 3.0, 4.0)


def test_what_lasts_is_what_was_told_last(path: Path) -> None:
    def event(at: float, kind: Kind) -> Happened:
        return Happened((Event(at, "a", kind, kind.value),))

    run(path, NOW, 3, (10, "now", 5.0))
    with closing(Writer(connect(path, write=True), NOW + 20)) as writer:
        writer.write([event(NOW + DAY, Kind.IDLE), event(NOW + 5, Kind.IDLE), event(NOW + 10, Kind.IDLE_OVER)])
    with closing(Recording(path)) as recording:
        recording.until = NOW + 20
        found = recording.latest((Kind.IDLE, Kind.IDLE_OVER))
        assert [(told.at, told.kind) for told in found] == [(NOW + 5, Kind.IDLE), (NOW + 10, Kind.IDLE_OVER)]
        assert [told.at for told in recording.events(0, 2e9)] == [NOW + 5, NOW + 10]
        recording.until = NOW + 2 * DAY
        assert [told.at for told in recording.latest((Kind.IDLE, Kind.IDLE_OVER))] == [NOW + 5, NOW + 10]


async def test_a_screen_is_told_nothing_of_the_time_to_come(path: Path) -> None:
    run(path, NOW + DAY, 30, (90, "ahead", 9.0), "later")
    run(path, NOW, 3, (10, "now", 5.0), price=3.0)
    first = NOW + 10
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(busy("a", 10, name="now")), first)
    past = HistoryQueries(path, clock=lambda: first)
    try:
        assert await past.fill(fleet, first, first) == ()
        assert await past.spans() == ((NOW, first),)
        assert list(fleet.records) == ["a"]
        assert fleet.records["a"].series.newest(first) == first
        assert await past.sample_near(first, NOW + 5, True) == first
        then = await past.at(first, fleet)
        assert [record.name for record in then.records.values()] == ["now"]
        assert (await past.log(first)).names == {"a": "now"}
    finally:
        past.close()


def test_neither_is_a_command(path: Path) -> None:
    run(path, NOW + 400, 30, (90, "ahead", 9.0))
    run(path, NOW, 3, (10, "now", 5.0))
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(busy("a", 10, name="now")), NOW + 15)
    recall(fleet, path, NOW + 15)
    series = fleet.records["a"].series
    assert (series.times[0], series.times[-1]) == (NOW, NOW + 15)
    assert list(series.times) == sorted(series.times)


def runs() -> st.SearchStrategy[list[tuple[int, int]]]:
    return st.lists(st.tuples(st.integers(-400, 400), st.integers(1, 40)), min_size=1, max_size=6)


@pytest.mark.wide
@given(runs(), st.booleans())
# Set back twice: what an earlier run had packed begins between two polls, one of each run.
@example([(-75, 11), (379, 40), (167, 35), (-245, 37), (154, 31)], True)
@example([(-235, 5), (-188, 33), (109, 36), (-175, 29), (-60, 29), (37, 9)], False)
# To make one smaller takes minutes.
@settings(max_examples=8, phases=[Phase.explicit, Phase.generate], derandomize=True)
def test_whatever_the_clock_does_what_was_told_last_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]], again: bool
) -> None:
    """Set forward and back between runs, or while one runs: each instant is as it was told last."""
    path = tmp_path_factory.mktemp("clocks") / "a.sqlite"
    # Of a short time between two polls it may be told that nobody looked, or what was told before.
    told: dict[float, int] = {}
    sure: dict[float, int] = {}
    at = NOW
    writer = Writer(connect(path, write=True), at - 0.001)
    for number, (jump, count) in enumerate(steps):
        at += 5.0 * jump
        if again:
            writer.close()
            writer = Writer(connect(path, write=True), at - 0.001)
        begin = at
        seen_from = begin - 5.0 * jump if 0 < jump <= 36 else begin
        for _ in range(count):
            writer.write(
                [
                    poll(at, number, f"run {number}", number),
                    Priced(at, market(offer("H100", Quote(number, None, None)))),
                ]
            )
            at += 5.0
        at -= 5.0
        run = {begin + 5.0 * i: number for i in range(count)}
        told |= run
        sure = {then: n for then, n in sure.items() if not seen_from <= then <= at} | run
        writer.tidy(at)
        with closing(Recording(path)) as recording:
            recording.until = at
            in_order(recording)
            assert seen(recording, at) == as_told(number, f"run {number}", number, number)
    writer.close()
    with closing(Recording(path)) as recording:
        in_order(recording)
        samples = recording.samples("a", 0, 2e9)
        values = samples.columns["gpu0"].mean
        kept = {t: v for t, v in zip((round(t / 5) * 5.0 for t in samples.times), values, strict=True) if v != 255}
        assert kept.items() >= {then: 2 * n for then, n in sure.items()}.items()
        assert kept.items() <= {then: 2 * n for then, n in told.items()}.items()
        for then, number in sure.items():
            assert seen(recording, then)[0] == {"a": f"run {number}"}
            assert seen(recording, then)[2:] == (number, number)
