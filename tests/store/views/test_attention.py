"""Which pods need attention, in which order, and how one goes from one to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.domain.attention import Attention, Grade
from tui.store.fleet import Fleet
from tui.store.fleet_sums import CROWD
from tui.store.views import attention, pods
from tui.store.views.pods import Query

NOW = 1_795_435_200.0


def alert(pod: str, grade: Grade = Grade.WARN, kind: str = "idle", muted: bool = False) -> Attention:
    return Attention(kind, kind, grade, "…", pod, pod, muted=muted)


def test_the_worst_pod_stands_first_then_those_that_run_boot_and_are_stopped() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(
        snapshot(
            pod("s", status="EXITED", utils=None), pod("b", utils=None), pod("r2", name="z"), pod("r1", name="y"),
            pod("w"), pod("x", status="EXITED", utils=None), pod("m"),
        ),
        NOW,
    )  # fmt: skip
    fleet.attention = (
        alert("", Grade.BAD, "runway"), alert("x", Grade.BAD, "outbid"), alert("m", muted=True), alert("w"),
        alert("s", Grade.NOTICE, "zombie"),
    )  # fmt: skip
    assert pods.pods(fleet, NOW, Query()) == ("x", "w", "m", "r1", "r2", "b", "s")


def test_of_very_many_pods_the_order_follows_alerts_that_are_judged_after_the_response() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(*(pod(f"p{number:03}") for number in range(CROWD + 5))), NOW)
    assert pods.pods(fleet, NOW, Query())[0] == "p000"
    fleet.attention = (alert("p104"),)
    assert pods.pods(fleet, NOW, Query())[:2] == ("p104", "p000")
    fleet.attention = (replace(fleet.attention[0], muted=True),)
    assert pods.pods(fleet, NOW, Query())[0] == "p000"


def test_from_one_to_the_next_round_the_end_in_the_order_of_the_rows() -> None:
    shown = ("a", "b", "c", "d")
    assert attention.next_pod(("d", "b"), shown, "b", 1) == "d"
    assert attention.next_pod(("d", "b"), shown, "d", 1) == "b"
    assert attention.next_pod(("d", "b"), shown, "b", -1) == "d"
    assert attention.next_pod(("d", "b"), shown, "c", 1) == "d"
    assert attention.next_pod(("d", "b"), shown, "c", -1) == "b"
    assert attention.next_pod(("b",), shown, "b", 1) == "b"
    assert attention.next_pod(("hidden",), shown, "b", 1) is None
    assert attention.next_pod((), shown, None, 1) is None


@given(st.sets(st.sampled_from("abcdef")), st.lists(st.sampled_from("abcdef"), unique=True), st.sampled_from([1, -1]))
def test_each_is_reached_once_in_a_round(needing: set[str], shown: list[str], step: int) -> None:
    wanted = [key for key in shown if key in needing]
    here: str | None = shown[0] if shown else None
    seen = []
    for _ in wanted:
        here = attention.next_pod(needing, shown, here, step)
        seen.append(here)
    assert sorted(filter(None, seen)) == sorted(wanted)
    assert wanted or attention.next_pod(needing, shown, here, step) is None


def test_the_alert_shown_beside_a_pod_is_its_worst_that_is_not_muted() -> None:
    fleet = Fleet(5, 30)
    fleet.attention = (alert("a", Grade.BAD, "outbid", muted=True), alert("a", kind="idle"), alert("b", muted=True))
    assert {key: told.kind for key, told in attention.worst(fleet).items()} == {"a": "idle", "b": "idle"}
    assert attention.loud(fleet.attention) == (fleet.attention[1],)
