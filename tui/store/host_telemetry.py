"""The samples of the machines that the account rents out, as far as podtop requested them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.store.metrics import CONTAINER, sample_of_machine, steps
from tui.store.series import GAP, Series

if TYPE_CHECKING:
    from tui.api.hosts import Host, Hosts


def _sample(host: Host) -> dict[str, float | None]:
    return {} if host.load is None else sample_of_machine(host.load)


KEPT = 2880
"""Maximum samples per machine: a day at one response every 30 seconds."""


BUDGET = 4 * 1024 * 1024
"""Bytes for the samples of all machines together."""


class Telemetry:
    """The samples of every machine, as far as podtop requested them: while a screen shows them."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}

    def tell(self, hosts: Hosts, at: float) -> None:
        """Add a response. A sample that RunPod has not renewed is not a new one."""
        columns = sum(8 + len(_sample(host)) for host in hosts.hosts)
        limit = max(120, min(KEPT, BUDGET // max(1, columns)))
        present = {host.id for host in hosts.hosts if host.id is not None}
        for gone in self._series.keys() - present:
            del self._series[gone]
        for host in hosts.hosts:
            if host.id is None:
                continue
            series = self._series.setdefault(host.id, Series(limit))
            series.limit = limit
            values = _sample(host)
            if values and host.load is not None:
                series.append(at if host.load.at is None else min(at, host.load.at), values)

    def fail(self, at: float) -> None:
        """There was no response."""
        for series in self._series.values():
            if len(series):
                series.gap(at)

    def of(self, machine: str | None) -> Series | None:
        return self._series.get(machine or "")


def is_percent(series: Series) -> bool:
    """Whether RunPod gives CPU and memory in percent: no fraction exceeds 1. False if small values leave it unsure."""
    names = [metric.name for metric in CONTAINER if metric.name in series.names]
    return any(
        steps(name) < value < GAP
        for name, column in series.stretch(0.0, names).columns.items()
        for value in column.high
    )
