"""What GPUs did, as sums of quarters of an hour: kept beside each block of samples, for reports about weeks.

A row is made of its block alone, and says of which: one of another block, version or power counts as missing, and is
made again of the samples by whoever needs it. Its table is one that an earlier podtop leaves alone.
"""

from __future__ import annotations

import sqlite3

import msgspec
from msgspec import Struct

from tui.domain.gpu_power import nominal_w
from tui.domain.pod_bill import BUSY_BY_NAME, IDLE_BELOW, WAITING_POWER
from tui.history.archive import codec
from tui.history.archive.checked import EARLIEST, MOST_STATE, fits
from tui.store.gpu_activity import QUARTER, Sums
from tui.store.gpu_minutes import GpuMinutes, reach_of
from tui.store.series import Samples

VERSION = f"1 {IDLE_BELOW} {BUSY_BY_NAME} {WAITING_POWER}"
"""Of how samples are judged: of `tui.store.gpu_minutes`, whose changes count it up, and its limits."""

MOST_ROW = 256 * 1024
"""Maximum bytes of a row."""

_TABLE = """CREATE TABLE IF NOT EXISTS activity (pod INTEGER, tier INTEGER, start REAL, data BLOB,
PRIMARY KEY (pod, tier, start)) WITHOUT ROWID"""


class Activity(Struct, frozen=True, array_like=True):
    """What GPUs did in a block.

    size:     bytes of the block's samples.
    reach, watts: seconds for which a sample stands, and the power of a GPU, with which they were judged.
    quarters: the sums of each by its number in the block.
    """

    version: str
    size: int
    reach: float
    watts: float | None
    quarters: tuple[tuple[int, Sums], ...]

    def of(self, size: int, reach: float, watts: float | None) -> bool:
        """Whether it was made of a block of this size, by what is known of the pod."""
        return (self.version, self.size, self.reach, self.watts) == (VERSION, size, reach, watts)


_decoder = msgspec.msgpack.Decoder(Activity)


def create(db: sqlite3.Connection) -> None:
    """Make the table. Raises SQLite's exceptions."""
    db.execute(_TABLE)


def are_there(db: sqlite3.Connection) -> bool:
    """Whether a file has the table, as podtop makes it."""
    described = db.execute("PRAGMA table_xinfo(activity)").fetchall()
    return [name for _, name, _, _, _, _, hidden in described if not hidden] == ["pod", "tier", "start", "data"]


def decoded(data: object) -> Activity | None:
    """A row; None if it is none that podtop writes."""
    if not isinstance(data, bytes):
        return None
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def put(
    db: sqlite3.Connection,
    pod: int,
    tier: int,
    start: float,
    length: float,
    size: int,
    samples: Samples,
    silence: float,
) -> None:
    """Write what GPUs did in a block, which has samples of `length` seconds. Raises SQLite's exceptions."""
    times = codec.kept_times(samples.times, start, tier)
    if not times or times[-1] >= start + length:
        # The last one is rounded to an instant of the next block.
        return
    watts = _watts(db, pod, times[-1])
    quarters = GpuMinutes(Samples(times, samples.columns), watts, silence).quarters()
    numbered = tuple((round((at - start) / QUARTER), sums) for at, sums in quarters.items())
    data = msgspec.msgpack.encode(Activity(VERSION, size, reach_of(silence), watts, numbered))
    if len(data) <= MOST_ROW:
        db.execute("INSERT OR REPLACE INTO activity VALUES (?, ?, ?, ?)", (pod, tier, start, data))


def drop(db: sqlite3.Connection, limit: float) -> None:
    """Delete what is from before an instant."""
    db.execute("DELETE FROM activity WHERE start < ?", (limit,))


class _Machine(Struct):
    gpu_name: str | None = None


class _Pod(Struct):
    machine: _Machine | None = None


_states = msgspec.json.Decoder(_Pod)


def _watts(db: sqlite3.Connection, pod: int, at: float) -> float | None:
    """The nominal power of a pod's GPUs, by its state at an instant."""
    row = db.execute(
        f"SELECT {fits('data', MOST_STATE)} FROM state WHERE pod = ? AND at >= ? AND at <= ? AND data IS NOT NULL "
        "ORDER BY at DESC LIMIT 1",
        (pod, EARLIEST, at + 1.0),
    ).fetchone()
    if row is None or row[0] is None:
        return None
    try:
        machine = _states.decode(row[0]).machine
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return nominal_w(machine.gpu_name) if machine is not None else None
