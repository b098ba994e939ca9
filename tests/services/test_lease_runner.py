"""Leases: kept on disk, warned of, and acted upon once, at the earliest ten minutes after the warning."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.api.errors import Unreachable
from tui.api.models import Unreadable
from tui.domain.lease import WARNING, Lease, begun
from tui.domain.operations import Outcome, Status
from tui.domain.user_message import UserMessage
from tui.services.lease_runner import LeaseRunner
from tui.services.messages import Messages
from tui.storage.json_store import StoreError
from tui.storage.lease_file import LeaseFile
from tui.store.fleet import BEYOND, Fleet

NOON = 1_795_435_200.0
TRAIN = pod("a", name="train")


class Watcher:
    """An enforcer whose polls and clock the test holds."""

    def __init__(self, path: Path, ending: Status = Status.DONE) -> None:
        self.now = NOON
        self.fleet = Fleet(5.0, 30.0)
        self.leases = LeaseFile(path)
        self.sent: list[tuple[float, str, str]] = []
        self.notes: list[UserMessage] = []
        self.ending = ending
        self.why: str | None = None
        self.enforcer = LeaseRunner(
            self.leases, self.fleet, self.perform, Messages(self.notes.append), lambda: self.now, lambda: self.why
        )

    async def perform(self, lease: Lease) -> Outcome:
        on_disk = json.loads(self.leases.path.read_bytes())
        assert on_disk[lease.pod]["sent_at"] is not None, "it was sent before it was written down"
        self.sent.append((self.now, lease.action, lease.pod))
        return Outcome(self.ending, "")

    async def poll(self, *pods: object, after: float = 5.0) -> None:
        self.now += after
        self.fleet.apply(snapshot(*pods), self.now)  # type: ignore[arg-type]
        await self.look()

    async def look(self) -> None:
        self.enforcer.look()
        for _ in range(3):
            await asyncio.sleep(0)

    def words(self) -> str:
        return "\n".join(note.text for note in self.notes)


def leased(watcher: Watcher, hours: float, action: str = "stop") -> None:
    watcher.leases.set(begun("a", "train", action, watcher.now + hours * 3600, watcher.now))


async def test_a_pod_is_warned_of_and_then_stopped_once(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 1.0)
    for _ in range(1000):
        await watcher.poll(TRAIN)
    assert [(action, key) for _, action, key in watcher.sent] == [("stop", "a")]
    assert NOON + 3600 <= watcher.sent[0][0] < NOON + 3610
    assert watcher.words().count("t extends it") == 1
    assert "train stops in 10 min" in watcher.words()


async def test_extending_begins_anew(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 1.0)
    await watcher.poll(TRAIN, after=3100.0)
    watcher.leases.extend("a", NOON + 7200)
    await watcher.poll(TRAIN, after=900.0)
    assert watcher.sent == []
    await watcher.poll(TRAIN, after=2800.0)
    assert watcher.words().count("t extends it") == 2
    await watcher.poll(TRAIN, after=600.0)
    assert len(watcher.sent) == 1


async def test_what_ran_out_while_nobody_looked_is_warned_of_first(tmp_path: Path) -> None:
    before = Watcher(tmp_path / "leases.json")
    leased(before, 1.0, "terminate")
    later = Watcher(tmp_path / "leases.json")
    later.now = NOON + 86_400
    await later.poll(TRAIN)
    assert later.sent == []
    assert "train will be TERMINATED in 10 min" in later.words()
    await later.poll(TRAIN, after=WARNING - 10)
    assert later.sent == []
    await later.poll(TRAIN, after=20)
    assert [(action, key) for _, action, key in later.sent] == [("terminate", "a")]


async def test_a_kill_between_writing_and_sending_sends_nothing_twice(tmp_path: Path) -> None:
    first = Watcher(tmp_path / "leases.json")
    leased(first, 0.05)
    (lease,) = first.leases.all().values()
    assert first.leases.swap("a", lease, replace(lease, sent_at=NOON + 180))
    again = Watcher(tmp_path / "leases.json")
    again.now = NOON + 200
    for _ in range(100):
        await again.poll(TRAIN)
    assert again.sent == []
    assert "act manually" in again.words()
    assert again.leases.all() == {}


@pytest.mark.parametrize("ending", [Status.REFUSED, Status.NOT_SENT])
async def test_what_was_not_done_is_tried_again_later(tmp_path: Path, ending: Status) -> None:
    watcher = Watcher(tmp_path / "leases.json", ending)
    leased(watcher, 0.1)
    for _ in range(150):
        await watcher.poll(TRAIN)
    assert 2 <= len(watcher.sent) <= 3
    gaps = [b[0] - a[0] for a, b in zip(watcher.sent, watcher.sent[1:], strict=False)]
    assert all(gap >= 300 for gap in gaps)


async def test_only_a_fresh_answer_is_a_reason(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 0.1)
    await watcher.poll(TRAIN)
    watcher.now += 3600
    await watcher.look()
    watcher.fleet.fail(Unreachable("no route"), watcher.now)
    await watcher.look()
    watcher.fleet.apply(replace(snapshot(), pods=None), watcher.now)
    await watcher.look()
    assert (watcher.sent, len(watcher.leases.all())) == ([], 1)
    watcher.fleet.apply(replace(snapshot(), unreadable=(Unreadable("a", "train", "odd"),)), watcher.now)
    await watcher.look()
    assert (watcher.sent, len(watcher.leases.all())) == ([], 1)


@pytest.mark.parametrize("cut", [False, True], ids=["malformed", "beyond a cut list"])
async def test_a_known_pod_that_cannot_be_read_any_more_is_reported_once_when_its_lease_ends(
    tmp_path: Path, cut: bool
) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 1.0)
    await watcher.poll(TRAIN)
    why = BEYOND if cut else "odd"
    unread = replace(snapshot(pod("b")), is_cut=cut, unreadable=() if cut else (Unreadable("a", "train", "odd"),))

    async def poll(after: float) -> None:
        watcher.now += after
        watcher.fleet.apply(unread, watcher.now)
        await watcher.look()

    await poll(60.0)
    assert watcher.words() == "", "its end is far"
    for _ in range(20):
        await poll(600.0)
    assert watcher.words() == f"▲ lease: train is due to stop, but {why}; act manually"
    assert watcher.sent == []
    await watcher.poll(TRAIN)
    await watcher.poll(TRAIN, after=WARNING)
    assert [action for _, action, _ in watcher.sent] == ["stop"], "it acts once the pod is readable, and warned of"


async def test_what_was_sent_to_a_pod_that_cannot_be_read_since_is_not_due_any_more(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 0.1)
    for _ in range(80):
        await watcher.poll(TRAIN)
    assert len(watcher.sent) == 1
    watcher.notes.clear()
    for after in (5.0, 100.0, 300.0, 600.0):
        watcher.now += after
        watcher.fleet.apply(replace(snapshot(), unreadable=(Unreadable("a", "train", "odd"),)), watcher.now)
        await watcher.look()
    assert watcher.words() == "▲ lease: sent stop train, but odd; act manually"


async def test_a_lease_ends_with_its_pod_or_its_purpose(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 9.0)
    for _ in range(14):
        await watcher.poll(replace(TRAIN, status="EXITED"))
    assert watcher.leases.all() == {}
    leased(watcher, 9.0, "terminate")
    for _ in range(14):
        await watcher.poll(replace(TRAIN, status="EXITED"))
    assert len(watcher.leases.all()) == 1
    for _ in range(14):
        await watcher.poll(pod("b"))
    assert watcher.leases.all() == {}
    assert watcher.sent == []


@pytest.mark.parametrize("before", [(), (replace(TRAIN, status="EXITED"),)], ids=["rented", "resumed"])
async def test_an_answer_from_before_its_pod_ran_ends_no_lease(tmp_path: Path, before: tuple[object, ...]) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 0.2)
    for _ in range(3):
        # A slow link: it was asked for before, and it is told after the lease was set.
        await watcher.poll(*before)
    for _ in range(200):
        await watcher.poll(TRAIN)
    assert [(action, key) for _, action, key in watcher.sent] == [("stop", "a")]


async def test_read_only_warns_and_sends_nothing(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    watcher.why = "podtop is in read-only mode"
    leased(watcher, 0.5)
    for _ in range(500):
        await watcher.poll(TRAIN)
    assert watcher.sent == []
    assert "not by this podtop" in watcher.words()
    assert watcher.words().count("due to stop, but podtop is in read-only mode") == 1


async def test_of_two_podtops_one_acts(tmp_path: Path) -> None:
    one, two = Watcher(tmp_path / "leases.json"), Watcher(tmp_path / "leases.json")
    leased(one, 0.1)
    for _ in range(200):
        await one.poll(TRAIN)
        await two.poll(TRAIN)
    assert len(one.sent) + len(two.sent) == 1


async def test_the_other_goes_on_when_the_first_one_ends(tmp_path: Path) -> None:
    one, two = Watcher(tmp_path / "leases.json"), Watcher(tmp_path / "leases.json")
    leased(one, 1.0)

    async def stop_at_once(_: float) -> None:
        raise asyncio.CancelledError

    await one.poll(TRAIN)
    with pytest.raises(asyncio.CancelledError):
        await one.enforcer.run(stop_at_once)
    for _ in range(800):
        await two.poll(TRAIN)
    assert len(two.sent) == 1


def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path) -> None:
    path = tmp_path / "leases.json"
    path.write_text("{not json")
    with pytest.raises(StoreError, match="moved to"):
        LeaseFile(path).all()
    assert (tmp_path / "leases.json.damaged").read_text() == "{not json"
    assert LeaseFile(path).all() == {}


def test_changes_of_two_podtops_are_both_kept(tmp_path: Path) -> None:
    one, two = LeaseFile(tmp_path / "l.json"), LeaseFile(tmp_path / "l.json")
    one.set(begun("a", "a", "stop", NOON + 9999, NOON))
    two.set(begun("b", "b", "stop", NOON + 9999, NOON))
    one.extend("b", NOON + 20_000)
    assert set(two.all()) == {"a", "b"}
    assert two.all()["b"].ends == NOON + 20_000
    assert (tmp_path / "l.json").stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot save the leases"):
        LeaseFile(tmp_path / "file" / "l.json").set(begun("a", "a", "stop", NOON + 9999, NOON))


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["poll", "fail", "gone", "unreadable", "restart", "extend", "stopped", "quiet"]),
        st.sampled_from([1.0, 5.0, 60.0, 300.0, 700.0, 4000.0]),
    ),
    max_size=60,
)


@given(ACTS, st.sampled_from(["stop", "terminate"]), st.floats(0, 7200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_never_early_never_twice_never_on_old_news(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, float]], action: str, ahead: float
) -> None:
    path = tmp_path_factory.mktemp("lease") / "l.json"
    watcher = Watcher(path)
    watcher.leases.set(begun("a", "train", action, NOON + ahead, NOON))
    ends, sent, total = NOON + ahead, 0, 0

    async def live() -> None:
        nonlocal watcher, ends, sent, total
        for act, after in acts:
            told = False
            match act:
                case "poll":
                    told = True
                    await watcher.poll(TRAIN, after=after)
                case "gone":
                    await watcher.poll(after=after)
                case "stopped":
                    told = True
                    await watcher.poll(replace(TRAIN, status="EXITED"), after=after)
                case "unreadable":
                    watcher.now += after
                    broken = replace(snapshot(), unreadable=(Unreadable("a", "train", "odd"),))
                    watcher.fleet.apply(broken, watcher.now)
                    await watcher.look()
                case "fail":
                    watcher.now += after
                    watcher.fleet.fail(Unreachable("x"), watcher.now)
                    await watcher.look()
                case "quiet":
                    watcher.now += after
                    await watcher.look()
                    told = after <= 10.0
                case "extend":
                    if "a" in watcher.leases.all() and watcher.leases.all()["a"].sent_at is None:
                        ends = watcher.now + 3600
                        watcher.leases.extend("a", ends)
                case _:
                    old = watcher
                    watcher = Watcher(path)
                    watcher.now = old.now
                    old.enforcer.close()
            sent = 0 if act == "restart" else sent
            fresh = watcher.sent[sent:]
            sent = len(watcher.sent)
            total += len(fresh)
            for at, _, _ in fresh:
                assert told, "it acted on old news"
                assert at >= ends, "it acted early"

    asyncio.run(live())
    assert total <= 1


async def test_an_alert_that_warns_of_it_needs_no_message_beside_it(tmp_path: Path) -> None:
    from tui.domain.alert_rules import Mute
    from tui.store.alert_tracker import AlertTracker

    for mutes, said in (((), 0), ((Mute("a", "lease-due"),), 1)):
        watcher, tracker = Watcher(tmp_path / f"leases-{said}.json"), AlertTracker()
        watcher.fleet.mutes = mutes
        leased(watcher, 1.0)
        begun_at: list[float] = []
        for _ in range(1000):
            watcher.now += 5.0
            watcher.fleet.apply(snapshot(TRAIN), watcher.now)
            begun_at += [event.at for event in tracker.judge(watcher.fleet, watcher.now) if "extends" in event.text]
            await watcher.look()
        assert len(begun_at) == 1
        assert watcher.words().count("t extends it") == said, "a muted alert leaves it to a message"
        assert [(action, key) for _, action, key in watcher.sent] == [("stop", "a")]
        assert watcher.sent[0][0] - begun_at[0] >= WARNING
