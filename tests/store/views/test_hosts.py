"""Machines as rows: what they are, in which order, what they earned, what is kept of their samples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make_hosts import DAY, NOBODY, NOW, earnings, host, many
from tui.api.account import HostEarning
from tui.api.hosts import Capacity, HostLoad, Hosts
from tui.api.models import GpuReading, Unreadable
from tui.domain.filters import parse
from tui.store.fleet import Fleet
from tui.store.host_telemetry import Telemetry, is_percent
from tui.store.views.host_filter import HOSTS
from tui.store.views.hosts import SORTS, Ahead, State, days, maintenance, ordered_rows, rows, share, state


@pytest.mark.parametrize(
    ("start", "end", "note", "ahead"),
    [
        (None, None, None, Ahead.NONE),
        (NOW + 60, NOW + 120, "fan", Ahead.COMING),
        (NOW + 60, None, None, Ahead.COMING),
        (NOW - 60, NOW + 60, None, Ahead.NOW),
        (NOW - 60, None, None, Ahead.NOW),
        (NOW - 120, NOW - 60, "fan", Ahead.PAST),
        (None, NOW - 60, None, Ahead.PAST),
        (None, NOW + 60, None, Ahead.ANNOUNCED),
        (None, None, "soon", Ahead.ANNOUNCED),
    ],
)
def test_maintenance(start: float | None, end: float | None, note: str | None, ahead: Ahead) -> None:
    made = host(maintenance_start=start, maintenance_end=end, maintenance_note=note)
    assert maintenance(made, NOW) is ahead
    assert (state(made, NOW) is State.MAINTENANCE) is (ahead is Ahead.NOW)


def test_states() -> None:
    assert state(host(), NOW) is State.LISTED
    assert state(host(listed=False), NOW) is State.UNLISTED
    assert state(host(registered=False), NOW) is State.UNREGISTERED
    assert state(NOBODY, NOW) is State.UNKNOWN


def test_shares_that_are_not_known_are_none() -> None:
    assert share(Capacity(8, 6)) == 75.0
    for capacity in (Capacity(None, 3), Capacity(8, None), Capacity(0, 0), Capacity(-1, 1)):
        assert share(capacity) is None


def test_every_machine_has_a_key_of_its_own() -> None:
    answer = Hosts(
        (host("m1"), host("m1"), host(None), NOBODY), (Unreadable("m1", None, "odd"), Unreadable(None, None, "x"))
    )
    found = rows(answer, NOW)
    assert len({row.key for row in found}) == 6
    assert [row.state for row in found[-2:]] == [State.UNREADABLE] * 2


def test_earnings_by_day_add_up_and_belong_to_their_machine() -> None:
    told = (
        HostEarning(NOW, "m1", "a", 10.0, 9.0, 1.0),
        HostEarning(NOW + 60, "m1", "a", 5.5, 5.0, None),
        HostEarning(NOW - DAY, "m1", "a", None, None, 2.0),
        HostEarning(None, "m1", "a", 99.0, 99.0, None),
        HostEarning(NOW, "m2", "b", 7.0, 7.0, 0.0),
    )
    yesterday, today = days(told, "m1")
    assert (yesterday.total, yesterday.disk) == (2.0, 2.0)
    assert (today.gpu, today.disk, today.rest, today.total) == (14.0, 1.0, 0.5, 15.5)
    assert days(told)[-1].total == 22.5
    assert days((), "m1") == ()


def test_a_row_tells_what_was_earned_and_no_stale_use() -> None:
    (row,) = rows(Hosts((host(),), (), earnings(days=40)), NOW)
    assert row.earned_day == 10.0
    assert row.earned_month == pytest.approx(sum(10.0 + back / 10 for back in range(30)))
    assert row.util == 71.0
    (late,) = rows(Hosts((host(),)), NOW + 3600)
    assert late.util is None
    assert late.earned_month is None
    (unnamed,) = rows(Hosts((host(name=None),), (), earnings()), NOW)
    assert unnamed.name == "rack-one", "its earnings tell its name"


@given(st.sampled_from(SORTS), st.booleans())
def test_every_order_has_all_the_machines_and_the_unknown_last(sort: str, inverted: bool) -> None:
    every = rows(replace(many(50), unreadable=(Unreadable("u", None, "odd"),)), NOW)
    every = (*every, *rows(Hosts((NOBODY,)), NOW))
    found = ordered_rows(every, sort, inverted)
    assert sorted(r.key for r in found) == sorted(r.key for r in every)
    if sort not in ("state", "name", "gpu", "month"):
        assert {r.key for r in found[-2:]} == {"u", "machine 0"}


def test_words_of_a_filter() -> None:
    every = rows(
        Hosts(
            (
                host(),
                host(
                    "m2", "rack-two", listed=False, maintenance_start=None, maintenance_end=None, maintenance_note=None
                ),
            )
        ),
        NOW,
    )
    for words, keys in (
        ("unlisted", ["m2"]),
        ("state=unlisted", ["m2"]),
        ("rack 4090", ["m1", "m2"]),
        ("maintenance", ["m1"]),
        ("sdxl", ["m1", "m2"]),
        ("nothing", []),
    ):
        assert [row.key for row in HOSTS.select(parse(words, HOSTS.vocabulary), every)] == keys


@given(st.sampled_from(HOSTS.vocabulary.names), st.sampled_from(["=yes", "<1", ":a"]))
def test_a_machine_that_is_not_understood_meets_no_condition_on_its_figures(name: str, condition: str) -> None:
    broken = rows(replace(Hosts(()), unreadable=(Unreadable("u", None, "odd"),)), NOW)
    chosen = parse(f"{name}{condition}", HOSTS.vocabulary)
    found = HOSTS.select(chosen, broken)
    assert not found or not chosen or chosen.terms[0].field in ("state", "name")


# Samples


def loaded(at: float | None, cpu: float | None, util: float = 50.0) -> Hosts:
    return Hosts((host(load=HostLoad(at, cpu, 0.5, None, (GpuReading(None, util, 10.0, 60.0, 300.0),))),))


def test_a_sample_that_was_not_renewed_is_not_a_new_one() -> None:
    telemetry = Telemetry()
    for at in (NOW, NOW + 30, NOW + 60):
        telemetry.tell(loaded(NOW - 5, 0.3), at)
    series = telemetry.of("m1")
    assert series is not None
    assert list(series.times) == [NOW - 5]
    telemetry.tell(loaded(None, 0.3), NOW + 90)
    assert list(series.times) == [NOW - 5, NOW + 90]
    assert series.value("temp0", NOW + 90) == 60.0
    assert series.value("power0", NOW + 90) == 300.0


def test_fractions_and_percents_are_told_apart_by_what_cannot_be_a_fraction() -> None:
    telemetry = Telemetry()
    telemetry.tell(loaded(NOW, 0.31), NOW)
    series = telemetry.of("m1")
    assert series is not None
    assert not is_percent(series)
    assert series.value("cpu_part", NOW) == pytest.approx(0.31, abs=0.003)
    telemetry.tell(loaded(NOW + 30, 31.0), NOW + 30)
    assert is_percent(series)
    assert series.value("cpu", NOW + 30) == 31.0


def test_a_failure_is_a_gap_and_a_machine_that_is_gone_is_forgotten() -> None:
    telemetry = Telemetry()
    telemetry.tell(loaded(NOW, 0.3), NOW)
    telemetry.fail(NOW + 30)
    series = telemetry.of("m1")
    assert series is not None
    assert series.value("gpu0", NOW + 31) is None
    telemetry.tell(Hosts(()), NOW + 60)
    assert telemetry.of("m1") is None
    assert telemetry.of(None) is None


def test_the_fleet_keeps_samples_of_each_answer() -> None:
    fleet = Fleet(5.0, 30.0)
    fleet.apply_topic("hosts", loaded(NOW, 0.3), NOW)
    fleet.apply_topic("hosts", loaded(NOW + 30, 0.4), NOW + 30)
    series = fleet.host_telemetry.of("m1")
    assert series is not None
    assert len(series) == 2


def test_many_machines_share_their_memory() -> None:
    telemetry = Telemetry()
    telemetry.tell(many(2000), NOW)
    series = telemetry.of("m0001")
    assert series is not None
    assert series.limit == 120
