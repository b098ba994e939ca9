"""What the archive costs: growth of the file, time to write and to pack, and the query of a month: `python -m
tests.bench.archive`. Days are made by the same writer that podtop uses, from loads that wander as real ones do."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from tests.make import funds, pod, runtime, snapshot
from tui.api.models import GpuReading, Market, Pod, Snapshot, Telemetry
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Priced, Writer
from tui.store.series import steps, unbroken
from tui.store.stretches import reduced

START = 1_795_435_200.0
DAY = 86_400.0
COLUMNS = 120


class Load:
    """Pods whose GPUs work, dip to save a checkpoint, and work on."""

    def __init__(self, pods: int, gpus: int) -> None:
        self._dice = random.Random(7)
        self._gpus = gpus
        self._pods = [replace(pod(f"p{i:04}"), gpu_count=gpus) for i in range(pods)]

    def at(self, now: float) -> Snapshot:
        made = tuple(self._one(known, index, now) for index, known in enumerate(self._pods))
        return snapshot(*made, funds=funds(100_000 - (now - START) / 60 // 5 * 2.75, 33.0))

    def _one(self, known: Pod, index: int, now: float) -> Pod:
        dips = (now + index * 37) % 1800 < 40
        utils = tuple(5.0 if dips else float(self._dice.randrange(92, 99)) for _ in range(self._gpus))
        gpus = tuple(GpuReading(None, util, float(self._dice.randrange(88, 91))) for util in utils)
        warm = tuple(GpuReading(None, None, None, 40 + util / 3, 80 + util * 6) for util in utils)
        up = runtime((), int(now - START) + 3600)
        return replace(known, runtime=replace(up, gpus=gpus), telemetry=Telemetry(now, None, warm))


def polls(load: Load, start: float, seconds: float, interval: float) -> Iterator[Polled]:
    for number in range(int(seconds / interval)):
        at = start + number * interval
        yield Polled(at, load.at(at))


def size(path: Path) -> float:
    """MB of the file and of what is not yet folded into it."""
    return sum(p.stat().st_size for p in path.parent.glob(f"{path.name}*")) / 1e6


def folded(writer: Writer, path: Path) -> float:
    """MB of the file without the room that it has made free."""
    writer._db.execute("VACUUM")
    writer._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return size(path)


def median(act: Callable[[], object], times: int = 9) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)[times // 2]


def growth(directory: Path, pods: int, gpus: int, seconds: float) -> None:
    path = directory / f"{pods}.sqlite"
    load = Load(pods, gpus)
    with closing(Writer(connect(path, write=True), START - 1)) as writer:
        entries = list(polls(load, START, seconds, 5.0))
        begun = time.process_time()
        for entry in entries:
            writer.write([entry])
        each = (time.process_time() - begun) / len(entries) * 1000
        begun = time.process_time()
        writer.tidy(START + seconds + 900)
        packing = (time.process_time() - begun) / (seconds / 900) * 1000
        raw = folded(writer, path) / seconds * DAY
        # A day at the most between two polls: longer makes nothing older.
        writer.write(Priced(START + day * DAY, Market(())) for day in range(5))
        begun = time.process_time()
        writer.tidy(START + 4 * DAY)
        thinning = (time.process_time() - begun) * 1000 / (seconds / 21_600) / pods
        thin = folded(writer, path) / seconds * DAY
    print(f"{pods} pods of {gpus} GPUs, every 5 s: {raw:.1f} MB a day in full, {thin:.2f} MB a day in minutes,")
    print(f"  {2 * raw + 28 * thin:.0f} MB when it grows no more; CPU: {each:.2f} ms a poll to write,")
    print(f"  {packing:.0f} ms a quarter of an hour to pack, {thinning:.1f} ms a pod and six hours to thin")


def month(directory: Path, interval: float) -> None:
    path = directory / "month.sqlite"
    with closing(Writer(connect(path, write=True), START - 1)) as writer:
        load = Load(1, 8)
        for day in range(30):
            writer.write(polls(load, START + day * DAY, DAY, interval))
            writer.tidy(START + (day + 1) * DAY)
    end = START + 30 * DAY
    names = tuple(f"gpu{i}" for i in range(8))
    with closing(Recording(path)) as recording:
        found = recording.samples("p0000", START, end, names)
        width = 30 * DAY / COLUMNS

        def query() -> None:
            whole = recording.brief("p0000", START, end, names)
            for name in names:
                unbroken(whole.times, whole.columns[name], steps(name), START, width, COLUMNS, 1350.0)

        def every() -> None:
            whole = recording.samples("p0000", START, end, names)
            for name in names:
                unbroken(whole.times, whole.columns[name], steps(name), START, width, COLUMNS, 90.0)

        def older() -> None:
            reduced(recording.brief("p0000", START, end), 21_600.0, 1350.0)

        print(
            f"30 days of 8 GPUs ({len(found.times)} instants, {size(path):.1f} MB) in {COLUMNS} columns: "
            f"{median(query):.0f} ms (goal 50); every value of the pod, as a screen asks: {median(older):.0f} ms"
        )
        print(f"  from every instant and not in brief: {median(every):.0f} ms; "
              f"24 h of 8 GPUs: {median(lambda: recording.samples('p0000', end - DAY, end, names)):.0f} ms; "
              f"an instant, all that was known: {median(lambda: recording.snapshot(end - DAY)):.1f} ms")  # fmt: skip


def main() -> None:
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as directory:
        growth(Path(directory), 10, 4, 6 * 3600)
        growth(Path(directory), 2000, 2, 1800 if quick else 3600)
        month(Path(directory), 60.0 if quick else 5.0)


if __name__ == "__main__":
    main()
