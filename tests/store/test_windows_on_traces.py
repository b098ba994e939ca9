"""Real samples: runs that are well raise nothing, and what is planted into them is found."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.store.pods_at_work import EMPTY, HELD, HOUR, LATCHED, MINUTE, NOW, WAITS, Gpu, Watch, box, looped
from tui.domain.attention import Ring
from tui.domain.events import Kind
from tui.store.alert_kinds import KINDS

TRAINS = ["t2", "t3", "t6", "t13_node1", "e2", "i4", "x_12-1017", "x_12-0502"]
SAVES = ["h_ckpt1", "h_ckpt10", "h_ckpt50", "h_ckpt100", "h_ckpt500", "h_ckpt1000"]
SILENT = {kind.event for kind in KINDS if kind.ring is Ring.NEVER}
TYPES = {"x": "TITAN X"}

WIDE = [pytest.param(5.0, marks=pytest.mark.wide), 10.0, pytest.param(30.0, marks=pytest.mark.wide)]


def watched(name: str, step: float, seconds: float) -> Watch:
    watch = Watch(step)
    gpu = TYPES.get(name[0], "H100 SXM")
    return watch.run(lambda s: box(*looped(name, s), at=watch.at, gpu=gpu), seconds)


@pytest.mark.parametrize("step", WIDE)
@pytest.mark.parametrize("name", [*TRAINS, *SAVES])
def test_a_run_that_works_rings_nothing(name: str, step: float) -> None:
    watch = watched(name, step, 2 * HOUR)
    # Waiting for half of an hour, and little work in an hour, are told; nobody is called for them.
    assert set(watch.kinds) <= SILENT
    assert not {Kind.IDLE, Kind.HUNG, Kind.STRAGGLER} & set(watch.kinds)
    if name in ("t2", "t3", "t13_node1", "i4"):
        assert watch.kinds == []


@pytest.mark.parametrize("name", ["h_ckpt10", "h_ckpt100"])
def test_a_run_that_saves_most_of_the_time_waits(name: str) -> None:
    watch = watched(name, 10.0, 2 * HOUR)
    assert watch.kinds == [Kind.WAITING]
    assert watch.when(Kind.WAITING)[0] <= HOUR + 2 * MINUTE


def test_a_model_that_is_loaded_and_serves_nobody_is_idle() -> None:
    assert watched("b1", 10.0, 15 * MINUTE).kinds == [Kind.IDLE]


def plan(seed: int, seconds: float) -> Iterator[tuple[str, float]]:
    """Pods at work for a time: runs, with checkpoints and evaluations, and starts between them."""
    draw = random.Random(seed)
    while seconds > 0:
        yield "start", draw.uniform(100, 225)
        run, left = draw.choice(["t2", "t3", "t13_node1", "i4", "h_ckpt1000"]), draw.uniform(2, 12) * HOUR
        seconds -= left
        while left > 0:
            work = draw.uniform(15, 60) * MINUTE
            yield run, work
            yield draw.choice(["saves", "pauses"]), draw.uniform(55, 190)
            left -= work


def composed(watch: Watch, seed: int, seconds: float) -> Watch:
    held = {"start": [EMPTY] * 8, "saves": [Gpu(4, 80, 130), *[WAITS] * 7], "pauses": [HELD] * 8}
    for what, lasts in plan(seed, seconds):
        # What it loads moves memory; a start from an empty GPU is not the end of a run.
        watch.run(lambda s, what=what: box(*held.get(what) or looped(what, s), at=watch.at), lasts)  # type: ignore[misc]
    return watch


@pytest.mark.parametrize(
    "step", [pytest.param(5.0, marks=pytest.mark.soak), pytest.param(30.0, marks=pytest.mark.wide)]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_week_of_pods_at_work_raises_no_alarm(step: float, seed: int) -> None:
    assert composed(Watch(step), seed, 7 * 24 * HOUR).kinds == []


@pytest.mark.wide
def test_a_day_of_a_pod_at_work_raises_no_alarm() -> None:
    assert composed(Watch(30.0), 1, 24 * HOUR).kinds == []


@pytest.mark.parametrize("step", WIDE)
@pytest.mark.parametrize("name", ["t3", "h_ckpt1000"])
def test_what_is_planted_is_found_in_time(name: str, step: float) -> None:
    holds = {
        Kind.IDLE: (600.0, [HELD] * 8),
        Kind.ENDED: (300.0, [EMPTY] * 8),
        Kind.HUNG: (max(900.0, 121 * step), [WAITS] * 8),
        Kind.LATCHED: (max(900.0, 31 * step), [*[EMPTY] * 7, LATCHED]),
    }
    for kind, (hold, gpus) in holds.items():
        watch = watched(name, step, HOUR)
        begin = watch.at - NOW
        watch.run(lambda _, gpus=gpus, watch=watch: box(*gpus, at=watch.at), hold + 2 * MINUTE)  # type: ignore[misc]
        (at,) = watch.when(kind)
        assert begin + hold - 2 * step <= at <= begin + hold + 2 * MINUTE


@pytest.mark.parametrize("step", WIDE)
@pytest.mark.parametrize("name", ["t3", "h_ckpt1000"])
def test_one_gpu_that_lags_or_is_not_used_is_found_in_time(name: str, step: float) -> None:
    draw = random.Random(3)
    for kind, hold in ((Kind.STRAGGLER, 900.0), (Kind.UNUSED, 1800.0)):
        watch = Watch(step)

        def gpus(seconds: float, kind: Kind = kind) -> list[Gpu]:
            others = looped(name, seconds)
            sixth = EMPTY if kind is Kind.UNUSED else others[5]._replace(util=draw.uniform(40, 55), watts=300)
            return [*others[:5], sixth, *others[6:]]

        watch.run(lambda s, gpus=gpus, watch=watch: box(*gpus(s), at=watch.at), hold + 4 * MINUTE)  # type: ignore[misc]
        assert watch.kinds == [kind]
        assert watch.when(kind)[0] <= hold + 2 * MINUTE
