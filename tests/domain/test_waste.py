"""The waste is the sum of its parts, and unknown parts make it a lower bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import pod
from tui.api.status_change import StatusChange
from tui.domain.attention import Attention, Grade
from tui.domain.waste import DISKS, of_alerts, of_disks, summed

NOW = 1_795_435_200.0


def alert(pod: str, kind: str, wasted: float | None, cost: float | None, muted: bool = False) -> Attention:
    return Attention(
        kind, kind, Grade.WARN, "…", pod, pod, cost_per_hr=cost, wasted_per_hr=wasted, so_far=wasted, muted=muted
    )


def test_the_sum_is_that_of_the_parts_and_the_largest_stands_first() -> None:
    waste = summed(of_alerts((alert("a", "idle", 1.38, 1.38), alert("b", "unused-gpu", 2.99, 23.92))))
    assert [(part.pod, part.kind, part.per_hr) for part in waste.parts] == [
        ("b", "unused-gpu", 2.99),
        ("a", "idle", 1.38),
    ]
    assert waste.per_hr == 1.38 + 2.99
    assert waste.so_far == 1.38 + 2.99
    assert not waste.at_least


def test_two_alerts_of_one_pod_waste_no_more_than_it_costs() -> None:
    waste = summed(of_alerts((alert("a", "idle", 12.0, 12.0), alert("a", "missing-gpu", 3.0, 12.0))))
    assert waste.per_hr == 12.0
    assert len(waste.parts) == 1


def test_an_unknown_price_of_what_does_nothing_makes_the_sum_a_lower_bound() -> None:
    waste = summed(of_alerts((alert("a", "idle", None, None), alert("b", "boot", None, 0.86))))
    assert waste.at_least
    assert waste.per_hr == 0.86
    assert bool(waste)


def test_an_alert_that_wastes_nothing_is_no_part() -> None:
    assert not summed(of_alerts((alert("a", "maintenance", None, None), alert("", "runway", None, 33.0)))).parts


def test_muted_parts_are_shown_and_not_counted() -> None:
    waste = summed(of_alerts((alert("a", "idle", 1.0, 1.0, muted=True), alert("b", "idle", 2.0, 2.0))))
    assert (waste.per_hr, waste.muted_per_hr, len(waste.parts)) == (2.0, 1.0, 2)
    assert waste.parts[-1].muted


def test_the_disk_of_a_stopped_pod_is_a_part_and_that_of_a_running_one_is_not() -> None:
    stopped = replace(
        pod("s", status="EXITED", utils=None),
        volume_gb=200,
        status_change=StatusChange("Exited by User: Mon Nov 23 2026 02:00:00 GMT+0000 (Coordinated Universal Time)"),
    )
    (part,) = of_disks((stopped, pod("r")), NOW)
    assert (part.pod, part.kind) == ("s", DISKS)
    assert part.per_hr is not None
    assert part.so_far == part.per_hr * 10
    assert part.since == NOW - 36_000
    (unknown,) = of_disks((replace(stopped, volume_gb=None),), NOW)
    assert unknown.per_hr is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from(["idle", "boot", "unused-gpu", "runway"]),
            st.none() | st.floats(0, 100),
            st.none() | st.floats(0, 100),
            st.booleans(),
        )
    )
)
def test_whatever_the_alerts_the_sum_is_finite_and_none_is_negative(
    alerts: list[tuple[str, str, float | None, float | None, bool]],
) -> None:
    waste = summed(of_alerts(alert(*values) for values in alerts))
    assert waste.per_hr >= 0
    assert all(part.per_hr is None or part.per_hr >= 0 for part in waste.parts)
    assert waste.at_least == any(part.per_hr is None and not part.muted for part in waste.parts)
