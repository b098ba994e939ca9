"""The costs of one pod: its disks by the hour, its running time, its current run. Pure; dollars, GB, seconds.

Prices are those of RunPod's pricing page (docs `pods/pricing.mdx`); the API names none of them. That page prices by the
month, and no source says how many hours RunPod takes for one: `MONTH_HOURS` is podtop's own reading.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.api.enums import STARTING, PodStatus
from tui.domain import pod_health

if TYPE_CHECKING:
    from tui.api.models import Pod

MONTH_HOURS = 730.0
"""Hours of a mean month (365 x 24 / 12), by which monthly prices become hourly ones. Uncertain, see above."""

DISK_RUNNING = 0.10
"""Dollars per GB and month of container disk and of volume disk while a pod runs."""

VOLUME_STOPPED = 0.20
"""Dollars per GB and month of the volume disk of a stopped pod: twice as dear as while it runs."""

NETWORK_FIRST_TB = 0.07
NETWORK_BEYOND = 0.05
FIRST_TB_GB = 1000.0
"""Network volumes: dollars per GB and month up to a TB, and above. Whether the lower price holds for the whole of a
large volume or only for what is above the TB is uncertain, as is 1000 or 1024: the dearer reading is taken, and the one
in which a larger volume never costs less."""


def storage_per_hr(pod: Pod, running: bool) -> float | None:
    """Dollars per hour for a pod's own disks while it runs or while it is stopped; None where a size is unknown.

    Stopping wipes the container disk, so that only the volume is billed then. Prices: RunPod's pricing page. Only
    `costs` gives the cost of a pod with them.
    """
    volume = _known(pod.volume_gb)
    if volume is None:
        return None
    if not running:
        return volume * VOLUME_STOPPED / MONTH_HOURS
    disk = _known(pod.container_disk_gb)
    return None if disk is None else (disk + volume) * DISK_RUNNING / MONTH_HOURS


def network_volume_per_hr(size_gb: float | None) -> float | None:
    """Dollars per hour for a network volume, mounted or not, from RunPod's pricing page; the tiers are uncertain."""
    size = _known(size_gb)
    if size is None:
        return None
    beyond = max(0.0, size - FIRST_TB_GB)
    return ((size - beyond) * NETWORK_FIRST_TB + beyond * NETWORK_BEYOND) / MONTH_HOURS


class Span(Struct, frozen=True):
    """From `start` until the next span, a pod had this status and this price; "" is an unknown status."""

    start: float
    status: str
    cost_per_hr: float | None


def spent(spans: Sequence[Span], start: float, end: float) -> float | None:
    """Dollars for the time a pod ran or booted between two instants, its disks apart; None if nothing is known of it.

    The last span lasts until `end`. Time before the first span, and running time without a price, adds nothing: where
    only a part is known this is a lower bound.
    """
    ordered = sorted((span for span in spans if math.isfinite(span.start)), key=lambda span: span.start)
    total: float | None = None
    for index, span in enumerate(ordered):
        until = ordered[index + 1].start if index + 1 < len(ordered) else end
        seconds = min(until, end) - max(span.start, start)
        rate = _rate(span)
        if seconds > 0 and rate is not None:
            total = (total or 0.0) + rate * seconds / 3600.0
    return total


def since_start(pod: Pod) -> float | None:
    """Dollars for the current run of a live pod: price times uptime; None if it is not live.

    A little less than what is billed: RunPod bills while it pulls the image, and a restart of the container resets
    the uptime. Its negative uptime just after a start counts as none.
    """
    if not pod_health.is_live(pod) or pod.runtime is None or pod.runtime.uptime is None:
        return None
    cost = _known(pod.cost_per_hr)
    return None if cost is None else cost * max(0, pod.runtime.uptime) / 3600.0


def _rate(span: Span) -> float | None:
    """Dollars per hour in a span: none in a status that does not run, None if unknown, as after an error."""
    if span.status == PodStatus.RUNNING or span.status in STARTING:
        return _known(span.cost_per_hr)
    return 0.0 if span.status and span.status != PodStatus.ERROR else None


def _known(value: float | None) -> float | None:
    """A size or a price that makes sense, else None: an odd response must not become a sum of money."""
    return value if value is not None and math.isfinite(value) and value >= 0 else None
