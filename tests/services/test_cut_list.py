"""A list of pods that is longer than podtop reads, over both APIs: the pods beyond its end are unknown, not gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.acting import NOON, Account
from tests.acting_rest import RestAccount
from tests.api.make import account as told_account
from tests.api.make import cloud, pod
from tests.commands.test_act import Person, Stage
from tests.make import pod as made_pod
from tests.make import snapshot
from tests.services.test_executor_rest import ORDER
from tests.services.test_lease_runner import TRAIN, Watcher, leased
from tests.services.test_watch_runner import armed, posted, resumes, until_there
from tui.api.doubt import doubt
from tui.api.graphql import fleet as graphql_fleet
from tui.api.rest import lists
from tui.commands.exit_codes import Exit
from tui.domain.action import Command
from tui.domain.events import Event, Kind
from tui.domain.operations import Status
from tui.store.alert_tracker import AlertTracker
from tui.store.fleet import BEYOND, Fleet
from tui.ui.render import header

ACCOUNTS: dict[str, type[Account]] = {"graphql": Account, "rest": RestAccount}
both = pytest.mark.parametrize("api", ACCOUNTS)


def cut(account: Account, monkeypatch: pytest.MonkeyPatch, most: int = 3) -> None:
    """From now on podtop reads no more than three of its pods."""
    account.faults.set("v2-short-pages")
    monkeypatch.setattr(lists, "MOST_PAGES", 1)
    monkeypatch.setattr(graphql_fleet, "MOST", most)


def beyond(account: Account) -> list[str]:
    return [id for id, record in account.fleet.records.items() if record.unreadable == BEYOND]


@both
async def test_pods_beyond_the_end_stay_and_are_unknown(
    api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = ACCOUNTS[api](tmp_path)
    await account.poll()
    names = {record.name for record in account.fleet.records.values()}
    assert account.fleet.running_cost is not None
    cut(account, monkeypatch)
    await account.poll()
    assert {record.name for record in account.fleet.records.values()} == names
    assert len(beyond(account)) == 3
    assert account.fleet.running_cost is None
    assert not any(event.kind is Kind.GONE for event in account.fleet.events)
    assert "pod list incomplete" in str(header.connection(account.fleet, account.now, None)[0])
    value = account.fleet.snapshot.value
    assert value is not None
    assert not doubt(value)
    monkeypatch.undo()
    account.faults.clear()
    await account.poll()
    assert beyond(account) == []
    assert not any(event.kind is Kind.GONE for event in account.fleet.events)


@both
async def test_a_list_that_is_read_whole_is_not_cut(api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = ACCOUNTS[api](tmp_path)
    monkeypatch.setattr(graphql_fleet, "MOST", 6)
    monkeypatch.setattr(lists, "MOST_PAGES", 4)
    account.faults.set("v2-short-pages")
    await account.poll()
    assert len(account.fleet.records) == 6
    assert not account.fleet.is_cut
    gone = next(iter(account.world.pods))
    del account.world.pods[gone]
    await account.poll()
    assert gone not in account.fleet.records
    assert account.fleet.events[-1].kind is Kind.GONE


async def test_a_podtop_that_knew_nothing_before_takes_no_part_of_a_sum_for_the_whole() -> None:
    fleet = Fleet(5.0, 30.0)
    for is_cut in (False, True):
        fleet.apply(replace(snapshot(made_pod("b")), is_cut=is_cut), NOON)
        assert (fleet.running_cost is None) is is_cut


async def test_one_part_of_a_pod_that_is_too_long_is_no_cut_of_the_list() -> None:
    odd = told_account(pod(runtime={"uptimeInSeconds": 1, "ports": [{}] * 5000}))
    told = await cloud(odd).fleet()
    assert told.problems
    assert not told.is_cut


@both
async def test_what_was_sent_to_a_pod_beyond_the_end_has_no_outcome_in_that(
    api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, restarted in enumerate((False, True)):
        account = ACCOUNTS[api](tmp_path / str(number))
        await account.poll()
        cut(account, monkeypatch)
        await account.poll()
        target = account.fleet.records[beyond(account)[0]]
        if restarted:
            # A podtop that never saw the pod.
            account.fleet.records.pop(target.id)
        account.faults.set("502")
        task = account.performer.start(Command("terminate", target.id, target.name))
        await account.told("podtop is checking")
        account.faults.clear()
        account.faults.set("v2-short-pages")
        for _ in range(30):
            await account.poll()
        assert (await task).ending is Status.UNKNOWN
        assert target.id in account.world.pods
        await account.performer.close()
        monkeypatch.undo()


@both
async def test_nothing_is_deployed_while_names_are_unknown(
    api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = ACCOUNTS[api](tmp_path)
    cut(account, monkeypatch)
    await account.poll()
    outcome = await account.performer.deploy(ORDER)
    assert outcome.ending is Status.NOT_SENT
    assert "more pods than podtop reads" in outcome.text
    assert account.mutations == []
    assert account.log() == []


@both
async def test_a_lost_deploy_is_not_taken_for_nothing(
    api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = ACCOUNTS[api](tmp_path)
    await account.poll()
    account.faults.set("502")
    task = account.performer.deploy(ORDER)
    await account.told("podtop is checking")
    account.faults.clear()
    cut(account, monkeypatch)
    for _ in range(40):
        await account.poll()
    assert not task.done()
    monkeypatch.undo()
    account.faults.clear()
    await account.poll()
    assert (await task).ending is Status.NOT_DONE


async def test_a_lease_of_a_pod_beyond_the_end_stays(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 0.5)

    async def poll_cut() -> None:
        watcher.now += 5.0
        watcher.fleet.apply(replace(snapshot(made_pod("b")), is_cut=True), watcher.now)
        await watcher.look()

    for _ in range(600):
        await poll_cut()
    assert list(watcher.leases.all()) == ["a"]
    assert watcher.sent == []
    assert watcher.words().count("it is not among those; act manually") == 1
    # With the whole list it goes on: a warning, then the stop.
    for _ in range(130):
        await watcher.poll(TRAIN)
    assert [action for _, action, _ in watcher.sent] == ["stop"]


async def test_the_lease_of_a_pod_that_is_read_is_enforced_all_the_same(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "leases.json")
    leased(watcher, 0.5)
    for _ in range(400):
        watcher.now += 5.0
        watcher.fleet.apply(replace(snapshot(TRAIN), is_cut=True), watcher.now)
        await watcher.look()
    assert [action for _, action, _ in watcher.sent] == ["stop"]


async def test_a_watch_for_a_pod_beyond_the_end_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with posted(tmp_path) as post:
        waits = resumes(post)
        post.lookout.watches.put("v1", waits)
        monkeypatch.setattr(graphql_fleet, "MOST", 0)
        for known in (True, False):
            if not known:
                post.account.fleet.records.clear()
            post.account.world.pods[waits.pod].free_gpus = 8
            await post.poll()
            assert post.sent() == []
            assert not post.watch().over
        monkeypatch.undo()
        await post.poll()
        assert post.sent() == [waits.pod]


async def test_a_pod_that_is_beyond_the_end_when_it_is_read_again_is_not_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with posted(tmp_path) as post:
        waits = resumes(post)
        post.lookout.watches.put("v1", waits)
        look = post.account.look

        async def cut_look() -> object:
            monkeypatch.setattr(graphql_fleet, "MOST", 0)
            return await look()

        post.account.world.pods[waits.pod].free_gpus = 8
        await post.account.poll()
        monkeypatch.setattr(post.account, "look", cut_look)
        await post.look()
        assert post.sent() == []
        assert "could not be checked again: RunPod lists more pods" in post.words()


async def test_a_watch_that_deploys_waits_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with posted(tmp_path, armed()) as post:
        monkeypatch.setattr(graphql_fleet, "MOST", 3)
        await until_there(post)
        assert post.sent() == []
        assert post.words().count("more pods than podtop reads") == 1
        assert post.account.log() == []
        monkeypatch.undo()
        await post.poll()
        assert len(post.sent()) == 1


async def test_a_command_takes_no_name_and_no_pod_beyond_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path)
    await stage.poll()
    first, *_, last = stage.fleet.records.values()
    monkeypatch.setattr(graphql_fleet, "MOST", 3)
    for word in (first.name, last.name, last.id):
        stage.hands = stage.another()
        assert await stage.act("stop", word, person=Person("y")) is Exit.NOTHING
        assert "RunPod lists more pods than podtop reads" in stage.said
    assert stage.mutations == []
    stage.hands = stage.another()
    assert await stage.act("stop", first.id, person=Person("y")) is Exit.OK
    assert stage.mutations == ["stop"]


async def test_a_pod_that_falls_out_of_the_list_behind_the_question_is_not_acted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path)
    await stage.poll()
    first = next(record for record in reversed(stage.fleet.records.values()) if record.pod and record.pod.runtime)
    person = Person("y", meanwhile=lambda: monkeypatch.setattr(graphql_fleet, "MOST", 1))
    assert await stage.act("stop", first.id, person=person) is Exit.REFUSED
    assert stage.mutations == []


@pytest.mark.parametrize(("is_cut", "ended"), [(True, False), (False, True)])
def test_an_alert_of_a_pod_beyond_the_end_does_not_end(is_cut: bool, ended: bool) -> None:
    fleet, tracker = Fleet(5.0, 30.0), AlertTracker()
    tracker.recall([Event(NOON, "a", Kind.LOOP, "")])
    kinds = []
    for step in range(1, 200):
        at = NOON + 5.0 * step
        fleet.apply(replace(snapshot(made_pod("b")), is_cut=is_cut), at)
        kinds += [event.kind for event in tracker.judge(fleet, at)]
    assert (Kind.LOOP_OVER in kinds) is ended
