"""The columns of training runs in the fleet. Their cells are in `runs`, which the first frame need not load. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from tui.ui.widgets.table import Column

SPARK = 6
"""Cells of the curve in a row."""

FIGURE = 6
"""Cells of a loss behind its curve: curves stand below each other."""

ALONE = 7
"""Cells of a loss without its curve."""

SPACIOUS = 110
"""Columns of a terminal from which on there is room for curves."""

COLUMNS = (
    Column("loss", "LOSS", SPARK + 8, 4, right=True),
    Column("step", "STEP", 11, 9, right=True),
    Column("eta", "ETA", 14, 6, right=True),
)
"""What a fleet shows of its runs, right behind the cost."""


def with_runs(columns: tuple[Column, ...], shown: bool, width: int = SPACIOUS) -> tuple[Column, ...]:
    """The columns of pods, with those of runs if any pod has one: the loss without its curve in narrow terminals."""
    if not shown:
        return columns
    loss, *others = COLUMNS
    if width < SPACIOUS:
        loss = replace(loss, width=ALONE)
    at = next((number for number, column in enumerate(columns) if column.key == "cost"), len(columns) - 1) + 1
    return (*columns[:at], loss, *others, *columns[at:])
