"""The executor over REST v2, and over both APIs while one of them ends: each change leaves at most once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.acting import Account
from tests.acting_rest import RestAccount
from tests.services import test_executor as proofs
from tui.api.enums import CloudKind
from tui.api.listener import Api
from tui.api.orders import DeployOrder
from tui.domain.action import Command
from tui.domain.operations import Outcome, Status

ORDER = DeployOrder(
    name="new-one", gpu_count=1, gpu_type_id=proofs.GPU, image="pytorch:2.4", container_disk_gb=20,
    cloud=CloudKind.SECURE,
)  # fmt: skip


def on_llama(action: str, **more: Any) -> proofs.Start:
    def start(account: Account) -> asyncio.Task[Outcome]:
        pod = account.pod("llama-70b-pretrain")
        return account.performer.start(Command(action, pod.id, pod.name, **more))

    return start


def unlock(account: Account) -> asyncio.Task[Outcome]:
    pod = next(record.pod for record in account.fleet.records.values() if record.pod and record.pod.locked)
    return account.performer.start(Command("unlock-pod", pod.id, pod.name))


def deploy(account: Account) -> asyncio.Task[Outcome]:
    return account.performer.deploy(ORDER)


STARTS: dict[str, proofs.Start] = {
    "stop": proofs.stop, "terminate": proofs.terminate, "resume": proofs.resume, "deploy": deploy,
    "restart": on_llama("restart"), "lock-pod": on_llama("lock-pod"), "unlock-pod": unlock,
    "rename": on_llama("rename", text="renamed"),
}  # fmt: skip
Proof = Callable[..., Coroutine[Any, Any, None]]

OF_EACH: tuple[Proof, ...] = (
    proofs.test_what_was_done_is_told_logged_and_seen,
    proofs.test_an_answer_lost_behind_a_502_is_found_out_and_nothing_is_sent_twice,
    proofs.test_an_answer_that_never_comes_is_found_out,
    proofs.test_a_request_that_never_arrived_is_told_as_not_done,
    proofs.test_what_was_never_sent_is_told_as_such,
)
OF_ALL: tuple[Proof, ...] = (
    proofs.test_the_state_is_unknown_as_long_as_runpod_tells_nothing,
    proofs.test_a_second_action_on_a_pod_with_one_under_way_is_refused,
    proofs.test_what_an_earlier_podtop_never_learned_of_is_looked_for,
    proofs.test_podtop_ending_in_the_middle_of_a_request_logs_that_it_does_not_know,
    proofs.test_nothing_is_sent_when_the_intent_cannot_be_written_down,
    proofs.test_locked_and_read_only_nothing_is_sent,
)


@pytest.fixture(autouse=True)
def over_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "Account", RestAccount)
    monkeypatch.setattr(proofs, "STARTS", STARTS)
    monkeypatch.setattr(proofs, "ORDER", ORDER)


@pytest.mark.parametrize("word", STARTS)
@pytest.mark.parametrize("proof", OF_EACH, ids=lambda proof: proof.__name__)
async def test_each_change(proof: Proof, word: str, tmp_path: Path) -> None:
    await proof(word, tmp_path)


@pytest.mark.parametrize("proof", OF_ALL, ids=lambda proof: proof.__name__)
async def test_what_holds_of_all(proof: Proof, tmp_path: Path) -> None:
    await proof(tmp_path)


class AutoAccount(RestAccount):
    api = "auto"


async def test_a_change_on_its_way_when_graphql_ends_goes_over_no_other_api(tmp_path: Path) -> None:
    account = AutoAccount(tmp_path)
    await account.poll(0.0)
    account.faults.set("graphql-410")
    refused = await proofs.stop(account)
    assert refused.ending in (Status.REFUSED, Status.NOT_SENT)
    assert "nothing was done" in refused.text
    assert account.wire.apis == ["graphql"]
    assert account.world.pods[account.pod("llama-70b-pretrain").id].status == "RUNNING"
    # The next poll leads to the other, which shows the same pods; what is asked for then is sent there, once.
    await account.poll()
    assert account.cloud.api is Api.REST
    assert (await proofs.stop(account)).ending is Status.DONE
    await account.poll()
    assert account.wire.apis == ["graphql", "rest"]
    assert account.mutations == ["stop", "stop"]


async def test_an_outcome_that_graphql_never_told_is_found_out_over_rest(tmp_path: Path) -> None:
    account = AutoAccount(tmp_path)
    await account.poll(0.0)
    account.faults.set("acts-502")
    task = proofs.stop(account)
    await account.told("podtop is checking")
    account.faults.clear()
    account.faults.set("graphql-410")
    await account.poll()
    assert (await task).ending is Status.DONE
    assert account.wire.apis == ["graphql"]
    assert account.outcomes() == ["unknown", "done"]
