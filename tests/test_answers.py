"""How it is said that an answer does not tell what happened: lost, vague or unreadable; and what keeps hosts out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acting import Account
from tests.services.test_executor import BID, ORDER, opened, stop
from tui.api import errors as api
from tui.api.models import Problem
from tui.commands.log import show
from tui.domain.action import order_inputs
from tui.domain.answers import judge, limits_of
from tui.domain.deploy_fields import BY_NAME, NARROWS
from tui.domain.operations import LOST, UNREADABLE, VAGUE, Status
from tui.services.reconciler import PATIENCE, VAGUE_PATIENCE
from tui.storage.audit_log import AuditLog

GONE = "There are no longer any instances available with the requested specifications. Please refresh and try again."
SORRY = "Something went wrong. Please try again later or contact support."


async def test_an_answer_that_came_and_was_vague_is_not_called_lost(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.wire.says = SORRY
    task = stop(account)
    await account.told("went wrong")
    while not task.done():
        await account.poll()
    outcome = await task
    assert outcome.ending is Status.NOT_DONE
    assert outcome.message == f"{VAGUE}; it did not go through"
    assert not any("lost" in note.text for note in account.notes)
    assert account.now < account.fleet.pods_at + PATIENCE if account.fleet.pods_at else True
    await account.performer.close()


async def test_a_vague_answer_behind_which_it_happened_is_told_as_that(tmp_path: Path) -> None:
    account = await opened(tmp_path)
    account.wire.says = SORRY
    task = account.performer.deploy(ORDER)
    await account.told("went wrong")
    account.wire.says = ""
    account.world.deploy(
        {"name": ORDER.name, "gpuTypeId": ORDER.gpu_type_id, "imageName": "a", "dockerArgs": ""}, spot=False
    )
    await account.poll()
    outcome = await task
    assert outcome.ending is Status.DONE
    assert outcome.message.startswith(f"{VAGUE}, but it was created: ")
    await account.performer.close()


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (api.TimedOut("RunPod did not answer within 30 seconds."), LOST),
        (api.Faltering("RunPod server error (HTTP 502)."), LOST),
        (api.Malformed("RunPod's answer is cut short."), UNREADABLE),
        (api.Rejected((Problem(SORRY),)), VAGUE),
        (api.Rejected((Problem("no"), Problem(SORRY.upper()))), VAGUE),
    ],
)
def test_what_the_answer_was_like_is_kept_as_a_field(error: api.CloudError, answer: str) -> None:
    outcome = judge(error)
    assert (outcome.ending, outcome.answer) == (Status.UNKNOWN, answer)


def test_a_vague_sentence_in_a_lost_answer_does_not_shorten_the_patience() -> None:
    assert VAGUE_PATIENCE < PATIENCE
    assert judge(api.TimedOut("Something went wrong on the way.")).answer == LOST


@pytest.mark.parametrize("message", [GONE, GONE.upper(), "There are no instances currently available"])
def test_nobody_was_faster_where_what_was_asked_for_leaves_no_host(message: str) -> None:
    error = api.Rejected((Problem(message),))
    plain = judge(error).advice
    assert "faster" not in plain
    narrowed = judge(error, ("Country US", "Min memory 512")).advice
    assert "Country US, Min memory 512" in narrowed
    assert "faster" not in narrowed


def test_the_limits_of_an_order_are_named_as_the_form_names_them() -> None:
    from msgspec.structs import replace

    assert limits_of(order_inputs(ORDER)) == limits_of(order_inputs(BID)) == ()
    order = replace(ORDER, country="US", min_memory_gb=512, compliance=("GDPR", "ITAR"), public_ip=True)
    assert limits_of(order_inputs(order)) == (
        "Public IP yes", "Country US", "Min memory 512", "Compliance GDPR or ITAR",
    )  # fmt: skip
    assert limits_of(order_inputs(replace(ORDER, public_ip=False))) == ()
    assert set(BY_NAME) >= NARROWS


async def test_a_refused_deploy_names_what_it_asked_of_hosts(tmp_path: Path) -> None:
    from msgspec.structs import replace

    account: Account = await opened(tmp_path)
    account.wire.says = GONE
    outcome = await account.performer.deploy(replace(ORDER, country="SE"))
    assert outcome.ending is Status.REFUSED
    assert "Country SE" in outcome.advice
    assert outcome.later
    await account.performer.close()


def test_the_log_of_a_pod_that_has_none_does_not_deny_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "actions.jsonl"
    log = AuditLog(path, origin="demo", wall=lambda: 0.0, user=lambda: "ada")
    log.outcome(log.intent("stop", "p1", "train", {}), "done", "Exited by user")
    assert show(path, pod="nosuch\x1b") == 0
    said = capsys.readouterr().out
    assert "no actions logged for 'nosuch\\x1b'" in said
    assert "nothing" not in said
    assert show(tmp_path / "none.jsonl") == 0
    assert "no actions logged yet" in capsys.readouterr().out
