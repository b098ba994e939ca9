"""The samples of the machines that the account lets to others, as far as podtop asked for them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tui.store.series import Series, steps

if TYPE_CHECKING:
    from tui.api.hosts import Host, Hosts
    from tui.api.models import GpuReading


PARTS = ("cpu", "memory")
"""What RunPod tells in percent or as a fraction, without saying which: kept as both (see `series.steps`)."""


def sample(host: Host) -> dict[str, float | None]:
    """The values of a machine's latest sample by the names of its series."""
    load = host.load
    if load is None:
        return {}
    values: dict[str, float | None] = {}
    for name, value in (("cpu", load.cpu), ("memory", load.memory)):
        values[name] = values[f"{name}_part"] = value
    values.update(_gpus(load.gpus))
    return values


def _gpus(gpus: Sequence[GpuReading]) -> Iterator[tuple[str, float | None]]:
    for index, gpu in enumerate(gpus):
        yield f"gpu{index}", gpu.util
        yield f"vram{index}", gpu.memory
        if gpu.temperature_c is not None:
            yield f"temp{index}", gpu.temperature_c
        if gpu.power_w is not None:
            yield f"power{index}", gpu.power_w


KEPT = 2880
"""Samples that are kept of a machine: a day at an answer each half minute."""


BUDGET = 4 * 1024 * 1024
"""Bytes for the samples of all machines together."""


class Telemetry:
    """The samples of every machine as far as podtop asked for them: while somebody looks."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}

    def tell(self, hosts: Hosts, at: float) -> None:
        """Take in an answer. A sample that RunPod has not renewed is not a new one."""
        columns = sum(8 + len(sample(host)) for host in hosts.hosts)
        limit = max(120, min(KEPT, BUDGET // max(1, columns)))
        present = {host.id for host in hosts.hosts if host.id is not None}
        for gone in self._series.keys() - present:
            del self._series[gone]
        for host in hosts.hosts:
            if host.id is None:
                continue
            series = self._series.setdefault(host.id, Series(limit))
            series.limit = limit
            values = sample(host)
            if values and host.load is not None:
                series.append(at if host.load.at is None else min(at, host.load.at), values)

    def fail(self, at: float) -> None:
        """There was no answer."""
        for series in self._series.values():
            if len(series):
                series.gap(at)

    def of(self, machine: str | None) -> Series | None:
        return self._series.get(machine or "")


def is_percent(series: Series) -> bool:
    """Whether RunPod tells CPU and memory in percent: no fraction is above one. Unsure of small values it says no."""
    names = [name for name in PARTS if name in series.names]
    stretch = series.stretch(0.0, names)
    least = 1.0 * steps("cpu")
    return any(least < value < 255 for column in stretch.columns.values() for value in column.high)
