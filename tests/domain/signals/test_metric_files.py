"""Files of metrics: what real writers write is read, in whatever pieces it comes, and no bytes upset a reader."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sqlite3
import struct
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.signals.test_pod_script import needs_shell
from tests.domain.signals.test_pod_script import run as run_script
from tui.domain.signals import wandb_file
from tui.domain.signals.metric_files import Metric, read
from tui.domain.signals.pod_script import Position
from tui.domain.signals.rules import PodSignals
from tui.domain.signals.values import Values

AT = 1_795_435_200.0


def record(payload: bytes) -> bytes:
    return struct.pack("<Q", len(payload)) + b"\0\0\0\0" + payload + b"\0\0\0\0"


def tagged(field: int, payload: bytes) -> bytes:
    return bytes([field << 3 | 2, len(payload)]) + payload


def event(step: int, tag: str, value: float) -> bytes:
    scalar = tagged(1, tagged(1, tag.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", value))
    return record(bytes([1 << 3 | 1]) + struct.pack("<d", AT + step) + bytes([2 << 3, step]) + tagged(5, scalar))


def in_pieces(path: str, data: bytes, sizes: list[int], head: bytes = b"") -> list[Metric]:
    """As a file that grows is read: what is not complete comes again."""
    metrics: list[Metric] = []
    begin = end = 0
    for size in [*sizes, len(data)]:
        end = min(len(data), end + size)
        result = read(path, data[begin:end], head, begin)
        metrics += result.metrics
        begin += result.taken
    return metrics


def test_event_files_of_the_real_writer_are_read(tmp_path: Path) -> None:
    writers = pytest.importorskip("tensorboardX", reason="tensorboardX, whose files are read here, is not installed")
    writer = writers.SummaryWriter(str(tmp_path))
    for step in range(1, 51):
        writer.add_scalar("train/loss", 3.0 - step / 50, step, walltime=AT + step)
        writer.add_scalar("train/learning_rate", 1e-4, step, walltime=AT + step)
        writer.add_scalar("train/grad_norm", 0.5, step, walltime=AT + step)
        writer.add_scalar("custom/else", 7.0, step, walltime=AT + step)
    writer.add_histogram("weights", list(range(100)), 50)
    writer.close()
    (file,) = tmp_path.glob("events.out.tfevents.*")
    data = file.read_bytes()
    metrics = in_pieces(file.name, data, [100, 1, 333] * 40)
    assert [metric.values.step for metric in metrics if metric.values.loss is not None] == list(range(1, 51))
    last = read(file.name, data).metrics[-1]
    assert last.at == AT + 50
    assert (last.values.step, last.values.loss) == (50, pytest.approx(2.0))
    assert (last.values.lr, last.values.grad_norm) == (pytest.approx(1e-4), pytest.approx(0.5))


HEAD = wandb_file.HEADER
WRITERS = "PODTOP_TEST_WRITERS"


def write(library: str, folder: Path) -> None:
    """Let the real library write into a folder: by the Python that a variable names, as these are heavy."""
    python = os.environ.get(WRITERS, "")
    if not python:
        pytest.skip(f"{WRITERS} names no Python with {library}, whose files are read here")
    script = Path(__file__).with_name("write_metrics.py")
    done = subprocess.run([python, script, library, folder], capture_output=True, text=True, check=False)
    if done.returncode and f"No module named '{library}" in done.stderr:
        pytest.skip(f"{library}, whose files are read here, is not installed for {WRITERS}")
    assert done.returncode == 0, done.stderr


@pytest.mark.wide
@needs_shell
def test_the_table_of_the_real_trackio_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    write("trackio", tmp_path)
    before = sorted((path.name, path.stat().st_size) for path in tmp_path.iterdir())
    rules = PodSignals(metrics=(f"{tmp_path}/*.db",), machine=False)
    part = run_script(rules)["m0"]
    metrics = read("x.db", part.body, begin=part.begin).metrics
    assert [metric.values.step for metric in metrics] == list(range(50))
    assert metrics[25].values == Values(step=25, loss=2.5, lr=1e-4)
    assert all(metric.at is not None for metric in metrics)
    assert sorted((path.name, path.stat().st_size) for path in tmp_path.iterdir()) == before


@pytest.mark.wide
def test_the_log_of_the_real_wandb_is_read(tmp_path: Path) -> None:
    write("wandb", tmp_path)
    (file,) = tmp_path.rglob("*.wandb")
    data = file.read_bytes()
    assert len(data) > 2 * wandb_file.BLOCK, "records are in parts"
    for sizes in ([], [7, 30_000, 11, 5000] * 20):
        metrics = in_pieces(file.name, data, sizes)
        assert [metric.values.step for metric in metrics] == list(range(50))
        assert metrics[25].values == Values(step=25, loss=2.5, lr=1e-4)
        assert metrics[20].values.not_finite == "NaN"


def item(key: str, text: str) -> bytes:
    # The key of the field 16, of bytes, takes two bytes.
    body = tagged(1, key.encode()) + b"\x82\x01" + bytes([len(text)]) + text.encode()
    return tagged(1, body)


def test_a_log_of_wandb_by_hand_is_read_in_any_pieces() -> None:
    data = wandb_file.HEADER
    # One block is all but filled with a record of another kind, so that the next one is in two parts.
    other = b"\x92\x03" + b"\x80\xff\x01" + b"\0" * 32_640
    data += struct.pack("<IHB", 0, len(other), 1) + other
    for step in range(40):
        history = (
            item("loss", "2.5" if step != 7 else "NaN")
            + item("_timestamp", f"{AT + step}")
            + b"\x12\x02\x08"
            + bytes([step])
        )
        payload = bytes([2 << 3 | 2, len(history)]) + history
        left = wandb_file.BLOCK - len(data) % wandb_file.BLOCK
        if left < 7:
            data += b"\0" * left
            left = wandb_file.BLOCK
        if left - 7 < len(payload):
            cut = left - 7
            data += struct.pack("<IHB", 0, cut, 2) + payload[:cut]
            data += struct.pack("<IHB", 0, len(payload) - cut, 4) + payload[cut:]
        else:
            data += struct.pack("<IHB", 0, len(payload), 1) + payload
    for sizes in ([], [5] * 500, [32_700] + [3] * 800):
        metrics = in_pieces("run-1.wandb", data, sizes)
        assert [(metric.at, metric.values.step) for metric in metrics] == [(AT + n, n) for n in range(40)]
        assert metrics[7].values.not_finite == "NaN"


def test_a_record_of_wandb_that_is_too_long_is_skipped_and_the_next_is_read() -> None:
    data = HEAD + struct.pack("<IHB", 0, wandb_file.BLOCK - 14, 2) + b"\xff" * (wandb_file.BLOCK - 14)
    for _ in range(9):
        data += struct.pack("<IHB", 0, wandb_file.BLOCK - 7, 3) + b"\xff" * (wandb_file.BLOCK - 7)
    history = item("loss", "2.5") + b"\x12\x02\x08\x09"
    payload = bytes([2 << 3 | 2, len(history)]) + history
    data += struct.pack("<IHB", 0, 5, 4) + b"\xff" * 5 + struct.pack("<IHB", 0, len(payload), 1) + payload
    begin, metrics = 0, []
    for _ in range(4):
        result = read("a.wandb", data[begin : begin + 262_144], begin=begin)
        metrics += result.metrics
        begin += result.taken
    assert [metric.values.step for metric in metrics] == [9]
    assert begin == len(data)


@pytest.mark.wide
@needs_shell
def test_a_table_of_trackio_is_read_by_a_query_that_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "my project.db"
    with closing(sqlite3.connect(file)) as table:
        table.execute("PRAGMA journal_mode = WAL")
        table.execute(
            "CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step INTEGER, metrics TEXT)"
        )
        for step in range(400):
            text = json.dumps({"train/loss": 2.5, "lr": 1e-4})
            table.execute(
                "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, 'a', ?, ?)",
                ("2026-11-23T12:00:00+00:00", step, text if step % 2 else text.encode()),
            )
        table.commit()
        before = sorted(path.name for path in tmp_path.iterdir())
        rules = PodSignals(metrics=(f"{tmp_path}/*.db",), machine=False)
        part = run_script(rules)["m0"]
        result = read("x.db", part.body, begin=part.begin)
        # Of many rows the newest are read, those of the log of changes with them.
        assert [metric.values.step for metric in result.metrics] == list(range(100, 400))
        assert (result.metrics[0].at, result.taken) == (AT, 400)
        again = run_script(rules, {"m0": Position(part.inode, part.begin + result.taken)})["m0"]
        assert (again.begin, again.body) == (400, b"")
        assert sorted(path.name for path in tmp_path.iterdir()) == before
    part = run_script(rules)["m0"]
    assert len(read("x.db", part.body).metrics) == 300, "nobody has it open"
    file.write_bytes(b"no table")
    assert run_script(rules)["m0"].body == b""


def test_event_files_written_by_hand_are_read_in_any_pieces() -> None:
    data = b"".join(event(step, "loss", step / 4) for step in range(1, 30))
    for sizes in ([1] * 600, [7, 300, 2], []):
        metrics = in_pieces("events.out.tfevents.1", data, sizes)
        assert [(metric.at, metric.values) for metric in metrics] == [
            (AT + step, Values(step=step, loss=step / 4)) for step in range(1, 30)
        ]
    nan = read("events.out.tfevents.1", event(3, "loss", math.nan)).metrics[0].values
    assert (nan.loss, nan.not_finite) == (None, "NaN")


def test_csv_of_the_standard_writer_is_read() -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["epoch", "step", "train_loss", "val_loss", "note"])
    for step in range(10):
        writer.writerow([0, step, f"{2 - step / 10}", "" if step % 2 else 2.5, 'a "quoted", note'])
    data = text.getvalue().encode()
    head = data.partition(b"\n")[0]
    for sizes in ([], [5] * 200):
        metrics = in_pieces("/w/metrics.csv", data, sizes, head)
        assert [metric.values.step for metric in metrics] == list(range(10))
        assert metrics[4].values == Values(epoch=0.0, step=4, loss=1.6, eval_loss=2.5)
        assert metrics[5].values == Values(epoch=0.0, step=5, loss=1.5)


def test_csv_with_decimal_commas_is_read() -> None:
    data = b"step;train_loss;lr\n4;2,1045;2,98e-04\n"
    (metric,) = read("/w/metrics.csv", data, b"step;train_loss;lr").metrics
    assert metric.values == Values(step=4, loss=2.1045, lr=pytest.approx(2.98e-04))


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize(
    ("written", "value"),
    [("0,512", 0.512), ("2,104", 2.104), ("12,345", 12.345), ("2,1", 2.1), ("1,234,567", 1_234_567.0),
     ("1,234.5", 1234.5), ("-0,25", -0.25), ("2.104", 2.104), ("0", 0.0)],
)  # fmt: skip
def test_where_cells_are_parted_otherwise_a_comma_is_a_decimal_one(delimiter: str, written: str, value: float) -> None:
    head = f"step{delimiter}loss".encode()
    (metric,) = read("/w/metrics.csv", head + f"\n4{delimiter}{written}\n".encode(), head).metrics
    assert metric.values == Values(step=4, loss=value)


def test_json_lines_and_a_summary_are_read() -> None:
    data = b"".join(
        json.dumps({"_step": n, "_timestamp": AT + n, "train/loss": 2.5}).encode() + b"\n" for n in range(5)
    )
    metrics = in_pieces("/w/history.jsonl", data, [11] * 40)
    assert [(metric.at, metric.values.step) for metric in metrics] == [(AT + n, n) for n in range(5)]
    nan = json.dumps({"step": 7, "loss": math.nan, "grad_norm": math.inf, "note": "NaN: no"}).encode() + b"\r\n"
    assert [metric.values for metric in read("/w/log.jsonl", nan).metrics] == [Values(step=7, not_finite="NaN")]
    summary = json.dumps({"_step": 9, "loss": 1.5, "_runtime": 3, "_wandb": {"runtime": 3}}, indent=1).encode()
    (metric,) = read("/w/wandb-summary.json", summary).metrics
    assert metric == Metric(None, Values(step=9, loss=1.5))


@given(
    st.sampled_from(["a.tfevents.1", "a.csv", "a.jsonl", "a.json", "a.wandb", "a.db"]),
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from([event(3, "loss", 1.0), b"\n", b'{"step":', b"1,2\n", b"\xff", b"}", b"\0" * 12, HEAD])
        ).map(b"".join),
    ),
    st.binary(max_size=20),
)
def test_no_bytes_upset_a_reader(path: str, data: bytes, head: bytes) -> None:
    result = read(path, data, head)
    assert result.taken >= 0
    assert result.taken <= len(data) or path == "a.db", "of a table, rows are counted"
    for metric in result.metrics:
        assert metric.at is None or math.isfinite(metric.at)
        assert metric.values.loss is None or math.isfinite(metric.values.loss)


def test_a_record_that_claims_to_be_huge_ends_the_reading() -> None:
    data = event(1, "loss", 1.0) + struct.pack("<Q", 2**60) + b"\0" * 100
    result = read("x.tfevents", data)
    assert (len(result.metrics), result.taken) == (1, len(data))
