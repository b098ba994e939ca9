"""Formats numbers: money, percents, durations, sparklines. Pure; an unknown value is an en dash, never a zero."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, tzinfo

UNKNOWN = "–"
_BARS = "▁▂▃▄▅▆▇"
"""Heights in a row of a table: a full block would join those of the row above."""


def money(value: float | None, places: int = 2) -> str:
    """$1,234.56; negative as -$1.00."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{'-' if value < 0 else ''}${abs(value):,.{places}f}"


def balance(value: float | None) -> str:
    """$12.00; a negative balance is a debt: owes $3.10."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"owes {money(-value)}" if value <= -0.005 else money(max(0.0, value))


def price(value: float | None) -> str:
    """A price per hour without the dollar sign, for a column: 2.99; below $0.10 a third place where it matters."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:.3f}" if 0 < value < 0.1 and round(value, 2) != round(value, 3) else f"{value:.2f}"


def percent(value: float | None) -> str:
    """A whole percent without the percent sign, for a column."""
    return UNKNOWN if value is None or not math.isfinite(value) else f"{value:.0f}"


def duration(seconds: float | None) -> str:
    """Two units at most: 42s, 12m 05s, 3h 07m, 4d 06h, 12w 3d. RunPod's negative uptime just after a start is 0s."""
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    if math.isinf(seconds):
        return "∞"
    whole = max(0, int(seconds))
    minutes, s = divmod(whole, 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    if days >= 100:
        weeks, d = divmod(days, 7)
        return f"{weeks}w {d}d"
    if days:
        return f"{days}d {h:02d}h"
    if hours:
        return f"{hours}h {m:02d}m"
    if minutes:
        return f"{minutes}m {s:02d}s"
    return f"{s}s"


def runway(seconds: float | None) -> str:
    """How long the balance lasts: a duration, ∞ if nothing is spent, "none" if nothing is left."""
    return "none" if seconds is not None and seconds <= 0 else duration(seconds)


def short_duration(seconds: float | None) -> str:
    """One unit, for narrow places: 42s, 12m, 3h, 4d."""
    return duration(seconds).split(" ")[0]


def lasting(seconds: float | None) -> str:
    """How long something has lasted, in a sentence: 42s, 1m 55s, 12m, 3h 07m. From ten minutes on, without seconds."""
    return short_duration(seconds) if seconds is not None and 600 <= seconds < 3600 else duration(seconds)


def pace(seconds: float) -> str:
    """How often something comes that is this far apart: one in 4s, 20 per second."""
    return (
        f"one in {short_duration(max(1.0, seconds))}" if seconds > 0.75 else f"{1 / max(seconds, 1e-3):.0f} per second"
    )


def latency(seconds: float | None) -> str:
    """85 ms, 1.2 s."""
    if seconds is None:
        return UNKNOWN
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def bar(value: float | None, width: int) -> tuple[str, str]:
    """A horizontal bar of `width` cells for a percent, in half cells: its filled and its empty part."""
    if value is None or width <= 0 or not math.isfinite(value):
        return "", ""
    full, half = divmod(round(min(100.0, max(0.0, value)) / 100 * width * 2), 2)
    return "━" * full + "╸" * half, "─" * (width - full - half)


def spark(values: Iterable[float | None]) -> str:
    """Blocks for percents; a space for an unknown value, the lowest block for zero."""
    most = len(_BARS) - 1
    return "".join(" " if v is None else _BARS[min(most, max(0, int(v / 100 * len(_BARS))))] for v in values)


def figure(value: float, room: int = 6) -> str:
    """A figure of unknown size in at most that many characters, if it fits: 2.104, 3e-4, 41.2k."""
    text = ""
    for digits in (4, 3, 2, 1):
        text = _figure(value, digits)
        if len(text) <= room:
            break
    return text


def _figure(value: float, digits: int) -> str:
    size = abs(value)
    if size and (size < 1e-3 or size >= 9.995e11):
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(power)}"
    for least, unit, suffix in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if size >= least:
            return f"{value / unit:.{min(3, digits)}g}{suffix}"
    return f"{value:.0f}" if size >= 10.0**digits - 0.5 else f"{value:.{digits}g}"


def clip(text: str, width: int) -> str:
    """Text cut to `width` characters, with an ellipsis if anything was cut."""
    if len(text) <= width:
        return text
    return text[: width - 1] + "…" if width > 1 else "…"[:width]


def span(seconds: float) -> str:
    """A time range in one unit: 5 min, 6 h, 30 d."""
    for unit, size in (("d", 86_400.0), ("h", 3600.0)):
        if seconds >= size and (unit == "h" or seconds > size):
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 60:.0f} min"


def span_since(whole: float, now: float, since: float | None, tz: tzinfo | None) -> str:
    """A time range before `now`; where its data begin later than it does, at what time: that stays as it is.

    since: the first data, None if unknown.
    """
    text = f"last {span(whole)}"
    if since is None or now - since >= whole * 0.97:
        return text
    at, today = datetime.fromtimestamp(since, tz), datetime.fromtimestamp(now, tz)
    form = "%-d %b" if now - since >= 6 * 86_400 else "%H:%M" if at.date() == today.date() else "%a %H:%M"
    return f"{text} · no data before {at:{form}}"
