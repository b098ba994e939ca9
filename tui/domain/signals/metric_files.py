"""Readers of files with metrics: event files of TensorBoard, CSV, JSON lines, the summary of wandb. Pure.

The format of event files is that of TensorFlow: records with their length and checksums (`tensorflow/core/lib/io/
record_writer.cc`) of a protocol buffer (`tensorflow/core/util/event.proto`, `framework/summary.proto`). Of it only
scalars are read. A record that is none ends the reading: nothing behind it can be found.
"""

from __future__ import annotations

import csv
import struct
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec import json

from tui.domain.signals import fields
from tui.domain.signals.fields import FIELDS, Found
from tui.domain.signals.presets import entries
from tui.domain.signals.values import NOTHING, Values, number

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


def read(path: str, data: bytes, head: bytes = b"") -> Read:
    """The metrics of a piece of a file, by the name of its path. `head`: the first line of a CSV file."""
    if "tfevents" in path:
        return events(data)
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
    try:
        record = json.decode(line, type=dict[str, object])
    except (ValueError, RecursionError):
        return None
    values = fields.values(entries(record))
    if values == NOTHING:
        return None
    return Metric(_instant(record.get("_timestamp", record.get("timestamp", record.get("time")))), values)


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
    names = _cells(head)
    known = [FIELDS.get(name.strip().lower().replace(" ", "_")) for name in names]
    times = [name.strip().lower() in ("timestamp", "_timestamp", "time") for name in names]
    metrics = []
    for line in lines:
        cells = _cells(line) if len(line) <= LONGEST_ROW else []
        if len(cells) != len(names) or line == head:
            continue
        readings = [
            Found(field, value)
            for field, cell in zip(known, cells, strict=True)
            if field is not None and (value := number(cell.strip())) is not None
        ]
        at = next((number(cell) for is_time, cell in zip(times, cells, strict=True) if is_time), None)
        if readings:
            metrics.append(Metric(_instant(at), fields.values(readings)))
    return Read(metrics, taken)


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8", "replace")]), [])
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
    for field, value in _fields(record):
        if field == 1 and isinstance(value, bytes) and len(value) == 8:
            (at,) = struct.unpack("<d", value)
        elif field == 2 and isinstance(value, int):
            step = value
        elif field == 5 and isinstance(value, bytes):
            readings += [matches for number_of, each in _fields(value) if number_of == 1 and isinstance(each, bytes)
                         and (matches := _scalar(each)) is not None]  # fmt: skip
    if not readings:
        return None
    return Metric(_instant(at), fields.values((Found(fields.STEP, float(step)), *readings)))


def _scalar(value: bytes) -> Found | None:
    tag, scalar = "", None
    for field, each in _fields(value):
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
    for field, each in _fields(value):
        if field in (4, 5) and isinstance(each, bytes) and len(each) == 4:
            (scalar,) = struct.unpack("<f", each)
            return float(scalar)
    return None


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer: numbers of variable length as such, all else as bytes; up to what is none."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind, size = key & 7, 0
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            return
        if at + size > len(message):
            return
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return 0, len(message)
