"""Rows of the file as values: polls to stretches, blocks to stretches, quotes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import msgspec

from tui.api.models import Quote
from tui.store import packed
from tui.store.packed import Layout
from tui.store.series import Stretch


def quote_of(row: Sequence[object]) -> Quote | None:
    """The quote of a row: sold, on_demand, spot, stock, rented, total."""
    sold, on_demand, spot, stock, rented, total = row
    if not sold:
        return None
    return Quote(on_demand, spot, stock, rented=rented, total=total)  # type: ignore[arg-type]


def layouts_of(db: sqlite3.Connection, keys: set[int | None]) -> Mapping[int, Layout]:
    found = {}
    for key in keys - {None}:
        row = db.execute("SELECT pods FROM layout WHERE id = ?", (key,)).fetchone()
        if row is not None and key is not None:
            pods = msgspec.msgpack.decode(row[0], type=list[tuple[int, str]])
            found[key] = Layout(tuple((pod, tuple(names.split(",")) if names else ()) for pod, names in pods))
    return found


def stretches(
    polls: Sequence[tuple[float, int | None, bytes | None]], layouts: Mapping[int, Layout], only: int | None = None
) -> dict[int, Stretch]:
    """Each pod's samples, or those of one alone, in these polls, oldest first.

    A poll that told nothing of a pod is a gap in it.
    """
    parts: dict[int, list[Stretch]] = {}
    held: list[Stretch] = []
    for key, group in groupby(polls, key=lambda poll: poll[1]):
        rows = list(group)
        times = [at for at, _, _ in rows]
        layout = layouts.get(key) if key is not None else None
        if layout is not None and any(row is None or len(row) != layout.width for _, _, row in rows):
            layout = None
        found = (
            {}
            if layout is None
            else packed.columns_of(layout, times, [row for _, _, row in rows if row is not None], only)
        )
        nothing = Stretch(packed.instants(times), {})
        for pod in found.keys() - parts.keys():
            parts[pod] = list(held)
        for pod, known in parts.items():
            known.append(found.get(pod, nothing))
        held.append(nothing)
    return {pod: packed.join(known) for pod, known in parts.items()}


def readable(rows: Iterable[tuple[float, bytes]], wanted: Sequence[str] | None = None) -> Iterator[Stretch]:
    """The stretches of blocks, without those that are damaged: a gap, and no reason to lose the rest."""
    for start, data in rows:
        try:
            yield packed.decode(data, start, wanted)
        except packed.Damaged:
            continue
