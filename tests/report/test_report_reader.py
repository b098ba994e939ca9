"""The report of recordings: what each minute was for, gaps, days of 23 and 25 hours, thinned recordings."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from tests.make import pod
from tests.report.make import DAY, HOUR, NOW, Told, bare, midnight, minutes, read, record, up
from tests.variants import every
from tui.api.graphql.client import GraphQLCloud
from tui.api.models import Pod
from tui.demo.asgi import Simulator
from tui.demo.execution import KEY
from tui.demo.faults import Faults
from tui.demo.rest.billing import _amounts, _spans
from tui.demo.source import in_process
from tui.demo.world import World
from tui.domain.pod_bill import Part
from tui.domain.report import Report, Row, dollars
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer

WORK, IDLE = (95.0,) * 4, (0.0,) * 4


def parts(row: Row) -> dict[str, float]:
    return {part.name: round(dollars(row.amounts[part]), 2) for part in Part if row.amounts[part]}


def only(report: Report) -> Row:
    (row,) = report.pods
    return row


def an_hour_of(path: Path, what: Pod) -> Report:
    return read(record(path, minutes(NOW, 61, lambda n: (what,))), NOW, NOW + HOUR)


@pytest.mark.parametrize(
    ("what", "found"),
    [
        (up(WORK), {"WORKED": 10.0}),
        (up((1.5, 0.0, 0.5, 1.0)), {"IDLE": 10.0}),
        (up((None, 0.0, None, 0.0)), {"IDLE": 10.0}),
        (up((None, None, None, None)), {"UNWATCHED": 10.0}),
        (up((100.0,) * 4, 151.0), {"WAITING": 10.0}),
        (up((100.0,) * 4, 600.0), {"WORKED": 10.0}),
        (up((100.0,) * 4), {"WORKED": 10.0}),
        (up((100.0,) * 4, 151.0, gpu="a type without known power"), {"WORKED": 10.0}),
        (up((45.0,) * 4, 400.0), {"UNDER_USED": 5.0, "WORKED": 5.0}),
        (up((95.0, 95.0, 95.0, 0.0), 400.0), {"UNDER_USED": 2.5, "WORKED": 7.5}),
        (up((95.0, 95.0, 95.0, 45.0), 400.0), {"UNDER_USED": 5.0, "WORKED": 5.0}),
        (bare(pod("a", utils=None, cost=10.0, change="Rented")), {"BOOT": 10.0}),
        (bare(replace(pod("a", cost=10.0, change="Rented"), gpu_count=0, machine=None)), {"WORKED": 10.0}),
        (bare(replace(pod("a", cost=10.0, change="Rented"), gpu_count=0)), {"IDLE": 10.0}),
        (pod("a", status="EXITED", utils=None, cost=10.0), {"STOPPED": 0.03}),
        (pod("a", utils=(95.0,), cost=10.0), {"WORKED": 10.0, "DISKS": 0.02}),
    ],
)
def test_a_dollar_goes_by_what_the_gpus_did(what: Pod, found: dict[str, float], tmp_path: Path) -> None:
    row = only(an_hour_of(tmp_path / "a.sqlite", what))
    assert parts(row) == pytest.approx(found, abs=0.011)
    assert not row.least


def test_the_lagging_gpu_is_named(tmp_path: Path) -> None:
    assert only(an_hour_of(tmp_path / "a.sqlite", up((95.0, 45.0, 95.0, 95.0), 400.0))).lagging == 1
    assert only(an_hour_of(tmp_path / "b.sqlite", up((95.0, 0.0, 95.0, 95.0), 400.0))).lagging is None


def test_a_moment_without_work_is_no_idle_minute(tmp_path: Path) -> None:
    """Polls every 5 s see the pauses between batches; the minutes that remain of them later do not."""
    polls = minutes(NOW, 721, lambda n: (up(IDLE if n % 3 == 0 else (100.0,) * 4),), step=5.0)
    row = only(read(record(tmp_path / "a.sqlite", polls), NOW, NOW + HOUR))
    assert parts(row) == pytest.approx({"WORKED": 7.4, "UNDER_USED": 2.6}, abs=0.05)


def a_day(n: int) -> Told:
    """Three hours of work, three of idleness, an hour of waiting; a price that rises at the fifth hour."""
    hour = n // 60
    one = up(WORK, 500.0) if hour < 3 else up(IDLE, 120.0) if hour < 6 else up((100.0,) * 4, 151.0)
    assert one.runtime is not None
    return (replace(one, cost_per_hr=10.0 if hour < 5 else 20.0, runtime=replace(one.runtime, uptime=60 * n)),)


DAY_OF = {"WORKED": 30.0, "IDLE": 40.0, "WAITING": 20.0}


def test_a_thinned_recording_says_what_the_fresh_one_said(tmp_path: Path) -> None:
    start = NOW // 21_600 * 21_600
    fresh, old = (
        only(read(record(tmp_path / name, minutes(start, 7 * 60, a_day), tidy=tidy), start, start + 7 * HOUR))
        for name, tidy in (("a.sqlite", False), ("b.sqlite", True))
    )
    assert parts(fresh) == pytest.approx(DAY_OF, abs=0.3)
    assert parts(old) == pytest.approx(parts(fresh), abs=0.02)
    assert fresh.worst == old.worst == start + 5 * HOUR, "idle at twice the price"
    assert dollars(fresh.saved) == pytest.approx(15 + 20, abs=0.5), "all of three hours but the first half"


def test_polls_every_two_minutes_count_as_much(tmp_path: Path) -> None:
    polls = minutes(NOW, 210, lambda n: a_day(2 * n), step=120.0)
    row = only(read(record(tmp_path / "a.sqlite", polls, silence=360.0), NOW, NOW + 7 * HOUR - 120))
    assert parts(row) == pytest.approx(DAY_OF, abs=1.0)
    assert Part.UNWATCHED not in parts(row)


def test_a_gap_is_paid_if_the_pod_ran_on_and_nobody_says_what_for(tmp_path: Path) -> None:
    polls = [
        *minutes(NOW, 60, lambda n: (up(IDLE),)),
        *minutes(NOW + 5 * HOUR, 61, lambda n: (up(IDLE, uptime=99_999),)),
    ]
    row = only(read(record(tmp_path / "a.sqlite", polls), NOW, NOW + 6 * HOUR))
    assert parts(row) == pytest.approx({"IDLE": 20.0, "UNWATCHED": 40.0}, abs=0.4)
    assert not row.least
    assert dollars(row.saved) == pytest.approx(10.0, abs=0.4), "half an hour of each hour; the gap begins anew"


def test_a_gap_in_which_it_may_have_stopped_is_not_counted_and_said(tmp_path: Path) -> None:
    polls = [
        *minutes(NOW, 60, lambda n: (up(WORK),)),
        *minutes(NOW + 5 * HOUR, 61, lambda n: (up(WORK, change="Resumed"),)),
    ]
    made = read(record(tmp_path / "a.sqlite", polls), NOW, NOW + 6 * HOUR)
    assert parts(only(made)) == pytest.approx({"WORKED": 20.0}, abs=0.4)
    assert only(made).least
    assert made.total.least
    assert made.watched == pytest.approx(2 * HOUR, abs=180)


def test_failed_polls_are_unwatched_and_no_idleness(tmp_path: Path) -> None:
    polls = minutes(NOW, 61, lambda n: None if 20 <= n < 50 else (up(IDLE),))
    row = only(read(record(tmp_path / "a.sqlite", polls), NOW, NOW + HOUR))
    assert parts(row) == pytest.approx({"IDLE": 5.0, "UNWATCHED": 5.0}, abs=0.4)


def test_pods_come_and_go(tmp_path: Path) -> None:
    def told(n: int) -> Told:
        first = (up(WORK),) if n < 60 else ()
        return (*first, up(WORK, id="b", cost=4.0)) if n >= 30 else first

    made = read(record(tmp_path / "a.sqlite", minutes(NOW, 121, told)), NOW - DAY, NOW + 2 * HOUR)
    assert {row.key: round(dollars(row.paid)) for row in made.pods} == {"a": 10, "b": 6}
    assert not made.total.least, "both were watched from the beginning to the end"
    assert made.start == NOW, "nothing is known of the time before the recording"


def test_an_unknown_price_is_no_price_of_zero(tmp_path: Path) -> None:
    row = only(an_hour_of(tmp_path / "a.sqlite", up(WORK, cost=None)))
    assert row.unknown
    assert row.paid == 0
    half = minutes(NOW, 61, lambda n: (up(WORK, cost=None if n < 30 else 10.0),))
    row = only(read(record(tmp_path / "b.sqlite", half), NOW, NOW + HOUR))
    assert row.least
    assert parts(row) == pytest.approx({"WORKED": 5.0}, abs=0.2)


def test_a_response_without_runtime_is_no_boot(tmp_path: Path) -> None:
    """The same container ran before and after it."""

    def told(minute: int) -> Told:
        there = up((97.0,), uptime=7200 + 60 * minute)
        return (replace(there, runtime=None) if minute in (7, 20) else there,)

    row = only(read(record(tmp_path / "a.sqlite", minutes(NOW, 61, told)), NOW, NOW + HOUR))
    assert parts(row) == pytest.approx({"WORKED": 9.67, "UNWATCHED": 0.33}, abs=0.01), "two minutes without its GPUs"

    def restarted(minute: int) -> Told:
        there = up((97.0,), uptime=7200 + 60 * minute if minute < 20 else 60 * (minute - 21))
        return (replace(there, runtime=None) if minute in (20, 21) else there,)

    row = only(read(record(tmp_path / "b.sqlite", minutes(NOW, 61, restarted)), NOW, NOW + HOUR))
    assert parts(row)["BOOT"] == pytest.approx(2 / 6, abs=0.01)


def test_a_crash_loop_is_boot_and_loop(tmp_path: Path) -> None:
    polls = minutes(NOW, 61, lambda n: (up(IDLE, uptime=60 * (n % 10) + 5),))
    row = only(read(record(tmp_path / "a.sqlite", polls), NOW, NOW + HOUR))
    assert parts(row)["BOOT"] == pytest.approx(40 / 6, abs=0.1), "from the first restart to the last"


@pytest.mark.parametrize(
    ("zone", "first", "hours"),
    every(
        3,
        [
            ("Europe/Berlin", datetime(2026, 3, 28), [24, 23, 24]),
            ("Europe/Berlin", datetime(2026, 10, 24), [24, 25, 24]),
            ("America/Sao_Paulo", datetime(2018, 11, 3), [24, 23, 24]),
            ("Australia/Lord_Howe", datetime(2026, 4, 4), [24, 24.5, 24]),
            ("Asia/Kathmandu", datetime(2026, 4, 4), [24, 24, 24]),
        ],
        values=3,
    ),
)
def test_days_are_local_ones_whatever_their_length(
    zone: str, first: datetime, hours: list[float], tmp_path: Path
) -> None:
    tz = ZoneInfo(zone)

    def start_of_day(at: float) -> float:
        when = datetime.fromtimestamp(at, tz)
        return when.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    start = start_of_day(first.replace(hour=12, tzinfo=tz).timestamp())
    polls = minutes(start, int(sum(hours) * 12) + 1, lambda n: (up(WORK),), step=300.0)
    path = record(tmp_path / "a.sqlite", polls, silence=900.0)
    made = read(path, start, start + sum(hours) * HOUR, start_of_day)
    assert [round(dollars(day.paid) / 10.0, 2) for day in made.days] == hours
    assert sum(made.by_utc_day.values()) == pytest.approx(10 * sum(hours))
    assert sum(made.watched_by_utc_day.values()) == pytest.approx(sum(hours) * HOUR)


@pytest.mark.wide
@pytest.mark.parametrize("seed", [7, 8, 9])
async def test_it_is_what_the_simulated_runpod_charges(seed: int, tmp_path: Path) -> None:
    now = NOW
    world = World(seed=seed, pods=12, start=NOW - HOUR, runway=400 * HOUR)
    wire = in_process(Simulator(world, lambda: now, Faults(), packs=False))
    cloud = GraphQLCloud("https://demo.invalid/graphql", KEY, transport=wire)
    path, end = tmp_path / "a.sqlite", NOW + 5 * HOUR
    with closing(Writer(connect(path, write=True), NOW - 1, silence=360.0)) as writer:
        for step in range(151):
            now = NOW + 120.0 * step
            if step == 60:
                stopped = next(pod for pod in world.pods.values() if pod.status == "RUNNING" and pod.rate > 1)
                await cloud.stop(stopped.id)
            writer.write([Polled(now, await cloud.fleet())])
    await cloud.aclose()
    made = {row.key: row for row in read(path, NOW, end).pods}
    whole = 0.0
    for sim in (*world.pods.values(), *world.gone):
        charged = sum(_amounts(list(_spans(sim, end)), NOW, end))
        whole += charged
        assert dollars(made[sim.id].paid) == pytest.approx(charged, rel=0.01, abs=0.05), sim.name
    assert sum(dollars(row.paid) for row in made.values()) == pytest.approx(whole, rel=0.01)


def test_an_old_recording_can_be_read(tmp_path: Path) -> None:
    old = next((Path(__file__).parents[1] / "data/version_0_1").rglob("*.sqlite"), None)
    if old is None:
        pytest.skip("no recording of an earlier version here")
    with closing(Recording(old)) as recording:
        spans = recording.spans()
    made = read(old, spans[0][0], spans[-1][1])
    assert made.since == spans[0][0]
    assert made.total.amounts == tuple(map(sum, zip(*(row.amounts for row in made.pods), strict=True)))


def test_an_empty_recording_has_an_empty_report(tmp_path: Path) -> None:
    path = record(tmp_path / "a.sqlite", [(NOW, None)])
    made = read(path, NOW - DAY, NOW, midnight)
    assert made.since is None
    assert made.total.paid == 0
    assert made.days == ()


def test_reading_ends_when_nobody_waits(tmp_path: Path) -> None:
    from tui.history import report_reader

    path = record(tmp_path / "a.sqlite", minutes(NOW, 3, lambda n: tuple(up(WORK, id=str(k)) for k in range(9))))
    asked: list[int] = []

    def go_on() -> bool:
        asked.append(1)
        return len(asked) < 4

    with closing(Recording(path)) as recording:
        assert len(report_reader.read(recording, NOW, NOW + 120, midnight, go_on).pods) == 3
