"""Cells of text: parts with a role, fitted to a width counted in terminal cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len, chop_cells, set_cell_size

Part = tuple[str, str]
"""Text and the role it is drawn in (see `styles/`)."""

Cell = tuple[Part, ...]


def width_of(parts: Iterable[Part]) -> int:
    """Terminal cells that the parts take."""
    return sum(cell_len(text) for text, _ in parts)


def fit(cell: Cell, width: int, *, right: bool = False) -> Cell:
    """The parts in exactly `width` terminal cells: padded, or cut with an ellipsis at the end."""
    if width <= 0:
        return ()
    total = width_of(cell)
    if total <= width:
        pad: Part = (" " * (width - total), "text")
        if total == width:
            return cell
        return (pad, *cell) if right else (*cell, pad)
    kept: list[Part] = []
    room = width - 1
    for text, role in cell:
        length = cell_len(text)
        if length > room:
            kept.append((set_cell_size(text, room) + "…", role))
            break
        kept.append((text, role))
        room -= length
    else:
        kept.append(("…", cell[-1][1]))
    return tuple(kept)


def wrap(cell: Cell, width: int) -> tuple[Cell, ...]:
    """The parts as lines of at most `width` terminal cells, two at the least: broken at spaces, or where it must be."""
    width = max(2, width)
    lines: list[list[Part]] = [[]]
    room = width
    for text, role in cell:
        for token in re.findall(r"\s+|\S+", text):
            if token.isspace():
                if lines[-1] and len(token) <= room:
                    lines[-1].append((token, role))
                    room -= len(token)
                continue
            if cell_len(token) > room and lines[-1]:
                lines.append([])
                room = width
            first, *rest = [token] if cell_len(token) <= room else chop_cells(token, room)
            lines[-1].append((first, role))
            room -= cell_len(first)
            for piece in rest:
                lines.append([(piece, role)])
                room = width - cell_len(piece)
    return tuple(tuple(line) for line in lines)
