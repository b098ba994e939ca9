"""Readers of files with metrics: TensorBoard's events, CSV, JSON lines, wandb's summary and log, trackio's rows. Pure.

The format of event files is that of TensorFlow: records with their length and checksums (`tensorflow/core/lib/io/
record_writer.cc`) of a protocol buffer (`tensorflow/core/util/event.proto`, `framework/summary.proto`). Of it only
scalars are read. A record that is none ends the reading: nothing behind it can be found. The table of trackio's SQLite
(`trackio/sqlite_storage.py`, `metrics`) comes as JSON arrays of its rows, see `pod_script.ROWS`.
"""

from __future__ import annotations

import csv
import re
import struct
from datetime import datetime
from typing import NamedTuple

from msgspec import json

from tui.domain.signals import fields, wandb_file
from tui.domain.signals.fields import FIELDS, Found
from tui.domain.signals.presets import entries
from tui.domain.signals.protobuf import protobuf_fields
from tui.domain.signals.values import LARGEST_COUNT, NOTHING, Values, number

WANDB, TRACKIO = ".wandb", ".db"
"""How names of files end that are not lines of text."""

LARGEST_RECORD = 1 << 20
MOST_ROWS = 5_000
LONGEST_ROW = 20_000


class Metric(NamedTuple):
    """Values and when they were written, in epoch seconds of the pod; None if that is not said."""

    at: float | None
    values: Values


class Read(NamedTuple):
    """Metrics, and how many bytes they took: what follows is not complete yet."""

    metrics: list[Metric]
    taken: int


def read(path: str, data: bytes, head: bytes = b"", begin: int = 0) -> Read:
    """The metrics of a piece of a file, by the name of its path.

    head: the first line of a CSV file. begin: the place of the piece in the file; of trackio, the id of the last row.
    """
    if "tfevents" in path:
        return events(data)
    if path.endswith(WANDB):
        of_log, taken = wandb_file.rows(data, begin)
        return Read([metric for row in of_log if (metric := _of_record(row)) is not None], taken)
    if path.endswith(TRACKIO):
        return _trackio(data, begin)
    if path.endswith(".csv"):
        return _csv(data, head)
    if path.endswith(".json"):
        return Read([metric for metric in (_json_line(data),) if metric is not None], len(data))
    lines, taken = _whole_lines(data)
    return Read([metric for line in lines if (metric := _json_line(line)) is not None], taken)


def _whole_lines(data: bytes) -> tuple[list[bytes], int]:
    """The lines that are complete, without the part of one before the first line end is known to be a line."""
    taken = data.rfind(b"\n") + 1
    return data[:taken].split(b"\n")[:MOST_ROWS], taken


def _json_line(line: bytes) -> Metric | None:
    if not line.strip() or len(line) > LONGEST_ROW:
        return None
    record = _object(line) or _object(_NO_JSON.sub(rb'"\1"', line))
    return None if record is None else _of_record(record)


_NO_JSON = re.compile(rb"(?<=[:\[, ])(-?Infinity|NaN)(?=[,\]} \r]|$)")
"""What Python writes into JSON for a number that is none."""


def _object(line: bytes) -> dict[str, object] | None:
    try:
        return json.decode(line, type=dict[str, object])
    except (ValueError, RecursionError):
        return None


def _of_record(record: dict[str, object]) -> Metric | None:
    values = fields.values(entries(record))
    if values == NOTHING:
        return None
    return Metric(_instant(record.get("_timestamp", record.get("timestamp", record.get("time")))), values)


def _trackio(data: bytes, last: int) -> Read:
    """Rows of trackio: id, time, step and a JSON object of values. `taken`: how far the id is behind `last`."""
    metrics = []
    newest = last
    for line in data.split(b"\n")[:MOST_ROWS]:
        try:
            number, written, step, text = json.decode(line, type=tuple[int, str, int, str])
            record = json.decode(text, type=dict[str, object]) if len(text) <= LONGEST_ROW else {}
        except (ValueError, RecursionError):
            continue
        newest = max(newest, number) if number <= LARGEST_COUNT else newest
        metric = _of_record({**record, "step": step, "timestamp": written})
        # A row without anything but its step is one of something else.
        if metric is not None and metric.values != Values(step=metric.values.step):
            metrics.append(metric)
    return Read(metrics, newest - last)


def _instant(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if 1e9 < value < 1e10 else None
    if isinstance(value, str) and len(value) < 40:
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError):
            return None
    return None


def _csv(data: bytes, head: bytes) -> Read:
    lines, taken = _whole_lines(data)
    # Programs in a language with a decimal comma part the cells by something else.
    delimiter = max(",;\t", key=lambda each: head.count(each.encode()))
    names = _cells(head, delimiter)
    known = [FIELDS.get(name.strip().lower().replace(" ", "_")) for name in names]
    times = [name.strip().lower() in ("timestamp", "_timestamp", "time") for name in names]
    metrics = []
    for line in lines:
        cells = _cells(line, delimiter) if len(line) <= LONGEST_ROW else []
        if len(cells) != len(names) or line == head:
            continue
        readings = [
            Found(field, value)
            for field, cell in zip(known, cells, strict=True)
            if field is not None and (value := number(cell.strip(), decimal_comma=delimiter != ",")) is not None
        ]
        at = next((number(cell) for is_time, cell in zip(times, cells, strict=True) if is_time), None)
        if readings:
            metrics.append(Metric(_instant(at), fields.values(readings)))
    return Read(metrics, taken)


def _cells(line: bytes, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8", "replace")], delimiter=delimiter), [])
    except csv.Error:
        return []


# Event files


def events(data: bytes) -> Read:
    """The scalars of complete records, those of one step together."""
    metrics: list[Metric] = []
    taken = 0
    while taken + 12 <= len(data):
        (length,) = struct.unpack_from("<Q", data, taken)
        if length > LARGEST_RECORD:
            # No record: the rest of this file cannot be read.
            return Read(metrics, len(data))
        if taken + 16 + length > len(data):
            break
        metric = _event(data[taken + 12 : taken + 12 + length])
        taken += 16 + length
        if metric is None:
            continue
        if metrics and metrics[-1].values.step == metric.values.step:
            metrics[-1] = Metric(metric.at, metric.values.over(metrics[-1].values))
        else:
            metrics.append(metric)
    return Read(metrics, taken)


def _event(record: bytes) -> Metric | None:
    at, step, readings = None, 0, []
    for field, value in protobuf_fields(record):
        if field == 1 and isinstance(value, bytes) and len(value) == 8:
            (at,) = struct.unpack("<d", value)
        elif field == 2 and isinstance(value, int):
            step = value
        elif field == 5 and isinstance(value, bytes):
            summaries = (each for number_of, each in protobuf_fields(value) if number_of == 1)
            readings += [
                scalar for each in summaries if isinstance(each, bytes) and (scalar := _scalar(each)) is not None
            ]
    if not readings:
        return None
    return Metric(_instant(at), fields.values((Found(fields.STEP, float(step)), *readings)))


def _scalar(value: bytes) -> Found | None:
    tag, scalar = "", None
    for field, each in protobuf_fields(value):
        if field == 1 and isinstance(each, bytes):
            tag = each[:100].decode("utf-8", "replace")
        elif field == 2 and isinstance(each, bytes) and len(each) == 4:
            (scalar,) = struct.unpack("<f", each)
        elif field == 8 and isinstance(each, bytes):
            scalar = _tensor(each)
    name = FIELDS.get(tag.lower().replace(" ", "_"))
    return None if name is None or scalar is None or name == fields.STEP else Found(name, scalar)


def _tensor(value: bytes) -> float | None:
    """A scalar in a tensor of floats: as `float_val`, or as its content."""
    for field, each in protobuf_fields(value):
        if field in (4, 5) and isinstance(each, bytes) and len(each) == 4:
            (scalar,) = struct.unpack("<f", each)
            return float(scalar)
    return None
