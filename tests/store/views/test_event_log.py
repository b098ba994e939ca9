"""The log: every event once, whoever saw it; and a filter that never fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.events import ENDS, Event, Kind
from tui.store.alert_kinds import KINDS
from tui.store.views.event_log import GROUPS, LOG, Told, alert_of, merged, parse

AT = 1_795_435_200.0


def event(at: float, pod: str = "a", kind: Kind = Kind.UP, text: str = "container started") -> Event:
    return Event(AT + at, pod, kind, text)


def test_what_both_know_stands_once_and_in_order() -> None:
    one, two, three = event(0), event(50, kind=Kind.DOWN), event(100)
    assert merged([one, two], [two, three], 10) == (one, two, three)
    assert merged([one, one], [], 10) == (one,)


def test_what_another_podtop_saw_at_its_own_poll_is_the_same_event() -> None:
    mine, theirs = event(100, text="after 3m 20s"), event(104, text="after 3m 24s")
    assert merged([theirs], [mine], 10) == (mine,)
    assert merged([event(120)], [mine], 10) == (mine, event(120))
    assert merged([event(104, pod="b")], [mine], 10) == (mine, event(104, pod="b"))
    assert merged([event(104, kind=Kind.DOWN)], [mine], 10) == (mine, event(104, kind=Kind.DOWN))


EVENTS = st.builds(
    Event, st.floats(0, 100).map(lambda at: AT + at), st.sampled_from(["", "a", "b"]), st.sampled_from(Kind), st.text()
)


@given(st.lists(EVENTS), st.lists(EVENTS), st.floats(0, 20))
def test_nothing_of_this_run_is_lost_and_nothing_is_twice(one: list[Event], other: list[Event], slack: float) -> None:
    found = merged(one, other, slack)
    assert len(set(found)) == len(found)
    assert set(other) <= set(found) <= {*one, *other}
    assert [e.at for e in found] == sorted(e.at for e in found)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("kind:outbid", True),
        ("kind:outbid,idle", True),
        ("kind:status", True),
        ("kind:alert", False),
        ("kind:alerts", False),
        ("kind:out kind:bid", True),
        ("pod:llama", True),
        ("pod:K3V9", True),
        ("pod:qwen", False),
        ("kind:outbid pod:llama spot", True),
        ("higher", True),
        ("lower", False),
        ("kind:", True),
        ("pod:", True),
        ("kind:nonsense", True),
        ("12:30", False),
        ("!kind:outbid", False),
        ("ago<1m !kind:idle", True),
        ("text~spot", True),
    ],
)
def test_terms(text: str, holds: bool) -> None:
    outbid = event(0, "k3v9", Kind.OUTBID, "Outbid by a higher spot price")
    terms = parse(text)
    assert LOG.holds(terms, Told(outbid, "llama-pretrain")) is holds
    assert bool(terms.faults) is (text in ("kind:", "pod:", "kind:nonsense"))


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    LOG.holds(parse(text), Told(event(0), "name"))


def test_a_kind_is_found_by_its_word_in_files_and_by_the_one_on_the_screen() -> None:
    over = event(0, kind=Kind.THROTTLED_OVER)
    for text in ("kind:ease", "kind:rate", "at ease", "rate ok"):
        assert LOG.holds(parse(text), Told(over))
    assert not LOG.holds(parse("kind:limited"), Told(over))


def test_every_kind_belongs_to_one_group() -> None:
    assert sorted(kind for kinds in GROUPS.values() for kind in kinds) == sorted(Kind)
    for group, kinds in GROUPS.items():
        assert all(LOG.holds(parse(f"kind:{group}"), Told(event(0, kind=kind))) for kind in kinds)


@pytest.mark.parametrize("name", [row.name for row in KINDS if row.event])
def test_a_kind_is_found_by_the_name_of_its_alert(name: str) -> None:
    row = next(row for row in KINDS if row.name == name)
    assert row.event is not None
    for kind in (row.event, ENDS.get(row.event, row.event)):
        assert LOG.holds(parse(f"kind:{name}"), Told(event(0, kind=kind)))
    assert alert_of(row.event) is not None


def test_an_event_of_a_status_is_about_its_alert_and_one_of_an_action_about_none() -> None:
    outbid = alert_of(Kind.OUTBID)
    assert outbid is not None
    assert outbid.name == "outbid"
    assert alert_of(Kind.DONE) is None


def test_what_has_no_pod_is_found_by_the_words_of_its_column() -> None:
    low, gone = Told(Event(0.0, "", Kind.RUNWAY, "runway 2h")), Told(Event(0.0, "", Kind.OUTAGE, "no route"))
    of_pod = Told(Event(0.0, "p1", Kind.UP, "container started"), "train")
    wanted = {"account": low, "pod:account": low, "runpod": gone, "pod:runpod": gone, "pod:train": of_pod}
    for text, found in wanted.items():
        assert [row for row in (low, gone, of_pod) if LOG.holds(parse(text), row)] == [found], text
