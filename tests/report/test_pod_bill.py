"""A pod's dollars by what they were for: whatever happened to it, the parts add up."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tui.domain.pod_bill import UNSEEN, Bill, Part, Seen, Stay, Use, bill, certain, loops
from tui.domain.report import MICRO, Ledger, Report, Row, Volume, cents, total, weekly_line

HOUR, DAY = 3600.0, 86_400.0
START, END = 10 * DAY, 13 * DAY
EDGES = [START + n * HOUR for n in range(73)]
DAYS = [edge // DAY * DAY for edge in EDGES[:-1]]

SHARES = st.floats(0, 1)
PRICES = st.one_of(st.none(), st.floats(0, 200))


@st.composite
def looks(draw: st.DrawFn) -> Seen:
    idle = draw(SHARES)
    return Seen(
        draw(st.floats(0, HOUR)), idle, draw(st.floats(0, 1 - idle)), draw(SHARES), draw(st.sampled_from([None, 3]))
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Stay]:
    """Stays from somewhere before the time to its end."""
    borders = sorted(draw(st.lists(st.floats(START - DAY, END - 1), min_size=1, max_size=8, unique=True)))
    return [
        Stay(
            at, until, draw(st.sampled_from(Use)), draw(PRICES), draw(PRICES), draw(PRICES),
            draw(st.booleans()), draw(st.booleans()), draw(st.sampled_from([None, 1, 2])),
        )
        for at, until in zip(borders, [*borders[1:], END], strict=True)
    ]  # fmt: skip


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[float, float]]:
    borders = sorted(draw(st.lists(st.floats(START - DAY, END), min_size=2, max_size=12, unique=True)))
    return list(zip(borders[::2], borders[1::2], strict=False))


def added_up(stays: list[Stay], watched: list[tuple[float, float]], seen: Seen) -> tuple[Bill, Report]:
    held, missing = certain(stays, watched, START, END)
    made = bill(held, missing, lambda start, end: replace(seen, known=min(seen.known, end - start)), EDGES)
    ledger = Ledger(EDGES, DAYS)
    ledger.add(Row("a", "alder", "H100", 8), made)
    return made, ledger.report(START, END, START, {START: DAY})


@given(histories(), spans(), looks())
def test_the_parts_of_any_history_add_up_to_what_was_paid(
    stays: list[Stay], watched: list[tuple[float, float]], seen: Seen
) -> None:
    made, report = added_up(stays, watched, seen)
    held, _ = certain(stays, watched, START, END)
    due = 0.0
    for stay in held:
        hours = (stay.end - stay.start) / HOUR
        if stay.use in (Use.UP, Use.BOOTING):
            due += ((stay.price or 0.0) + (stay.disks or 0.0)) * hours
        elif stay.use is Use.STOPPED:
            due += (stay.disks or 0.0) * hours
    assert sum(map(sum, made.slots.values())) == pytest.approx(due, abs=1e-6)
    (row,) = report.pods
    assert row.paid == sum(row.amounts) == pytest.approx(due * MICRO, abs=len(Part) * 3)
    assert min(row.amounts) >= 0
    assert report.total.amounts == total(report.rows("day")).amounts == total(report.rows("gpu")).amounts


@given(st.tuples(*[st.integers(0, 10**9)] * len(Part)))
def test_cents_add_up_to_the_cents_of_the_sum(amounts: tuple[int, ...]) -> None:
    row = Row("a", "a", amounts=amounts)
    assert sum(cents(row)) == math.floor(row.paid / 10_000 + 0.5)
    assert all(abs(part - amount / 10_000) < 1 for part, amount in zip(cents(row), amounts, strict=True))


@given(histories(), spans())
def test_no_time_is_counted_twice_or_invented(stays: list[Stay], watched: list[tuple[float, float]]) -> None:
    held, missing = certain(stays, watched, START, END)
    assert all(START <= stay.start < stay.end <= END for stay in held)
    assert all(after.start >= before.end for before, after in pairwise(held))
    whole = sum(stay.end - stay.start for stay in held)
    from_to = END - max(START, stays[0].start)
    billed = any(stay.use is not Use.GONE for stay in stays)
    assert whole <= from_to + 1e-6
    assert not missing or whole < from_to
    if whole < from_to - 100 * len(stays) and billed and all(stay.use is not Use.GONE for stay in stays):
        assert missing


def test_a_gap_between_two_ends_of_the_same_rental_is_certain() -> None:
    watched = [(START, START + HOUR), (START + 5 * HOUR, END)]
    same = [
        Stay(START, START + 5 * HOUR, Use.UP, 4.0, 0.0, rental="a"),
        Stay(START + 5 * HOUR, END, Use.UP, 4.0, 0.0, rental="a"),
    ]
    held, missing = certain(same, watched, START, END)
    assert not missing
    assert sum(stay.end - stay.start for stay in held) == END - START
    held, missing = certain([same[0], same[1]._replace(rental="b")], watched, START, END)
    assert missing, "it was stopped and resumed while nobody looked"
    assert sum(stay.end - stay.start for stay in held) == END - START - 4 * HOUR


def test_without_a_price_nothing_is_known_and_with_half_of_it_at_least() -> None:
    unpriced = Stay(START, END, Use.UP, None, 0.1)
    assert added_up([unpriced], [(START, END)], UNSEEN)[0].nothing
    half = [unpriced._replace(end=START + DAY), Stay(START + DAY, END, Use.UP, 2.0, 0.1)]
    made, report = added_up(half, [(START, END)], Seen(HOUR))
    assert made.least
    assert not made.nothing
    assert report.pods[0].least
    assert report.pods[0].amounts[Part.WORKED] == 96 * MICRO
    _, stopped = added_up([Stay(START, END, Use.UNKNOWN)], [(START, END)], UNSEEN)
    assert stopped.pods[0].unknown


@pytest.mark.parametrize(
    ("restarts", "found"),
    [
        ([0, 1800, 3600], [(0, 3600)]), ([0, 1800, 3601], []), ([0, 600], []),
        ([0, 600, 1200, 4000, 4100], [(0, 4100)]), ([0, 60, 120, 9000, 9060, 9120], [(0, 120), (9000, 9120)]),
    ],
)  # fmt: skip
def test_three_restarts_in_an_hour_are_a_loop(restarts: list[float], found: list[tuple[float, float]]) -> None:
    assert loops(restarts) == found


def test_what_is_idle_in_a_loop_belongs_to_the_loop() -> None:
    stay = [Stay(START, START + 2 * HOUR, Use.UP, 6.0, 0.0)]
    made = bill(stay, False, lambda start, end: Seen(end - start, idle=1.0), EDGES, [(START + HOUR / 2, START + HOUR)])
    assert made.slots[0][Part.BOOT] == pytest.approx(3.0)
    assert made.slots[0][Part.IDLE] == pytest.approx(3.0)
    assert made.slots[1][Part.IDLE] == pytest.approx(6.0)


def test_saved_is_what_idleness_beyond_half_an_hour_cost_less_its_volume() -> None:
    stay = [Stay(START, END, Use.UP, 6.0, 0.4, stopped=0.8)]
    made = bill(
        stay,
        False,
        lambda start, end: UNSEEN,
        EDGES,
        idle_runs=[(START, START + 1800), (START + DAY, START + DAY + 2 * HOUR)],
    )
    assert made.saved == pytest.approx(1.5 * (6.0 + 0.4 - 0.8))


def test_volumes_are_rows_of_pods_and_parts_of_days() -> None:
    _, report = added_up([Stay(START, END, Use.UP, 2.0, 0.1)], [(START, END)], Seen(HOUR))
    report = replace(report, volumes=(Volume("v1", "data", 0.0123457, True), Volume("v2", "old", 0.19, False)))
    assert total(report.rows("day")).amounts == report.total.amounts
    old = next(row for row in report.rows("pod") if row.key == "v2")
    assert old.amounts[Part.STOPPED] == old.paid == round(0.19 * 24 * MICRO) * 3
    assert replace(report, volumes=(Volume("v3", "x", None, True),)).total.least, "its size is unknown"


def test_the_weekly_line() -> None:
    ledger = Ledger(EDGES, DAYS)
    stays = [Stay(START, START + 10 * HOUR, Use.UP, 23.92, 0.0)]
    ledger.add(Row("a", "alder"), bill(stays, False, lambda start, end: Seen(HOUR, idle=0.25), EDGES))
    made = ledger.report(START, END, START, {START: DAY})
    assert weekly_line(made) == "last week: $239, of which $60 (25%) did nothing; dearest: alder $60"
    assert weekly_line(Report(START, END, None, 0.0)) == "last week: nothing was recorded"
