"""Rows of the file as values: polls to samples, blocks to samples, a state and its samples to a pod."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

import msgspec
from msgspec.structs import replace

from tui.api.models import Pod
from tui.history.archive import checked, codec
from tui.history.archive.checked import MOST_GPUS, MOST_LAYOUT, BadRow, fits
from tui.history.archive.codec import Layout, Wanted
from tui.store.metrics import steps, with_figures
from tui.store.price_history import ReportedPrice, reported
from tui.store.series import GAP, Samples
from tui.store.stretches import join

Bad = Callable[[str, object], object]
"""Called with a row that podtop cannot have written: its table, and its key there."""

Poll = tuple[float, int | None, bytes | None]

POLLS = f"SELECT at, layout, {fits('row', MOST_LAYOUT)} FROM poll"


def unheeded(table: str, key: object) -> None:
    """Ignore bad rows."""


def polls_of(rows: Iterable[Sequence[object]], bad: Bad = unheeded) -> list[Poll]:
    """Polls from rows as `POLLS` selects them."""
    polls: list[Poll] = []
    for at, layout, row in rows:
        try:
            when = checked.instant(at)
        except BadRow:
            bad("poll", at)
            continue
        # There was a poll, but its response is unreadable: a gap.
        number = layout if isinstance(layout, int) else None
        data = row if isinstance(row, bytes) else None
        if (number is None) != (data is None) or number is not layout:
            bad("poll", at)
        polls.append((when, None, None) if number is None or data is None else (when, number, data))
    return polls


def layouts_of(db: sqlite3.Connection, keys: set[int | None], bad: Bad = unheeded) -> Mapping[int, Layout]:
    layouts = {}
    for key in keys - {None}:
        row = db.execute(f"SELECT {fits('pods', MOST_LAYOUT)} FROM layout WHERE id = ?", (key,)).fetchone()
        if row is None or key is None:
            continue
        try:
            layouts[key] = layout(row[0])
        except BadRow:
            bad("layout", key)
    return layouts


def layout(data: object) -> Layout:
    """The layout of a row's blob. Raises BadRow."""
    return _layout(checked.blob(data, MOST_LAYOUT))


@lru_cache(maxsize=16)
def _layout(data: bytes) -> Layout:
    try:
        pods = msgspec.msgpack.decode(data, type=list[tuple[int, str]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadRow("a layout") from None
    columns = tuple((checked.key(pod), tuple(names.split(",")) if names else ()) for pod, names in pods)
    if not all(codec.is_name(name) for name in {name for _, names in columns for name in names}):
        raise BadRow("a layout")
    return Layout(columns)


def stretches(
    polls: Sequence[Poll],
    layouts: Mapping[int, Layout],
    only: Collection[int] | None = None,
    bad: Bad = unheeded,
    wanted: Wanted | None = None,
) -> dict[int, Samples]:
    """Each pod's samples, or those of some alone, in these polls, oldest first; of the `wanted` names, if given.

    A poll without data of a pod is a gap in that pod's samples.
    """
    parts: dict[int, list[Samples]] = {}
    held: list[Samples] = []
    widths = {key: layout.width for key, layout in layouts.items()}

    def kind(poll: Poll) -> int | None:
        """The layout with which a poll can be read."""
        at, key, row = poll
        width = widths.get(key) if key is not None else None
        if width is None or row is None:
            return None
        if len(row) != width:
            bad("poll", at)
            return None
        return key

    for key, group in groupby(polls, key=kind):
        rows = list(group)
        times = [at for at, _, _ in rows]
        by_pod = {}
        if key is not None:
            by_pod = codec.columns_of(layouts[key], times, [row for _, _, row in rows if row is not None], only, wanted)
        nothing = Samples(codec.instants(times), {})
        for pod in by_pod.keys() - parts.keys():
            parts[pod] = list(held)
        for pod, known in parts.items():
            known.append(by_pod.get(pod, nothing))
        held.append(nothing)
    return {pod: join(known) for pod, known in parts.items()}


def readable(
    rows: Iterable[tuple[object, object]],
    wanted: Sequence[str] | None = None,
    bad: Bad = unheeded,
    *,
    means: bool = False,
) -> Iterator[Samples]:
    """The samples of blocks, without the damaged ones: those are gaps, and no reason to lose the rest.

    means: as for `codec.decode`.
    """
    for start, data in rows:
        try:
            yield codec.decode(checked.blob(data, checked.MOST_BLOCK), checked.instant(start), wanted, means=means)
        except (codec.Damaged, BadRow):
            bad("block", start)


def price_change(at: object, price: object, spot: object, stock: object) -> ReportedPrice:
    """The price that a row of quotes states from an instant on. Raises BadRow."""
    quote = checked.quote(1, price, spot, stock, None, None)
    return reported(checked.instant(at), quote)


Row = Mapping[str, int]
"""The packed values of one pod at an instant, by their names."""

_NOTHING: Row = {}


def as_of(pod: Pod, id: str, started: float | None, row: Row | None, at: float) -> Pod:
    """A pod's state with the samples of that instant; `id`: the pod's."""
    if pod.runtime is None:
        return replace(pod, id=id)
    packed = _NOTHING if row is None else row

    def value(name: str) -> float | None:
        byte = packed.get(name, GAP)
        return None if byte == GAP else byte / steps(name)

    runtime = replace(pod.runtime, uptime=None if started is None else int(at - started))
    return with_figures(replace(pod, id=id), runtime, at, min(pod.gpu_count, MOST_GPUS), value)
