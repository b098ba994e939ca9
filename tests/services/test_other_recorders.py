"""Recorders of one account on two hosts: the first one acts, the second says so, and takes over when it has ended."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from tests import make, servers
from tests.make import pod
from tests.services.test_auto_runner import NOON, RULES, Stand
from tests.ui.conftest import HeldCloud
from tui.api.models import MarketQuery, Pod
from tui.api.secret import Secret
from tui.config.loader import Config
from tui.config.settings import History
from tui.config.settings import Watcher as Settings
from tui.domain.alert_rules import Mute
from tui.domain.auto import AutoRules, rules_of
from tui.domain.listen_address import ListenAddress
from tui.domain.market_watch import ArmedDeploy, MarketWatch, State
from tui.domain.recorders import (
    CLOCKS,
    IDLE,
    WATCHES,
    AccountRecorder,
    HeldWatch,
    Holdings,
    Keep,
    Progress,
    ahead,
    elsewhere,
    files_of,
    key_of,
)
from tui.domain.user_message import UserMessage
from tui.services.action_lock import ActionLock
from tui.services.exporter.exporter import AccountExport, Exporter
from tui.services.exporter.page import page
from tui.services.holdings import ATTEMPT, OwnHoldings
from tui.services.hub.owners import Unknown, engine, peer
from tui.services.messages import Messages
from tui.services.other_recorders import KEEP, LOOK, REMEMBERED, SETTLE, OtherRecorders, rank
from tui.services.session import Session
from tui.services.source import Source
from tui.services.watches_elsewhere import done_elsewhere, left_elsewhere
from tui.storage.owner_file import Duty, Owner
from tui.storage.state_files import StateFiles
from tui.storage.watch_file import WatchFile
from tui.store.fleet import Fleet

KEY = key_of("user_1")
A, B = pod("a", name="exp-a", utils=(0.0,)), pod("b", name="exp-b", utils=(0.0,))
OF_A = Holdings(idle=("a",))
FIRST = AccountRecorder(KEY, "jump1", 1, NOON, (WATCHES, IDLE), holdings=OF_A)
SECOND = AccountRecorder(KEY, "jump2", 2, NOON + 100, (WATCHES, IDLE), holdings=OF_A)


class Place:
    """What a shared place tells of recorders: a server that scrapes them."""

    def __init__(self) -> None:
        self.told: dict[str, AccountRecorder] = {}
        self.trouble: Exception | None = None

    async def ask(self, key: str) -> tuple[AccountRecorder, ...]:
        if self.trouble is not None:
            raise self.trouble
        return tuple(self.told.values())


class Host:
    """One podtop with files of its own."""

    def __init__(
        self, folder: Path, name: str, place: Place, began: float = NOON, *, ranks: bool = True, ahead: float = 0.0,
        rules: AutoRules = RULES,
    ) -> None:  # fmt: skip
        """`ahead`: seconds that its clock is ahead of RunPod's."""
        folder.mkdir()
        began, self.skew = began + ahead, -ahead
        state = StateFiles(lambda: folder, "test", "https://test.invalid")
        self.name, self.place, self.began = name, place, began
        self.notes: list[UserMessage] = []
        self.others = OtherRecorders(
            [place.ask], lambda: "user_1", self.notes.append, lambda: self.stand.now, began=began, here=name,
            ranks=ranks, mine=lambda: self.own.now or Holdings(), named=lambda id: f"exp-{id}",
            skew=lambda: self.skew,
        )  # fmt: skip
        self.stand = Stand(folder, rules, path=state.idle_stops("user_1"), others=self.others)
        self.stand.now += ahead
        self.stand.begun += ahead
        self.stand.runner._refusal = self.others.refusal
        self.own = OwnHoldings(
            state, self.stand.fleet, rules, lambda: self.stand.now, stops=ranks, watches=ranks
        )  # fmt: skip

    def tells(self) -> None:
        self.own.look()
        if self.own.now is not None:
            self.place.told[self.name] = AccountRecorder(
                KEY, self.name, 1, rank(self.began + self.skew), (WATCHES, IDLE), holdings=self.own.now.later(self.skew)
            )  # fmt: skip

    async def holds_for(self, seconds: float, *pods: Pod) -> None:
        """It has said for so long what it does; of pod a, that it stops it."""
        self.stand.arm("exp-*")
        self.stand.fleet.apply(make.snapshot(*pods or (A,)), self.stand.now)
        self.own.look()
        await self.others.look()
        self.stand.now += seconds
        await self.others.look()

    def sent(self) -> list[str]:
        return [command.pod for _, command in self.stand.sent]

    @property
    def words(self) -> list[str]:
        return [note.text for note in self.notes]


async def hours(many: float, *hosts: Host, tell: bool = True) -> None:
    """Time passes for all of them; a pod that one has stopped is stopped for all."""
    for _ in range(round(many * 120)):
        for host in hosts:
            if tell:
                host.tells()
            await host.others.look()
            stopped = {id for each in hosts for id in each.sent()}
            await host.stand.poll(*(each for each in (A, B) if each.id not in stopped))


def two(tmp_path: Path) -> tuple[Host, Host, Place]:
    place = Place()
    return Host(tmp_path / "1", "jump1", place), Host(tmp_path / "2", "jump2", place, NOON + 100), place


def test_the_first_that_has_a_duty_keeps_it() -> None:
    other = AccountRecorder("another account", "jump1", 1, NOON)
    recorders = (SECOND, other, FIRST, FIRST)
    assert elsewhere(recorders, KEY, "jump2") == (FIRST,)
    assert elsewhere(recorders, KEY, "jump3") == (FIRST, SECOND)
    assert ahead((FIRST,), IDLE, "a", NOON + 1, "jump2") == FIRST
    assert ahead((FIRST,), IDLE, "b", NOON + 1, "jump2") is None
    assert ahead((FIRST,), WATCHES, "a", NOON + 1, "jump2") is None
    assert ahead((replace(FIRST, duties=(WATCHES,)),), IDLE, "a", NOON + 1, "jump2") is None
    assert ahead((FIRST,), IDLE, "a", NOON - 1, "jump2") is None
    # Of two that began together each knows which one it is.
    assert ahead((FIRST,), IDLE, "a", NOON, "jump2") == FIRST
    assert ahead((FIRST,), IDLE, "a", NOON, "jump0") is None
    assert key_of("user_2") != KEY
    assert "user" not in KEY


async def test_what_both_hold_is_left_to_the_first_and_each_does_what_it_alone_holds(tmp_path: Path) -> None:
    one, two_, _ = two(tmp_path)
    one.stand.arm("a")
    two_.stand.arm("exp-*")
    await hours(1.2, one, two_)
    assert one.sent() == ["a"]
    assert two_.sent() == ["b"]
    assert "podtop record on jump1 (PID 1) records this account too; idle stop of exp-a left to it" in two_.words
    assert "podtop record on jump2 (PID 1) records this account too" in one.words
    assert "exp-a stops in" in one.stand.words()
    assert "exp-a" not in two_.stand.words(), "who stops it warns of it"


@pytest.mark.parametrize(("keeper", "how"), [(0, "keep"), (1, "keep"), (0, "mute"), (1, "mute without an end")])
async def test_a_pod_that_somebody_keeps_is_stopped_on_no_host(tmp_path: Path, keeper: int, how: str) -> None:
    hosts = two(tmp_path)[:2]
    keeps, armed = hosts[keeper], hosts[1 - keeper]
    armed.stand.arm("a")
    until = NOON + 1.4 * 3600
    if how == "keep":
        keeps.stand.auto.keep("a", until, NOON)
    else:
        keeps.stand.fleet.mutes = (Mute("a", "idle", until if how == "mute" else None),)
    await hours(1.35, *hosts)
    assert [host.sent() for host in hosts] == [[], []]
    if how != "keep":
        keeps.stand.fleet.mutes = ()
    await hours(0.3, *hosts)
    assert armed.sent() == ["a"]
    # Ten minutes before, as always.
    assert "exp-a stops in 10 min" in armed.stand.words()


async def test_what_a_recorder_kept_is_kept_when_it_has_ended(tmp_path: Path) -> None:
    one, two_, place = two(tmp_path)
    one.stand.auto.keep("a", NOON + 2 * 3600, NOON)
    two_.stand.arm("a")
    await hours(0.1, one, two_)
    del place.told["jump1"]
    await hours(1.8, two_, tell=False)
    assert two_.sent() == []
    await hours(0.6, two_, tell=False)
    assert two_.sent() == ["a"]


async def test_a_recorder_that_began_later_takes_over_once_the_other_has_ended(tmp_path: Path) -> None:
    one, two_, place = two(tmp_path)
    for host in (one, two_):
        host.stand.arm("a")
    await hours(0.95, one, two_)
    del place.told["jump1"]
    # It may be cut off from what scrapes it, and act.
    await hours((KEEP - 60) / 3600, two_, tell=False)
    assert two_.sent() == []
    await hours(0.1, two_, tell=False)
    assert "exp-a stops in 10 min" in two_.stand.words(), "a warning of its own"
    assert two_.sent() == []
    await hours(0.12, two_, tell=False)
    assert two_.sent() == ["a"]
    assert two_.words[-1] == "podtop record on jump1 (PID 1) no longer records this account"


async def test_one_that_is_blind_leaves_nothing_undone(tmp_path: Path) -> None:
    one, two_, _ = two(tmp_path)
    for host in (one, two_):
        host.stand.arm("a")
    await hours(0.5, one, two_)
    for _ in range(240):
        # It runs, and RunPod does not respond to it.
        one.stand.now += 30.0
        one.tells()
        await hours(1 / 120, two_)
    assert two_.sent() == ["a"]


async def test_what_cannot_be_asked_leaves_a_host_with_what_was_armed_on_it(tmp_path: Path) -> None:
    one, two_, place = two(tmp_path)
    one.stand.arm("a")
    two_.stand.arm("b")
    place.trouble = Unknown("vm:8428 is away.")
    await hours(1.2, one, two_)
    assert (one.sent(), two_.sent()) == (["a"], ["b"])
    said = "cannot look for recorders on other hosts: vm:8428 is away. podtop does what was armed on this host"
    assert [text.startswith(said) for text in two_.words] == [True]


async def test_what_cannot_be_asked_takes_no_duty_away_from_a_recorder_that_was_there(tmp_path: Path) -> None:
    one, two_, place = two(tmp_path)
    for host in (one, two_):
        host.stand.arm("a")
    await hours(0.98, one, two_)
    place.trouble = Unknown("vm:8428 is away.")
    await hours((KEEP - 60) / 3600, two_)
    assert two_.sent() == []
    await hours(0.25, two_)
    assert two_.sent() == ["a"]


async def test_a_screen_leaves_to_recorders_what_they_hold_and_is_left_nothing(tmp_path: Path) -> None:
    place = Place()
    screen, one = Host(tmp_path / "0", "desk", place, NOON - 9000, ranks=False), Host(tmp_path / "1", "jump1", place)
    screen.stand.arm("exp-*")
    one.stand.arm("a")
    for _ in range(140):
        one.tells()
        await one.others.look()
        await screen.others.look()
        stopped = {*one.sent(), *screen.sent()}
        for host in (one, screen):
            await host.stand.poll(*(each for each in (A, B) if each.id not in stopped))
    assert (one.sent(), screen.sent()) == (["a"], ["b"])


async def test_two_users_of_one_host_are_two_and_one_user_is_one(tmp_path: Path) -> None:
    ada, bob = files_of("jump1", "/home/ada"), files_of("jump1", "/home/bob")
    host = Host(tmp_path / "1", bob, Place(), NOON + 100)
    host.place.told = {"a": replace(FIRST, files=ada), "b": replace(FIRST, pid=2, files=bob)}
    await host.others.look()
    assert host.others.doer(IDLE, "a") == replace(FIRST, files=ada)
    host.place.told = {"b": replace(FIRST, pid=2, files=bob)}
    host.stand.now += KEEP + 1
    await host.others.look()
    assert host.others.doer(IDLE, "a") is None


async def test_one_that_is_started_again_is_behind_those_that_went_on(tmp_path: Path) -> None:
    host = Host(tmp_path / "2", "jump2", Place(), NOON + 100)
    again = AccountRecorder(KEY, "jump1", 77, NOON + 500, (IDLE,), holdings=OF_A)
    # The server still has the series of the process before.
    host.place.told = {"again": again, "before": FIRST}
    await host.holds_for(SETTLE)
    assert host.others.doer(IDLE, "a") is None
    one = Host(tmp_path / "1", "jump1", Place(), NOON + 500)
    one.place.told = {"a": SECOND, "b": FIRST, "c": again}
    await one.others.look()
    assert one.others.doer(IDLE, "a") == SECOND


async def test_nothing_is_done_before_others_can_have_been_seen(tmp_path: Path) -> None:
    host = Host(tmp_path / "1", "jump1", Place())
    first = "podtop first looks for recorders on other hosts"
    await host.others.look()
    assert host.others.refusal() == first
    host.stand.now += SETTLE
    assert host.others.refusal() is None
    # A request that does not return is no look.
    host.stand.now += 3 * LOOK
    assert host.others.refusal() == first
    screen = Host(tmp_path / "0", "desk", Place(), ranks=False)
    assert screen.others.refusal() == first
    await screen.others.look()
    assert screen.others.refusal() is None


def test_a_lease_is_left_to_nobody(tmp_path: Path) -> None:
    """Nobody else has the files of this host: a pod that everybody leaves to others is billed until the money ends."""
    for kind in ("record", "screen"):
        source = Source("test", False, HeldCloud, lambda: NOON)
        config = Config(watcher=Settings(peer="http://jump1:9464"))
        state = StateFiles(lambda: tmp_path, "test", "https://test.invalid")
        session = Session(source, config, Messages(lambda message: None), ActionLock(), state=state, kind=kind)
        assert session.may_act(shared=True) == "podtop first looks for recorders on other hosts"
        assert session.may_act() is None


# Watches

WATCH = MarketWatch("w", NOON, ("nvidia h100",), ("H100",), account="user_1", state=State.ARMED)


def told(progress: Progress, at: float, watch: MarketWatch = WATCH) -> AccountRecorder:
    return replace(FIRST, holdings=Holdings(watches=(HeldWatch(watch.key, progress, at),)))


def test_a_watch_is_known_by_what_it_does(tmp_path: Path) -> None:
    plan = ArmedDeploy({"name": "x", "image": "y"}, (), (), 3.0, 3)
    watch = replace(WATCH, plan=plan)
    later = replace(
        watch, id="v", made_at=NOON + 9, met_at=NOON, words="nothing sent", holder="x", sent_at=NOON,
        plan=replace(plan, values={"image": "y", "name": "x"}, attempts=1),
    )  # fmt: skip
    assert later.key == watch.key
    others = (
        WATCH, replace(watch, ceiling=2.0), replace(watch, spot=True), replace(watch, account="user_2"),
        replace(watch, plan=replace(plan, cap=4.0)), replace(watch, plan=replace(plan, values={"name": "x"})),
        replace(watch, gpus=("nvidia h200",)), replace(watch, demand=MarketQuery(gpu_count=2)), replace(watch, pod="p"),
    )  # fmt: skip
    assert len({watch.key, *(other.key for other in others)}) == 1 + len(others)


async def test_what_another_host_did_for_a_watch_is_not_done_again(tmp_path: Path) -> None:
    host = Host(tmp_path / "2", "jump2", Place(), NOON + 100)

    async def sees(recorder: AccountRecorder) -> None:
        host.place.told = {"jump1": recorder}
        await host.others.look()

    def left(watch: MarketWatch = WATCH) -> str | None:
        return left_elsewhere(watch, host.others, host.stand.fleet)

    await sees(told(Progress.ARMED, NOON))
    assert done_elsewhere(WATCH, host.others) is None
    assert left() == "podtop record on jump1 (PID 1) has this watch too: it is left to it"
    host.stand.now = NOON + SETTLE - 1
    assert left(replace(WATCH, ceiling=1.0)) == "podtop first looks whether another host has this watch too"
    host.stand.now = NOON + SETTLE
    assert left(replace(WATCH, ceiling=1.0)) is None
    await sees(told(Progress.SENDING, NOON + 50))
    assert done_elsewhere(WATCH, host.others) is None
    assert left() == "podtop record on jump1 (PID 1) is sending it"
    await sees(told(Progress.DONE, NOON + 50))
    ended = done_elsewhere(WATCH, host.others)
    assert ended is not None
    assert (ended.state, ended.words) == (State.DONE, "done by podtop record on jump1 (PID 1)")
    # What is armed after that is another wish.
    assert done_elsewhere(replace(WATCH, made_at=NOON + 60), host.others) is None
    host.stand.now = NOON + 60 + SETTLE
    assert left(replace(WATCH, made_at=NOON + 60)) is None
    await sees(told(Progress.LOST, NOON + 50))
    ended = done_elsewhere(WATCH, host.others)
    assert ended is not None
    assert ended.state is State.UNKNOWN
    # The server of the shared history has the series of both of an attempt's steps, in any order.
    both = tuple(told(each, NOON + 50).holdings.watches[0] for each in (Progress.SENDING, Progress.DONE))
    for watches in (both, both[::-1]):
        await sees(replace(FIRST, holdings=Holdings(watches=watches)))
        ended = done_elsewhere(WATCH, host.others)
        assert ended is not None
        assert ended.state is State.DONE


async def test_a_recorder_that_is_gone_is_forgotten_and_may_be_known_to_have_acted(tmp_path: Path) -> None:
    host = Host(tmp_path / "2", "jump2", Place(), NOON + 100)
    kept = Holdings(watches=told(Progress.ARMED, NOON).holdings.watches, keeps=(Keep("a"),))
    host.place.told = {"jump1": replace(FIRST, since=math.inf, gone=True, holdings=kept)}
    await host.others.look()
    at = host.stand.now
    assert host.others.kept("a") == "kept on jump1"
    assert host.others.missing(WATCH.key, at - 1) is not None
    assert host.others.missing(WATCH.key, at + 1) is None, "armed again by somebody who knew"
    host.place.told = {}
    host.stand.now += REMEMBERED + 1
    await host.others.look()
    assert host.others.kept("a") == ""
    assert host.others.missing(WATCH.key, at - 1) is None


def test_what_a_podtop_may_not_do_now_others_do(tmp_path: Path) -> None:
    host = Host(tmp_path / "2", "jump2", Place(), NOON + 100)
    host.stand.arm("exp-*")
    host.stand.fleet.apply(make.snapshot(A), host.stand.now)
    host.own.look()
    assert host.own.now is not None
    assert host.own.now.idle == ("a",)
    host.own._refusal = lambda: "the key is read-only"
    host.own.look()
    assert host.own.now.idle == ()
    host.own._refusal = lambda: None
    host.stand.fleet.owners = {Duty.IDLE: Owner("screen", 1, "elsewhere", NOON)}
    host.own.look()
    assert host.own.now.idle == (), "a screen of this host has the duty, and leaves it to other hosts"


async def test_what_a_host_out_of_sight_may_have_rented_is_not_rented_again(tmp_path: Path) -> None:
    host = Host(tmp_path / "2", "jump2", Place(), NOON + 100)
    stand = host.stand
    stand.fleet.apply(make.snapshot(A), stand.now)
    host.place.told = {"jump1": told(Progress.ARMED, NOON)}
    await host.others.look()
    host.place.told = {}
    stand.now += KEEP + 60
    await host.others.look()
    assert left_elsewhere(WATCH, host.others, stand.fleet) is None
    machine = A.machine
    assert machine is not None
    new = replace(A, id="n", name="h100-7f3a", machine=replace(machine, gpu_name="H100"))
    stand.fleet.apply(make.snapshot(A, new), stand.now)
    why = left_elsewhere(WATCH, host.others, stand.fleet)
    assert why is not None
    assert why.startswith("h100-7f3a may be what podtop record on jump1 (PID 1), not seen since, rented")


def test_a_recorder_tells_its_armed_watches_and_what_became_of_them(tmp_path: Path) -> None:
    host = Host(tmp_path / "1", "jump1", Place())
    host.stand.fleet.apply(make.snapshot(A), host.stand.now)
    watches = WatchFile(StateFiles(lambda: tmp_path / "1", "test", "https://test.invalid").watches())
    every = [
        replace(WATCH, id=state.value, pod=state.value, state=state, sent_at=None if state is State.ARMED else NOON + 7)
        for state in State
    ]
    lost = replace(WATCH, id="lost", pod="lost", state=State.GIVEN_UP, sent_at=NOON + 7, lost=True)
    for watch in (*every, lost, replace(WATCH, id="other", account="user_2")):
        watches.put(watch.id, watch)
    host.own.look()
    assert host.own.now is not None
    by_key = {held.watch: (held.progress, held.at) for held in host.own.now.watches}
    keys = {watch.state: watch.key for watch in every}
    # One that does not act for watches tells what was done for them here all the same.
    host.own._watches = False
    host.own.look()
    assert {held.watch for held in host.own.now.watches} == by_key.keys() - {keys[State.ARMED]}
    assert by_key == {
        keys[State.ARMED]: (Progress.ARMED, NOON), keys[State.SENDING]: (Progress.SENDING, NOON + 7),
        keys[State.DONE]: (Progress.DONE, NOON + 7), keys[State.UNKNOWN]: (Progress.LOST, NOON + 7),
        lost.key: (Progress.LOST, NOON + 7),
    }  # fmt: skip


@pytest.mark.wide
async def test_more_hosts_stop_no_more_pods_in_a_day(tmp_path: Path) -> None:
    place = Place()
    few, many = rules_of("off", (("exp-*", "stop after 60m"),), 1), rules_of("off", (("exp-*", "stop after 60m"),), 3)
    one = Host(tmp_path / "1", "jump1", place, rules=few)
    other = Host(tmp_path / "2", "jump2", place, NOON + 100, rules=many)
    for host in (one, other):
        host.stand.arm("exp-*")
    await hours(3, one, other)
    assert len([*one.sent(), *other.sent()]) == 1
    assert "exp-b keeps running: [auto] per_day allows 1 in 24 h" in one.stand.words()
    assert "exp-b" not in other.stand.words(), "nothing is announced that nobody does"
    # Hours later its host is gone.
    place.told.pop("jump1")
    await hours(0.2, other, tell=False)
    assert "exp-b stops in 10 min" in other.stand.words()
    assert other.sent() == []
    await hours(0.2, other, tell=False)
    assert other.sent() == ["b"]


@pytest.mark.wide
async def test_pods_that_are_left_to_another_host_take_no_room_of_this_one(tmp_path: Path) -> None:
    place = Place()
    both, mine = rules_of("off", (("exp-a", "stop after 60m"),), 1), rules_of("off", (("exp-*", "stop after 60m"),), 1)
    one = Host(tmp_path / "1", "jump1", place, rules=both)
    other = Host(tmp_path / "2", "jump2", place, NOON + 100, rules=mine)
    one.stand.arm("exp-a")
    other.stand.arm("exp-*")
    await hours(3, one, other)
    assert (one.sent(), other.sent()) == (["a"], ["b"])
    assert "keeps running" not in other.stand.words()


@pytest.mark.wide
async def test_what_one_has_tried_without_success_the_other_tries_once(tmp_path: Path) -> None:
    one, other, _ = two(tmp_path)
    for host in (one, other):
        host.stand.arm("a")
    for _ in range(4 * 120):
        for host in (one, other):
            host.tells()
            await host.others.look()
            # Whatever is sent, the pod goes on.
            await host.stand.poll(A)
    assert (one.sent(), other.sent()) == (["a"], ["a"])
    assert other.stand.sent[0][0] >= one.stand.sent[0][0] + ATTEMPT, "first what came of it must be clear"


async def test_what_others_cannot_have_heard_is_left_to_who_has_it(tmp_path: Path) -> None:
    host = Host(tmp_path / "1", "jump1", Place())
    host.place.told = {"jump2": SECOND}
    await host.holds_for(SETTLE - 1)
    assert host.others.doer(IDLE, "a") == SECOND
    host.stand.now += 1
    assert host.others.doer(IDLE, "a") is None
    host.stand.auto.disarm("exp-*")
    host.own.look()
    await host.others.look()
    assert host.others.doer(IDLE, "a") == SECOND


async def test_a_screen_is_as_early_as_the_recorder_of_its_files(tmp_path: Path) -> None:
    """Two screens alone have the secret values of one watch: each would leave it to the recorder beside the other."""
    screen = Host(tmp_path / "0", "jump1", Place(), NOON + 900, ranks=False)
    screen.place.told = {"jump2": SECOND}
    await screen.others.look()
    assert screen.others.doer(IDLE, "a") == SECOND
    screen.place.told["jump1"] = FIRST
    await screen.others.look()
    assert screen.others.doer(IDLE, "a") is None
    # What is known of RunPod's clock becomes better: it is the same process all the same.
    for since, doer in ((NOON + 200, SECOND), (NOON, None)):
        screen.place.told["jump1"] = replace(FIRST, since=since)
        await screen.others.look()
        assert screen.others.doer(IDLE, "a") == doer
    screen.place.told["jump1"] = replace(FIRST, holdings=Holdings())
    await screen.others.look()
    assert screen.others.doer(IDLE, "a") == SECOND, "nobody knows that it is done here"


# Clocks that differ


@pytest.mark.wide
@pytest.mark.parametrize("ahead", [(600.0, -600.0), (-600.0, 600.0)])
async def test_hosts_whose_clocks_differ_agree_who_began_first_and_what_is_kept(
    ahead: tuple[float, float], tmp_path: Path
) -> None:
    place = Place()
    one = Host(tmp_path / "1", "jump1", place, ahead=ahead[0])
    other = Host(tmp_path / "2", "jump2", place, NOON + 100, ahead=ahead[1])
    for host in (one, other):
        host.stand.arm("exp-*")
    one.stand.auto.keep("b", one.stand.now + 2 * 3600, one.stand.now)
    await hours(1.9, one, other)
    assert (one.sent(), other.sent()) == (["a"], []), "b is kept"
    await hours(2, one, other)
    assert (one.sent(), other.sent()) == (["a", "b"], [])


@pytest.mark.parametrize("ahead", [(600.0, -600.0), (-600.0, 600.0)])
async def test_hosts_whose_clocks_differ_know_what_was_sent_and_until_when_a_pod_is_kept(
    ahead: tuple[float, float], tmp_path: Path
) -> None:
    place = Place()
    one = Host(tmp_path / "1", "jump1", place, ahead=ahead[0])
    other = Host(tmp_path / "2", "jump2", place, NOON + 100, ahead=ahead[1])
    sent = replace(WATCH, made_at=one.stand.now, state=State.DONE, sent_at=one.stand.now + 60)
    watches = WatchFile(StateFiles(lambda: tmp_path / "1", "test", "https://test.invalid").watches())
    watches.put(sent.id, sent)
    one.stand.auto.keep("b", one.stand.now + 100, one.stand.now)
    one.stand.fleet.apply(make.snapshot(A), one.stand.now)
    one.tells()
    await other.others.look()
    at = other.stand.now
    for made_at, is_done in ((at, True), (at + 59, True), (at + 60 + CLOCKS, True), (at + 61 + CLOCKS, False)):
        assert (done_elsewhere(replace(WATCH, made_at=made_at), other.others) is not None) is is_done, made_at - at
    for after, is_kept in ((99, True), (101, False)):
        other.stand.now = at + after
        assert bool(other.others.kept("b")) is is_kept


# Over the wire


HELD = Holdings(
    ("a", "b"),
    (HeldWatch("0123456789abcdef", Progress.ARMED, NOON), HeldWatch("fedcba9876543210", Progress.DONE, NOON + 7)),
    (Keep("c", NOON + 3600), Keep("d")),
)
MINE = AccountRecorder(KEY, "jump1", 1, NOON, (WATCHES, IDLE), files_of("jump1", "/home/ada"), HELD)


def exported() -> AccountExport:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(make.snapshot(make.pod("a")), 100.0)
    return AccountExport("work", fleet, lambda: 101.0, recorder=lambda: MINE)


@asynccontextmanager
async def serving(token: Secret | None = None) -> AsyncIterator[str]:
    exporter = Exporter([exported()], token)
    try:
        yield f"http://{await exporter.start(ListenAddress('127.0.0.1', 0))}"
    finally:
        await exporter.close()


async def test_a_recorder_says_at_its_address_who_it_is(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a-token-of-some-length\n")
    file.chmod(0o600)
    async with serving(Secret("a-token-of-some-length")) as url:
        (found,) = await peer(Settings(peer=url, token_file=str(file)))(KEY)
        with pytest.raises(Unknown, match="401"):
            await peer(Settings(peer=url))(KEY)
    assert found == MINE
    with pytest.raises(Unknown):
        await peer(Settings(peer=url))(KEY)
    with pytest.raises(Unknown, match="no token over plain http"):
        await peer(Settings(peer="http://jump1:9464", token_file=str(file)))(KEY)


@pytest.mark.parametrize("body", [b"", b"{}", b'[{"key": 1}]', b"<html>"])
async def test_whatever_else_answers_is_not_taken_for_nobody(body: bytes) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body))
    with pytest.raises(Unknown, match="does not respond like a podtop recorder"):
        await peer(Settings(peer="http://jump1:9464"), transport)(KEY)


@pytest.mark.wide
@pytest.mark.parametrize("name", ["victoria-metrics", "prometheus"])
async def test_the_shared_engine_knows_who_was_scraped_and_what_was_armed_and_kept(tmp_path: Path, name: str) -> None:
    servers.program(name)
    known = (*sorted(HELD.idle), *sorted(held.watch for held in HELD.watches), *sorted(keep.pod for keep in HELD.keeps))

    def of(recorder: AccountRecorder) -> tuple[str, ...]:
        held = recorder.holdings
        return (*sorted(held.idle), *sorted(x.watch for x in held.watches), *sorted(x.pod for x in held.keeps))

    now = time.time()
    lines = [
        line
        for who, at in ((MINE, now - 5), (replace(MINE, host="jump9", files=files_of("jump9", "")), now - 3600))
        for line in page([exported().view()._replace(recorder=who)], at).splitlines()
        if line.startswith("podtop_recorder")
    ]
    text = "".join(f"{line} {(now - 3600 if 'jump9' in line else now - 5):.3f}\n" for line in lines)
    if name == "prometheus":
        heads = "# TYPE podtop_recorder_start_time_seconds gauge\n# TYPE podtop_recorder_duty_timestamp_seconds gauge\n"
        servers.blocks(f"{heads}{text}# EOF\n", tmp_path)
        server = servers.prometheus(tmp_path)
    else:
        server = servers.victoria_metrics(tmp_path)
        servers.import_openmetrics(server, text, tmp_path)
    try:
        ask = engine(History(url=server.url))
        mine, gone = sorted(await ask(KEY), key=lambda recorder: recorder.host)
        assert replace(mine, holdings=Holdings()) == replace(MINE, holdings=Holdings())
        assert of(mine) == known
        assert set(mine.holdings.keeps) == set(HELD.keeps), "an instant, and no end"
        assert set(mine.holdings.watches) == set(HELD.watches)
        # One that was not scraped of late does nothing; what it kept and sent is known.
        assert (gone.host, gone.gone, gone.holdings.idle) == ("jump9", True, ())
        assert set(gone.holdings.keeps) == set(HELD.keeps)
        assert set(gone.holdings.watches) == set(HELD.watches)
        assert await ask(key_of("user_2")) == ()
    finally:
        server.stop()
    with pytest.raises(Unknown):
        await ask(KEY)


async def test_it_is_looked_for_until_the_account_is_known() -> None:
    asked = asyncio.Event()
    account: list[str] = []

    async def ask(key: str) -> tuple[AccountRecorder, ...]:
        asked.set()
        return ()

    others = OtherRecorders(
        [ask], lambda: account[0] if account else None, [].append, lambda: NOON, began=NOON, here="jump1"
    )  # fmt: skip
    await others.look()
    assert not asked.is_set()
    account.append("user_1")
    await others.look()
    assert asked.is_set()
