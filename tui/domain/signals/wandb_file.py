"""Reader of `.wandb` files, which wandb writes beside a run, online and offline. Pure.

The log format of LevelDB (`doc/log_format.md`): blocks of 32 KiB of records, or of their parts, behind a header of
wandb's own (`wandb/sdk/internal/datastore.py`). Records are protocol buffers (`wandb/proto/wandb_internal.proto`), of
which only rows of the history are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import json

from tui.domain.signals.protobuf import protobuf_fields

BLOCK = 32_768
HEADER = b":W&B\xe1\xbe\x00"
"""What a file begins with: its name, a magic number, the version."""

LARGEST = 4 * BLOCK
"""Bytes without a whole record after which what is there is skipped."""

MOST_ITEMS = 500

_PART = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class Rows(NamedTuple):
    """Rows of the history by their keys, and how many bytes they took: what follows is not complete yet."""

    rows: list[dict[str, object]]
    taken: int


def rows(data: bytes, begin: int) -> Rows:
    """The rows of a piece of a file, which begins at a place in it."""
    result: list[dict[str, object]] = []
    at = taken = 0
    if begin == 0:
        if not HEADER.startswith(data[: len(HEADER)]):
            return Rows([], len(data))
        if len(data) < len(HEADER):
            return Rows([], 0)
        at = taken = len(HEADER)
    whole: bytes | None = None
    while True:
        left = BLOCK - (begin + at) % BLOCK
        if left < _PART.size:
            at += left
            continue
        if at + _PART.size > len(data):
            break
        _, length, kind = _PART.unpack_from(data, at)
        if kind not in (_FULL, _FIRST, _MIDDLE, _LAST) or length > left - _PART.size:
            if kind == 0 and length == 0:
                break
            # No record: reading goes on in the next block.
            at, whole = at + left, None
            taken = min(at, len(data))
            continue
        if at + _PART.size + length > len(data):
            break
        part = data[at + _PART.size : at + _PART.size + length]
        at += _PART.size + length
        if kind in (_FULL, _FIRST):
            whole = part
        elif whole is not None:
            whole += part
        if kind in (_FULL, _LAST):
            # Of a record whose beginning was skipped, nothing is known.
            if whole is not None and (row := _row(whole)) is not None:
                result.append(row)
            whole = None
        if whole is None:
            taken = at
    if taken == 0 and len(data) >= LARGEST:
        # A record that is longer than what is read at once: it has no row of the history.
        taken = len(data) - (begin + len(data)) % BLOCK
    return Rows(result, min(taken, len(data)))


def _row(record: bytes) -> dict[str, object] | None:
    """A row of the history; None for any other record."""
    row: dict[str, object] = {}
    for number, value in protobuf_fields(record):
        if number != 2 or not isinstance(value, bytes):
            continue
        for of_history, item in protobuf_fields(value):
            if len(row) >= MOST_ITEMS or not isinstance(item, bytes):
                continue
            if of_history == 1:
                row.update(_item(item))
            elif of_history == 2:
                row.update(("_step", step) for field, step in protobuf_fields(item) if field == 1)
    return row or None


def _item(item: bytes) -> Iterator[tuple[str, object]]:
    keys: list[str] = []
    text = b""
    for number, value in _strings(item):
        if number == 16:
            text = value
        else:
            keys.append(value[:100].decode("utf-8", "replace"))
    if keys and 0 < len(text) <= 40:
        try:
            yield "/".join(keys), json.decode(text)
        except ValueError:
            # wandb writes NaN and Infinity, which are no JSON.
            yield "/".join(keys), text.decode("ascii", "replace").strip('"')


def _strings(item: bytes) -> Iterator[tuple[int, bytes]]:
    """`key` (1), `nested_key` (2) and `value_json` (16) of an item."""
    for number, value in protobuf_fields(item):
        if number in (1, 2, 16) and isinstance(value, bytes):
            yield number, value
