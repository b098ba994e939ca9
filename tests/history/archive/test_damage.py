"""Recordings that were damaged, or made by somebody who means ill: a bad row is skipped and counted, nothing is run."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.make import funds, market, offer, pod, runtime, snapshot
from tui.api.models import GpuReading, Pod, Quote
from tui.domain.events import Event, Kind
from tui.history import spend_history
from tui.history.archive import codec
from tui.history.archive.checked import LATEST, MOST_GPUS, storable
from tui.history.archive.reader import Recording
from tui.history.archive.rows import layout
from tui.history.archive.schema import ArchiveError, DamagedArchive, answered, connect, is_alone, log_of, size
from tui.history.archive.writer import Happened, Polled, Priced, Writer
from tui.history.instant import fleet_at
from tui.history.replay_source import ReplayError, choose
from tui.store.fleet import Fleet
from tui.store.series import SampleColumn, Samples

NOW = 1_795_435_200.0
BEGIN = NOW - 4000.0


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of an hour and more: packed, with everything in it that there can be."""
    path = tmp_path_factory.mktemp("good") / "good.sqlite"
    with closing(Writer(connect(path, write=True), BEGIN - 1, origin="api.runpod.io")) as writer:
        for i in range(400):
            at = BEGIN + 10 * i
            pods = (pod("a", utils=(i % 100, 5)), pod("b", status="RUNNING" if i % 50 < 25 else "EXITED"))
            events = (Event(at, "a", (Kind.IDLE, Kind.IDLE_OVER)[i // 20 % 2], "words"),) if i % 20 == 0 else ()
            writer.write([Polled(at, snapshot(*pods, funds=funds(100 - i / 10)), events)])
            if i % 3 == 0:
                secure = Quote(2 + i % 7 / 10, 1.0, "High", rented=3, total=9)
                writer.write([Priced(at, market(offer("H100", secure), offer("A100", None, Quote(1.0, None, None))))])
        writer.tidy(NOW)
        assert writer.fold(1.0)
    return path


@pytest.fixture
def path(good: Path, tmp_path: Path) -> Path:
    """A copy of it: of the one file alone."""
    return Path(shutil.copy(good, tmp_path / "a.sqlite"))


def change(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute(sql, values)


def see_all(path: Path) -> int:
    """Ask for everything that screens ask for; how many rows were left out. Raises ArchiveError."""
    with answered(), closing(Recording(path)) as recording:
        for at in (NOW, NOW - 1000.0, NOW - 3500.0):
            fleet_at(recording, at, Fleet(5.0, 30.0), (), lambda pod, is_new: None)
        recording.names()
        recording.latest(list(Kind))
        recording.brief("a", BEGIN, NOW)
        recording.samples("a", BEGIN, NOW)
        spend_history.read(recording, ["a", "b"], NOW, NOW - 40_000.0, NOW - 800_000.0)
        return recording.damaged


def go_on(path: Path) -> list[str]:
    """Record some more, with what has to be thinned; what there was to be told. Raises ArchiveError."""
    with closing(Writer(connect(path, write=True), NOW + 1)) as writer:
        for i in range(3):
            writer.write([Polled(NOW + 1000 * i, snapshot(pod("a"), pod("new"))), Happened(())])
            writer.write([Priced(NOW + 1000 * i, market(offer("H100", Quote(3.0, None, "Low"))))])
        for day in range(1, 5):
            writer.write([Priced(NOW + 86_400.0 * day, market(offer("H100", Quote(3.0, None, "Low"))))])
        assert writer.tidy(NOW + 4 * 86_400.0)
        return writer.news()


def test_the_good_one_is_good(path: Path) -> None:
    assert see_all(path) == 0
    assert go_on(path) == []


ODD = [
    "UPDATE meta SET value = 'x' WHERE key = 'silence'",
    "UPDATE meta SET value = 1e308 WHERE key = 'silence'",
    "UPDATE meta SET value = x'00ff' WHERE key = 'origin'",
    "UPDATE funds SET balance = 'x'",
    "UPDATE funds SET spend = 9e999",
    "UPDATE quote SET on_demand = 'x', rented = 'y'",
    "UPDATE quote SET spot = 1e308",
    "UPDATE quote SET sold = 'x'",
    "UPDATE layout SET pods = x'c1ff00ff'",
    "UPDATE layout SET pods = 'text'",
    "INSERT INTO span VALUES (0, 1e308, 1e308), (0, -1e308, 1e308), (0, 'x', 'y'), (1, -1e308, 1e999)",
    "UPDATE span SET last = 'x'",
    "INSERT INTO poll VALUES (-1e308, 1, x'00'), (1e308, 1, x'00'), ('x', 'y', 'z'), (1795431000.5, 1, 'text')",
    "UPDATE poll SET row = x'00'",
    "INSERT INTO block VALUES ('x', 0, -1e308, 'x', 'y'), (1, 0, -1e308, x'00', x'00'), (1, 0, 1e308, x'00', x'00')",
    "INSERT INTO block VALUES (x'00', 'x', NULL, '', '')",
    "UPDATE block SET data = 'text', brief = x'00'",
    "UPDATE state SET data = '[', started = 'x'",
    "UPDATE state SET data = x'5b5d'",
    "UPDATE state SET started = -1e308",
    "UPDATE offer SET data = x'7b7d'",
    "UPDATE pod SET pod = x'00' WHERE id = 1",
    "UPDATE event SET at = 'x', text = x'ff'",
    "UPDATE event SET kind = 'newer than podtop'",
]


def one_a_table() -> list[Any]:
    """The first of each table; the others are more of the same kind."""
    seen: set[str] = set()
    made = []
    for sql in ODD:
        table = sql.split()[2 if sql.startswith("INSERT") else 1]
        made.append(pytest.param(sql, marks=pytest.mark.wide if table in seen else ()))
        seen.add(table)
    return made


@pytest.mark.parametrize("sql", one_a_table())
def test_what_podtop_cannot_have_written_ends_nothing(path: Path, sql: str) -> None:
    change(path, sql)
    see_all(path)
    with suppress(ReplayError):
        assert 0 <= choose(str(path), None, path.parent).at <= LATEST
    go_on(path)
    see_all(path)


def test_bad_rows_are_counted_once_and_the_others_stay(path: Path) -> None:
    change(path, "UPDATE event SET at = 'x' WHERE id IN (1, 2)")
    change(path, "UPDATE event SET text = x'00' WHERE id IN (3, 4, 5)")
    change(path, "INSERT INTO span VALUES (0, 1e308, 1e308)")
    with closing(Recording(path)) as recording:
        for _ in range(3):
            found = recording.events(0, NOW * 2)
            assert recording.spans() == ((BEGIN, BEGIN + 3990),)
        assert len(found) == 15
        assert recording.damaged == 4


def test_money_that_cannot_be_read_is_unknown_and_not_what_it_was_before(path: Path) -> None:
    change(path, "UPDATE funds SET balance = 'x' WHERE at = (SELECT max(at) FROM funds)")
    with closing(Recording(path)) as recording:
        last, before = recording.snapshot(NOW - 5), recording.snapshot(NOW - 1000)
    assert last is not None
    assert last.funds is None
    assert before is not None
    assert before.funds is not None


def test_a_pod_whose_state_cannot_be_read_is_shown_as_such(path: Path) -> None:
    change(path, "UPDATE state SET data = x'00' WHERE pod = (SELECT id FROM pod WHERE pod = 'a')")
    with closing(Recording(path)) as recording:
        found = recording.snapshot(NOW - 5)
    assert found is not None
    assert [broken.id for broken in found.unreadable] == ["a"]
    assert [known.id for known in found.pods or ()] == ["b"]


def test_numbers_of_a_state_that_no_pod_can_have_make_it_unreadable(path: Path) -> None:
    for field, value in (("gpu_count", 10**9), ("gpu_count", -1), ("cost_per_hr", 1e308), ("vcpus", 1e300)):
        data = msgspec.to_builtins(pod("a")) | {field: value}
        change(path, "UPDATE state SET data = ?", msgspec.json.encode(data))
        with closing(Recording(path)) as recording:
            found = recording.snapshot(NOW - 5)
        assert found is not None
        assert not found.pods


def test_text_of_a_recording_is_as_harmless_as_text_of_the_api(path: Path) -> None:
    evil = "a\u202eb\u2066c\u200ed\u061ce\x1b[2Jf\x07" + "long" * 5000
    change(path, "UPDATE event SET text = ?", evil)
    change(path, "UPDATE meta SET value = ? WHERE key = 'origin'", evil)
    change(path, "UPDATE pod SET pod = ? WHERE id = 2", evil[:20])
    change(path, "UPDATE state SET data = ?", msgspec.json.encode(replace(pod("a"), name=evil[:20], image=evil[:30])))
    change(path, "UPDATE quote SET stock = ?", evil)
    change(path, "UPDATE offer SET data = ?", msgspec.json.encode(offer("H\u202e100\x1b", None)))
    with closing(Recording(path)) as recording:
        fleet = fleet_at(recording, NOW - 5, Fleet(5.0, 30.0), (), lambda pod, is_new: None)
        told = [recording.origin, *recording.names().values(), *(event.text for event in recording.events(0, NOW * 2))]
    assert len(told) > 20
    assert fleet.snapshot.value is not None
    assert fleet.market.value is not None
    shown = " ".join((*told, repr(fleet.snapshot.value), repr(fleet.market.value), repr(list(fleet.records))))
    assert not set("\u202e\u2066\u200e\u061c\x1b\x07") & set(shown)
    assert "\\x1b" not in shown
    assert "\\u202e" not in shown
    assert max(map(len, told)) <= 2000


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER t AFTER INSERT ON poll BEGIN DELETE FROM event; END",
        "CREATE VIEW v AS SELECT * FROM event",
        "ALTER TABLE event ADD COLUMN extra AS (hex(text))",
        "CREATE VIRTUAL TABLE v USING fts5(text)",
    ],
)
def test_what_could_do_something_by_itself_is_refused(path: Path, sql: str) -> None:
    with suppress(sqlite3.OperationalError):
        change(path, sql)
    if "COLUMN" in sql:
        change(path, "DROP INDEX event_age")
        change(path, "ALTER TABLE event RENAME COLUMN text TO words")
    for write in (True, False):
        with pytest.raises(DamagedArchive, match=r"that podtop does not create|lacks"):
            connect(path, write=write)
    with pytest.raises(ReplayError):
        choose(str(path), None, path.parent)


def test_a_view_in_the_place_of_a_table_is_refused(path: Path) -> None:
    change(path, "ALTER TABLE event RENAME TO other")
    change(path, "CREATE VIEW event AS SELECT 1 AS id, 2.0 AS at, 'a' AS pod, 'up' AS kind, hex(zeroblob(9)) AS text")
    with pytest.raises(DamagedArchive, match="a view in it"):
        connect(path, write=False)


def test_a_replay_writes_nothing_and_makes_nothing_beside_it(path: Path) -> None:
    before = path.read_bytes()
    assert is_alone(path)
    see_all(path)
    choose(str(path), None, path.parent)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before
    with closing(connect(path, write=False)) as db, pytest.raises(sqlite3.OperationalError):
        db.execute("DELETE FROM event")


def test_one_that_is_written_to_again_is_read_as_such(path: Path) -> None:
    with closing(Recording(path)) as recording:
        assert not recording.outdated
        with closing(Writer(connect(path, write=True), NOW)) as writer:
            writer.write([Polled(NOW + 1, snapshot(pod("a")))])
            assert recording.outdated
        assert is_alone(path), "the log goes with the last who writes"


@pytest.mark.wide
def test_large_blobs_cost_nothing(path: Path) -> None:
    for sql in (
        "UPDATE block SET data = zeroblob(60000000) WHERE rowid = 1",
        "UPDATE state SET data = zeroblob(20000000) WHERE rowid = 1",
        "UPDATE layout SET pods = zeroblob(20000000) WHERE id = 1",
        "INSERT INTO poll VALUES (1795435000.0, 1, zeroblob(20000000))",
        "UPDATE offer SET data = zeroblob(20000000) WHERE id = 1",
    ):
        change(path, sql)
    tracemalloc.start()
    try:
        assert see_all(path)
        assert tracemalloc.get_traced_memory()[1] < 15_000_000
    finally:
        tracemalloc.stop()
    go_on(path)
    change(path, "UPDATE event SET text = CAST(zeroblob(40000000) AS TEXT) WHERE id = 3")
    with pytest.raises(ArchiveError, match="larger than any"):
        see_all(path)


def test_a_block_that_inflates_to_gigabytes_is_damaged() -> None:
    values = zlib.compress(bytes(60_000_000), 9)
    names = b",".join(b"gpu%d" % i for i in range(3000))
    offsets = zlib.compress(bytes(2 * 60_000))
    head = codec._HEAD.pack(1, codec.RAW, 60_000, 1, len(offsets))
    bomb = head + offsets + codec._KIND.pack(len(names), len(values)) + names + values
    small = codec._HEAD.pack(1, codec.RAW, 2, 1, 60_000) + values + bytes(20)
    tracemalloc.start()
    try:
        for data in (bomb, small):
            with pytest.raises(codec.Damaged):
                codec.decode(data, NOW)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff", b"", b"\x91", b"\x91\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa4gpu0", b"\x91\x92\x00\xa4gpu0",
        b"\x91\x92\x01\xa4\x1b[2J", b"\x91\x92\x01\xa4gpu\xff", "text", None, 5,
    ],
)  # fmt: skip
def test_noise_is_no_layout(data: object) -> None:
    with pytest.raises(ValueError, match="a "):
        layout(data)


# What is written


def huge(count: int) -> Pod:
    gpus = tuple(GpuReading(f"GPU-{i}", i % 100, 50.0, 60.0, 300.0) for i in range(count))
    return replace(pod("huge"), gpu_count=count, runtime=replace(runtime((1.0,)), gpus=gpus))


def test_of_a_pod_with_thousands_of_gpus_the_first_are_recorded_and_that_is_told_once(path: Path) -> None:
    with closing(Writer(connect(path, write=True), NOW + 1)) as writer:
        for i in range(10):
            writer.write([Polled(NOW + 10 * i, snapshot(huge(8000), pod("a")))])
        told = writer.news()
        assert writer.tidy(NOW + 4000)
        assert writer.news() == []
    assert told == [f"pod huge reports 8,000 GPUs; only the first {MOST_GPUS} are recorded"]
    with closing(Recording(path)) as recording:
        found = recording.samples("huge", NOW, NOW + 4000)
        assert recording.samples("a", NOW, NOW + 4000).columns["util"]
        assert recording.damaged == 0
    assert f"gpu{MOST_GPUS - 1}" in found.columns
    assert f"gpu{MOST_GPUS}" not in found.columns
    assert {"util", "cpu"} <= found.columns.keys()


@pytest.mark.wide
def test_a_quarter_of_an_hour_that_an_older_podtop_poisoned_is_packed(path: Path) -> None:
    names = ["cpu", "util", *(f"gpu{i}" for i in range(8000)), *(f"vram{i}" for i in range(8000))]
    change(path, "INSERT INTO pod VALUES (77, 'huge')")
    change(path, "INSERT INTO layout VALUES (77, ?)", msgspec.msgpack.encode([(77, ",".join(names))]))
    for i in range(30):
        change(path, "INSERT INTO poll VALUES (?, 77, ?)", NOW + 10 * i, bytes(len(names)))
    go_on(path)
    with closing(Recording(path)) as recording:
        found = recording.samples("huge", NOW, NOW + 900)
    assert {"cpu", "util", "gpu0", "gpu127", "vram0"} <= found.columns.keys()


@pytest.mark.wide
def test_a_block_of_any_size_can_be_encoded() -> None:
    for count, names in ((70_000, 3), (100, 20_000), (1, 100_000)):
        column = SampleColumn(bytes(count), bytes(count), bytes(count))
        stretch = Samples(
            codec.instants(float(i) / 100 for i in range(count)), {f"gpu{i}": column for i in range(names)}
        )
        for tier in (codec.RAW, codec.MINUTE):
            back = codec.decode(codec.encode(stretch, 0.0, tier), 0.0)
            assert len(back.times) == min(count, codec.MOST_SAMPLES)
            assert "gpu0" in back.columns


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**400, float("nan"), float("inf")])
def test_no_number_is_too_large_to_go_on(path: Path, value: float) -> None:
    assert storable(value) is None
    wild = Quote(value, value, "High", rented=value, total=value)  # type: ignore[arg-type]
    with closing(Writer(connect(path, write=True), NOW + 1)) as writer:
        if isinstance(value, float):
            writer.write(
                [Polled(value, snapshot(pod("a"))), Priced(value, market()), Happened((Event(value, "", Kind.UP, ""),))]
            )
        else:
            writer.write([Polled(NOW + 2, snapshot(replace(pod("a"), gpu_count=value)))])
        writer.write([Priced(NOW + 2, market(offer("H100", wild)))])
        writer.write([Polled(NOW + 3, snapshot(pod("a"), funds=funds(float("nan"), float("inf"))))])
        writer.write([Happened((Event(NOW + 3, "p\ud800", Kind.UP, "half a \udfff character"),))])
        writer.write([Polled(NOW + 4, snapshot(pod("a")))])
    with closing(Recording(path)) as recording:
        assert recording.spans()[-1][1] == NOW + 4
        assert recording.events(NOW + 3, NOW + 4)[0].kind is Kind.UP
        assert recording.damaged == 0


def test_one_entry_that_cannot_be_written_takes_no_other_with_it(path: Path) -> None:
    broken = Polled(NOW + 2, snapshot(replace(pod("x"), runtime="no runtime")))  # type: ignore[arg-type]
    with closing(Writer(connect(path, write=True), NOW + 1)) as writer:
        writer.write([Polled(NOW + 1, snapshot(pod("a"))), broken, Polled(NOW + 3, snapshot(pod("a")))])
        (told,) = writer.news()
    assert "leaves a gap" in told
    with closing(Recording(path)) as recording:
        assert [at for at in recording.samples("a", NOW, NOW + 9).times if at >= NOW + 1] == [NOW + 1, NOW + 3]


# Handing it over


def test_a_copy_of_the_file_alone_has_what_was_there_when_it_was_folded(path: Path, tmp_path: Path) -> None:
    with closing(Recording(path)) as reader, closing(Writer(connect(path, write=True), NOW + 1)) as writer:
        writer.write([Polled(NOW + 2, snapshot(pod("a")))])
        assert reader.spans()
        assert size(path) > path.stat().st_size
        assert writer.fold(1.0)
        assert log_of(path).stat().st_size == 0
        writer.write([Polled(NOW + 3, snapshot(pod("a")))])
        copy = Path(shutil.copy(path, tmp_path / "copy.sqlite"))
    with closing(Recording(copy)) as recording:
        assert recording.spans()[-1][1] == NOW + 2
        assert recording.damaged == 0


def test_a_reader_in_the_way_is_not_waited_for_for_ever(path: Path) -> None:
    with closing(Writer(connect(path, write=True), NOW + 1)) as writer:
        writer.write([Polled(NOW + 2, snapshot(pod("a")))])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM poll").fetchone()
            writer.write([Polled(NOW + 3, snapshot(pod("a")))])
            assert not writer.fold(0.01)
        assert writer.fold(0.01)


# Anything


def wild(dice: random.Random) -> object:
    return dice.choice(
        [
            None, 0, -1, 2**63 - 1, -(2**63), 1e308, -1e308, 1e999, 1e15, 0.5, "x", "\u202eevil\x1b[2J", "9" * 400,
            b"\xff\x00noise", b"", b"[]", b"{}", dice.randbytes(dice.randrange(60)), "1e999", NOW, NOW + 1e6,
            b"\x91\x92\x01\xa4gpu0", b"\x91\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa4gpu0",
        ]
    )  # fmt: skip


def change_rows(path: Path, dice: random.Random) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        # It need not last, and on a slow disk each change took tenths of a second.
        db.execute("PRAGMA synchronous = OFF")
        tables = [
            name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if name != "meta"
        ]
        for _ in range(dice.choice([1, 1, 3, 20])):
            table = dice.choice(tables)
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            with suppress(sqlite3.Error):
                if dice.random() < 0.3:
                    marks = ",".join("?" * len(columns))
                    db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", [wild(dice) for _ in columns])
                else:
                    some = f"SELECT rowid FROM {table} ORDER BY abs(random()) LIMIT {dice.choice([1, 5, 10_000])}"
                    db.execute(f"UPDATE {table} SET {dice.choice(columns)} = ? WHERE rowid IN ({some})", [wild(dice)])
        with suppress(sqlite3.Error):
            db.execute("UPDATE meta SET value = ?", [wild(dice)])


def change_bytes(path: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 5, 50, 500])):
        data[dice.randrange(len(data) if dice.random() < 0.5 else 65_536)] = dice.randrange(256)
    path.write_bytes(data if dice.random() < 0.9 else data[: dice.randrange(len(data))])


def break_and_use(good: Path, directory: Path, seeds: range) -> Iterator[tuple[int, Exception]]:
    """Break a copy for each seed, look at all of it and go on with it; what was raised that is not told in words."""
    path = directory / "a.sqlite"
    for seed in seeds:
        dice = random.Random(seed)
        for file in directory.iterdir():
            file.unlink()
        shutil.copy(good, path)
        (change_rows, change_bytes)[seed % 2](path, dice)
        use: Callable[[Path], object]
        for use in (see_all, go_on, see_all):
            try:
                use(path)
            except ArchiveError:
                continue
            except Exception as error:
                yield seed, error


@pytest.mark.wide
def test_whatever_is_in_a_recording_is_told_in_words(good: Path, tmp_path: Path) -> None:
    assert not list(break_and_use(good, tmp_path, range(12)))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(12, 812, 200))
def test_whatever_is_in_a_recording_is_told_in_words_for_long(first: int, good: Path, tmp_path: Path) -> None:
    assert not list(break_and_use(good, tmp_path, range(first, first + 200)))
