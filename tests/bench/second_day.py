"""A second day of planted wastes, on which nothing was tuned: other machines, other shapes of wastes, other work.

It is run by `python -m tests.bench.attention --day 2`, and has what that day has: a waste in each planted pod from some
hour on, pods at work, and grey ones of which nobody knows whether they are wasted.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from tests.bench.attention import RENTED, Machine, Plant, Scene
from tests.store.pods_at_work import HOUR, NOW, UNKNOWN, Gpu, box
from tui.api.models import Pod
from tui.api.status_change import StatusChange

Draw = random.Random
Shape = Callable[[float, Draw, Machine], list[Gpu]]
"""What the GPUs show, by seconds since the waste began."""

MACHINES = {
    "h8": Machine("H100 SXM", 8, 23.92), "h1": Machine("H100 NVL", 1, 2.79), "h4": Machine("H100 PCIe", 4, 9.56),
    "a8": Machine("A100 SXM", 8, 13.92), "a2": Machine("A100 PCIe", 2, 3.28), "l40": Machine("L40", 2, 1.98),
    "l40s": Machine("L40S", 4, 3.44), "6000": Machine("RTX 6000 Ada", 2, 1.54), "b8": Machine("B200", 8, 47.9),
    "a5000": Machine("RTX A5000", 1, 0.27), "3090": Machine("RTX 3090", 4, 1.84), "5090": Machine("RTX 5090", 1, 0.94),
    "h200": Machine("H200 SXM", 4, 15.96), "a40": Machine("A40", 4, 1.6), "2000": Machine("RTX 2000 Ada", 1, 0.24),
}  # fmt: skip


def within(value: float, low: float = 0.0, high: float = 100.0) -> float:
    return max(low, min(high, value))


def gpu(draw: Draw, m: Machine, util: float, spread: float, memory: float, share: float, by: float = 0.02) -> Gpu:
    """One GPU that works about so much."""
    watts = m.nominal * within(draw.gauss(share, by), 0.06, 1.02)
    return Gpu(round(within(draw.gauss(util, spread))), memory, round(watts), round(31 + 45 * share))


def each(m: Machine, one: Callable[[int], Gpu]) -> list[Gpu]:
    return [one(number) for number in range(m.count)]


def work(draw: Draw, m: Machine, memory: float = 86) -> list[Gpu]:
    return each(m, lambda _: gpu(draw, m, 93, 5, memory, 0.74, 0.08))


def rest(memory: float, share: float = 0.17) -> Shape:
    def shape(_: float, d: Draw, m: Machine) -> list[Gpu]:
        return each(m, lambda _: Gpu(0, memory, round(m.nominal * d.uniform(share - 0.01, share + 0.01)), 36))

    return shape


def none(_: float, d: Draw, m: Machine) -> list[Gpu]:
    return each(m, lambda _: Gpu(0, 0, round(m.nominal * d.uniform(0.09, 0.11)), 30))


def stands(memory: float, low: int, high: int) -> Shape:
    """All at full load by name, with few watts."""
    return lambda s, d, m: each(m, lambda _: Gpu(100, memory, d.randrange(low, high), 40))


def lags(which: Callable[[float], tuple[int, ...]], util: Callable[[float], float]) -> Shape:
    def shape(s: float, d: Draw, m: Machine) -> list[Gpu]:
        slow = which(s)
        return each(
            m, lambda i: gpu(d, m, util(s), 5, 86, 0.5) if i in slow else gpu(d, m, 94, 4, 86, 0.74, 0.06)
        )  # fmt: skip

    return shape


def by_turns(period: float, first: float, one: Shape, other: Shape) -> Shape:
    """One shape for the first seconds of each period, then the other."""
    return lambda s, d, m: one(s, d, m) if s % period < first else other(s, d, m)


def at_work_of(memory: float) -> Shape:
    return lambda s, d, m: work(d, m, memory)


class Odd(NamedTuple):
    """What else is odd in a pod, by seconds since the waste began."""

    pod: Callable[[Pod, float, Draw], Pod] | None = None
    cpu: Callable[[float, Draw], float] | None = None
    memory: Callable[[float, Draw], float] | None = None
    up: Callable[[float], float] | None = None
    count: int | None = None


NOT_ODD = Odd()
PHASED = ("idle", "waiting", "straggler")
"""Kinds whose shapes repeat, and begin anywhere."""


def plants(seed: int, step: float) -> list[Plant]:
    draw = Draw(7700 + seed)
    made: list[Plant] = []

    def plant(
        id: str, on: str, kind: str, shape: Shape, odd: Odd = NOT_ODD, *, rings: bool = True, at: float = -1
    ) -> None:  # fmt: skip
        m, hour, phase = MACHINES[on], draw.uniform(1.3, 11) if at < 0 else at, draw.uniform(0, 1000)

        def scene(seconds: float, d: Draw) -> Pod:
            since = seconds - hour * HOUR
            gpus = shape(since + phase * (kind in PHASED), d, m) if since >= 0 else work(d, m)
            more: dict[str, object] = {"cpu": odd.cpu(since, d) if odd.cpu else within(d.gauss(18, 8))}
            if odd.memory:
                more["memory"] = odd.memory(since, d)
            if odd.up:
                more["up"] = 10 * HOUR if since < 0 else -(hour * HOUR + odd.up(since))
            pod = box(
                *gpus, at=NOW + seconds, id=id, gpu=m.gpu, cost=m.cost, change=RENTED, count=odd.count, **more
            )  # type: ignore[arg-type]  # fmt: skip
            return odd.pod(pod, since, d) if odd.pod and since >= 0 else pod

        made.append(Plant(id, m, hour, kind, rings, scene))

    plant("i-blip", "6000", "idle", lambda s, d, m: each(
        m, lambda i: Gpu(14 if i == 0 and s % 1020 < 5 and s > 90 else 0, 44, 60, 40)))  # fmt: skip
    plant("i-ones", "h1", "idle", lambda s, d, m: [Gpu(d.choice((0, 0, 1)), 71, 118, 36)])
    plant("i-wobble", "h4", "idle", lambda s, d, m: each(m, lambda _: Gpu(0, round(50 + 3 * (s // 200 % 2)), 61, 33)))
    plant("i-loads", "a8", "idle", rest(77), Odd(cpu=lambda s, d: within(d.gauss(93, 4)) if s >= 0 else 20))
    plant("i-partly-known", "3090", "idle", lambda s, d, m: [Gpu(0, 60, 34, 40)] * 2 + [Gpu(None, 60, 34, 40)] * 2)
    plant("i-left-behind", "a8", "idle", lambda s, d, m: [Gpu(0, 63, 75, 34), *[Gpu(0, 0, 55, 30)] * 7])
    plant("i-nulls", "l40s", "idle", rest(52), Odd(lambda pod, s, d: _without_util(pod) if d.random() < 0.2 else pod))
    plant("e-cheap", "2000", "run-ended", rest(0, 0.1))
    plant("e-slow", "h8", "run-ended", lambda s, d, m: each(
        m, lambda _: Gpu(0, round(within(86 - s / 5.5)), 100 if s < 480 else 70, 34)))  # fmt: skip
    plant("e-5090", "5090", "run-ended", none)
    plant("e-context", "b8", "run-ended", lambda s, d, m: each(m, lambda i: Gpu(0, 1 if i < 4 else 0, 170, 34)))
    plant("e-cpu", "h200", "run-ended", none, Odd(cpu=lambda s, d: within(d.gauss(70, 10)) if 0 < s < 900 else 12))
    plant("h-rank0", "h8", "hung", lambda s, d, m: [Gpu(0, 80, 137, 37), *stands(80, 147, 159)(s, d, m)[1:]])
    plant("h-flips", "a8", "hung", lambda s, d, m: each(
        m, lambda i: Gpu(100 if (i + int(s // step)) % 2 else 0, 80, d.randrange(84, 97), 38)))  # fmt: skip
    plant("h-creeps", "h200", "hung", lambda s, d, m: each(
        m, lambda _: Gpu(100, 80, round(within(146 + s / 900, 146, 168) + d.uniform(-3, 3)), 40)))  # fmt: skip
    plant("h-l40s", "l40s", "hung", stands(66, 70, 86))
    plant("h-one-of-2", "a2", "hung", lambda s, d, m: [Gpu(100, 55, d.randrange(62, 71), 41), Gpu(0, 55, 52, 35)])
    plant("h-blips", "h8", "hung", stands(80, 148, 158), Odd(
        lambda pod, s, d: replace(pod, telemetry=None) if d.random() < 0.12 else pod))  # fmt: skip
    plant("l-two", "b8", "latched", lambda s, d, m: [Gpu(100, 0, 108, 33)] * 2 + [Gpu(0, 0, 95, 31)] * 6)
    plant("l-3090", "3090", "latched", stands(0, 31, 32))
    plant("w-often", "h8", "waiting", by_turns(75, 45, stands(80, 147, 160), at_work_of(80)), rings=False)
    plant("w-long", "a8", "waiting", by_turns(700, 500, stands(80, 84, 96), at_work_of(80)), rings=False)
    plant("s-fades", "h8", "straggler", lags(lambda s: (4,), lambda s: max(48, 94 - s / HOUR * 20)))
    plant("s-moves", "a8", "straggler", lags(lambda s: (2 if s // 5400 % 2 else 5,), lambda s: 55))
    plant("s-four", "a40", "straggler", lags(lambda s: (1,), lambda s: 33))
    plant("s-saves", "h8", "straggler", by_turns(1800, 100, rest(86), lags(lambda s: (0, 6), lambda s: 58)))
    plant("u-half", "l40", "unused-gpu", lambda s, d, m: [gpu(d, m, 95, 3, 80, 0.8), Gpu(0, 0, 30, 30)], rings=False)
    plant("u-context", "h8", "unused-gpu", lambda s, d, m: work(d, m)[:5] + [Gpu(0, 1, 115, 33)] * 3, rings=False)
    plant("n-bursts", "h4", "under-used", lambda s, d, m: (
        each(m, lambda _: gpu(d, m, 88, 6, 60, 0.5)) if d.random() < 0.13 else [Gpu(3, 60, 90, 38)] * 4
    ), Odd(cpu=lambda s, d: within(d.gauss(92, 5))), rings=False)  # fmt: skip
    plant("n-flat", "h1", "under-used", lambda s, d, m: [gpu(d, m, 24, 4, 35, 0.33)], rings=False)
    plant("m-three", "a8", "missing-gpu", lambda s, d, m: work(d, m)[:5], Odd(count=8))
    plant("m-null", "h200", "missing-gpu", lambda s, d, m: [UNKNOWN, *work(d, m)[:3]], Odd(count=4))
    works = at_work_of(86)
    plant("c-saws", "h4", "memory", works, Odd(
        memory=lambda s, d: within(38 + max(0, s) / HOUR * 6 + 1.2 * (s % 240 / 240), 0, 99)))  # fmt: skip
    plant("c-slow", "a2", "memory", works, Odd(
        memory=lambda s, d: within(62 + max(0, s) / HOUR * 3.2 + d.uniform(-0.6, 0.6), 0, 99)))  # fmt: skip
    plant("c-jumps", "6000", "memory", works, Odd(memory=lambda s, d: 61 if s < 0 else 96.5))
    plant("r-fast", "l40s", "crash-loop", works, Odd(up=lambda s: s // 480 * 480))
    plant("r-slow", "h8", "crash-loop", works, Odd(up=lambda s: s // 9000 * 9000))
    plant("r-boots", "a40", "crash-loop", works, Odd(
        lambda pod, s, d: _without_runtime(pod) if s % 1500 < 70 else pod, up=lambda s: s // 1500 * 1500))  # fmt: skip
    plant("x-lost", "h1", "lost-container", works, Odd(lambda pod, s, d: _without_runtime(pod)))
    plant("x-zero", "a40", "zero-gpu", works, Odd(lambda pod, s, d: _without_gpus(pod)))
    plant(
        "x-hot", "3090", "hot", lambda s, d, m: [g._replace(temp=d.randrange(86, 92)) for g in work(d, m)], rings=False
    )
    plant("x-pulls", "h4", "boot", none, Odd(_pulls), at=0.0)
    plant("x-outbid", "a5000", "outbid", none, Odd(lambda pod, s, d: _outbid(pod, made[-1].at)))
    return made


def _without_util(pod: Pod) -> Pod:
    assert pod.runtime is not None
    return replace(pod, runtime=replace(pod.runtime, gpus=tuple(replace(g, util=None) for g in pod.runtime.gpus)))


def _without_runtime(pod: Pod) -> Pod:
    return replace(pod, runtime=None, telemetry=None)


def _without_gpus(pod: Pod) -> Pod:
    assert pod.runtime is not None
    return replace(pod, gpu_count=0, runtime=replace(pod.runtime, gpus=()), telemetry=None)


def _pulls(pod: Pod, since: float, draw: Draw) -> Pod:
    """Its image is pulled for ever: RunPod reports a runtime that has yet to begin."""
    assert pod.runtime is not None
    change = StatusChange("Rented by User: Mon Nov 23 2026 11:58:00 GMT+0000 (Coordinated Universal Time)")
    runtime = replace(pod.runtime, uptime=-draw.randrange(3, 17), gpus=())
    return replace(pod, status_change=change, runtime=runtime, telemetry=None)


def _outbid(pod: Pod, at: float) -> Pod:
    when = datetime.fromtimestamp(NOW + at, UTC)
    change = StatusChange(f"Outbid: {when:%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)")
    return replace(pod, status="EXITED", runtime=None, telemetry=None, status_change=change)


# At work, and grey

LIVES = (
    (("train", 1200, 3300), ("eval", 120, 420)),
    (("rollout", 150, 320), ("train", 90, 200), ("rest", 20, 95)),
    (("train", 1800, 3000), ("gone", 90, 235)),
    (("train", 480, 1800), ("save", 40, 190)),
    (("pipeline", 3600, 7200), ("rest", 30, 180)),
    (("serve", 3600, 10800),),
    (("accumulate", 3600, 7200), ("rest", 25, 186)),
    (("train", 900, 5400), ("compile", 60, 400)),
    (("train", 2400, 6000), ("gone", 60, 200), ("load", 100, 225)),
    (("train", 600, 3000), ("save", 20, 120), ("eval", 60, 200)),
)
"""What pods at work do in turn, and for how many seconds."""


def at_work(seed: int, number: int, seconds: float) -> Scene:
    draw = Draw(f"W{seed}-{number}")
    m, parts, at = MACHINES[draw.choice(("h8", "a8", "h200", "h4", "l40s"))], list[tuple[float, str]](), 0.0
    while at < seconds:
        for does, low, high in LIVES[number % len(LIVES)]:
            parts.append((at, does))
            at += draw.uniform(low, high)
    here = 0

    def scene(t: float, d: Draw) -> Pod:
        nonlocal here
        while here + 1 < len(parts) and t >= parts[here + 1][0]:
            here += 1
        begun, does = parts[here]
        cpu = within(d.gauss(85, 8) if does == "compile" else d.gauss(25, 10))
        memory = within(45 + 2 * (t // 600 % 3) + d.uniform(-1, 1))
        return box(
            *_doing(does, t - begun, d, m), at=NOW + t, id=f"work-{number}", gpu=m.gpu, cost=m.cost, change=RENTED,
            cpu=cpu, memory=memory,
        )  # fmt: skip

    return scene


def _doing(does: str, since: float, d: Draw, m: Machine) -> list[Gpu]:
    watts = m.nominal
    match does:
        case "train":
            return work(d, m)
        case "eval":
            return each(m, lambda _: gpu(d, m, 55, 20, 84, 0.5, 0.1))
        case "rollout":
            return each(m, lambda _: gpu(d, m, 72, 12, 90, 0.42, 0.06))
        case "rest":
            return each(m, lambda _: Gpu(0, 86, round(watts * 0.17), 37))
        case "gone":
            return none(0, d, m)
        case "save":
            waits = each(m, lambda _: Gpu(100, 86, round(watts * d.uniform(0.205, 0.232)), 40))
            return [Gpu(d.randrange(0, 8), 86, round(watts * 0.18), 38), *waits[1:]]
        case "pipeline":
            return each(m, lambda i: gpu(d, m, 93 - (5 if m.count == 4 else 3) * i, 5, 80, 0.7, 0.08))
        case "serve":
            return each(m, lambda _: gpu(d, m, 62, 22, 92, 0.4, 0.1))
        case "accumulate":
            return each(m, lambda _: gpu(d, m, d.choice((100, 100, 70, 20)), 8, 80, 0.65, 0.15))
        case "compile":
            return each(m, lambda _: Gpu(0, 40, round(watts * 0.16), 35))
    return each(m, lambda _: Gpu(0, round(min(70, since / 2.8)), round(watts * 0.165), 35))


def grey(seed: int, number: int, step: float) -> Scene:
    """A notebook, a server by day and by night, a nightly job, a sweep, a loader: wasted or not, nobody knows."""
    draw, kind = Draw(f"G{seed}-{number}"), number % 5
    m = MACHINES[draw.choice(("a5000", "6000", "h1", "5090", "a2"))]
    busy, left, last = False, 0.0, 0.0

    def turn(on: Callable[[], float], off: Callable[[], float]) -> bool:
        nonlocal busy, left
        if left <= 0:
            busy = not busy
            left = on() if busy else off()
        return busy

    def scene(t: float, d: Draw) -> Pod:
        nonlocal left, last
        left, last = left - (t - last), t
        cpu = d.uniform(2, 25)
        match kind:
            case 0:
                on = turn(lambda: draw.expovariate(1 / 180), lambda: draw.lognormvariate(5.6, 1.2))
                gpus = each(m, lambda _: gpu(d, m, 70, 20, 45, 0.6, 0.1)) if on else rest(45)(0, d, m)
            case 1:
                asked = 1 - (1 - (0.015 if 1 < t / HOUR % 24 < 7 else 0.2)) ** (step / 10)
                on = d.random() < asked
                gpus = each(m, lambda _: gpu(d, m, 55, 25, 88, 0.45, 0.1)) if on else rest(88)(0, d, m)
            case 2:
                on = (t + 2500 * number) % (8 * HOUR) >= 1.5 * HOUR
                gpus, cpu = (work(d, m), cpu) if on else (none(0, d, m), 65.0)
            case 3:
                on = turn(lambda: draw.uniform(60, 240), lambda: draw.uniform(700, 1500))
                gpus = each(m, lambda _: gpu(d, m, 85, 8, 50, 0.6)) if on else rest(50)(0, d, m)
            case _:
                on = turn(lambda: draw.uniform(600, 2400), lambda: draw.uniform(300, 1300))
                gpus, cpu = (work(d, m), cpu) if on else (rest(30)(0, d, m), 90.0)
        return box(*gpus, at=NOW + t, id=f"grey-{number}", gpu=m.gpu, cost=m.cost, change=RENTED, cpu=cpu)

    return scene


def scenes(seed: int, step: float, seconds: float) -> dict[str, Scene]:
    """The pods beside the planted ones."""
    return {f"work-{n}": at_work(seed, n, seconds) for n in range(10)} | {
        f"grey-{n}": grey(seed, n, step) for n in range(10)
    }
