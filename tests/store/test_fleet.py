"""Fleet: what a poll, a failure and silence do to what is known."""

from __future__ import annotations

from collections import deque

from msgspec.structs import replace

from tests.make import funds, pod, snapshot
from tui.api.errors import Unreachable
from tui.api.hosts import Hosts
from tui.api.models import Problem, Snapshot, Unreadable
from tui.store.feed import Feed
from tui.store.fleet import Fleet
from tui.store.topics import TOPICS

NOW = 1_000_000.0


def test_a_failure_keeps_the_data_marks_since_when_and_leaves_a_gap() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=(50,))), NOW)
    fleet.fail(Unreachable("no route"), NOW + 5, retry_at=NOW + 10)
    fleet.fail(Unreachable("no route"), NOW + 10)
    assert fleet.records["a"].pod is not None
    assert fleet.snapshot.failed_since == NOW + 5
    assert fleet.snapshot.age(NOW + 12) == 12
    assert fleet.stale(NOW + 12)
    assert not fleet.stale(NOW + 10)
    assert fleet.records["a"].series.value("util", NOW + 10) is None
    fleet.apply(snapshot(pod("a", utils=(60,))), NOW + 15)
    assert fleet.snapshot.error is None
    runs = fleet.records["a"].series.runs("util", NOW, 5, 10, fleet.silence)
    assert [len(run) for run in runs] == [1, 1]


def test_no_balance_in_the_answer_is_unknown_never_the_last_one() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(funds=funds(balance=10)), NOW)
    fleet.apply(Snapshot(None, ()), NOW + 5)
    assert fleet.funds is None


def test_pods_missing_from_a_partial_answer_stay_with_a_gap() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=(50,))), NOW)
    fleet.apply(Snapshot(funds(), None, (), (Problem("resolver failed"),)), NOW + 5)
    assert set(fleet.records) == {"a"}
    assert fleet.records["a"].series.value("util", NOW + 10) is None
    fleet.apply(Snapshot(funds(), None, (), (Problem("resolver failed"),)), NOW + 15)
    assert not fleet.stale(NOW + 16)
    assert fleet.pods_stale(NOW + 16)


def test_a_pod_that_is_gone_leaves() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a"), pod("b")), NOW)
    fleet.apply(snapshot(pod("b")), NOW + 5)
    assert set(fleet.records) == {"b"}


def test_an_unreadable_pod_is_shown_and_keeps_its_history() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", name="train", utils=(50,))), NOW)
    fleet.apply(Snapshot(funds(), (), (Unreadable("a", None, "costPerHr is text"),)), NOW + 5)
    record = fleet.records["a"]
    assert (record.pod, record.unreadable, record.name) == (None, "costPerHr is text", "train")
    fleet.apply(snapshot(pod("a", name="train", utils=(50,))), NOW + 10)
    assert len(fleet.records["a"].series) == 3


def test_stale_runtime_of_a_stopped_pod_is_not_recorded() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a", utils=(50,))), NOW)
    fleet.apply(snapshot(replace(pod("a", utils=(50,)), status="EXITED")), NOW + 5)
    assert len(fleet.records["a"].series) == 1


def test_idle_time_counts_from_the_last_work_and_starts_anew_after_a_stop() -> None:
    fleet = Fleet(60, 60)
    fleet.apply(snapshot(pod("a", utils=(50, 0))), NOW)
    fleet.apply(snapshot(pod("a", utils=(0, 0))), NOW + 60)
    assert fleet.records["a"].idle_for(NOW + 100) == 60
    fleet.apply(snapshot(replace(pod("a"), status="EXITED")), NOW + 200)
    assert fleet.records["a"].idle_for(NOW + 200) is None
    fleet.apply(snapshot(pod("a", utils=(0, 0))), NOW + 300)
    assert fleet.records["a"].idle_for(NOW + 300) == 0
    fleet.apply(snapshot(pod("a", utils=(0, 0))), NOW + 360)
    fleet.fail(Unreachable("no route"), NOW + 420)
    assert fleet.records["a"].idle_for(NOW + 90_000) == 60


def test_memory_is_bounded_and_shared() -> None:
    fleet = Fleet(5, 30, budget=40_000)
    pods = [pod(f"p{i}", utils=(50,) * 8) for i in range(10)]
    for step in range(600):
        fleet.apply(snapshot(*pods), NOW + step * 5)
    sizes = {len(r.series) for r in fleet.records.values()}
    per_sample = 8 + 2 + 1 + 16
    assert max(sizes) <= 40_000 // (10 * per_sample) + 64
    assert min(sizes) >= 120


def test_a_frozen_fleet_has_all_that_is_known_but_what_is_private() -> None:
    fleet = Fleet(5, 30)
    topics = {name: Feed(object(), NOW) for name in TOPICS}
    values: dict[str, object] = {
        name: topics if name == "topics" else {"pod": object()} if isinstance(value, dict)
        else deque([1]) if isinstance(value, deque) else object()
        for name in Fleet.__struct_fields__
        for value in [getattr(fleet, name)]
    }  # fmt: skip
    for name, value in values.items():
        setattr(fleet, name, value)
    held = fleet.frozen()
    changed = {name for name, value in values.items() if getattr(held, name) != value}
    assert changed == {"topics", "inspection", "past"}
    assert (held.inspection, held.past, held.profile) == (None, False, Feed())
    assert held.topics == {name: feed for name, feed in topics.items() if name != "profile"}
    for mutable in (name for name, value in values.items() if isinstance(value, dict | deque)):
        assert getattr(held, mutable) is not getattr(fleet, mutable)


def test_every_topic_has_a_feed_of_its_own_name() -> None:
    fleet = Fleet(5, 30)
    for name in TOPICS:
        assert getattr(fleet, name) == Feed()
        fleet.apply_topic(name, Hosts(()), NOW)
        assert getattr(fleet, name) is fleet.topics[name]
        assert getattr(fleet, name).value == Hosts(())


def test_a_frozen_fleet_does_not_change() -> None:
    fleet = Fleet(5, 30)
    fleet.apply(snapshot(pod("a")), NOW)
    held = fleet.frozen()
    fleet.apply(snapshot(pod("b"), funds=funds(balance=1)), NOW + 5)
    assert set(held.records) == {"a"}
    assert held.funds == funds()
