"""Cells of text: parts with a role, fitted to a width counted in terminal cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tui.format.width import cut, shown, width

Part = tuple[str, str]
"""Text and the role it is drawn in (see `styles/`)."""

Cell = tuple[Part, ...]


def width_of(parts: Iterable[Part]) -> int:
    """Width of the parts in terminal cells."""
    return sum(width(text) for text, _ in parts)


def fit(cell: Cell, cells: int, *, right: bool = False) -> Cell:
    """The parts in exactly that many terminal cells: padded, or cut with an ellipsis at the end."""
    if cells <= 0:
        return ()
    cell = tuple((shown(text), role) for text, role in cell)
    total = width_of(cell)
    if total <= cells:
        pad: Part = (" " * (cells - total), "text")
        if total == cells:
            return cell
        return (pad, *cell) if right else (*cell, pad)
    parts: list[Part] = []
    room = cells - 1
    for text, role in cell:
        length = width(text)
        if length > room:
            start = cut(text, room)
            parts.append((start + " " * (room - width(start)) + "…", role))
            break
        parts.append((text, role))
        room -= length
    else:
        parts.append(("…", cell[-1][1]))
    return tuple(parts)


def fair(texts: Sequence[str], cells: int) -> tuple[str, ...]:
    """The texts in that many terminal cells together: the longest are cut, to one length, which is at least two."""
    widths = [width(shown(text)) for text in texts]
    longest = max(widths, default=2)
    while longest > 2 and sum(min(single, longest) for single in widths) > cells:
        longest -= 1
    return tuple(
        text if single <= longest else "".join(part for part, _ in fit(((text, ""),), longest))
        for text, single in zip(texts, widths, strict=True)
    )


def in_pieces(text: str, cells: int) -> list[str]:
    """A text in pieces of at most that many terminal cells, at least two, as it is shown."""
    pieces, rest = [], shown(text)
    while rest:
        pieces.append(cut(rest, max(2, cells)))
        rest = rest[len(pieces[-1]) :]
    return pieces


_ITEM_ENDS = re.compile(r"(?<= ·)|(?<!\s)(?=  )")


def _items(cell: Cell) -> Iterator[Cell]:
    """The parts in items that belong together: a dot or two spaces lie between them."""
    item: list[Part] = []
    for text, role in cell:
        first, *others = _ITEM_ENDS.split(text)
        item.append((first, role))
        for other in others:
            yield tuple(item)
            item = [(other, role)]
    yield tuple(item)


def wrap(cell: Cell, cells: int) -> tuple[Cell, ...]:
    """The parts as lines of at most that many terminal cells, at least two.

    Broken between items, else at spaces, or inside long words.
    """
    cells = max(2, cells)
    lines: list[list[Part]] = [[]]
    for item in _items(cell):
        room = cells - width_of(lines[-1])
        if lines[-1] and room < width_of(item) and _alone(item) <= cells:
            lines.append([])
        _fill(lines, item, cells)
    return tuple(tuple(line) for line in lines)


def _alone(item: Cell) -> int:
    """Cells of an item at the start of a line."""
    return width("".join(text for text, _ in item).lstrip())


def _fill(lines: list[list[Part]], cell: Cell, cells: int) -> None:
    """Continue the last line, with more lines as they are needed."""
    room = cells - width_of(lines[-1])
    for text, role in cell:
        for token in re.findall(r"\s+|\S+", shown(text)):
            if token.isspace():
                if lines[-1] and len(token) <= room:
                    lines[-1].append((token, role))
                    room -= len(token)
                continue
            if width(token) > room and lines[-1]:
                lines.append([])
                room = cells
            first, *rest = [token] if width(token) <= room else in_pieces(token, room)
            lines[-1].append((first, role))
            room -= width(first)
            for piece in rest:
                lines.append([(piece, role)])
                room = cells - width(piece)
