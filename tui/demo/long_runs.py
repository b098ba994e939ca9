"""What GPUs do over hours, for history of a sample every few minutes: what is shorter than that would be chance in it.

Checkpoints of half a minute are hit by one sample in some, and charts of a day become combs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from tui.demo.random_walk import chance, wander

_HOUR = 3600.0
_EVALUATION = 840.0
"""Seconds of an evaluation at the end of each epoch."""


class Job(Protocol):
    """A pod, as far as its load depends on it."""

    id: str
    count: int
    created: float


def training(pod: Job, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """Epochs of some hours, each of which ends with an evaluation; the pace varies with the data."""
    epoch = _HOUR * (2.5 + 3 * chance(seed, pod.id, "epoch hours"))
    level = 88 + 6 * wander(t, 5400, seed, pod.id, "pace") + 3 * wander(t, 700, seed, pod.id, gpu)
    if (t - pod.created) % epoch > epoch - _EVALUATION:
        level *= 0.5 + 0.12 * wander(t, 600, seed, pod.id, "evaluation")
    return level, 88 + 2 * wander(t, 5400, seed, pod.id, gpu, "m")


def straggling(pod: Job, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """The last GPU but one lags behind the others, which wait for it now and then."""
    level, memory = training(pod, t, gpu, seed)
    if gpu == max(0, pod.count - 2):
        level *= 0.42 + 0.1 * wander(t, 3600, seed, pod.id, "lag")
    else:
        level -= 10 * wander(t, 2400, seed, pod.id, gpu, "wait")
    return level, memory - 12


def serving(pod: Job, t: float, gpu: int, seed: int) -> tuple[float, float]:
    """More and less to do in the course of hours."""
    wave = wander(t, 4800, seed, pod.id, "demand")
    return 22 + 58 * wave + 8 * wander(t, 900, seed, pod.id, gpu), 35 + 30 * wander(t, 5400, seed, pod.id)


LONG_RUNS: Mapping[str, Callable[[Job, float, int, int], tuple[float, float]]] = {
    "train": training, "straggle": straggling, "burst": serving,
}  # fmt: skip
"""By the name of the work; what is not here is the same over minutes and hours."""
