"""A day of an account with a planted waste in each pod, beside pods at work and grey ones: which are named, and rung.

Polls go through the fleet, the tracker and the policy of ringing, on virtual time, with failed polls, polls without
values, an outage, a laptop that sleeps, and restarts of podtop that begin again from a recording.

    python -m tests.bench.attention [--step 10] [--hours 24] [--seed 1] [--day 1]
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from tests.make import funds, snapshot
from tests.store.pods_at_work import HOUR, MINUTE, NOW, UNKNOWN, Gpu, box, looped
from tui.api.errors import Unreachable
from tui.api.models import Pod, Snapshot
from tui.commands.recall import recall
from tui.domain.events import Event
from tui.domain.gpu_power import nominal_w
from tui.domain.ringing import RingState, Seen, step
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.store.alert_kinds import KINDS
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import Fleet

Scene = Callable[[float, random.Random], Pod]
RICH = funds(1e6, 100.0)


class Machine:
    """A pod's make: GPU type, how many, dollars per hour."""

    def __init__(self, gpu: str, count: int, cost: float | None) -> None:
        self.gpu, self.count, self.cost = gpu, count, cost
        self.nominal = nominal_w(gpu) or 300.0

    def gpus(self, draw: random.Random, util: float, memory: float, share: float, spread: float = 3.0) -> list[Gpu]:
        return [
            Gpu(
                round(min(100.0, max(0.0, draw.gauss(util, spread if util else 0.0)))), round(memory),
                round(self.nominal * share * draw.uniform(0.96, 1.04)), round(34 + 40 * share),
            )
            for _ in range(self.count)
        ]  # fmt: skip

    def works(self, draw: random.Random) -> list[Gpu]:
        return self.gpus(draw, 94, 78, 0.82, 5)

    def held(self, draw: random.Random, memory: float = 78) -> list[Gpu]:
        return self.gpus(draw, 0, memory, 0.165)

    def empty(self, draw: random.Random) -> list[Gpu]:
        return self.gpus(draw, 0, 0, 0.1)

    def waits(self, draw: random.Random) -> list[Gpu]:
        return self.gpus(draw, 100, 78, 0.215, 0)


H8 = Machine("H100 SXM", 8, 23.92)
A8 = Machine("A100 SXM", 8, 13.92)
H1 = Machine("H100 PCIe", 1, 2.39)
R4 = Machine("RTX 4090", 4, 2.76)
A40 = Machine("A40", 1, 0.40)
B8 = Machine("B200", 8, 47.92)
L40S = Machine("L40S", 2, 1.72)
RENTED = "Rented by User: Mon Nov 23 2026 02:00:00 GMT+0000 (Coordinated Universal Time)"


class Plant:
    """A waste in a pod from an hour of the day on: what names it, and whether it is to ring."""

    def __init__(self, id: str, machine: Machine, from_hour: float, kind: str, rings: bool, scene: Scene) -> None:
        self.id, self.machine, self.at, self.kind, self.rings, self.scene = (
            id, machine, from_hour * HOUR, kind, rings, scene,
        )  # fmt: skip


def plants() -> list[Plant]:
    found: list[Plant] = []

    def plant(
        id: str, machine: Machine, hour: float, kind: str, rings: bool,
        gpus: Callable[[float, random.Random], list[Gpu]],
        before: Callable[[random.Random], list[Gpu]] | None = None, **more: object,
    ) -> None:  # fmt: skip
        def scene(seconds: float, draw: random.Random) -> Pod:
            since = seconds - hour * HOUR
            values = gpus(since, draw) if since >= 0 else (before or machine.works)(draw)
            odd = {key: value(since) if callable(value) else value for key, value in more.items()}
            return box(*values, at=NOW + seconds, id=id, gpu=machine.gpu, cost=machine.cost, change=RENTED, **odd)  # type: ignore[arg-type]

        found.append(Plant(id, machine, hour, kind, rings, scene))

    plant("idle-held", H8, 3, "idle", True, lambda s, d: H8.held(d))
    plant("idle-cheap", A40, 5, "idle", True, lambda s, d: A40.held(d, 30))
    plant(
        "idle-blips",
        A8,
        6,
        "idle",
        True,
        lambda s, d: A8.gpus(d, 40, 78, 0.3) if s % 540 < 8 and s > 60 else A8.held(d),
    )
    plant("idle-untold", R4, 7, "idle", True, lambda s, d: [*R4.held(d)[:3], Gpu(None, 78, 75)])
    plant(
        "idle-loading",
        L40S,
        8,
        "idle",
        True,
        lambda s, d: L40S.held(d),
        cpu=lambda s: 75.0 if 0 <= s < 5 * HOUR else 20.0,
    )
    plant("idle-new", H1, 0, "idle", True, lambda s, d: H1.empty(d), up=0.0)
    plant("ended-night", H8, 9, "run-ended", True, lambda s, d: H8.empty(d))
    plant("ended-one", H1, 4, "run-ended", True, lambda s, d: H1.empty(d))
    plant("ended-4090", R4, 15, "run-ended", True, lambda s, d: R4.empty(d))
    plant("hung-nccl", H8, 2, "hung", True, lambda s, d: H8.waits(d))
    plant("hung-one", A8, 10, "hung", True, lambda s, d: [*A8.held(d)[:3], A8.waits(d)[0], *A8.held(d)[4:]])
    plant("hung-b200", B8, 12, "hung", True, lambda s, d: B8.waits(d))
    plant("hung-4090", R4, 13, "hung", True, lambda s, d: R4.waits(d))
    plant("latched", B8, 11, "latched", True, lambda s, d: [B8.gpus(d, 100, 0, 0.1, 0)[0], *B8.empty(d)[1:]])
    plant("latched-one", L40S, 14, "latched", True, lambda s, d: L40S.gpus(d, 100, 0, 0.12, 0))
    plant("saves", H8, 1, "waiting", False, lambda s, d: H8.waits(d) if s % 100 < 62 else H8.works(d))
    plant("saves-a100", A8, 5, "waiting", False, lambda s, d: A8.waits(d) if s % 400 < 290 else A8.works(d))

    def lags(m: Machine, d: random.Random, util: float) -> list[Gpu]:
        return [*m.works(d)[:-1], m.gpus(d, util, 78, 0.4, 6)[0]]

    plant("straggler", H8, 6, "straggler", True, lambda s, d: lags(H8, d, 47))
    plant("straggler-four", R4, 8, "straggler", True, lambda s, d: lags(R4, d, 30))
    plant("straggler-saves", A8, 9, "straggler", True, lambda s, d: A8.held(d) if s % 1500 < 120 else lags(A8, d, 55))
    plant("unused", A8, 4, "unused-gpu", False, lambda s, d: [*A8.works(d)[:7], A8.empty(d)[0]])
    plant("unused-two", R4, 6, "unused-gpu", False, lambda s, d: [*R4.empty(d)[:2], *R4.works(d)[2:]])
    plant("starved", H8, 3, "under-used", False, lambda s, d: H8.gpus(d, 20, 60, 0.3, 12), cpu=97.0)
    plant("small-batch", H1, 7, "under-used", False, lambda s, d: H1.gpus(d, 11, 20, 0.25, 6))
    plant("missing", H8, 10, "missing-gpu", True, lambda s, d: H8.works(d)[:7], count=8)
    plant("missing-null", A8, 16, "missing-gpu", True, lambda s, d: [*A8.works(d)[:7], UNKNOWN])
    plant(
        "leaks",
        H1,
        2,
        "memory",
        True,
        lambda s, d: H1.works(d),
        memory=lambda s: min(99.0, 30 + max(0.0, s) / HOUR * 4.1),
    )
    plant("full", L40S, 6, "memory", True, lambda s, d: L40S.works(d), memory=lambda s: 97.0 if s > 0 else 60.0)
    plant("hot", H8, 5, "hot", False, lambda s, d: [g._replace(temp=88) for g in H8.works(d)])
    plant(
        "loop-45",
        A8,
        3,
        "crash-loop",
        True,
        lambda s, d: A8.works(d),
        up=lambda s: 10 * HOUR if s < 0 else -(3 * HOUR + s // 2700 * 2700),
    )
    plant(
        "loop-fast",
        H1,
        8,
        "crash-loop",
        True,
        lambda s, d: H1.works(d),
        up=lambda s: 10 * HOUR if s < 0 else -(8 * HOUR + s // 700 * 700),
    )

    def container(id: str, machine: Machine, hour: float, kind: str, gone: Callable[[Pod, float], Pod]) -> None:
        def scene(seconds: float, draw: random.Random) -> Pod:
            well = box(*machine.works(draw), at=NOW + seconds, id=id, gpu=machine.gpu, cost=machine.cost, change=RENTED)
            since = seconds - hour * HOUR
            return gone(well, since) if since >= 0 else well

        found.append(Plant(id, machine, hour, kind, True, scene))

    container("lost", H8, 9, "lost-container", lambda pod, s: replace(pod, runtime=None, telemetry=None))
    container("lost-cheap", A40, 11, "lost-container", lambda pod, s: replace(pod, runtime=None, telemetry=None))
    container("no-gpus", R4, 7, "zero-gpu", lambda pod, s: replace(
        pod, gpu_count=0, runtime=replace(pod.runtime, gpus=()) if pod.runtime else None, telemetry=None))  # fmt: skip
    since = "Rented by User: Mon Nov 23 2026 11:59:00 GMT+0000 (Coordinated Universal Time)"

    def boots(seconds: float, draw: random.Random) -> Pod:
        well = box(*A8.works(draw), at=NOW + seconds, id="boots", cost=A8.cost, change=since)
        return replace(well, runtime=None, telemetry=None)

    found.append(Plant("boots", A8, 0, "boot", True, boots))
    return found


def at_work(seed: int, day: float) -> Scene:
    """Real samples of runs, with checkpoints, evaluations and starts between them."""
    draw, parts, at = random.Random(seed), list[tuple[float, str]](), 0.0
    while at < day:
        parts.append((at, "start" if draw.random() < 0.1 else draw.choice(["saves", "pauses"])))
        at += draw.uniform(55, 190)
        parts.append((at, draw.choice(["t2", "t3", "t13_node1", "i4", "h_ckpt1000", "h_ckpt500", "e2"])))
        at += draw.uniform(12, 70) * MINUTE
    places = iter([*parts, (1e12, "")])
    here, after = next(places), next(places)

    def scene(seconds: float, noise: random.Random) -> Pod:
        nonlocal here, after
        while seconds >= after[0]:
            here, after = after, next(places)
        values = {
            "start": lambda: [Gpu(0, min(70, (seconds - here[0]) / 3), 115)] * 8,
            "saves": lambda: [Gpu(4, 80, 130), *[Gpu(100, 80, noise.choice((146, 151, 158)))] * 7],
            "pauses": lambda: [Gpu(0, 80, 120)] * 8,
        }.get(here[1], lambda: looped(here[1], seconds))()
        return box(*values, at=NOW + seconds, id=f"work-{seed}", change=RENTED, cpu=noise.uniform(5, 60))

    return scene


def grey(seed: int) -> Scene:
    """A notebook, a server that is asked now and then, a download: nobody knows whether they are wasted."""
    draw, left, busy = random.Random(seed), 0.0, False
    last = 0.0
    machine = (H1, L40S, A40)[seed % 3]

    def scene(seconds: float, noise: random.Random) -> Pod:
        nonlocal left, busy, last
        left -= seconds - last
        last = seconds
        if left <= 0:
            busy = not busy
            left = draw.expovariate(1 / (4 * MINUTE if busy else 11 * MINUTE))
        values = machine.gpus(noise, 60, 40, 0.5, 20) if busy else machine.held(noise, 40)
        return box(*values, at=NOW + seconds, id=f"grey-{seed}", gpu=machine.gpu, cost=machine.cost, change=RENTED)

    return scene


def blipped(pod: Pod, draw: random.Random) -> Pod:
    """RunPod as it is: now and then a value, or the whole runtime, is missing."""
    chance = draw.random()
    if pod.runtime is None or chance > 0.01:
        return pod
    if chance < 0.003:
        return replace(pod, runtime=None)
    return replace(pod, runtime=replace(pod.runtime, gpus=tuple(replace(g, util=None) for g in pod.runtime.gpus)))


class Day:
    def __init__(self, step_s: float, seed: int) -> None:
        self.step, self.draw = step_s, random.Random(seed)
        self.named: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self.rung: dict[str, list[tuple[float, str, bool]]] = defaultdict(list)
        self.state, self.first = RingState(), dict[tuple[str, str], float]()
        self.path = Path(tempfile.mkdtemp()) / "a.sqlite"
        self.writer = Writer(connect(self.path, write=True), NOW - 1, silence=60.0, origin="here")
        self.begin()
        self.entries: list[Polled] = []

    def begin(self) -> None:
        self.fleet, self.tracker = Fleet(self.step, 60.0, budget=0), AlertTracker()

    def restart(self, at: float, pods: list[Pod]) -> None:
        """A new podtop, which has the recording alone."""
        self.flush()
        self.begin()
        self.fleet.apply(snapshot(*pods, funds=RICH), at)
        recall(self.fleet, self.path, at, self.tracker)

    def flush(self) -> None:
        self.writer.write(self.entries)
        self.entries.clear()

    def run(self, scenes: dict[str, Scene], seconds: float) -> None:
        at, restarts = 0.0, [0.31, 0.62]
        while at < seconds:
            now = NOW + at
            asleep = 0.40 < at / seconds < 0.415
            outage = 0.70 < at / seconds < 0.72
            pods = [blipped(scene(at, self.draw), self.draw) for scene in scenes.values()] if not asleep else []
            if asleep:
                at += self.step
                continue
            if outage or self.draw.random() < 0.005:
                self.fleet.fail(Unreachable("no route"), now)
                self.happened(now, None, self.tracker.judge_failure(self.fleet, now))
            else:
                if restarts and at / seconds > restarts[0]:
                    restarts.pop(0)
                    self.restart(now, pods)
                seen = snapshot(*pods, funds=RICH)
                happened = self.fleet.apply(seen, now)
                self.happened(now, seen, self.tracker.judge(self.fleet, now), happened)
            self.ring(at)
            at += self.step
        self.flush()
        with closing(self.writer):
            pass

    def happened(
        self, now: float, seen: Snapshot | None, judged: Sequence[Event], before: Sequence[Event] = ()
    ) -> None:
        """Log it, and record it, as podtop does with every poll."""
        self.fleet.events.extend(judged)
        for event in judged:
            self.named[event.pod].append((now - NOW, event.kind.value))
        self.entries.append(Polled(now, seen, (*before, *judged), alerts=self.tracker.changes(now)))
        if len(self.entries) >= 200:
            self.flush()

    def ring(self, at: float) -> None:
        now = NOW + at
        attention = self.fleet.attention
        self.first = {a.matter: self.first.get(a.matter, now) for a in attention}
        self.state, calls = step(self.state, Seen(attention, now, now, now, False, self.first))
        for call in calls:
            for alert in call.alerts:
                self.rung[alert.pod].append((at, alert.kind, alert.so_far is not None))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.attention", description=__doc__)
    parser.add_argument("--step", type=float, default=10.0)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--day", type=int, choices=(1, 2), default=1)
    options = parser.parse_args()
    seconds = options.hours * HOUR
    if options.day == 2:
        from tests.bench import second_day

        planted = second_day.plants(options.seed, options.step)
        scenes = second_day.scenes(options.seed, options.step, seconds)
    else:
        planted = plants()
        scenes = {f"work-{n}": at_work(n, seconds) for n in range(options.seed, options.seed + 8)}
        scenes |= {f"grey-{n}": grey(n) for n in range(options.seed, options.seed + 6)}
    day = Day(options.step, options.seed)
    day.run({plant.id: plant.scene for plant in planted} | scenes, seconds)
    for line in counted(day, planted):
        print(line)
    for group in ("work", "grey"):
        of_group = [id for id in scenes if id.startswith(group)]
        events = Counter(kind for id in of_group for _, kind in day.named[id])
        rings = Counter(kind for id in of_group for _, kind, _ in day.rung[id])
        days = len(of_group) * options.hours / 24
        print(f"{group}: {days:.0f} pod-days, events {dict(events)}, rings {dict(rings)}")


def counted(day: Day, planted: Sequence[Plant]) -> Iterator[str]:
    """A line for each waste: when it was named, and rung; and how many were, as they should be."""
    events = {kind.name: kind.event.value for kind in KINDS if kind.event}
    named = rung = 0
    for plant in planted:
        # That a pod was outbid is an event of its status.
        said = day.named[plant.id] if plant.kind in events else [(at, kind) for at, kind, _ in day.rung[plant.id]]
        when = [at for at, kind in said if kind == events.get(plant.kind, plant.kind) and at >= plant.at - 1]
        rings = [(at, kind) for at, kind, _ in day.rung[plant.id]]
        is_rung = [kind for _, kind in rings] == [plant.kind] if plant.rings else not rings
        named += bool(when)
        rung += is_rung
        others = Counter(kind for _, kind in day.named[plant.id])
        late = f"{(when[0] - plant.at) / MINUTE:6.1f} min" if when else "  never   "
        words = ", ".join(f"{kind} at {(at - plant.at) / MINUTE:.0f}" for at, kind in rings)
        mark = "" if when and is_rung else "   <<<"
        yield f"{plant.id:<16} {plant.kind:<15} {late}  rings: {words or '-':<28} events: {dict(others)}{mark}"
    yield f"named {named} of {len(planted)}, rung as they should {rung}"


if __name__ == "__main__":
    main()
