"""Recorders of one account on two hosts: the first one acts, the second says so, and takes over when it has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests import make, servers
from tests.services.test_lease_runner import NOON, TRAIN, Watcher, leased
from tests.ui.conftest import HeldCloud
from tui.api.secret import Secret
from tui.config.loader import Config
from tui.config.settings import History
from tui.config.settings import Watcher as Settings
from tui.domain.listen_address import ListenAddress
from tui.domain.recorders import IDLE, WATCHES, AccountRecorder, ahead, elsewhere, key_of
from tui.domain.user_message import UserMessage
from tui.services.action_lock import ActionLock
from tui.services.exporter.exporter import AccountExport, Exporter
from tui.services.exporter.page import page
from tui.services.hub.owners import Unknown, engine, peer
from tui.services.messages import Messages
from tui.services.other_recorders import KEEP, SETTLE, OtherRecorders
from tui.services.session import Session
from tui.services.source import Source
from tui.storage.state_files import StateFiles
from tui.store.fleet import Fleet

KEY = key_of("user_1")
FIRST = AccountRecorder(KEY, "jump1", 1, NOON, (IDLE,))
SECOND = AccountRecorder(KEY, "jump2", 2, NOON + 100, (IDLE,))


class Team:
    """What a shared place tells of recorders, and one podtop that asks it."""

    def __init__(self, began: float = NOON + 100, here: str = "jump2") -> None:
        self.now = began
        self.running: list[AccountRecorder] | Exception = []
        self.notes: list[UserMessage] = []
        self.others = OtherRecorders(
            [self.ask], lambda: "user_1", self.notes.append, lambda: self.now, began=began, here=here
        )

    async def ask(self, key: str) -> tuple[AccountRecorder, ...]:
        if isinstance(self.running, Exception):
            raise self.running
        return tuple(self.running)

    async def look(self, after: float = 0.0) -> None:
        self.now += after
        await self.others.look()

    @property
    def words(self) -> list[str]:
        return [note.text for note in self.notes]


def test_the_first_that_has_a_duty_keeps_it() -> None:
    other = AccountRecorder("another account", "jump1", 1, NOON)
    recorders = (SECOND, other, FIRST, FIRST)
    assert elsewhere(recorders, KEY, "jump2") == (FIRST,)
    assert elsewhere(recorders, KEY, "jump3") == (FIRST, SECOND)
    assert ahead((FIRST,), IDLE, NOON + 1, "jump2") == FIRST
    assert ahead((FIRST,), WATCHES, NOON + 1, "jump2") is None
    assert ahead((FIRST,), IDLE, NOON - 1, "jump2") is None
    # Of two that began together each knows which one it is.
    assert ahead((FIRST,), IDLE, NOON, "jump2") == FIRST
    assert ahead((FIRST,), IDLE, NOON, "jump0") is None
    assert key_of("user_2") != KEY
    assert "user" not in KEY


async def test_of_two_recorders_one_acts_and_the_other_says_which(tmp_path: Path) -> None:
    one, two = Team(NOON, "jump1"), Team(NOON + 100, "jump2")
    stands = [(one, Watcher(tmp_path / "1.json")), (two, Watcher(tmp_path / "2.json"))]
    for team, watcher in stands:
        # Each has a lease of the same pod in its own files.
        leased(watcher, 0.5)
        team.running = [FIRST, SECOND]
    for _ in range(400):
        for team, watcher in stands:
            await team.look(5.0)
            watcher.why = team.others.refusal(IDLE)
            await watcher.poll(TRAIN)
    assert [len(watcher.sent) for _, watcher in stands] == [1, 0]
    assert two.words == ["podtop record on jump1 (PID 1) records this account too; idle stops are left to it"]
    assert one.words == ["podtop record on jump2 (PID 2) records this account too"]
    assert "due to stop, but podtop record on jump1 (PID 1) has the idle stops of this account" in stands[1][1].words()


async def test_it_takes_over_once_the_other_has_ended() -> None:
    team = Team()
    team.running = [FIRST]
    await team.look(SETTLE)
    assert "jump1" in (team.others.refusal(IDLE) or "")
    assert team.others.refusal(WATCHES) is None
    team.running = []
    for _ in range(int(KEEP / 60)):
        await team.look(60.0)
        # It may be cut off from what scrapes it, and act.
        assert team.others.refusal(IDLE) is not None
    await team.look(1.0)
    assert team.others.refusal(IDLE) is None
    assert team.words[-1] == "podtop record on jump1 (PID 1) no longer records this account"


async def test_one_that_is_started_again_is_behind_those_that_went_on() -> None:
    team = Team()
    team.running = [FIRST]
    await team.look(SETTLE)
    again = AccountRecorder(KEY, "jump1", 77, NOON + 500, (IDLE,))
    # The server still has the series of the process before.
    team.running = [again, FIRST]
    await team.look(30.0)
    assert team.others.refusal(IDLE) is None
    one = Team(NOON + 500, "jump1")
    one.running = [SECOND, FIRST, again]
    await one.look(SETTLE)
    assert "jump2" in (one.others.refusal(IDLE) or "")


async def test_what_cannot_be_asked_takes_no_duty_away_from_a_recorder_that_was_there() -> None:
    team = Team()
    team.running = [FIRST]
    await team.look(SETTLE)
    team.running = Unknown("vm:8428 is away.")
    for _ in range(4):
        await team.look(60.0)
        assert team.others.refusal(IDLE) is not None
    assert team.words.count("cannot look for recorders on other hosts: vm:8428 is away.") == 1
    await team.look(KEEP)
    assert team.others.refusal(IDLE) is None


async def test_nothing_is_done_before_others_can_have_been_seen() -> None:
    team = Team()
    await team.look(SETTLE - 1)
    assert team.others.refusal(IDLE) == "podtop first looks for recorders on other hosts"
    await team.look(1.0)
    assert team.others.refusal(IDLE) is None


def session(tmp_path: Path, kind: str) -> Session:
    source = Source("test", False, HeldCloud, lambda: NOON)
    config = Config(watcher=Settings(peer="http://jump1:9464"))
    state = StateFiles(lambda: tmp_path, "test", "https://test.invalid")
    return Session(source, config, Messages(lambda message: None), ActionLock(), state=state, kind=kind)


def test_a_lease_is_left_to_nobody_and_a_screen_leaves_nothing(tmp_path: Path) -> None:
    """Nobody else has the files of this host: a pod that everybody leaves to others is billed until the money ends."""
    recorder, screen = session(tmp_path / "1", "record"), session(tmp_path / "2", "screen")
    for duty in (IDLE, WATCHES):
        assert recorder.may_act(duty) == "podtop first looks for recorders on other hosts"
        assert screen.may_act(duty) is None
    assert recorder.may_act() is screen.may_act() is None


# Over the wire


def exported(duties: tuple[str, ...] = (WATCHES, IDLE)) -> AccountExport:
    fleet = Fleet(5.0, 60.0)
    fleet.apply(make.snapshot(make.pod("a")), 100.0)
    mine = AccountRecorder(KEY, "jump1", 1, NOON, duties)
    return AccountExport("work", fleet, lambda: 101.0, recorder=lambda: mine)


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
    assert (found.host, found.since, found.duties) == ("jump1", NOON, (WATCHES, IDLE))
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
async def test_the_shared_engine_knows_who_was_scraped(tmp_path: Path) -> None:
    view = exported().view()._replace(recorder=AccountRecorder(KEY, "jump1", 1, NOON, (WATCHES, IDLE)))
    lines = [line for line in page([view], 101.0).splitlines() if line.startswith("podtop_recorder")]
    server = servers.victoria_metrics(tmp_path)
    try:
        ask = engine(History(url=server.url))
        assert await ask(KEY) == ()
        servers.import_openmetrics(server, f"{lines[0]} {time.time() - 5:.3f}\n", tmp_path)
        assert await ask(KEY) == (AccountRecorder(KEY, "jump1", 1, NOON, (WATCHES, IDLE)),)
        assert await ask(key_of("user_2")) == ()
    finally:
        server.stop()
    with pytest.raises(Unknown):
        await ask(KEY)


async def test_it_is_looked_for_until_the_account_is_known() -> None:
    team, asked = Team(), asyncio.Event()
    account: list[str] = []

    async def ask(key: str) -> tuple[AccountRecorder, ...]:
        asked.set()
        return ()

    others = OtherRecorders([ask], lambda: account[0] if account else None, team.notes.append, lambda: NOON, began=NOON)
    await others.look()
    assert not asked.is_set()
    account.append("user_1")
    await others.look()
    assert asked.is_set()
