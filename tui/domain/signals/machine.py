"""`Machine`: what a pod says about its own GPUs, processes and disks, from the output of fixed commands.

`nvidia-smi --query-gpu` and `--query-compute-apps` (`nvidia-smi --help-query-gpu`), `ps` and `df -kP` (POSIX).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from tui.api.http.sanitize import clean, without_escapes
from tui.domain.signals.values import amount, number
from tui.format.digits import whole_number

MOST = 16
"""Rows of each kind that are kept."""

LONGEST = 60
"""Characters of a name."""


class Process(Struct, frozen=True):
    """A process: its memory in MiB; `gpu_memory` is that of GPUs, None if it is not shown to hold any."""

    pid: int
    name: str
    memory: float | None = None
    gpu_memory: float | None = None


class Disk(Struct, frozen=True):
    """A mount: its size, without what is kept for root, and what is used of it, in GiB."""

    mount: str
    size: float
    used: float

    @property
    def share(self) -> float:
        return self.used / self.size if self.size > 0 else 0.0


class Machine(Struct, frozen=True):
    """What was reported at an instant.

    processes: those that hold most memory, and all that hold GPU memory.
    hides_processes: whether GPUs hold memory and no process is shown to: a container does not see those of its host.
    """

    at: float
    processes: tuple[Process, ...] = ()
    disks: tuple[Disk, ...] = ()
    hides_processes: bool = False


_PROGRAMS = ("python", "pt_main_thread", "torchrun", "accelerate", "deepspeed", "ray::")
"""How the names of programs begin that train, where GPUs do not show theirs."""

_HEAVY = 500.0
"""MiB that a program which trains has at least."""


def training(machine: Machine) -> frozenset[int]:
    """The processes that may be the run's: those on GPUs; if GPUs show none of theirs, heavy ones of trainers."""
    if on_gpu := frozenset(process.pid for process in machine.processes if process.gpu_memory is not None):
        return on_gpu
    return frozenset(
        process.pid
        for process in machine.processes
        if process.name.startswith(_PROGRAMS) and process.memory is not None and process.memory >= _HEAVY
    )


def is_gone(before: frozenset[int], machine: Machine) -> bool:
    """Whether none of these processes is there any more, and no other one that trains."""
    return bool(machine.processes) and not training(machine) and not before & {p.pid for p in machine.processes}


def machine(at: float, apps: str, gpus: str, processes: str, disks: str) -> Machine:
    """A machine from the output of its commands; what cannot be read is left out."""
    on_gpu = {process.pid: process for process in _apps(apps)}
    others = tuple(_processes(processes))[:MOST]
    together = {process.pid: process for process in others}
    for pid, process in on_gpu.items():
        known = together.get(pid)
        together[pid] = Process(pid, process.name, known.memory if known else None, process.gpu_memory)
    rows = sorted(together.values(), key=lambda p: (-(p.gpu_memory or 0.0), -(p.memory or 0.0)))
    hides = not on_gpu and any(used > 500 for used in _used(gpus))
    return Machine(at, tuple(rows[:MOST]), tuple(_disks(disks))[:MOST], hides)


def plain(text: str, most: int = LONGEST) -> str:
    """Text of a pod as one that controls nothing, of limited length."""
    return clean(without_escapes(text[: 4 * most])).strip()[:most]


def _apps(text: str) -> Iterator[Process]:
    """pid, process_name, used_memory in MiB; the name may have commas."""
    for line in text.splitlines()[:MOST]:
        first, _, rest = line.partition(",")
        name, _, last = rest.rpartition(",")
        pid = whole_number(first.strip(), 11)
        if pid is not None:
            memory = amount(number(last.strip()))
            yield Process(pid, plain(name.strip().rpartition("/")[2]) or "?", None, memory)


def _used(text: str) -> Iterator[float]:
    """index, memory.used in MiB."""
    for line in text.splitlines()[:MOST]:
        value = amount(number(line.rpartition(",")[2].strip()))
        if value is not None:
            yield value


def _processes(text: str) -> Iterator[Process]:
    """pid, resident KiB, name."""
    for line in text.splitlines()[: 2 * MOST]:
        parts = line.split(None, 2)
        if len(parts) == 3:
            pid, resident = (whole_number(part, 14) for part in parts[:2])
            if pid is not None and resident is not None:
                yield Process(pid, plain(parts[2]) or "?", resident / 1024)


def _disks(text: str) -> Iterator[Disk]:
    """The lines of `df -kP`: a device, 1024-blocks, used, available, capacity, and the mount."""
    seen = set()
    for line in text.splitlines()[: 2 * MOST]:
        parts = line.split(None, 5)
        if len(parts) != 6:
            continue
        size, used, available = (whole_number(part, 17) for part in parts[1:4])
        mount = plain(parts[5])
        if size and used is not None and available is not None and mount and mount not in seen:
            seen.add(mount)
            # What is kept for root is no room of a run: of a disk without any left, 95 % of its blocks may be used.
            yield Disk(mount, (used + available) / 2**20, used / 2**20)
