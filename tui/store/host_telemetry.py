"""The samples of the machines that the account lets to others, as far as podtop asked for them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.store.metrics import CONTAINER, sample_of_machine, steps
from tui.store.series import GAP, Series

if TYPE_CHECKING:
    from tui.api.hosts import Host, Hosts


def _sample(host: Host) -> dict[str, float | None]:
    return {} if host.load is None else sample_of_machine(host.load)


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
        """There was no answer."""
        for series in self._series.values():
            if len(series):
                series.gap(at)

    def of(self, machine: str | None) -> Series | None:
        return self._series.get(machine or "")


def is_percent(series: Series) -> bool:
    """Whether RunPod tells CPU and memory in percent: no fraction is above one. Unsure of small values it says no."""
    names = [metric.name for metric in CONTAINER if metric.name in series.names]
    return any(
        steps(name) < value < GAP
        for name, column in series.stretch(0.0, names).columns.items()
        for value in column.high
    )
