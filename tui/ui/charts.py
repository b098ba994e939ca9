"""The four charts of a pod: from its series to what is to be drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.store import rules, views
from tui.ui import plot
from tui.ui.plot import ChartSpec

if TYPE_CHECKING:
    from tui.store.fleet import Fleet, Record
    from tui.store.views import Line

TITLES = {"util": "GPU utilisation", "vram": "GPU memory", "cpu": "CPU", "memory": "Memory"}


def specs(
    fleet: Fleet, record: Record, now: float, span: float, sizes: Sequence[tuple[int, int]], tz: tzinfo | None
) -> tuple[ChartSpec, ...]:
    """One spec for each chart of `views.CHARTS`, over the last `span` seconds, for charts of these sizes."""
    made = []
    current = _is_current(fleet, record, now)
    for chart, (width, height) in zip(views.CHARTS, sizes, strict=True):
        window = plot.window(now, span, plot.plot_columns(width, height))
        lines = views.chart_lines(fleet, record, chart, now, *window)
        if not current:
            lines = tuple(replace(line, last=None) for line in lines)
        made.append(ChartSpec(TITLES[chart], lines, window, note=_note(record, chart, lines), tz=tz))
    return tuple(made)


def _is_current(fleet: Fleet, record: Record, now: float) -> bool:
    """Whether the newest sample says how the pod is now: not when it has stopped since, nor after a silence."""
    newest = record.series.newest(now)
    if record.pod is None or not rules.is_live(record.pod) or newest is None:
        return False
    return now - newest <= fleet.silence


def _note(record: Record, chart: str, lines: tuple[Line, ...]) -> str:
    """What is said where there is nothing to draw."""
    if chart in ("util", "vram") and record.pod is not None and not record.pod.gpu_count:
        return "no GPU in this pod"
    return "no samples in this range" if lines and record.series.times else "no samples yet"
