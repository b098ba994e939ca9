"""Cells of text: parts with a role, fitted to a width counted in terminal cells. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size

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
