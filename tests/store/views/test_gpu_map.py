"""What single GPUs do: an unknown or stale one is never idle, and a pod that is stopped has none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.api.models import GpuReading, Pod, Telemetry
from tui.domain.attention import Attention, Grade
from tui.store.fleet import Fleet
from tui.store.views import gpu_map
from tui.store.views.gpu_map import Doing

NOW = 1_795_435_200.0
UTILS = st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=16).map(tuple)


def fleet(*pods: Pod, at: float = NOW) -> Fleet:
    made = Fleet(5, 30)
    made.apply(snapshot(*pods), at)
    return made


def doings(of: Fleet, id: str, now: float = NOW) -> list[Doing]:
    return [spot.doing for spot in gpu_map.spots(of, id, now)]


@given(UTILS, st.floats(0, 86_400))
def test_only_a_known_and_fresh_low_value_is_idle(utils: tuple[float | None, ...], later: float) -> None:
    of = fleet(pod("a", utils=utils))
    for now in (NOW, NOW + later):
        stale = of.pods_stale(now)
        for util, doing in zip(utils, doings(of, "a", now), strict=True):
            assert (doing is Doing.UNKNOWN) == (util is None or stale)
            assert (doing is Doing.IDLE) == (util is not None and util < 5 and not stale)


def test_a_gpu_that_runpod_does_not_report_is_unknown_and_keeps_its_place() -> None:
    short = replace(pod("a", utils=(90.0, 1.0)), gpu_count=4)
    assert doings(fleet(short), "a") == [Doing.WORKS, Doing.IDLE, Doing.UNKNOWN, Doing.UNKNOWN]


def test_one_that_boots_is_neither_idle_nor_unknown() -> None:
    assert doings(fleet(replace(pod("a", utils=None), gpu_count=2)), "a") == [Doing.BOOTING] * 2


def test_the_map_has_the_pods_that_rent_gpus_in_the_order_of_the_list() -> None:
    of = fleet(pod("a", utils=(1.0, 2.0)), pod("b", status="EXITED", utils=None), pod("c"), pod("d", utils=None))
    assert [(g.pod, g.size) for g in gpu_map.groups(of, ("d", "b", "a", "c", "gone"))] == [("d", 1), ("a", 2), ("c", 1)]


def alert(kind: str, grade: Grade = Grade.BAD) -> Attention:
    return Attention(kind, kind, grade, "…", "a", "pod a", since=NOW - 2640, lasts=2640.0)


def test_gpus_that_only_say_they_work_are_hung_and_since_when_is_known() -> None:
    of = fleet(pod("a", utils=(100.0, 100.0, 1.0, None), cost=8.0))
    of.attention = (alert("hung"),)
    assert doings(of, "a") == [Doing.HUNG, Doing.HUNG, Doing.IDLE, Doing.UNKNOWN]
    first = gpu_map.gpus(of, "a", NOW)[0]
    assert (first.since, first.cost, first.nominal, first.loud) == (2640.0, 2.0, 700.0, True)


def test_a_hot_one_is_hot_by_its_own_temperature() -> None:
    hot = Telemetry(NOW, None, (GpuReading(temperature_c=60.0), GpuReading(temperature_c=91.0)))
    assert doings(fleet(replace(pod("a", utils=(90.0, 90.0)), telemetry=hot)), "a") == [Doing.WORKS, Doing.HOT]


def test_an_idle_one_is_loud_beside_others_that_work_or_with_an_alert_only() -> None:
    def loud(utils: tuple[float, ...], *alerts: Attention) -> list[bool]:
        of = fleet(pod("a", utils=utils))
        of.attention = alerts
        return [spot.loud for spot in gpu_map.spots(of, "a", NOW) if spot.doing is Doing.IDLE]

    assert loud((0.0, 0.0)) == [False, False]
    assert loud((0.0, 90.0)) == [True]
    assert loud((0.0, 0.0), alert("idle", Grade.WARN)) == [True, True]


def test_one_idle_gpu_is_idle_since_its_own_last_work() -> None:
    of = Fleet(5, 30)
    for step in range(61):
        of.apply(snapshot(pod("a", utils=(90.0, 90.0 if step <= 24 else 0.0))), NOW + 5 * step)
    works, idles = gpu_map.gpus(of, "a", NOW + 300)
    assert works.since is None
    assert (idles.doing, idles.since, idles.at_least) == (Doing.IDLE, 180.0, False)


def test_the_last_value_of_a_stale_one_is_kept_apart() -> None:
    of = fleet(pod("a", utils=(97.0,)))
    gpu = gpu_map.gpus(of, "a", NOW + 3600)[0]
    assert (gpu.doing, gpu.util, gpu.last, gpu.vram) == (Doing.UNKNOWN, None, 97.0, None)


def test_in_history_the_gpu_that_an_alert_is_about_lags() -> None:
    utils = (91.0, 87.0, 46.0, 80.0)
    of = fleet(pod("a", utils=utils), pod("b", utils=utils))
    of.attention = (
        Attention(
            "straggler", "straggler", Grade.WARN, "GPU 2 lags", "a", "a", since=NOW - 3600, lasts=3600.0,
            cost_per_hr=6.96, wasted_per_hr=3.40,
        ),
    )  # fmt: skip
    assert doings(of, "a") == [Doing.WORKS, Doing.WORKS, Doing.LAGS, Doing.WORKS]
    shown = gpu_map.gpus(of, "a", NOW)
    assert shown[2].since == 3600.0
    assert shown[2].wasted == 3.40, "what the others waste for it, as everywhere else"
    price = of.records["a"].pod.cost_per_hr  # type: ignore[union-attr]
    assert [gpu.cost for gpu in shown] == [price / 4] * 4, "the prices of the GPUs sum up to that of the pod"  # type: ignore[operator]
    assert Doing.LAGS not in doings(of, "b")


def test_the_pods_with_gpus_that_need_attention_come_with_those_alone() -> None:
    of = fleet(
        pod("calm", utils=(90.0, 91.0)), pod("a", utils=(90.0, 0.0)), pod("rests", utils=(0.0,)),
        pod("off", status="EXITED", utils=None), pod("lost", utils=(90.0, None)),
    )  # fmt: skip
    keys = ("lost", "a", "off", "rests", "gone", "calm")
    assert [(record.id, [gpu.index for gpu in found]) for record, found in gpu_map.troubled(of, keys, NOW)] == [
        ("a", [1])
    ]
    assert not list(gpu_map.troubled(of, keys, NOW + 3600)), "nothing is known of stale ones"


def test_an_alert_and_the_gpu_that_it_is_about_say_the_same_time() -> None:
    of = Fleet(5, 30)
    for step in range(361):
        of.apply(snapshot(pod("a", utils=(90.0, 90.0, 90.0, 40.0))), NOW + 5 * step)
    assert of.records["a"].window.apart.lags[3].hold.total == 1800.0
    of.attention = (Attention("straggler", "straggler", Grade.WARN, "GPU 3 lags", "a", "a", since=NOW, lasts=2000.0),)
    assert gpu_map.gpus(of, "a", NOW + 1800)[3].since == 2000.0
