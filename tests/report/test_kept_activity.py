"""What GPUs did is kept beside samples: a report from it is the one from the samples, whatever these are."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.make import funds, snapshot
from tests.report.make import DAY, HOUR, NOW, read, up
from tui.api.models import Pod
from tui.domain.report import Report
from tui.history import activity_reader
from tui.history.archive.activity import VERSION, Activity
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.store.gpu_minutes import GpuMinutes

START = NOW // DAY * DAY


def same(one: Report, other: Report) -> None:
    """Equal, but for the last millionths of a dollar."""
    both = [(*sorted(report.pods, key=lambda row: row.key), *report.days) for report in (one, other)]
    for mine, its in zip(*both, strict=True):
        assert mine.amounts == pytest.approx(its.amounts, abs=3)
        assert mine.saved == pytest.approx(its.saved, abs=100)
        assert replace(mine, amounts=(), saved=0) == replace(its, amounts=(), saved=0)
    assert one.watched_by_utc_day == other.watched_by_utc_day


def without(path: Path) -> Path:
    """The recording as an earlier podtop made it."""
    bare = path.with_name("bare.sqlite")
    with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(bare)) as there:
        here.backup(there)
        there.execute("DROP TABLE activity")
        there.commit()
    return bare


class Life:
    """Pods of which each does something else every now and then, polled with gaps."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.does = {id: self._next() for id in "abc"}

    def _next(self) -> tuple[str, float]:
        kinds = ("works", "idle", "waits", "part", "lags", "unknown", "some", "stopped", "gone", "restarts")
        weights = (6, 5, 3, 3, 3, 1, 2, 1, 1, 2)
        return self.draw.choices(kinds, weights)[0], self.draw.expovariate(1 / 3000)

    def pods(self, at: float, step: float) -> tuple[Pod, ...]:
        pods = []
        for id, (does, left) in self.does.items():
            self.does[id] = (does, left - step) if left > step else self._next()
            if does != "gone":
                pods.append(self._pod(id, does, at))
        return tuple(pods)

    def _pod(self, id: str, does: str, at: float) -> Pod:
        draw, gpus = self.draw, 2 if id == "b" else 4
        uptime = int(at - START + 9000) if does != "restarts" else int(at % 500)
        many: dict[str, tuple[float | None, float | None]] = {
            "works": (draw.uniform(85, 100), 600.0), "idle": (draw.choice((0.0, 0.0, 1.5)), 120.0),
            "waits": (100.0, 150.0), "part": (draw.uniform(0, 60), 300.0), "unknown": (None, None),
        }  # fmt: skip
        util, watts = many.get(does, (95.0, 550.0))
        utils = [util] * gpus
        if does in ("lags", "some"):
            utils[-1] = 40.0 if does == "lags" else None
        pod = up(tuple(utils), watts, id=id, uptime=uptime)
        return replace(pod, status="EXITED", runtime=None, telemetry=None) if does == "stopped" else pod


def lived(path: Path, seed: int, days: float, step: float) -> Path:
    life, at = Life(seed), START + 400.0
    with closing(Writer(connect(path, write=True), at - 1, silence=4 * step)) as writer:
        while at < START + days * DAY:
            entries = []
            for _ in range(200):
                failed = life.draw.random() < 0.01
                pods = life.pods(at, step)
                entries.append(Polled(at, None if failed else snapshot(*pods, funds=funds())))
                at += step * life.draw.uniform(0.7, 1.3) if life.draw.random() > 0.003 else life.draw.uniform(0, 7000)
            writer.write(entries)
        writer.tidy(at)
    return path


@pytest.mark.parametrize(
    ("seed", "days", "step"),
    [(1, 0.3, 60.0), *(pytest.param(*case, marks=pytest.mark.wide) for case in [
        (2, 2.7, 60.0), (3, 2.8, 45.0), (4, 3.5, 120.0), (5, 0.8, 20.0), (6, 0.3, 5.0), (7, 4.0, 300.0),
    ])],
)  # fmt: skip
def test_a_report_is_the_same_with_and_without_it(seed: int, days: float, step: float, tmp_path: Path) -> None:
    path = lived(tmp_path / "a.sqlite", seed, days, step)
    draw = random.Random(seed)
    bare = without(path)
    for zone in (0.0, 5.75 * HOUR):
        start = START + draw.uniform(-0.1, 0.3) * days * DAY
        end = START + draw.uniform(0.6, 1.01) * days * DAY

        def midnight(at: float, zone: float = zone) -> float:
            return (at + zone) // DAY * DAY - zone

        same(read(path, start, end, midnight), read(bare, start, end, midnight))


def written(path: Path, hours: int, *, old: bool = False) -> Path:
    """Hours of a pod with one GPU that does nothing, and pauses."""
    with closing(Writer(connect(path, write=True), START - 1)) as writer:
        entries = []
        for n in range(60 * hours):
            pod = up((95.0, 0.0, 95.0, 95.0) if n % 90 < 60 else (0.0,) * 4, 400.0, uptime=60 * n + 99)
            entries.append(Polled(START + 60 * n, snapshot(pod, funds=funds())))
        writer.write(entries)
        writer.tidy(START + hours * HOUR + (3 * DAY if old else 0.0))
    return path


def test_samples_that_it_covers_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.sqlite", 12, old=True)
    judged: list[int] = []

    class Judged(GpuMinutes):
        def quarters(self) -> dict[float, object]:  # type: ignore[override]
            judged.append(len(self.times))
            return super().quarters()  # type: ignore[return-value]

    monkeypatch.setattr(activity_reader, "GpuMinutes", Judged)
    made = read(path, START, START + 12 * HOUR)
    assert sum(judged) == 0
    assert made.total.paid == pytest.approx(120e6, rel=0.01)
    read(without(path), START, START + 12 * HOUR)
    assert sum(judged) == 12 * 60


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE activity SET data = x'00'", "UPDATE activity SET data = NULL", "UPDATE activity SET data = 7",
        "UPDATE activity SET data = zeroblob(3000000)", "UPDATE activity SET start = start + 450",
        "UPDATE block SET data = (SELECT b.data FROM block AS b ORDER BY length(b.data) LIMIT 1)",
        "DROP TABLE activity; CREATE TABLE activity (pod, tier, start, data, more)",
    ],
)  # fmt: skip
def test_whatever_is_there_in_its_place_counts_as_missing(spoil: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.sqlite", 2)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(spoil)
    same(read(path, START, START + 2 * HOUR), read(without(path), START, START + 2 * HOUR))


def test_a_row_is_of_its_block_version_power_and_silence_alone() -> None:
    row = Activity(VERSION, 100, 90.0, 700.0, ())
    assert row.of(100, 90.0, 700.0)
    for other in ((101, 90.0, 700.0), (100, 180.0, 700.0), (100, 90.0, 400.0), (100, 90.0, None)):
        assert not row.of(*other)
    assert not replace(row, version="0").of(100, 90.0, 700.0)
