"""Values beside a plane, and words in place of it. Pure."""

from __future__ import annotations

from tui.format import numbers as fmt
from tui.ui.charts.spec import QUIET, ChartSpec, Row


def written(value: float, spec: ChartSpec) -> str:
    """A value for the axis."""
    return f"${value:,.{spec.places}f}" if spec.unit == "$" else f"{spec.text(value)}{spec.unit}"


def fitting(text: str, value: float, room: int) -> str:
    """A value for the axis: as it is written, or in thousands or millions if there is no room for that."""
    sign = "$" if text.startswith("$") else ""
    # Thousands are used for thousands alone: small values lose decimal places instead.
    whole = f"{sign}{value:.0f}" if value == round(value) else f"{sign}{value:.1f}"
    large = (f"{sign}{value / 1e3:.0f}k", f"{sign}{value / 1e6:.0f}M") if abs(value) >= 1e3 else ()
    forms = (text, whole, *large)
    return next((form for form in forms if len(form) <= room), fmt.clip(text, max(1, room)))


def words(text: str, columns: int, height: int) -> list[Row]:
    text = fmt.clip(text, columns)
    return [((text.center(columns) if y == height // 2 else " " * columns, QUIET),) for y in range(height)]
