"""What the programs in simulated containers write: a training run, an evaluation, and their troubles."""

from __future__ import annotations

import math

from tui.demo.pods import NEVER, SimPod, gpu_load
from tui.demo.random_walk import chance, mix, wander

WRITER = {"train": "trainer", "straggle": "trainer", "burst": "eval", "idle": "main"}
"""The part of a program that writes, by the kind of its work."""

_BUSY = 40
"""Percent of utilization below which a run is not training: it saves, or evaluates."""

_TASKS = ("mmlu", "gsm8k", "hellaswag", "arc-easy", "truthfulqa", "humaneval", "winogrande")


def written(pod: SimPod, at: float, up: float, seed: int, number: int, draw: int) -> str:
    """A line of a container at an instant: the one with this number since its start, `up`, and its random number."""
    if number < len(_OPENING):
        return f"INFO  {WRITER[pod.work]}: {_OPENING[number].format(gpus=pod.count, seed=seed)}"
    trouble = _trouble(draw % 1000)
    if trouble:
        return trouble
    return _evaluation(pod, at, seed, number) if pod.work == "burst" else _training(pod, at, up, seed, number)


_OPENING = (
    "reading config from /workspace/config.yaml",
    "world size {gpus}, bf16, seed {seed}",
    "dataset: 1,284 shards, 412 of them cached",
    "compiling the model, this takes a while",
)


def _training(pod: SimPod, at: float, up: float, seed: int, number: int) -> str:
    """As its GPUs show it: in a dip of their load it saves or evaluates."""
    step_s = 0.6 + 1.2 * chance(seed, pod.id, "step")
    step = int((at - up) / step_s)
    total = _total(pod, up, step_s)
    if pod.count and gpu_load(pod, at, 0, seed)[0] < _BUSY:
        if number % 3:
            return f"INFO  trainer: step {step}/{total} | saving checkpoint, shard {number % 8 + 1}/8"
        return f"INFO  eval: step {step}/{total} | eval_loss {loss(step, seed, pod.id) + 0.07:.4f}"
    noise = 0.03 * (wander(at, 20, seed, pod.id, "loss") - 0.5)
    tokens = (3.2 + 0.5 * wander(at, 60, seed, pod.id, "speed")) * max(1, pod.count)
    rate = 3e-4 * min(1.0, (step + 1) / 2000) * max(0.1, 1 - step / 400_000)
    is_nan = at >= pod.nan_at
    now = "nan" if is_nan else f"{loss(step, seed, pod.id) + noise:.4f}"
    norm = "nan" if is_nan else f"{0.4 + 0.8 * wander(at, 30, seed, pod.id, 'norm'):.2f}"
    shown = f"INFO  trainer: step {step}/{total} | loss {now} | lr {rate:.2e} | grad_norm {norm} | {tokens:.1f}k tok/s"
    if pod.work == "straggle" and number % 7 == 0:
        return f"{shown} | rank {max(0, pod.count - 2)} {1 + 2 * chance(seed, pod.id, number, 'late'):.1f} s behind"
    return shown


def _total(pod: SimPod, up: float, step_s: float) -> int:
    """The steps of a run: as many as it takes until it ends, or some days."""
    if pod.ended < NEVER and pod.after != "hung":
        return max(1, int((pod.ended - up) / step_s))
    return 50_000 * (1 + mix(pod.id, "total") % 8) + 200_000


def loss(step: int, seed: int, pod_id: str) -> float:
    """The loss of a run at a step: it falls, and flattens out."""
    floor = 1.4 + 0.8 * chance(seed, pod_id, "floor")
    return floor + 8.5 * math.exp(-((step + 1) ** 0.35) / 4)


def _evaluation(pod: SimPod, at: float, seed: int, number: int) -> str:
    task = _TASKS[number // 40 % len(_TASKS)]
    right = 0.35 + 0.5 * chance(seed, pod.id, task)
    swing = 0.02 * (wander(at, 120, seed, pod.id, "acc") - 0.5)
    return f"INFO  eval: {task} | batch {number % 40 + 1}/40 | acc {right + swing:.3f}"


def _trouble(draw: int) -> str | None:
    """A warning now and then, an error hardly ever; drawn from 1000."""
    if draw < 12:
        worker, slow = draw % 8, 2 + draw / 4
        return f"WARNING data: worker {worker} took {slow:.1f} s for a batch"
    if draw < 14:
        return f"ERROR net: download of a shard failed (attempt {draw - 11}/5): connection reset by peer"
    return None
