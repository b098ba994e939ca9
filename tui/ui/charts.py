"""The four charts of a pod: from its series to what is to be drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from tui.store import views
from tui.ui import plot
from tui.ui.plot import ChartSpec

if TYPE_CHECKING:
    from tui.store.fleet import Fleet, Record

TITLES = {"util": "GPU utilisation", "vram": "GPU memory", "cpu": "CPU", "memory": "Memory"}


def specs(
    fleet: Fleet, record: Record, now: float, span: float, sizes: Sequence[tuple[int, int]], tz: tzinfo | None
) -> tuple[ChartSpec, ...]:
    """One spec for each chart of `views.CHARTS`, over the last `span` seconds, for charts of these sizes."""
    made = []
    for chart, (width, height) in zip(views.CHARTS, sizes, strict=True):
        window = plot.window(now, span, plot.plot_columns(width, height))
        made.append(ChartSpec(TITLES[chart], views.chart_lines(fleet, record, chart, *window), window, tz=tz))
    return tuple(made)
