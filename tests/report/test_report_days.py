"""What GPUs did on finished days is kept for the next report, which is the one that would be made without it."""

from __future__ import annotations

import random
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.make import funds, snapshot
from tests.report.make import DAY, HOUR, midnight, up
from tests.report.make import read as read_anew
from tests.report.test_kept_activity import START, Life, same
from tui.domain.pod_bill import Part, Seen
from tui.domain.report import Report
from tui.history import daily_activity, report_days, report_reader
from tui.history.activity_reader import ActivityReader
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.recording_files import days_of, set_aside
from tui.history.report_days import Day, ReportDays
from tui.store.idle_spans import IdleSpan, joined, runs_of


def read(path: Path, start: float, end: float, start_of_day: Callable[[float], float] = midnight) -> Report:
    with closing(Recording(path)) as recording, closing(ReportDays(days_of(path))) as kept:
        recording.until = end
        return report_reader.read(recording, start, end, start_of_day, stored=kept)


def of_zone(zone: float) -> Callable[[float], float]:
    return lambda at: (at + zone) // DAY * DAY - zone


@pytest.mark.wide
@pytest.mark.parametrize(("seed", "step"), [(11, 60.0), (12, 120.0), (13, 300.0), (14, 45.0)])
def test_a_report_is_the_same_with_it_while_the_recording_goes_on(seed: int, step: float, tmp_path: Path) -> None:
    draw, life = random.Random(seed), Life(seed)
    path, at = tmp_path / "a.sqlite", START + 400.0
    for part in range(6):
        until = at + draw.uniform(0.4, 1.6) * DAY
        with closing(Writer(connect(path, write=True), at - 1, silence=4 * step)) as writer:
            while at < until:
                writer.write([Polled(at, snapshot(*life.pods(at, step), funds=funds()))])
                at += step * draw.uniform(0.7, 1.3) if draw.random() > 0.003 else draw.uniform(0, 7000)
            if part != 2:
                writer.tidy(at)
        for _ in range(3):
            zone = draw.choice((0.0, 5.75 * HOUR, -8 * HOUR))
            start = of_zone(zone)(draw.uniform(START, at))
            same(read(path, start, at, of_zone(zone)), read_anew(path, start, at, of_zone(zone)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Days of a pod that works half of each hour."""
    path, days = tmp_path_factory.mktemp("days") / "a.sqlite", 3
    with closing(Writer(connect(path, write=True), START - 1, silence=700.0)) as writer:
        polls = [
            Polled(START + 600 * n, snapshot(up((95.0 if n % 6 < 3 else 0.0,), 120.0, uptime=600 * n + 99)))
            for n in range(days * 144)
        ]
        writer.write(polls)
        writer.tidy(START + days * DAY + 900)
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return Path(shutil.copy(made, tmp_path / "a.sqlite"))


END = START + 3 * DAY


@pytest.fixture
def gaps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The lengths of the times that are read of recordings, in days."""
    read_times: list[float] = []

    class Noted(ActivityReader):
        def __init__(self, recording: Recording, pod: str, start: float, end: float, *rest: object) -> None:
            read_times.append((end - start) / DAY)
            super().__init__(recording, pod, start, end, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(daily_activity, "ActivityReader", Noted)
    return read_times


def test_of_finished_days_nothing_is_read_again(path: Path, gaps: list[float]) -> None:
    first = read(path, START, END)
    assert gaps == [3.0]
    gaps.clear()
    assert read(path, START, END) == first == read_anew(path, START, END)
    assert gaps[0] == pytest.approx(1.0)
    assert first.total.amounts[Part.IDLE] > 0
    assert first.total.paid == pytest.approx(720e6, rel=0.02)


def test_what_was_written_since_is_read(path: Path, gaps: list[float]) -> None:
    read(path, START, END)
    block = "SELECT pod, tier, start + 900, brief, data FROM block WHERE start = {0} AND tier = 0"
    with closing(sqlite3.connect(path)) as db:
        at = START + DAY + 30 * 60
        # Another block with as many bytes.
        db.execute(f"INSERT OR REPLACE INTO block {block.format(at)}")
        db.execute("DELETE FROM activity WHERE start = ?", (at + 900,))
        db.commit()
    gaps.clear()
    assert read(path, START, END) == read_anew(path, START, END)
    assert max(gaps[:-1]) >= 2.0


def test_a_price_that_was_read_otherwise_counts_at_once(path: Path) -> None:
    before = read(path, START, END)
    with closing(sqlite3.connect(path)) as db:
        for at, data in db.execute("SELECT at, data FROM state").fetchall():
            cheaper = {**msgspec.json.decode(data), "cost_per_hr": 5.0}
            db.execute("UPDATE state SET data = ? WHERE at = ?", (msgspec.json.encode(cheaper), at))
        db.commit()
    after = read(path, START, END)
    assert after == read_anew(path, START, END)
    assert after.total.paid == pytest.approx(before.total.paid / 2, abs=10)


def test_one_of_other_rules_counts_as_missing(path: Path, gaps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    read(path, START, END)
    monkeypatch.setattr(report_days, "VERSION", "another")
    gaps.clear()
    read(path, START, END)
    assert gaps == [3.0]


def test_another_zone_is_read_once(path: Path, gaps: list[float]) -> None:
    read(path, START, END)
    zone = of_zone(5.75 * HOUR)
    both = [read(path, START, END, zone), read(path, START, END, zone)]
    assert both[0] == both[1] == read_anew(path, START, END, zone)
    gaps.clear()
    read(path, START, END, zone)
    read(path, START, END)
    assert max(gaps) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE day SET data = x'00'", "UPDATE day SET data = 7", "UPDATE day SET data = zeroblob(5000000)",
        "DELETE FROM day", "DROP TABLE day", "DROP TABLE day; CREATE TABLE day (pod, data, more)",
        "CREATE VIEW more AS SELECT * FROM day",
    ],
)  # fmt: skip
def test_whatever_is_there_in_its_place_counts_as_missing(spoil: str, path: Path) -> None:
    read(path, START, END)
    with closing(sqlite3.connect(days_of(path))) as db:
        db.executescript(spoil)
    assert read(path, START, END) == read_anew(path, START, END)


@pytest.mark.parametrize("seen", [(float("nan"), 0.0, 0.0, 0.0, None), (60.0, 7.0, 0.0, 0.0, None), (-1.0, 0, 0, 0, 5)])
def test_no_impossible_value_is_taken_from_it(seen: tuple[float, ...], tmp_path: Path) -> None:
    days = ReportDays(tmp_path / "d")
    days.keep("a", ((START, b"x", None, ((START, END, seen),)),))  # type: ignore[arg-type]
    assert days.days("a") == ()
    days.close()


def test_without_a_place_for_it_there_is_a_report(path: Path) -> None:
    days_of(path).mkdir()
    assert read(path, START, END) == read_anew(path, START, END)
    days_of(path).rmdir()
    days_of(path).write_bytes(b"no database, but a text of some length" * 400)
    assert read(path, START, END) == read_anew(path, START, END)
    assert days_of(path).read_bytes().startswith(b"SQLite")


def test_one_that_is_in_use_stays_as_it_is(path: Path) -> None:
    first = read(path, START, START + 2 * DAY)
    before = days_of(path).read_bytes()
    with closing(sqlite3.connect(days_of(path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert read(path, START, START + 2 * DAY) == first
        read(path, START, END)
    assert days_of(path).read_bytes() == before


def test_it_is_private_and_goes_with_its_recording(path: Path) -> None:
    read(path, START, START + 1.5 * DAY)
    assert stat.S_IMODE(days_of(path).stat().st_mode) == 0o600
    set_aside(path, END)
    assert not days_of(path).exists()


def test_pods_that_are_recorded_no_more_are_dropped(tmp_path: Path) -> None:
    kept = ReportDays(tmp_path / "d")
    day = Day(START, b"x", None, ((START, START + 60, Seen(60.0, 1.0)),))
    for pod in "ab":
        kept.keep(pod, (day,))
    kept.forget_all_but(frozenset("a"))
    kept.close()
    again = ReportDays(tmp_path / "d")
    assert again.days("a") == (day,)
    assert again.days("b") == ()
    again.close()


def test_idle_times_are_the_same_from_days_and_from_quarters() -> None:
    draw = random.Random(5)
    for _ in range(300):
        at, spans = 0.0, []
        for _ in range(draw.randrange(1, 40)):
            first, last = at + draw.uniform(0, 100), at + 900 - draw.uniform(1, 100)
            middle = sorted(draw.uniform(first, last) for _ in range(2))
            until, since = draw.choice([(last, first), (None, None), (middle[0], middle[1]), (None, middle[1])])
            spans.append(IdleSpan(first, last, until, since))
            at += 900 * draw.choice((1, 1, 1, 1, 1, 2))
        whole = joined(spans, 250.0)
        cut = sorted(draw.randrange(len(spans) + 1) for _ in range(3))
        parts = [spans[a:b] for a, b in zip([0, *cut], [*cut, len(spans)], strict=True)]
        of_parts = joined([part for each in parts if (part := joined(each, 250.0)) is not None], 250.0)
        assert whole is not None
        assert runs_of(of_parts) == runs_of(whole)
        assert (of_parts.first, of_parts.last) == (whole.first, whole.last)  # type: ignore[union-attr]
