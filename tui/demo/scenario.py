"""The pods of the simulated world at its start: six pods that each show a case, and any number of others."""

from __future__ import annotations

from tui.demo.catalogue import PLACES, gpu_types
from tui.demo.pods import HOUR, NEVER, VOLUME, Membership, SimPod, js_date
from tui.demo.random_walk import chance, mix

OUTBID_AFTER = 150.0
"""Seconds after opening at which the interruptible pod of the scenario loses its machine."""

HANGS_FOR, ENDED_BEFORE, RENTED_AFTER, NAN_AFTER = 2700.0, 260.0, 70.0, 210.0
"""Of the episodes: seconds for which a run hangs by the opening, since when another has ended, after which a pod is
rented, and after which the loss of its run is no number."""


def story(opened: float) -> list[SimPod]:
    """Six pods that each show a case, as they are an hour before the demo is `opened`."""
    types = gpu_types()
    day = 24 * HOUR
    texas, romania, sweden, kansas = PLACES[0], PLACES[3], PLACES[4], PLACES[2]

    def rented(at: float) -> str:
        return f"Rented by User: {js_date(at)}"

    pods = [
        SimPod(
            "k3v9x0q2m1a7ze", "llama-70b-pretrain", types["NVIDIA H100 80GB HBM3"], 8, texas, 2.99, "train",
            opened - 2.3 * day, volume_gb=0, disk_gb=200, network_volume=VOLUME,
        ),
        SimPod(
            "p8d2n5c1r4t6yw", "mixtral-8x7b-sft", types["NVIDIA A100-SXM4-80GB"], 4, sweden, 1.74, "straggle",
            opened - 9.4 * HOUR, volume_gb=500, free_gpus=4,
        ),
        SimPod(
            "z1x2c3v4b5n6m7", "qwen-eval-sweep", types["NVIDIA GeForce RTX 4090"], 2, romania, 0.69, "burst",
            opened - 6.1 * HOUR, ended=opened - 56 * 60,
        ),
        SimPod(
            "q9w8e7r6t5y4u3", "flux-lora-train", types["NVIDIA L40S"], 1, kansas, 0.86, "train",
            opened - 26 * 60, boot=NEVER, image="ghcr.io/acme/flux-trainer:nightly",
        ),
        SimPod(
            "a1s2d3f4g5h6j7", "distill-student", types["NVIDIA GeForce RTX 4090"], 1, romania, 0.20, "train",
            opened - 3.2 * HOUR, spot=True, secure=False, bid=0.20, outbid_at=opened + OUTBID_AFTER,
        ),
        SimPod(
            "m5n4b3v2c1x0z9", "dataset-prep", types["NVIDIA A40"], 1, kansas, 0.40, "burst",
            opened - 5.5 * day, status="EXITED", stopped=opened - 3 * day, volume_gb=200,
        ),
    ]  # fmt: skip
    for pod in pods:
        pod.created = pod.started or opened
        pod.change = rented(pod.created) if pod.stopped is None else f"Exited by user: {js_date(pod.stopped)}"
    return pods


def episodes(opened: float) -> list[SimPod]:
    """Three pods beyond the six, for a visitor who looks for some minutes: what is dear and looks like work, a run that
    ends, and a bill that jumps."""
    types = gpu_types()
    texas, sweden = PLACES[0], PLACES[4]
    pods = [
        SimPod(
            "h8u7n6g5x4w3v2", "deepseek-grpo", types["NVIDIA H100 80GB HBM3"], 8, texas, 2.99, "train",
            opened - 7.6 * HOUR, volume_gb=0, disk_gb=200, network_volume=VOLUME,
            ended=opened - HANGS_FOR, after="hung",
        ),
        SimPod(
            "w2h1i3s4p5e6r7", "whisper-finetune", types["NVIDIA A100 80GB PCIe"], 2, sweden, 1.64, "train",
            opened - 5.2 * HOUR, ended=opened - ENDED_BEFORE, after="empty",
        ),
        SimPod(
            "o4l3m2o1a9b8l7", "olmo-ablation", types["NVIDIA H100 80GB HBM3"], 4, texas, 2.99, "train",
            opened + RENTED_AFTER, nan_at=opened + NAN_AFTER,
        ),
    ]  # fmt: skip
    for pod in pods:
        pod.created = pod.started or opened
        pod.change = f"Rented by User: {js_date(pod.created)}"
    return pods


_WORDS = ("train", "sft", "dpo", "eval", "embed", "infer", "tune", "grpo")
_MODELS = ("llama", "qwen", "mistral", "gemma", "flux", "whisper", "phi", "clip", "sdxl", "olmo")
_COUNTS = (1, 1, 1, 1, 2, 2, 4, 8)


def crowd(seed: int, count: int, opened: float) -> list[SimPod]:
    """Further pods, drawn from the seed."""
    types = [t for t in gpu_types().values() if t.secure and t.secure_price >= 0.2]
    pods = []
    for n in range(count):
        draw = chance(seed, "crowd", n)
        gpu = types[mix(seed, n, "gpu") % len(types)]
        gpus = min(_COUNTS[mix(seed, n, "count") % len(_COUNTS)], gpu.max_count)
        started = opened - (0.5 + 90 * chance(seed, n, "age")) * HOUR
        name = f"{_MODELS[mix(seed, n, 'model') % len(_MODELS)]}-{_WORDS[mix(seed, n, 'word') % len(_WORDS)]}-{n:03d}"
        pod = SimPod(
            f"{mix(seed, 'id', n):016x}"[:14], name, gpu, gpus, PLACES[mix(seed, n, "place") % len(PLACES)],
            gpu.secure_price, ("train", "train", "burst", "straggle")[mix(seed, n, "work") % 4],
            started, created=started, change=f"Rented by User: {js_date(started)}",
            free_gpus=mix(seed, n, "free") % 5,
        )  # fmt: skip
        if draw < 0.12:
            pod.status, pod.stopped = "EXITED", started + 0.4 * HOUR
            pod.change = f"Exited by user: {js_date(pod.stopped)}"
        elif draw < 0.2:
            pod.ended = opened - 3 * HOUR * chance(seed, n, "ended")
        pods.append(pod)
    _join(pods[_CLUSTERED])
    return pods


_CLUSTERED = slice(60, 64)
"""Of the further pods, those that are one cluster; a world of few pods has none."""


def _join(members: list[SimPod]) -> None:
    """Make one cluster of these pods: each as the first one is."""
    for rank, pod in enumerate(members if len(members) > 1 else ()):
        first = members[0]
        pod.gpu, pod.count, pod.place, pod.price = first.gpu, first.count, first.place, first.price
        pod.member = Membership("c7n2w5x8r1k4", rank, f"10.65.0.{rank + 2}")
