"""What runs report is recorded with the samples, a row a minute, without any line of a log, and is there in history."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins
from msgspec.structs import replace

from tests.make import pod, snapshot
from tests.store.test_run_signals import BEGUN, run_of, steady
from tui.commands.items import pods
from tui.commands.recall import recall
from tui.commands.run_items import RUN_FIELDS
from tui.domain.signals.values import Values
from tui.history.archive.checked import BadRow
from tui.history.archive.facts import Facts
from tui.history.archive.reader import Recording
from tui.history.archive.schema import connect
from tui.history.archive.signals import reported
from tui.history.archive.writer import Polled, Writer
from tui.history.instant import fleet_at
from tui.store.fleet import Fleet
from tui.store.run_signals import eta

SECRET = "export HF_TOKEN=hf_abcdefgh"


def recorded(path: Path) -> float:
    """A recording of a run of ten minutes; returns its end."""
    at = BEGUN
    with closing(Writer(connect(path, write=True), BEGUN - 1, silence=60.0)) as writer:
        for minute in range(1, 121):
            at = BEGUN + 5.0 * minute
            run = run_of(*steady(int(5 * minute / 4) + 1), (5.0 * minute, SECRET))
            writer.write([Polled(at, snapshot(pod("a")), facts=Facts(runs={"a": run}))])
    return at


@pytest.mark.wide
def test_runs_are_there_at_any_instant_of_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    end = recorded(path)
    with closing(Recording(path)) as recording:
        fleet = fleet_at(recording, end, Fleet(5.0, 30.0), (), lambda *_: None)
        run = fleet.runs["a"]
        assert (run.now.total, run.line) == (1000, "")
        assert run.now.step == pytest.approx(150, abs=16)
        assert len(run.series.column("loss")) == pytest.approx(10, abs=1)
        left = eta(run, end)
        assert left is not None
        assert left.seconds == pytest.approx(3400, rel=0.05)
        before = fleet_at(recording, BEGUN + 120, Fleet(5.0, 30.0), (), lambda *_: None)
        assert before.runs["a"].now.step == pytest.approx(30, abs=16)


def test_no_line_of_a_log_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    recorded(path)
    assert all(b"HF_TOKEN" not in part.read_bytes() for part in tmp_path.iterdir())
    with closing(sqlite3.connect(path)) as db:
        count, size = db.execute("SELECT count(*), max(length(value)) FROM signal").fetchone()
    assert count <= 11
    assert size < 200


@pytest.mark.wide
def test_a_recording_without_them_has_none_and_is_written_on(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    recorded(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE signal")
        db.commit()
    with closing(Recording(path)) as recording:
        assert recording.runs(BEGUN + 600) == {}
    Writer(connect(path, write=True), BEGUN + 700).close()


WILD = st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=40)
JSON = st.dictionaries(
    st.sampled_from(Values.__struct_fields__), st.none() | st.booleans() | st.floats() | st.text(max_size=4)
)


@given(WILD, WILD, WILD | JSON.map(lambda table: repr(table).replace("'", '"').encode()))
def test_whatever_is_in_a_row_it_is_a_report_or_left_out(at: object, name: object, value: object) -> None:
    try:
        row = reported(at, name, value)
    except BadRow:
        return
    assert math.isfinite(row.at)
    assert row.values.loss is None or math.isfinite(row.values.loss)


@pytest.mark.wide
def test_scripts_get_the_run_of_a_pod_from_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    end = recorded(path)
    fleet = Fleet(5.0, 30.0)
    fleet.apply(snapshot(pod("a", cost=36.0), pod("b")), end)
    recall(fleet, path, end)
    first, second = (to_builtins(item) for item in pods(fleet, end))
    assert (first["step"], first["total_steps"], first["loss"]) == (
        pytest.approx(150, abs=16),
        1000,
        pytest.approx(4.85, abs=0.02),
    )
    assert first["cost_to_finish_usd"] == pytest.approx(first["eta_s"] / 100, rel=0.01)
    assert {second[name] for name, _, _ in RUN_FIELDS} == {None}


def test_the_runs_of_a_pod_are_read_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(Writer(connect(path, write=True), BEGUN - 1, silence=60.0)) as writer:
        for number in range(40):
            at = BEGUN + 60.0 * number
            values = Values(step=100 * (number % 20), total=5_000, loss=2.5)
            run = replace(run_of((0.0, "x")), now=values, values_at=at)
            writer.write([Polled(at, snapshot(pod("a")), facts=Facts(runs={"a": run}))])
    with closing(Recording(path)) as recording:
        first, second = recording.runs_of("a", 0.0, BEGUN + 1e6)
        assert (first.first, len(first), second.first, len(second)) == (BEGUN, 20, BEGUN + 1200.0, 20)
        assert [len(series) for series in recording.runs_of("a", 0.0, BEGUN + 1260.0)] == [20, 2]
        assert recording.runs_of("b", 0.0, BEGUN + 1e6) == ()
