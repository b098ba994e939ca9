"""A recording of a list of pods that was longer than podtop reads: the pods beyond its end are unknown, not gone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.history.archive.test_terms import NOW, kept, record
from tests.make import pod, snapshot
from tui.api.models import PARTIAL
from tui.history.archive import checked
from tui.history.archive.checked import BadRow
from tui.history.archive.reader import Recording
from tui.history.archive.writer import Polled
from tui.history.instant import fleet_at
from tui.history.queries import _missed
from tui.store.fleet import BEYOND, Fleet

WHOLE = snapshot(pod("a"), pod("b", name="olmo"))
CUT = replace(snapshot(pod("a")), is_cut=True)


def then(recording: Recording, at: float) -> Fleet:
    return fleet_at(recording, at, Fleet(5.0, 30.0), (), lambda pod, is_new: None)


def test_a_pod_beyond_the_end_is_unknown_until_the_whole_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    record(path, Polled(NOW, WHOLE), Polled(NOW + 10, CUT), Polled(NOW + 20, CUT))
    # Over a restart of podtop too.
    record(path, Polled(NOW + 30, CUT), Polled(NOW + 40, WHOLE), Polled(NOW + 50, snapshot(pod("a"))), at=NOW + 30)
    with closing(Recording(path)) as recording:
        for after in (11, 21, 31):
            fleet = then(recording, NOW + after)
            lost = fleet.records["b"]
            assert (lost.name, lost.pod, lost.unreadable) == ("olmo", None, BEYOND)
            assert fleet.is_cut
            assert fleet.running_cost is None
            value = fleet.snapshot.value
            assert value is not None
            assert [problem.code for problem in value.problems] == [PARTIAL]
        assert then(recording, NOW + 41).records["b"].pod is not None
        assert not then(recording, NOW + 41).is_cut
        assert list(then(recording, NOW + 51).records) == ["a"]
        assert recording.names()["b"] == "olmo"
        assert recording.damaged == 0
        # A report takes this time for unknown, not for free.
        assert [(state.at - NOW, state.unknown) for state in recording.states("b", NOW, NOW + 99)] == [
            (0, False), (10, True), (40, False), (50, False),
        ]  # fmt: skip
        assert recording.damaged == 0


def test_only_what_changes_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    record(path, Polled(NOW, WHOLE), *(Polled(NOW + n, CUT) for n in range(1, 20)))
    assert len(kept(path)) == 1
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM state WHERE pod = 2").fetchone() == (2,)


def test_an_earlier_podtop_takes_such_a_pod_for_one_that_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    record(path, Polled(NOW, WHOLE), Polled(NOW + 10, CUT))
    with closing(sqlite3.connect(path)) as db:
        (data,) = db.execute("SELECT data FROM state WHERE at = ?", (NOW + 10,)).fetchone()
    with pytest.raises(BadRow):
        checked.pod(data)
    assert checked.name_of(data) == "olmo"


@pytest.mark.parametrize("data", [None, 7, b"", b'{"unread":true', b'{"unread":true,"name":5}', b'{"name":"x"}'])
def test_another_state_is_none_of_these(data: object) -> None:
    assert checked.unread(data) is None


def is_news(recording: Recording, fleet: Fleet, pod: str) -> bool:
    """Whether there are events of a pod between the recording and a fleet's first poll."""
    at = fleet.pods_at or 0.0
    return any(event.pod == pod for event in _missed(recording, at, fleet.records, fleet.is_cut))


def test_a_list_that_was_cut_is_no_news_of_pods_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    record(path, Polled(NOW, CUT), Polled(NOW + 10, WHOLE))
    fleet = Fleet(5.0, 30.0)
    with closing(Recording(path)) as recording:
        fleet.apply(CUT, NOW + 900)
        assert not is_news(recording, fleet, "b")
        fleet = Fleet(5.0, 30.0)
        fleet.apply(snapshot(pod("a")), NOW + 900)
        assert is_news(recording, fleet, "b")
    record(path, Polled(NOW + 1000, CUT), at=NOW + 1000)
    with closing(Recording(path)) as recording:
        fleet.apply(replace(WHOLE, pods=(*(WHOLE.pods or ()), pod("new"))), NOW + 1900)
        assert not is_news(recording, fleet, "b")
        assert not is_news(recording, fleet, "new")
