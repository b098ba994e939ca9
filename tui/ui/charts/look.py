"""`Look`: the view options of charts."""

from __future__ import annotations

from datetime import tzinfo

from msgspec import Struct

from tui.store.views.run_chart_kinds import Scale

MANY = 8
"""More pods than this cannot be told apart by their colours: a heat map is drawn instead."""


class Look(Struct, frozen=True, kw_only=True):
    """The view options of charts.

    now:    the viewed instant; `span` the seconds they reach back; `end` the instant they end at, None for `now`.
    heat:   heat map: yes, no, or None for only when there are too many lines to tell apart.
    spark:  sparklines instead of everything else.
    many:   more pods than this cannot be told apart.
    shades: whether the terminal has shades of a hue.
    cursor: the instant whose values are shown; None for the live ones.
    scale:  what the axis counts: `span`, `end` and `cursor` are in its units. `origin`: the place on it from
            which times since a start count. `compares`: whether it is one of several runs.
    live:   whether more samples come: then some columns are drawn at once, as each drawing is sent to the terminal.
    """

    now: float
    span: float
    tz: tzinfo | None = None
    heat: bool | None = None
    spark: bool = False
    many: int = MANY
    shades: bool = True
    cursor: float | None = None
    end: float | None = None
    scale: Scale = Scale.TIME
    origin: float = 0.0
    compares: bool = False
    live: bool = False
