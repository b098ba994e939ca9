"""Very many pods: what is read of the recording once for all of them, and not once for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.make import pod, snapshot
from tui.api.models import Pod
from tui.history import instant
from tui.history.archive import codec, rows
from tui.history.archive.codec import Layout
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.idle_times import IDLE_STEPS, idle_by
from tui.history.queries import HistoryQueries
from tui.store.fleet import Fleet
from tui.store.metrics import UTIL

NOW = 1_795_435_200.0
POLLS, STEP = 300, 10.0
END = NOW + POLLS * STEP


def pods(count: int, at: int) -> tuple[Pod, ...]:
    """Pods of which each second one is at work until a moment of its own, the others never; each fifth comes later."""
    return tuple(
        pod(f"p{n}", utils=(80.0 if n % 2 and at < POLLS - 2 - n else 0.0, 0.0))
        for n in range(count)
        if n % 5 or at > n
    )


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "a.sqlite"
    with closing(Writer(connect(path, write=True), NOW - 1)) as writer:
        for at in range(POLLS):
            writer.write([Polled(NOW + STEP * at, snapshot(*pods(12, at)))])
        # Some of it is in blocks, the rest are single polls.
        writer.tidy(END)
        yield path


def fleet(count: int) -> Fleet:
    made = Fleet(STEP, 60)
    made.apply(snapshot(*pods(count, POLLS)), END)
    return made


def test_idle_time_of_many_pods_is_that_of_each_alone(path: Path) -> None:
    with closing(Recording(path)) as recording:
        records = fleet(12).records
        together = idle_by(recording, records, END, STEP)
        alone = {key: idle_by(recording, {key: record}, END, STEP)[key] for key, record in records.items()}
        assert together == alone
        assert together["p2"] == pytest.approx((POLLS - 1) * STEP, abs=1)
        assert together["p3"] == pytest.approx(5 * STEP, abs=1)
        recent = recording.recent(records, NOW, END, UTIL)
        for key in records:
            names = (UTIL.of_gpu(0), UTIL.of_gpu(1))
            whole = recording.samples(key, NOW + 5, END, names)
            assert recording.samples(key, NOW + 5, END, names, recent) == whole
            assert whole.times


def test_a_poll_is_read_once_for_all_pods(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(data: object) -> Layout:
        read.append(data)
        return layout(data)

    layout = rows.layout
    monkeypatch.setattr(rows, "layout", counted)
    with closing(Recording(path)) as recording:
        idle_by(recording, fleet(1).records, END, STEP)
        alone, read[:] = len(read), []
        idle_by(recording, fleet(12).records, END, STEP)
    assert alone <= len(read) <= alone * len(IDLE_STEPS)


@pytest.mark.parametrize("packed", [False, True])
async def test_of_an_instant_only_the_pods_that_are_drawn_are_read_and_a_step_reads_no_block_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    if packed:
        with closing(Writer(connect(path, write=True), END + 1.0)) as writer:
            writer.tidy(END + 3600.0)
    read: list[str] = []
    inflated: list[float] = []
    samples, inflate = Recording.samples, codec.inflated
    monkeypatch.setattr(
        Recording, "samples", lambda self, pod, *a, **more: read.append(pod) or samples(self, pod, *a, **more)
    )
    monkeypatch.setattr(
        codec, "inflated", lambda data, start, *more: inflated.append(start) or inflate(data, start, *more)
    )
    monkeypatch.setattr(instant, "idle_by", lambda *of: {})
    past, drawn = HistoryQueries(path), list[str]()
    fleet = await past.at(
        END - 10 * STEP, Fleet(STEP, 30.0), (), lambda pod, is_new: drawn.append(pod) if is_new else None
    )
    assert len(fleet.records) == 12
    assert read == []
    assert all(record.pod is not None and record.pod.runtime is not None for record in fleet.records.values())
    assert bool(inflated) is packed
    inflated.clear()
    await past.at(END - 9 * STEP, Fleet(STEP, 30.0))
    assert inflated == []
    key = next(iter(fleet.records))
    assert fleet.records[key].series.runs("util", END - 600.0, 60.0, 10, 60.0) == ()
    assert drawn == [key]
    await past.read_on(fleet, drawn, END - 10 * STEP)
    assert read == [key]
    assert fleet.records[key].series.runs("util", END - 600.0, 60.0, 10, 60.0)
    past.close()
