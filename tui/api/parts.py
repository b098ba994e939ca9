"""A response part by part: one that is not understood costs only itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Raw

from tui.api.models import Problem
from tui.api.quantities import MOST, Cut, Reader, instant
from tui.api.values import NOT_UNDERSTOOD, cut_notes, in_short, reason

T = TypeVar("T")

_readers: dict[Any, Reader[Any]] = {}


def _reader(shape: Any) -> Reader[Any]:
    if (reader := _readers.get(shape)) is None:
        reader = _readers[shape] = Reader(shape | None)
    return reader


class Parts:
    """Decodes parts, and collects what cannot be understood and what is too much to show."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def one(self, name: str, raw: Raw, shape: type[T]) -> T | None:
        cuts: list[Cut] = []
        try:
            value: T | None = _reader(shape).decode(raw, cuts)
        except NOT_UNDERSTOOD as error:
            self.problems.append(Problem(f"invalid {name}: {reason(error)}"))
            return None
        self.problems += in_short(cut_notes(cuts, name))
        return value

    def many(self, name: str, raw: Raw, shape: type[T], when: Callable[[T], str | None] = lambda item: None) -> list[T]:
        """when: the time of an item, by which the newest are kept if there are too many."""
        items = self.one(name, raw, list[Raw]) or []
        if len(items) > MOST:
            self.problems += in_short([f"{len(items):,} {name}, {MOST:,} shown"])
            ends = [self.one(name, item, shape) for item in (items[0], items[-1])]
            begins, ended = (instant(when(end)) if end is not None else None for end in ends)
            upward = begins is not None and ended is not None and ended > begins
            items = items[-MOST:] if upward else items[:MOST]
        values = [self.one(name, item, shape) for item in items]
        return [item for item in values if item is not None]

    def left_out(self) -> tuple[Problem, ...]:
        """The problems to report, the same words once: there are no more of these than kinds of faults."""
        times = Counter(self.problems)
        return tuple(
            p if count == 1 else Problem(f"{p.message} (and {count - 1:,} more)", p.path, p.code)
            for p, count in times.items()
        )
