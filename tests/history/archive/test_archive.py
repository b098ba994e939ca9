"""The archive: what was told comes back, thinned as promised, and survives what happens to files."""

from __future__ import annotations

import random
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import funds, market, offer, pod, runtime, snapshot
from tui.api.models import GpuReading, Pod, Quote, Snapshot, Telemetry
from tui.domain.events import Event, Kind
from tui.history.archive import schema
from tui.history.archive.compaction import KEEP, KEEP_RAW, RAW_BLOCK
from tui.history.archive.reader import Recording
from tui.history.archive.schema import VERSION, ArchiveError, DamagedArchive, EmptyArchive, NewerArchive, connect
from tui.history.archive.writer import MARKET, Entry, Polled, Priced, Writer
from tui.store.series import unbroken

NOW = 1_795_435_200.0
DAY = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "a.sqlite"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    made = Writer(connect(path, write=True), NOW - 1)
    yield made
    made.close()


def read(path: Path) -> closing[Recording]:
    return closing(Recording(path))


def busy(key: str, util: float, uptime: int = 3600, **more: object) -> Pod:
    return replace(pod(key, **more), runtime=runtime((util, 100 - util), uptime), gpu_count=2)  # type: ignore[arg-type]


def fill(writer: Writer, start: float, count: int, step: float = 5.0) -> list[float]:
    """Polls of one pod whose first GPU does something else each time."""
    dice = random.Random(3)
    utils = [float(dice.randrange(101)) for _ in range(count)]
    writer.write(Polled(start + i * step, snapshot(busy("a", util, int(start) + i))) for i, util in enumerate(utils))
    return utils


def pass_time(writer: Writer, start: float, end: float) -> None:
    """podtop watches prices, with an evening off now and then."""
    times = [start + DAY / 2 * n for n in range(int((end - start) / (DAY / 2)) + 1)]
    writer.write(Priced(at, market(offer("H100", Quote(2.99, None, "High")))) for at in (*times, end))


def test_only_the_owner_can_read_it(writer: Writer, path: Path) -> None:
    writer.write([Polled(NOW, snapshot(pod("a")))])
    for part in path.parent.iterdir():
        assert stat.S_IMODE(part.stat().st_mode) == 0o600, part.name


def test_an_instant_comes_back_as_it_was_told(writer: Writer, path: Path) -> None:
    warm = Telemetry(NOW, "running", (GpuReading(None, 90, 60, 71.5, 640.0), GpuReading(None, 10, 60, 40.0, 90.0)))
    known = (replace(busy("a", 90), telemetry=warm), pod("b", status="EXITED", utils=None), pod("c", utils=None))
    writer.write([Polled(NOW, snapshot(*known, funds=funds(12.5, 3.25)))])
    with read(path) as recording:
        back = recording.snapshot(NOW + 3)
        assert recording.snapshot(NOW + 200) is None
        assert recording.snapshot(NOW - 200) is None
    assert back is not None
    assert back.pods is not None
    assert back.funds is not None
    assert (back.funds.balance, back.funds.spend_per_hr) == (12.5, 3.25)
    running, stopped, booting = back.pods
    assert running.runtime is not None
    assert running.telemetry is not None
    assert [g.util for g in running.runtime.gpus] == [90, 10]
    assert [g.memory for g in running.runtime.gpus] == [60, 60]
    assert (running.runtime.cpu, running.runtime.memory, running.runtime.uptime) == (30, 40, 3603)
    assert [(g.temperature_c, g.power_w) for g in running.telemetry.gpus] == [(71.5, 640), (40, 90)]
    assert (stopped.status, stopped.runtime, booting.status, booting.runtime) == ("EXITED", None, "RUNNING", None)
    assert (running.name, running.cost_per_hr, running.status_change) == ("pod a", 2.99, None)


def test_a_state_is_written_when_it_changes_and_not_before(writer: Writer, path: Path) -> None:
    for i in range(20):
        writer.write([Polled(NOW + 5 * i, snapshot(busy("a", i, 3600 + 5 * i)))])
    writer.write([Polled(NOW + 100, snapshot(pod("a", status="EXITED", utils=None)))])
    writer.write([Polled(NOW + 105, snapshot())])
    with read(path) as recording:
        stays = recording.stays("a", NOW + 50, NOW + 1000)
        assert [(stay.at - NOW, stay.status) for stay in stays] == [(0, "RUNNING"), (100, "EXITED"), (105, None)]
        gone = recording.snapshot(NOW + 105)
        assert gone is not None
        assert gone.pods == ()


def test_samples_before_and_after_packing_are_the_same(writer: Writer, path: Path) -> None:
    start = NOW // RAW_BLOCK * RAW_BLOCK
    utils = fill(writer, start, 400)
    with read(path) as recording:
        before = recording.samples("a", start, start + 2000)
        assert [v / 2 for v in before.columns["gpu0"].mean] == utils
    assert writer.tidy(start + 2000)
    with read(path) as recording:
        after = recording.samples("a", start, start + 2000)
        part = recording.samples("a", start + 450, start + 1350, ["gpu0"])
        everyone = recording.all_samples(start, start + 2000)
    assert after.columns == before.columns
    assert list(after.times) == pytest.approx(list(before.times), abs=0.02)
    assert [v / 2 for v in part.columns["gpu0"].mean] == utils[90:270]
    assert list(part.columns) == ["gpu0"]
    assert everyone["a"].columns == before.columns


def test_packing_is_done_a_step_at_a_time(writer: Writer) -> None:
    fill(writer, NOW, 400, step=10)
    turns = iter([True, False, True, True, True, True, True])
    assert not writer.tidy(NOW + DAY, lambda: next(turns))
    assert writer.tidy(NOW + DAY)


def test_after_two_days_there_are_minutes_with_their_extremes(writer: Writer, path: Path) -> None:
    start = NOW // 21_600 * 21_600
    utils = fill(writer, start, 12 * 30)
    later = start + KEEP_RAW + 21_600 + 1
    pass_time(writer, start, later)
    assert writer.tidy(later)
    with read(path) as recording:
        minutes = recording.samples("a", start, start + 1800)
        column = minutes.columns["gpu0"]
    assert list(minutes.times) == [start + 60 * i for i in range(30)]
    for i in range(30):
        part = utils[12 * i : 12 * i + 12]
        assert (column.low[i] / 2, column.high[i] / 2) == (min(part), max(part))
        assert column.mean[i] / 2 == pytest.approx(sum(part) / 12, abs=0.26)


@given(st.sampled_from([0.0, KEEP_RAW / 2, KEEP_RAW + 22_000]))
@settings(max_examples=3, deadline=None)
def test_in_brief_no_extreme_is_lost_whether_packed_or_thinned_or_neither(age: float) -> None:
    start = NOW // 21_600 * 21_600
    with TemporaryDirectory() as directory:
        path = Path(directory) / "a.sqlite"
        with closing(Writer(connect(path, write=True), NOW - 1)) as writer:
            utils = fill(writer, start, 12 * 60)
            if age:
                pass_time(writer, start, start + age)
                assert writer.tidy(start + age)
        with read(path) as recording:
            brief = recording.brief("a", start, start + 3600, ["gpu0"])
    column = brief.columns["gpu0"]
    assert list(brief.times) == [start + 900 * i for i in range(4)]
    for i in range(4):
        part = utils[180 * i : 180 * i + 180]
        assert (column.low[i] / 2, column.high[i] / 2) == (min(part), max(part))
        assert column.mean[i] / 2 == pytest.approx(sum(part) / 180, abs=0.5)


def test_after_a_month_it_is_gone_but_not_what_still_holds(writer: Writer, path: Path) -> None:
    fill(writer, NOW, 12)
    writer.write([Polled(NOW + 60, snapshot(busy("a", 3)), (Event(NOW, "a", Kind.NEW, "first seen"),))])
    writer.write([Priced(NOW, market(offer("H100", Quote(2.99, None, "High"))))])
    much_later = NOW + KEEP + 3 * DAY
    pass_time(writer, NOW + 60, much_later)
    writer.write([Polled(much_later, snapshot(busy("a", 50)))])
    assert writer.tidy(much_later)
    with read(path) as recording:
        assert not recording.samples("a", NOW - 1, NOW + DAY).times
        assert recording.events(0, much_later) == ()
        assert recording.spans() == ((much_later, much_later),)
        back = recording.snapshot(much_later)
        assert back is not None
        assert back.pods is not None
        assert back.pods[0].status == "RUNNING"


def test_what_nobody_saw_is_a_gap(writer: Writer, path: Path) -> None:
    writer.write(
        [Polled(NOW, snapshot(busy("a", 10))), Polled(NOW + 5, None), Polled(NOW + 10, snapshot(busy("a", 30)))]
    )
    writer.write([Polled(NOW + 15, Snapshot(funds(), None))])
    writer.close()
    with closing(Writer(connect(path, write=True), NOW + 18)) as later:
        later.write([Polled(NOW + 20, snapshot(busy("a", 50)))])
    with read(path) as recording:
        found = recording.samples("a", NOW, NOW + 60)
    runs = unbroken(found.times, found.columns["gpu0"], 2.0, NOW, 5.0, 6, 60.0)
    assert [[p.mean for p in run] for run in runs] == [[10], [30], [50]]


def test_spans_tell_when_someone_looked(writer: Writer, path: Path) -> None:
    writer.write(Polled(NOW + 5 * i, snapshot()) for i in range(5))
    writer.write([Polled(NOW + 4000, snapshot())])
    with read(path) as recording:
        assert recording.spans() == ((NOW, NOW + 20), (NOW + 4000, NOW + 4000))


def test_the_market_comes_back_as_it_was_at_an_instant(writer: Writer, path: Path) -> None:
    dear, cheap = offer("H100", Quote(2.99, 1.5, "High"), None), offer("H100", Quote(2.49, 1.5, "Low"), None)
    writer.write([Priced(NOW, market(dear)), Priced(NOW + 30, market(dear)), Priced(NOW + 60, market(cheap))])
    with read(path) as recording:
        assert recording.market(NOW - 1) is None
        assert recording.market(NOW + 45) == (market(dear), NOW + 45)
        assert recording.market(NOW + 99) == (market(cheap), NOW + 60)
        assert recording.spans(MARKET) == ((NOW, NOW + 60),)
        (count,) = recording._db.execute("SELECT count(*) FROM quote WHERE cloud = 0").fetchone()
    assert count == 2


def test_events_are_kept_for_each_pod(writer: Writer, path: Path) -> None:
    told = tuple(Event(NOW + i, "ab"[i % 2], Kind.RESTART, f"number {i}") for i in range(6))
    writer.write([Polled(NOW + 9, snapshot(), told)])
    with read(path) as recording:
        assert recording.events(NOW, NOW + 9) == told
        assert recording.events(NOW + 2, NOW + 5, "a") == (told[2], told[4])
        assert recording.events(0, NOW + 9, most=2) == told[-2:]


def test_a_pod_that_changes_its_shape_keeps_all_its_values(writer: Writer, path: Path) -> None:
    one, two = busy("a", 20), replace(busy("a", 30), runtime=runtime((1, 2, 3)), gpu_count=3)
    writer.write(
        [Polled(NOW, snapshot(one)), Polled(NOW + 5, snapshot(two, busy("b", 1))), Polled(NOW + 10, snapshot(one))]
    )
    for tidied in (False, True):
        if tidied:
            writer.tidy(NOW + 3600)
        with read(path) as recording:
            found = recording.samples("a", NOW, NOW + 60)
            assert [list(found.columns[f"gpu{i}"].mean) for i in range(3)] == [
                [40, 2, 40],
                [160, 4, 160],
                [255, 6, 255],
            ]
            assert list(recording.samples("b", NOW, NOW + 60).columns["gpu0"].mean) == [255, 2, 255]


def test_a_clock_that_is_set_back_loses_nothing(writer: Writer, path: Path) -> None:
    start = NOW // RAW_BLOCK * RAW_BLOCK
    writer.write([Polled(start + 100, snapshot(busy("a", 10)))])
    writer.tidy(start + 1000)
    writer.write([Polled(start + 50, snapshot(busy("a", 20)))])
    writer.tidy(start + 1000)
    with read(path) as recording:
        found = recording.samples("a", start, start + 1000)
    assert list(found.columns["gpu0"].mean) == [40, 20]


# What happens to files


def test_an_older_file_is_brought_up_to_date_with_all_it_has(
    writer: Writer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    utils = fill(writer, NOW, 5)
    writer.close()
    later = "ALTER TABLE pod ADD COLUMN colour TEXT;"
    monkeypatch.setattr(schema, "_MIGRATIONS", (*schema._MIGRATIONS, later))
    monkeypatch.setattr(schema, "VERSION", VERSION + 1)
    with closing(connect(path, write=True)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
        assert db.execute("SELECT pod, colour FROM pod").fetchall() == [("a", None)]
    with read(path) as recording:
        assert [v / 2 for v in recording.samples("a", NOW, NOW + 60).columns["gpu0"].mean] == utils


def test_a_newer_file_is_told_and_not_touched(writer: Writer, path: Path) -> None:
    writer.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    for write in (True, False):
        with pytest.raises(NewerArchive, match="newer podtop"):
            connect(path, write=write)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"this is no database, it is a letter to my mother" * 30, b"SQLite format 3\0" + b"\xff" * 4000]
)
def test_a_file_that_is_no_archive_is_damaged(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DamagedArchive):
        Writer(connect(path, write=True), NOW)
    assert path.read_bytes() == content


def test_a_recording_that_is_just_being_made_is_empty_and_no_damage(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(EmptyArchive, match="nothing recorded yet"):
        connect(path, write=False)
    connect(path, write=True).close()
    connect(path, write=False).close()


def test_somebody_elses_database_is_not_taken_over(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipes (name)")
    with pytest.raises(DamagedArchive, match="not a podtop recording"):
        connect(path, write=True)


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a directory should be")
    with pytest.raises(ArchiveError):
        connect(tmp_path / "state" / "a.sqlite", write=True)
    with pytest.raises(ArchiveError, match="no such file"):
        connect(tmp_path / "b.sqlite", write=False)


def test_a_full_disk_loses_nothing_that_was_written_and_is_got_over(writer: Writer, path: Path) -> None:
    fill(writer, NOW, 50)
    (pages,) = writer._db.execute("PRAGMA page_count").fetchone()
    writer._db.execute(f"PRAGMA max_page_count = {pages}")
    many = [Polled(NOW + 300, snapshot(*(busy(f"p{i}", 1) for i in range(400))))]
    with pytest.raises(ArchiveError, match="full"):
        writer.write(many)
    with read(path) as recording:
        assert len(recording.samples("a", NOW, NOW + 1000).times) == 50
        assert recording.snapshot(NOW + 245) is not None
    writer._db.execute("PRAGMA max_page_count = 100000")
    writer.write(many)
    with read(path) as recording:
        back = recording.snapshot(NOW + 300)
    assert back is not None
    assert back.pods is not None
    assert len(back.pods) == 400


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.make import pod, snapshot
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer

writer = Writer(connect(Path(sys.argv[1]), write=True), 0.5)
writer.write(Polled(float(i), snapshot(pod("a"))) for i in range(1, 11))
print("written", flush=True)
def endless():
    for i in range(11, 5000):
        if i == 3000:
            os.kill(os.getpid(), signal.SIGKILL)
        yield Polled(float(i), snapshot(pod("a")))
writer.write(endless())
"""


def test_a_kill_in_the_middle_of_writing_loses_only_what_was_not_committed(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(path)], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert (done.returncode, done.stdout) == (-9, "written\n"), done.stderr
    with closing(Writer(connect(path, write=True), 5000)) as again:
        again.write([Polled(5001.0, snapshot(pod("a")))])
    with read(path) as recording:
        times = list(recording.samples("a", 0, 6000).times)
    assert [at for at in times if at <= 4999] == [0.5, *(float(i) for i in range(1, 11))]
    assert times[-1] == 5001


def test_a_failed_write_leaves_memory_and_file_agreed(writer: Writer, path: Path) -> None:
    def broken() -> Iterator[Entry]:
        yield Polled(NOW, snapshot(pod("new"), funds=funds(1.0)))
        raise OSError(5, "the disk went away")

    with pytest.raises(ArchiveError, match="went away"):
        writer.write(broken())
    writer.write([Polled(NOW + 5, snapshot(pod("new"), funds=funds(1.0)))])
    with read(path) as recording:
        back = recording.snapshot(NOW + 5)
    assert back is not None
    assert back.pods is not None
    assert back.funds is not None
    assert (back.pods[0].id, back.funds.balance) == ("new", 1.0)


def test_prices_over_time_come_back(writer: Writer, path: Path) -> None:
    def at(minute: int, price: float | None, rented: int) -> Priced:
        quote = Quote(price, None, None if price is None else "Low", rented=rented, total=100)
        return Priced(NOW + 60.0 * minute, market(offer("H100", quote)))

    writer.write(at(n, None if 60 <= n < 90 else 2.99 if n < 60 else 2.5, n % 7) for n in range(121))
    with read(path) as recording:
        prices = recording.prices(NOW - DAY, NOW + 7200.0)
        low = prices.lowest("NVIDIA H100", NOW, NOW + 7200.0)
        presence = prices.presence("NVIDIA H100", NOW + 7200.0, DAY)
        assert recording.prices(NOW - DAY, NOW - 60.0).lowest("NVIDIA H100", 0, NOW + DAY) is None
    assert low is not None
    assert low.price == pytest.approx(2.5)
    assert presence.watched == pytest.approx(7200.0, abs=2)
    assert presence.stocked == pytest.approx(5400.0, abs=2)


def test_how_many_are_rented_alone_is_no_news(writer: Writer, path: Path) -> None:
    writer.write(
        Priced(NOW + n, market(offer("H100", Quote(2.99, None, "High", rented=n, total=100)))) for n in range(50)
    )
    db = connect(path, write=False)
    assert db.execute("SELECT count(*) FROM quote WHERE cloud = 0").fetchone() == (1,)
    db.close()


def test_what_lasts_is_found_by_its_newest_event_and_pods_by_their_last_name(writer: Writer, path: Path) -> None:
    def idle(at: float, pod: str, kind: Kind) -> Event:
        return Event(NOW + at, pod, kind, f"at {at}")

    told = (
        idle(1, "a", Kind.IDLE), idle(2, "a", Kind.IDLE_OVER), idle(3, "a", Kind.IDLE), idle(4, "b", Kind.IDLE),
        idle(5, "a", Kind.RESTART),
    )  # fmt: skip
    writer.write([Polled(NOW, snapshot(busy("a", 3), busy("b", 3))), Polled(NOW + 9, snapshot(busy("b", 3)), told)])
    renamed = replace(busy("b", 3), name="another name")
    writer.write([Polled(NOW + 20, snapshot(renamed))])
    with read(path) as recording:
        assert recording.latest([Kind.IDLE, Kind.IDLE_OVER]) == (told[1], told[2], told[3])
        assert recording.names() == {"a": busy("a", 3).name, "b": "another name"}
