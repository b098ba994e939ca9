"""What happened stands once, whatever number of events reported it; and no event is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.events import BY_STATUS, ENDS, Event, Kind
from tui.store.fleet import Fleet
from tui.store.kinds.gpus import IDLE
from tui.store.views.joined_events import Joined, joined

AT = 1_795_435_200.0
STOPPED = Event(AT, "a", Kind.STOPPED, "Exited by user")
IDLE_OVER = Event(AT + 3, "a", Kind.IDLE_OVER, "pod stopped after 56m 00s, $1.29 wasted")
DONE = Event(AT + 4, "a", Kind.DONE, "stop qwen: Exited by user")


def test_a_stop_by_podtop_is_one_thing_with_all_its_texts() -> None:
    before, after = Event(AT - 60, "a", Kind.UP, "container started"), Event(AT + 60, "a", Kind.GONE, "gone")
    (first, stop, last) = joined((before, STOPPED, IDLE_OVER, DONE, after), 10)
    assert stop == Joined((STOPPED, DONE, IDLE_OVER))
    assert stop.text == "Exited by user · done: stop qwen · idle ended: pod stopped after 56m 00s, $1.29 wasted"
    assert stop.is_own
    assert (first, last) == (Joined((before,)), Joined((after,)))
    assert not last.is_own


@pytest.mark.parametrize(
    "other",
    [
        Event(AT + 30, "a", Kind.DONE, "stop qwen: confirmed by RunPod"),
        Event(AT, "b", Kind.DONE, "stop qwen: confirmed by RunPod"),
        Event(AT, "a", Kind.DONE, "lock qwen: confirmed by RunPod"),
        Event(AT, "a", Kind.DONE, "terminate qwen: confirmed by RunPod"),
        Event(AT, "a", Kind.UNKNOWN, "stop qwen: no response"),
        Event(AT, "a", Kind.REFUSED, "stop qwen: locked"),
        Event(AT, "a", Kind.IDLE, "all GPUs idle"),
        Event(AT, "a", Kind.IDLE_OVER, "GPUs in use after 20m"),
        Event(AT, "", Kind.RUNWAY_OVER, "runway 30h"),
    ],
)
def test_what_did_not_lead_to_the_status_stands_for_itself(other: Event) -> None:
    assert joined((STOPPED, other), 10) == (Joined((STOPPED,)), Joined((other,)))


def test_a_timer_of_podtop_is_an_action_too_and_a_boot_ends_as_the_container_starts() -> None:
    timer = Event(AT, "a", Kind.DONE, "auto-stop timer: stop qwen: Exited by user")
    assert joined((STOPPED, timer), 10) == (Joined((STOPPED, timer)),)
    up, booted = Event(AT, "a", Kind.UP, "container started"), Event(AT, "a", Kind.BOOT_OVER, "booted after 25m")
    assert joined((booted, up), 10) == (Joined((up, booted)),)


def test_the_end_of_an_alert_by_the_pods_status_begins_as_is_expected() -> None:
    text = IDLE.over(Fleet(5.0, 60.0), None)
    assert text is not None
    assert text.startswith(BY_STATUS)


EVENTS = st.builds(
    Event,
    st.floats(0, 60).map(lambda at: AT + at),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from([*ENDS.values(), Kind.STOPPED, Kind.UP, Kind.DONE, Kind.GONE, Kind.IDLE]),
    st.sampled_from(["pod stopped", "stop qwen: x", "terminate qwen: x", "else"]),
)


@given(st.lists(EVENTS, max_size=12).map(lambda found: sorted(found, key=lambda event: event.at)), st.floats(0, 20))
def test_every_event_is_in_one_of_them_and_their_order_stays(events: list[Event], slack: float) -> None:
    found = joined(events, slack)
    assert sorted(map(id, events)) == sorted(id(event) for each in found for event in each.events)
    heads = [each.head.at for each in found]
    assert heads == sorted(heads)
    assert all(event.text.partition(" ")[0] in each.text for each in found for event in each.events)
