"""Every mutation with every ending, against the simulated RunPod: sent at most once, and told as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests import make
from tests.acting import NOON, Account
from tui.actions import BY_ID
from tui.api.orders import DeployOrder, RentOrder
from tui.api.pod_detail import EnvVar
from tui.api.secret import Secret
from tui.domain.action import NEW_POD, Command
from tui.domain.events import Kind
from tui.domain.operations import Outcome, Status
from tui.services.reconciler import PATIENCE
from tui.storage.audit_log import AuditLog

GPU = "NVIDIA GeForce RTX 3090"
ORDER = DeployOrder(name="new-one", gpu_count=1, gpu_type_id=GPU, image="pytorch:2.4", container_disk_gb=20)
BID = RentOrder(name="new-bid", gpu_count=1, gpu_type_id=GPU, image="pytorch:2.4", container_disk_gb=20, bid_per_gpu=5)


async def opened(directory: Path, **how: float) -> Account:
    account = Account(directory, **how)  # type: ignore[arg-type]
    await account.poll(0.0)
    return account


async def outbid(account: Account) -> None:
    """Until somebody has bid more for the interruptible pod."""
    while account.pod("distill-student").status == "RUNNING":
        await account.poll(600.0)


Start = Callable[[Account], "asyncio.Task[Outcome]"]


def stop(account: Account) -> asyncio.Task[Outcome]:
    pod = account.pod("llama-70b-pretrain")
    return account.performer.start(Command("stop", pod.id, pod.name))


def terminate(account: Account) -> asyncio.Task[Outcome]:
    pod = account.pod("llama-70b-pretrain")
    return account.performer.start(Command("terminate", pod.id, pod.name))


def resume(account: Account) -> asyncio.Task[Outcome]:
    pod = account.pod("dataset-prep")
    account.world.pods[pod.id].free_gpus = 4
    return account.performer.start(Command("resume", pod.id, pod.name, 1))


def bid(account: Account) -> asyncio.Task[Outcome]:
    pod = account.pod("distill-student")
    return account.performer.start(Command("bid", pod.id, pod.name, 1, 5.0))


def deploy(account: Account) -> asyncio.Task[Outcome]:
    return account.performer.deploy(ORDER)


def rent(account: Account) -> asyncio.Task[Outcome]:
    return account.performer.deploy(BID)


STARTS: dict[str, Start] = {
    "stop": stop, "terminate": terminate, "resume": resume, "bid_resume": bid, "deploy": deploy, "rent": rent,
}  # fmt: skip
each = pytest.mark.parametrize("word", STARTS)


async def begun(word: str, account: Account) -> asyncio.Task[Outcome]:
    if word == "bid_resume":
        await outbid(account)
    return STARTS[word](account)


@each
async def test_what_was_done_is_told_logged_and_seen(word: str, tmp_path: Path) -> None:
    account = await opened(tmp_path)
    task = await begun(word, account)
    assert len(account.fleet.operations) == 1
    outcome = await task
    assert outcome.ending is Status.DONE
    assert account.mutations == [word]
    intent, end = account.log()
    assert (intent["action"], end["outcome"]) == ({"bid_resume": "bid"}.get(word, word), "done")
    assert account.woken == 1
    await account.poll()
    await account.until(lambda: not account.fleet.operations)
    assert account.fleet.events[-1].kind is Kind.DONE or any(e.kind is Kind.DONE for e in account.fleet.events)
    assert account.notes[-1].text.startswith("✓")
    await account.performer.close()


@each
async def test_an_answer_lost_behind_a_502_is_found_out_and_nothing_is_sent_twice(word: str, tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.faults.set("acts-502")
    task = await begun(word, account)
    await account.told("podtop is checking")
    assert not task.done()
    await account.poll()
    assert (await task).ending is Status.DONE
    assert account.mutations == [word]
    assert account.outcomes() == ["unknown", "done"]
    assert not account.fleet.operations


@each
async def test_an_answer_that_never_comes_is_found_out(word: str, tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.faults.set("acts-timeout")
    task = await begun(word, account)
    # What has no answer is given up at once; what has one is waited for, however long it takes here.
    patience, account._cloud._exchange._deadline = account._cloud._exchange._deadline, 0.2
    await account.told("podtop is checking")
    account._cloud._exchange._deadline = patience
    await account.poll()
    assert (await task).ending is Status.DONE
    assert account.mutations == [word]


@each
async def test_a_request_that_never_arrived_is_told_as_not_done(word: str, tmp_path: Path) -> None:
    account = await opened(tmp_path)
    task = await begun(word, account)
    # Behind the gateway nothing happens.
    account.faults.set("502")
    await account.told("podtop is checking")
    account.faults.clear()
    for _ in range(30):
        assert not task.done()
        await account.poll(5.0)
        if account.now - NOON >= PATIENCE and task.done():
            break
    outcome = await task
    assert outcome.ending is Status.NOT_DONE
    assert "Nothing was sent again" in outcome.text
    assert account.mutations == [word]
    assert account.outcomes() == ["unknown", "not done"]


@each
async def test_what_was_never_sent_is_told_as_such(word: str, tmp_path: Path) -> None:
    account = await opened(tmp_path)
    if word == "bid_resume":
        await outbid(account)
    account.faults.set("refused")
    task = STARTS[word](account)
    outcome = await task
    assert outcome.ending is Status.NOT_SENT
    assert not account.fleet.operations
    assert account.outcomes() == ["not sent"]


@each
async def test_a_key_that_may_only_read_turns_podtop_read_only(word: str, tmp_path: Path) -> None:
    from tui.demo.execution import READ_ONLY_KEY

    account = Account(tmp_path, key=READ_ONLY_KEY)
    await account.poll(0.0)
    task = await begun(word, account)
    outcome = await task
    assert outcome.ending is Status.REFUSED
    assert account.guard.read_only
    pod = account.pod("llama-70b-pretrain")
    again = await account.performer.start(Command("stop", pod.id, pod.name))
    assert again.ending is Status.NOT_SENT
    assert account.mutations == [word]


async def test_the_state_is_unknown_as_long_as_runpod_tells_nothing(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.faults.set("502")
    task = stop(account)
    await account.told("podtop is checking")
    for _ in range(30):
        await account.poll(5.0)
    outcome = await task
    assert outcome.ending is Status.UNKNOWN
    assert account.mutations == ["stop"]


async def test_a_deploy_is_not_given_up_before_it_is_known(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.faults.set("502")
    task = deploy(account)
    await account.told("podtop is checking")
    for _ in range(60):
        await account.poll(5.0)
    assert not task.done()
    second = await account.performer.deploy(BID)
    assert second.ending is Status.NOT_SENT
    assert "already deploying new-one" in second.text
    account.faults.clear()
    await account.poll()
    assert (await task).ending is Status.NOT_DONE
    assert account.mutations == ["deploy"]
    assert NEW_POD not in account.fleet.operations


async def test_a_second_action_on_a_pod_with_one_under_way_is_refused(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    first, second = stop(account), stop(account)
    assert (await second).ending is Status.NOT_SENT
    assert "already stopping" in (await second).text
    assert (await first).ending is Status.DONE
    third = await terminate(account)
    assert third.ending is Status.NOT_SENT
    assert account.mutations == ["stop"]


@pytest.mark.parametrize(
    ("prepare", "word", "said", "advice"),
    [
        ("full host", "resume", "not enough free GPUs", "fewer GPUs"),
        ("poor", "resume", "Insufficient balance", "Add credit"),
        ("low bid", "bid_resume", "Bid price is too low", "lowest bid"),
        ("locked", "terminate", "locked", "console"),
        ("gone", "terminate", "pod not found", "no longer on the account"),
        ("gone", "stop", "Pod not found", "no longer on the account"),
        ("no stock", "deploy", "no longer any instances", "Stock is only a hint"),
        ("no stock", "rent", "no longer any instances", "Stock is only a hint"),
        ("poor", "deploy", "Insufficient balance", "Add credit"),
    ],
)
async def test_a_refusal_is_told_in_runpods_words_and_explained(
    prepare: str, word: str, said: str, advice: str, tmp_path: Path
) -> None:
    account = await opened(tmp_path)
    if word == "bid_resume":
        await outbid(account)
    llama, prep = account.pod("llama-70b-pretrain").id, account.pod("dataset-prep").id
    match prepare:
        case "full host":
            account.world.pods[prep].free_gpus = 0
            task = account.performer.start(Command("resume", prep, "dataset-prep", 1))
        case "poor":
            account.world.balance = 0.01
            task = STARTS[word](account)
        case "low bid":
            pod = account.pod("distill-student")
            task = account.performer.start(Command("bid", pod.id, pod.name, 1, 0.01))
        case "locked":
            account.world.pods[llama].locked = True
            task = STARTS[word](account)
        case "gone":
            del account.world.pods[llama]
            task = STARTS[word](account)
        case _:
            account.world.shelf.taken = {(GPU, True): 10_000, (GPU, False): 10_000}
            task = STARTS[word](account)
    outcome = await task
    assert outcome.ending is Status.REFUSED
    assert said in outcome.message
    assert advice in outcome.advice
    assert account.outcomes() == ["refused"]
    assert account.fleet.events[-1].kind is Kind.REFUSED
    assert said in account.fleet.events[-1].text
    assert not account.fleet.operations


async def test_a_start_without_gpus_is_said_aloud(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    pod = account.pod("dataset-prep")
    outcome = await account.performer.start(Command("resume", pod.id, pod.name, 0))
    assert outcome.ending is Status.DONE
    assert "NO GPU" not in outcome.message
    from tui.api.orders import Receipt
    from tui.domain.answers import answered

    got = Receipt(pod.id, pod.name, "RUNNING", None, 0.0, 0, None)
    told = answered(BY_ID["resume"], Command("resume", pod.id, pod.name, 1), got)
    assert "NO GPU" in told.message
    assert "data" in told.advice


async def test_what_an_earlier_podtop_never_learned_of_is_looked_for(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.faults.set("acts-502")
    stop(account)
    deploy(account)
    await account.until(lambda: len(account.mutations) == 2 and len(account.outcomes()) == 2)
    await account.performer.close()
    account.faults.clear()
    account.fleet.operations.clear()
    account.performer = account.open()
    await account.performer.resume_looking()
    blocked = await account.performer.deploy(BID)
    assert "already deploying new-one" in blocked.text
    await account.poll()
    await account.until(lambda: account.outcomes().count("done") == 2)
    assert sorted(account.mutations) == ["deploy", "stop"]


async def test_podtop_ending_in_the_middle_of_a_request_logs_that_it_does_not_know(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.faults.set("acts-timeout")
    task = stop(account)
    await account.until(lambda: account.mutations)
    from unittest.mock import patch

    with patch("tui.services.executor.LAST_WAIT", 0.05):
        await account.performer.close()
    assert task.cancelled() or task.done()
    assert account.outcomes() == ["unknown"]
    assert account.mutations == ["stop"]


async def test_nothing_is_sent_when_the_intent_cannot_be_written_down(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.path = tmp_path / "file" / "actions.jsonl"
    (tmp_path / "file").write_text("in the way")
    outcome = await stop(account)
    assert outcome.ending is Status.NOT_SENT
    assert account.mutations == []
    assert not account.fleet.operations


async def test_locked_and_read_only_nothing_is_sent(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.guard.toggle()
    outcome = await stop(account)
    assert outcome.ending is Status.NOT_SENT
    assert "(L to unlock)" in outcome.text
    account.guard.toggle()
    account.guard.read_only = "podtop is in read-only mode"
    assert "read-only" in (await stop(account)).text
    assert account.mutations == []
    assert account.log() == []


async def test_values_of_variables_reach_neither_log_nor_words(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    order = DeployOrder(
        name="secretive", gpu_count=1, gpu_type_id=GPU, image="pytorch:2.4",
        env=(EnvVar("HF_TOKEN", Secret("hf_verysecret")),),
    )  # fmt: skip
    await account.performer.deploy(order)
    assert "HF_TOKEN" in account.path.read_text()
    assert "hf_verysecret" not in account.path.read_text()
    assert account.wire.mutations[0][1]["env"] == [{"key": "HF_TOKEN", "value": "hf_verysecret"}]


async def test_a_pod_that_rpc_says_is_done_and_does_not_show_is_told(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    pod = account.pod("llama-70b-pretrain")
    await stop(account)
    account.world.pods[pod.id].status = "RUNNING"
    for _ in range(26):
        await account.poll(5.0)
    await account.told("does not show that")
    assert not account.fleet.operations


async def test_another_podtops_deploy_without_an_answer_is_looked_for_before_anything_is_deployed(
    tmp_path: Path,
) -> None:
    account = await opened(tmp_path)
    log = AuditLog(account.path, origin="demo", wall=lambda: account.now)
    lost, other = log.intent("deploy", "", "theirs", {}), log.intent("rent", "", "theirs-too", {})
    assert (lost, other) != ("", "")
    refused = await account.performer.deploy(ORDER)
    assert refused.ending is Status.NOT_SENT
    assert "deploying theirs is still unknown" in refused.text
    assert account.mutations == []
    for _ in range(60):
        await account.poll(5.0)
        await asyncio.sleep(0.005)
    await account.until(lambda: account.outcomes().count("not done") == 2)
    account.fleet.operations.clear()
    assert (await account.performer.deploy(ORDER)).ending is Status.DONE
    assert account.mutations == ["deploy"]


@pytest.mark.parametrize("skew", [3600.0, -3600.0])
@pytest.mark.parametrize(("up", "ending"), [(20, Status.DONE), (900, Status.NOT_DONE)])
async def test_whether_a_pod_restarted_is_judged_by_podtops_clock_though_the_log_has_the_true_time(
    tmp_path: Path, skew: float, up: int, ending: Status
) -> None:
    account = Account(tmp_path)
    AuditLog(account.path, origin="demo", wall=lambda: account.now + skew).intent("restart", "a", "train", {})
    account.now += 60.0
    # The log is read before a response shows how wrong the clock is.
    ((_, restart),) = await account.performer.resume_looking()
    account.skew = skew
    shown = make.pod("a", name="train")
    assert shown.runtime is not None
    for passed in range(5, 130, 5):
        runtime = replace(shown.runtime, uptime=up + passed)
        account.now += 5.0
        account.fleet.apply(make.snapshot(replace(shown, runtime=runtime)), account.now)
        account.performer.polled()
        await asyncio.sleep(0)
    assert (await asyncio.wait_for(restart, 10)).ending is ending
    assert account.mutations == []


async def test_what_another_account_never_learned_of_is_left_to_it(tmp_path: Path) -> None:
    account = Account(tmp_path)
    log = AuditLog(account.path, origin="demo", wall=lambda: account.now)
    log.intent("terminate", "elsewhere", "theirs", {}, account="another")
    log.intent("deploy", "", "theirs-too", {}, account="another")
    # Before the account is known, nobody can tell whose they are.
    assert len(await account.performer.resume_looking()) == 2
    await account.poll()
    await account.until(lambda: not account.fleet.operations)
    assert account.outcomes() == []
    assert await account.performer.resume_looking() == []
    assert (await account.performer.deploy(ORDER)).ending is Status.DONE


MESSAGES = (
    "There are no longer any instances available with the requested specifications. Please refresh and try again.",
    "There are no longer any instances available with the request specifications. Please try again later.",
    "There are no longer any instances available with enough disk space.",
    "There are not enough free GPUs on the host machine to start this pod.",
    "There are not enough free memory on the host machine to start this pod.",
    "This machine does not have the resources to deploy your pod. Please try a different machine",
    "There are no instances currently available",
    "could not find any pods with required specifications",
    "Insufficient balance to resume this on-demand pod. You need at least $3.59 (current: $3.01, deficit: $0.58).",
    "pod not found to terminate",
    "Bid price is too low",
    "This pod is locked",
)


@each
async def test_every_known_message_is_a_refusal_in_its_words_with_what_to_try(word: str, tmp_path: Path) -> None:
    account = await opened(tmp_path)
    if word == "bid_resume":
        await outbid(account)
    for message in MESSAGES:
        account.wire.says = message
        outcome = await STARTS[word](account)
        assert outcome.ending is Status.REFUSED, message
        assert message.rstrip(".") in outcome.message
        assert outcome.advice, message
        assert not account.fleet.operations
        assert message.rstrip(".") in account.fleet.events[-1].text
    assert account.mutations == [word] * len(MESSAGES)
    assert account.outcomes() == ["refused"] * len(MESSAGES)


@each
async def test_when_something_went_wrong_it_is_looked_what_became_of_it(word: str, tmp_path: Path) -> None:
    account = await opened(tmp_path)
    if word == "bid_resume":
        await outbid(account)
    account.wire.says = "Something went wrong. Please try again later or contact support."
    task = STARTS[word](account)
    await account.told("podtop is checking")
    # With the fourth, it has been looked for long enough.
    for _ in range(4):
        assert not task.done()
        await account.poll(5.0)
    assert (await task).ending is Status.NOT_DONE
    assert account.mutations == [word]
