"""Who records an account, and what each of them does, as the server of the shared history has it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.domain.recorders import AccountRecorder, HeldWatch, Holdings, Keep, Progress
from tui.format.digits import whole_number
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
    sites = {each.site for each in running}
    for (host, pid, files), held in _holdings(await history.latest(DUTIES, key, REMEMBERED)).items():
        former = AccountRecorder(key, host, pid, math.inf, files=files, gone=True)
        if former.site not in sites:
            # Of all processes of a site: what one kept and another sent.
            had = gone[former.site].holdings if former.site in gone else Holdings()
            both = Holdings((), (*had.watches, *held.watches), (*had.keeps, *held.keeps))
            gone[former.site] = replace(former, holdings=both)
    return (
        *(replace(each, holdings=current.get((each.host, each.pid, each.files), Holdings())) for each in running),
        *gone.values(),
    )


Process = tuple[str, int, str]
"""A host, a process, and what stands for its files."""


def _process(series: Series) -> Process | None:
    """What a sample is about; None if it is about no process."""
    host, pid, files = (series.metric.get(name, "") for name in ("host", "pid", "files"))
    number = whole_number(pid)
    return (host, number, files) if host and number is not None else None


def _recorder(series: Series) -> AccountRecorder | None:
    """The podtop that a sample is about; None if it is about none."""
    since, process = number(series.value[1]) if series.value is not None else None, _process(series)
    if since is None or process is None:
        return None
    duties = tuple(filter(None, series.metric.get("duties", "").split(",")))
    host, pid, files = process
    return AccountRecorder(series.metric.get("key", ""), host, pid, since, duties, files)


def _holdings(duties: Iterable[Series]) -> dict[Process, Holdings]:
    """What each process does and leaves alone."""
    idle: dict[Process, list[str]] = {}
    watches: dict[Process, list[HeldWatch]] = {}
    keeps: dict[Process, list[Keep]] = {}
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
