"""Who records an account, and what each of them does, as the server of the shared history has it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain.recorders import AccountRecorder, HeldWatch, Holdings, Keep, Progress
from tui.history.remote import number

if TYPE_CHECKING:
    from tui.history.remote import RemoteHistory, Series

RECORDERS = "podtop_recorder_start_time_seconds"
DUTIES = "podtop_recorder_duty_timestamp_seconds"

SEEN = "2m"
"""How long ago a recorder was scraped that counts as running."""

REMEMBERED = "1d"
"""How long ago what a recorder kept and sent is remembered."""


async def recorders(history: RemoteHistory, key: str) -> tuple[AccountRecorder, ...]:
    """The podtops that recorded an account in the last minutes, by its key, with what they do; and of those that are
    gone what they did within the last day. Raises HistoryUnavailable."""
    running = [each for series in await history.latest(RECORDERS, key, SEEN) if (each := _recorder(series)) is not None]
    current = _holdings(await history.latest(DUTIES, key, SEEN))
    gone: dict[str, AccountRecorder] = {}
    hosts = {each.host for each in running}
    for (host, pid), held in _holdings(await history.latest(DUTIES, key, REMEMBERED)).items():
        if host not in hosts:
            # Of all processes of a host: what one kept and another sent.
            had = gone[host].holdings if host in gone else Holdings()
            both = Holdings((), (*had.watches, *held.watches), (*had.keeps, *held.keeps))
            gone[host] = AccountRecorder(key, host, pid, math.inf, holdings=both, gone=True)
    return (
        *(replace(each, holdings=current.get((each.host, each.pid), Holdings())) for each in running),
        *gone.values(),
    )


def _process(series: Series) -> tuple[str, int] | None:
    """The host and the process that a sample is about; None if it is about none."""
    host, pid = series.metric.get("host"), series.metric.get("pid", "")
    return (host, int(pid)) if host and pid.isascii() and pid.isdecimal() and len(pid) < 20 else None


def _recorder(series: Series) -> AccountRecorder | None:
    """The podtop that a sample is about; None if it is about none."""
    since, process = number(series.value[1]) if series.value is not None else None, _process(series)
    if since is None or process is None:
        return None
    duties = tuple(filter(None, series.metric.get("duties", "").split(",")))
    return AccountRecorder(series.metric.get("key", ""), *process, since, duties)


def _holdings(duties: Iterable[Series]) -> dict[tuple[str, int], Holdings]:
    """What each process does and leaves alone."""
    idle: dict[tuple[str, int], list[str]] = {}
    watches: dict[tuple[str, int], list[HeldWatch]] = {}
    keeps: dict[tuple[str, int], list[Keep]] = {}
    for series in duties:
        process, labels = _process(series), series.metric
        if process is None or series.value is None:
            continue
        at, pod, progress = number(series.value[1]), labels.get("pod", ""), labels.get("progress", "")
        match labels.get("duty"):
            case "idle stop":
                idle.setdefault(process, []).append(pod)
            case "keep":
                # Whatever is no time has no end: a pod that somebody keeps is not stopped.
                keeps.setdefault(process, []).append(Keep(pod, at))
            case "watch" if at is not None and progress in set(Progress):
                watches.setdefault(process, []).append(HeldWatch(labels.get("watch", ""), Progress(progress), at))
            case _:
                pass
    return {
        process: Holdings(tuple(idle.get(process, ())), tuple(watches.get(process, ())), tuple(keeps.get(process, ())))
        for process in (*idle, *watches, *keeps)
    }
