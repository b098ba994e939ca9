"""Work over very many items, a slice at a time, so that the caller can handle keys in between. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

Sliced = Generator[None, None, T]
"""Work that pauses now and then, and its result."""

SLICE = 100
"""Pods between two pauses: some 4 ms of work, and no pause at all for the number that most users have."""


def sliced(items: Iterable[T], most: int = SLICE) -> Iterator[tuple[bool, T]]:
    """The items, each with whether to pause before it, that is before each `most` of them."""
    for number, item in enumerate(items, 1):
        yield number % most == 0, item


def whole(work: Sliced[T]) -> T:
    """Run all of it without a pause."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
