"""A live pod's sample as the bytes of a series, made in one go: once for each response, in memory and recording."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tui.store.metrics import CONTAINER, GPU, LATEST, Metric, fresh, reader, sample
from tui.store.series import pack, packed

if TYPE_CHECKING:
    from tui.api.models import Pod

_MOST = 4096


class PackedSample(NamedTuple):
    """The names of the series, the same object for pods with the same GPUs, and the byte of each."""

    names: tuple[str, ...]
    row: bytes


class _Bytes(dict[float | None, int]):
    """`pack` by value, of series with these steps: most values of very many pods are the same few."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __missing__(self, value: float | None) -> int:
        if len(self) >= _MOST:
            self.clear()
        self[value] = byte = pack(self._name, value)
        return byte


@cache
def _byte_of(metric: Metric) -> Callable[[float | None], int]:
    return _Bytes(metric.prefix or metric.name).__getitem__


_CONTAINER = tuple((_byte_of(metric), reader(metric)) for metric in CONTAINER)
_GPU = tuple((_byte_of(metric), metric.pooled, reader(metric)) for metric in GPU)
_LATEST = tuple((_byte_of(metric), reader(metric)) for metric in LATEST)


@lru_cache(maxsize=1024)
def _names(gpus: int, latest: int) -> tuple[str, ...]:
    """The names of the series of a pod of which all is known, in their order."""
    names = [metric.name for metric in CONTAINER]
    for metric in GPU:
        names += (metric.name, *map(metric.of_gpu, range(gpus)))
    for metric in LATEST:
        names += map(metric.of_gpu, range(latest))
    return tuple(names)


@lru_cache(maxsize=1024)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    return names


def packed_sample(pod: Pod, at: float) -> PackedSample:
    """`sample` of a pod, packed."""
    runtime, latest = pod.runtime, fresh(pod, at)
    if runtime is None:
        return PackedSample((), b"")
    row = bytearray([byte(read(runtime)) for byte, read in _CONTAINER])
    gpus = runtime.gpus
    for byte, pooled, read in _GPU:
        readings = list(map(read, gpus))
        row.append(byte(pooled(readings)))
        row.extend(map(byte, readings))
    if latest:
        for byte, read in _LATEST:
            readings = list(map(read, latest))
            if None in readings:
                values = sample(pod, at)
                return PackedSample(_shared(tuple(values)), packed(values))
            row.extend(map(byte, readings))
    return PackedSample(_names(len(gpus), len(latest)), bytes(row))
