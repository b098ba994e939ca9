"""The same account over another API: its files are found again, by its id, by its pods, or by the user's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.make import pod, snapshot
from tui.api.listener import Api
from tui.api.models import Funds, Snapshot
from tui.domain.lease import begun
from tui.domain.user_message import UserMessage
from tui.history.archive.schema import connect
from tui.history.archive.writer import Polled, Writer
from tui.history.recorder import archive_path
from tui.services import account_link
from tui.services.account_link import POLLS, AccountLink
from tui.storage.lease_file import LeaseFile
from tui.storage.state_files import StateFiles

URL, V2 = "https://api.runpod.io/graphql", "https://api.runpod.io/v2"
NOW = 1_795_435_200.0
USER, OTHER = "user_1", "user_2"


def told(account: str | None, *pods: str) -> Snapshot:
    funds = Funds(account, 10.0, 1.0, 80.0) if account else None
    return replace(snapshot(*(pod(name) for name in pods)), funds=funds)


class Run:
    """One start of podtop, over one address or the other."""

    def __init__(self, folder: Path, url: str = V2, profile: str = "", answer: Any = None) -> None:
        self.state = StateFiles(lambda: folder, "api.runpod.io", url)
        self.notes: list[UserMessage] = []
        self.asked: list[float] = []
        self._answer = answer
        self.link = AccountLink(self.state, profile, self._ask, self.notes.append, lambda: NOW)

    async def _ask(self, at: float) -> bool | None:
        self.asked.append(at)
        return await self._answer if isinstance(self._answer, asyncio.Future) else self._answer

    async def poll(self, api: Api, account: str | None, *pods: str, times: int = 1) -> str | None:
        """The id that a poll has in the end."""
        for _ in range(times):
            named = await self.link.named(told(account, *pods), api)
            await asyncio.sleep(0)
        return named.funds.account_id if named.funds is not None else None

    def record(self, account: str, *pods: str) -> None:
        path = archive_path(self.state.directory(), self.state.api_url, account)
        path.parent.mkdir(exist_ok=True)
        with closing(connect(path, write=True)) as db:
            writer = Writer(db, NOW - 100)
            writer.write([Polled(NOW - 50, told(account, *pods), ())])
            writer.close()


Start = Callable[..., Run]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return lambda **options: Run(tmp_path, **options)


async def known(start: Start, **options: Any) -> None:
    """An earlier run over the API that reports accounts, with two pods."""
    run = start(url=URL, **options)
    assert await run.poll(Api.GRAPHQL, USER, "a", "b") == USER
    run.record(USER, "a", "b")


async def test_an_id_that_both_report_is_the_same_account(start: Start) -> None:
    await known(start)
    run = start()
    assert await run.poll(Api.REST, USER, "z") == USER
    assert run.asked == []


async def test_a_switch_in_the_middle_keeps_the_account_whatever_the_other_reports(start: Start) -> None:
    for reported in (None, USER, "acc_9"):
        run = start()
        await run.poll(Api.GRAPHQL, USER, "a")
        assert await run.poll(Api.REST, reported, "x") == USER
        assert await run.poll(Api.REST, reported) == USER
        assert run.asked == []
    # And at the next start it is known by that name.
    assert await start().poll(Api.REST, "acc_9", "none of them") == USER


async def test_without_an_id_a_recorded_pod_is_proof(start: Start) -> None:
    await known(start)
    run = start()
    assert await run.poll(Api.REST, None, "new", "b") == USER
    assert run.asked == []
    assert await run.poll(Api.REST, None, "new") == USER, "for the whole run"


async def test_so_is_a_pod_with_a_lease(start: Start) -> None:
    await start(url=URL).poll(Api.GRAPHQL, USER)
    run = start()
    LeaseFile(run.state.leases(USER)).set(begun("leased", "job", "stop", NOW + 9, NOW))
    assert await run.poll(Api.REST, None, "leased") == USER


async def test_another_name_for_the_account_is_recognized_by_its_pods_and_kept(start: Start) -> None:
    await known(start)
    assert await start().poll(Api.REST, "acc_9", "a") == USER
    assert await start().poll(Api.REST, "acc_9", "fresh") == USER


async def test_another_account_is_another_account(start: Start) -> None:
    await known(start)
    run = start()
    assert await run.poll(Api.REST, OTHER, "x") == OTHER
    assert run.asked == []


async def test_without_proof_the_user_is_asked_once_and_yes_is_kept(start: Start) -> None:
    await known(start)
    run = start(answer=True)
    assert await run.poll(Api.REST, None, "x", times=POLLS - 1) is None
    assert run.asked == []
    assert await run.poll(Api.REST, None, "x", times=3) == USER
    assert run.asked == [NOW]
    later = start()
    assert await later.poll(Api.REST, None, "y", times=POLLS) == USER
    assert later.asked == []


async def test_no_is_kept_and_is_an_account_of_its_own(start: Start) -> None:
    await known(start)
    own = await start(answer=False).poll(Api.REST, None, "x", times=POLLS + 2)
    assert own not in (None, USER)
    later = start(answer=True)
    assert await later.poll(Api.REST, None, "y", times=POLLS) == own
    assert later.asked == []


async def test_no_answer_is_an_account_of_its_own_and_the_next_start_asks_again(start: Start) -> None:
    await known(start)
    run = start(answer=None)
    own = await run.poll(Api.REST, None, "x", times=POLLS + 2)
    assert own not in (None, USER)
    assert ["a file of its own" in note.text for note in run.notes] == [True]
    again = start(answer=None)
    assert await again.poll(Api.REST, None, "x", times=POLLS + 2) == own, "the same one"
    assert again.asked == [NOW]
    assert await start(answer=True).poll(Api.REST, None, "x", times=POLLS + 2) == USER


async def test_polls_go_on_while_the_question_stands(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    await known(start)
    never: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    run = start(answer=never)
    assert await run.poll(Api.REST, None, "x", times=20) is None
    assert run.asked == [NOW]
    run.link.close()
    monkeypatch.setattr(account_link, "PATIENCE", 0.0)
    late = start(answer=asyncio.get_running_loop().create_future())
    assert await late.poll(Api.REST, None, "x", times=POLLS + 5) not in (None, USER)


async def test_the_first_account_here_needs_no_question(start: Start) -> None:
    run = start()
    own = await run.poll(Api.REST, None, "x", times=POLLS)
    assert own is not None
    assert (run.asked, run.notes) == ([], [])
    assert await start().poll(Api.REST, None, "other", times=POLLS) == own


async def test_profiles_and_hosts_are_apart(start: Start) -> None:
    await known(start)
    for run in (start(profile="work", answer=True), start(url="https://proxy.example/v2", answer=True)):
        assert await run.poll(Api.REST, None, "x", times=POLLS + 2) != USER
        assert run.asked == []


async def test_what_is_damaged_costs_no_poll(start: Start) -> None:
    await known(start)
    run = start(answer=True)
    archive_path(run.state.directory(), URL, USER).write_bytes(b"SQLite format 3\0 and no more")
    assert await run.poll(Api.REST, None, "a", times=POLLS + 2) == USER
    run.state.accounts().write_bytes(b"{")
    broken = start()
    assert await broken.poll(Api.REST, None, "a") is not None
    assert ["accounts were damaged" in note.text for note in broken.notes] == [True]


async def test_an_api_that_is_neither_is_left_alone(start: Start) -> None:
    assert await start().link.named(told(None, "a"), None) == told(None, "a")
    assert not start().state.accounts().exists()


async def test_the_file_holds_no_key_and_is_private(start: Start) -> None:
    await known(start)
    file = start().state.accounts()
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"rpa_" not in file.read_bytes()
