"""The title of a chart: its name, what its shades mean, its main figures. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tui.api.features import NOT_OFFERED
from tui.domain import offered
from tui.format import numbers as fmt
from tui.store.series import Point
from tui.store.views.pod_lines import Line
from tui.ui.charts import areas, buckets, heatmap
from tui.ui.charts.figures import at_cursor, dressed, lagging, short
from tui.ui.charts.spec import (
    ALERT,
    BAND,
    CURSOR,
    DASHES,
    EDGE,
    HEAT,
    QUIET,
    STEP,
    TEXT,
    TITLE,
    ChartSpec,
    Form,
    Part,
    Row,
    paint,
)
from tui.ui.primitives import ramp


def title(spec: ChartSpec, width: int) -> Row:
    """Name, then extremes of the window, and of one line its average; at the right each line's value, or their average
    and the lagging line.
    """
    name = fmt.clip(spec.title, width)
    compared = len(spec.lines) > 1 and not spec.lines[0].label.startswith("GPU ")
    middles, tails = ((),) if compared else _middles(spec), _tails(spec)
    pairs = [(middle, tail) for middle in middles for tail in tails]
    if any(kind == ALERT for tail in tails for _, kind in tail):
        # The lagging line is worth more than the average.
        pairs = [(middle, tail) for tail in tails for middle in middles]
    for middle, tail in pairs:
        used = len(name) + sum(len(text) for text, _ in middle) + sum(len(text) for text, _ in tail)
        if used + 2 <= width or (used < width and not middle):
            return ((name, TITLE), *middle, (" " * (width - used), TEXT), *tail)
    return ((name.ljust(width), TITLE),)


def _middles(spec: ChartSpec) -> tuple[Row, ...]:
    """Average, lowest and highest in words, from long to short."""
    points = [point for line in spec.lines for run in line.runs for point in run]
    if not points:
        return ((),)
    low, high = min(p.low for p in points), max(p.high for p in points)
    mean = sum(p.mean for p in points) / len(points)
    sign = "$" if spec.unit == "$" else ""
    least, usual, most = (f"{sign}{spec.text(value)}" for value in (low, mean, high))
    if len(spec.lines) > 1:
        # The average at the right is that of the lines: one of them and the window would be taken for it.
        return ((f"  min {least} max {most}", QUIET),), ()
    return (
        ((f"  min {least} avg {usual} max {most}", QUIET),),
        ((f"  {least}-{most}, avg {usual}", QUIET),),
        (),
    )


def _tails(spec: ChartSpec) -> list[Row]:
    """The values, from all of them to the fewest; each includes the lagging line."""
    known = [(line, index) for index, line in enumerate(spec.lines) if line.last is not None]
    if not known and not spec.offered:
        return [((offered.MARKED, QUIET),), ((NOT_OFFERED, QUIET),)]
    if not known:
        return [((fmt.UNKNOWN, QUIET),)]
    if len(spec.lines) == 1:
        return [((_value(known[0][0], spec), TEXT),)]
    if spec.dashes:
        return _dashes(spec)
    if not known[0][0].label.startswith("GPU "):
        return [tuple(_legend(spec, length)) for length in (24, 16, 10, 6, 3, 0)]
    mean = sum(line.last or 0.0 for line, _ in known) / len(known)
    low, index = min(known, key=lambda pair: pair[0].last or 0.0)
    lags = lagging(spec) is not None
    summary: Row = ((f"avg {mean:.0f}{spec.unit}", TEXT),)
    lowest: Row = ((f"{'▾' if lags else 'lowest:'} {low.label} {_value(low, spec)}  ", ALERT if lags else QUIET),)
    each: list[Part] = []
    for line, number in known:
        each.append((f"▪{line.label.removeprefix('GPU ')} ", number))
        each.append((f"{line.last:.0f} ", ALERT if lags and number == index else TEXT))
    short: Row = ((f"{mean:.0f}{spec.unit}", TEXT),)
    if lags:
        return [(*lowest, *each, *summary), (*lowest, *summary), lowest, summary]
    return [(*each, *summary), (*lowest, *summary), summary, short]


def _legend(spec: ChartSpec, length: int) -> Iterator[Part]:
    """Names of the compared pods, cut to a length, each with its value."""
    for number, line in enumerate(spec.lines):
        yield f"{' ' if number else ''}▪{fmt.clip(line.label, length)}{' ' if length else ''}", number
        yield _value(line, spec), TEXT


def _dashes(spec: ChartSpec) -> list[Row]:
    """The lines with how each is broken, from long to short: without what a name shares with the one before it."""
    lines = spec.lines
    shared = [before.label if line.label.startswith(before.label) else "" for before, line in pairwise(lines)]
    short = [line.label.removeprefix(f"{start} ") for start, line in zip(["", *shared], lines, strict=True)]
    legends = []
    for labels in ([line.label for line in lines], short, [fmt.clip(label, 10) for label in short], [""] * len(lines)):
        parts: list[Part] = []
        for number, (label, line) in enumerate(zip(labels, lines, strict=True)):
            parts += [(f"{' ' if number else ''}{DASHES[number % len(DASHES)]} ", number)]
            parts.append((f"{label} {_value(line, spec)}".strip(), TEXT))
        legends.append(tuple(parts))
    return [*legends, legends[-1][:2], ()]


def _value(line: Line, spec: ChartSpec) -> str:
    if line.last is None:
        return fmt.UNKNOWN if spec.offered else NOT_OFFERED
    if spec.unit == "$":
        return fmt.money(line.last, spec.places or 0).replace(",", "")
    return f"{spec.text(line.last)}{spec.unit}"


def heading(spec: ChartSpec, width: int, columns: int) -> Row:
    """The title of a chart in shades: its name, a legend of the shades, and the figures that its rows do not have.

    columns: of the plot, for the cursor's.
    """
    name = fmt.clip(spec.title, width)
    legends = _legends(spec) if any(line.runs for line in spec.lines) else [()]
    tails = _figures(spec, columns)
    # A figure is worth more than a legend, which other charts may have; the legend of a heat map than more figures.
    pairs = [(tail, legend) for tail in tails if tail for legend in legends if legend and spec.form is Form.HEAT]
    for tail, legend in (*pairs, *((tail, legend) for tail in tails for legend in legends)):
        used = len(name) + sum(len(text) for text, _ in (*legend, *tail))
        if used + (2 if tail else 0) <= width:
            return ((name, TITLE), *legend, (" " * (width - used), TEXT), *tail)
    return ((name.ljust(width), TITLE),)


def _legends(spec: ChartSpec) -> list[Row]:
    """What the shades mean, from long to short."""
    legends = _shade_legends(spec)
    if not spec.gaps:
        return legends
    # What a gap means is worth more than what the shades mean, which other charts may have.
    gaps: Row = ((f"  gap: {spec.gaps}", QUIET),)
    return [*((*legend, *gaps) for legend in legends), ()]


def _shade_legends(spec: ChartSpec) -> list[Row]:
    """What the shades mean, and nothing of gaps."""
    if spec.form is Form.SPARK:
        return [()]
    top = dressed(short(spec.high, spec), spec)
    if spec.form is Form.HEAT:
        ends = (f"  {short(spec.low, spec)} ", QUIET), (f" {top}", QUIET)
        scale: Row = ((ramp.HEIGHTS, HEAT),)
        if spec.shades:
            scale = tuple((" ", paint(0, heatmap.ramp_of(spec) + step)) for step in range(1, ramp.STEPS + 1))
        whole: Row = (ends[0], *scale, ends[1])
        bare: Row = (("  ", QUIET), *scale)
        if spec.worst == "mean":
            return [whole, bare, ()]
        whole = (*whole, (" (max)" if spec.worst == "high" else " (min)", QUIET))
        dip: Part = (heatmap.NOTCH, paint(STEP + ramp.STEPS) if spec.shades else heatmap.DIPPED)
        dips: Row = (*whole, ("  ", QUIET), dip, (" dip", QUIET))
        return [dips, whole, bare, ()] if spec.worst == "low" else [whole, bare, ()]
    edge, band = (("▄", paint(EDGE)), (" ", paint(0, BAND))) if spec.shades else ((areas.LINE, 0), ("▒", HEAT))
    long: Row = (("  ", QUIET), edge, (" avg ", QUIET), band, (" min-max", QUIET))
    return [(*long, (f", {_lowest(spec)}-{top}", QUIET)) if len(spec.lines) > 1 else long, long, ()]


def _lowest(spec: ChartSpec) -> str:
    return dressed(short(spec.low, spec), spec) if spec.unit == "$" else short(spec.low, spec)


def _figures(spec: ChartSpec, columns: int) -> list[Row]:
    """The figures at the right, from all of them to the fewest."""
    known = [line for line in spec.lines if line.last is not None]
    if not known:
        return [((offered.MARKED, QUIET),), ((NOT_OFFERED, QUIET),)] if not spec.offered else [((fmt.UNKNOWN, QUIET),)]
    if len(spec.lines) > 1 and spec.places is None:
        # What runs report has no mean over several: each has its figure beside it.
        return [()]
    if read := at_cursor(buckets.pooled([buckets.across(line, spec.window, columns) for line in spec.lines]), spec):
        return [((_three(read, spec), CURSOR),), ((dressed(short(read.mean, spec, 6), spec), CURSOR),)]
    mean = sum(line.last or 0.0 for line in known) / len(known)
    if len(spec.lines) > 1 and spec.unit == "$":
        # Prices have no mean that anybody pays.
        lowest: Row = ((f"from {_value(min(known, key=lambda line: line.last or 0.0), spec)}", TEXT),)
        return [lowest, ()]
    value: Row = ((_value(known[0], spec) if len(spec.lines) == 1 else f"avg {spec.text(mean)}{spec.unit}", TEXT),)
    if (number := lagging(spec)) is not None:
        line = spec.lines[number]
        lags: Row = ((f"▾ {line.label} {_value(line, spec)}", ALERT),)
        return [(*lags, ("  ", TEXT), *value), lags, value]
    line = spec.lines[0]
    whole = line.whole or buckets.extremes(point for run in line.runs for point in run)
    if len(spec.lines) > 1 or spec.form is not Form.AREAS or whole is None:
        return [value, ()]
    ends = [_three(whole, spec, "min", "max")]
    if line.whole is not None:
        # The mean of buckets would depend on how many there are.
        ends.insert(0, _three(whole, spec))
    return [*(((text, QUIET), ("  now ", QUIET), *value) for text in ends), value, ()]


def _three(point: Point, spec: ChartSpec, *names: str) -> str:
    """The lowest, mean and highest value of a bucket, or of all; or those of them that are named."""
    room = 4 if spec.places is not None else 6
    values = {"min": point.low, "avg": point.mean, "max": point.high}
    texts = [f"{name} {short(values[name], spec, room)}" for name in names or values]
    if spec.unit == "$":
        return " ".join(text.replace(" ", " $") for text in texts)
    return " ".join(texts) + spec.unit
