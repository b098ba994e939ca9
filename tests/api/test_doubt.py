"""An error beside a whole list of pods: whether the pods are in doubt is told by its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acting import Account
from tests.api.make import account, cloud, pod
from tests.commands.test_act import LLAMA, PREP, QWEN, Person, Stage
from tests.services.test_watch_runner import posted, resumes, until_there, watch
from tui.api.doubt import doubt, surely_with_pods, with_pods
from tui.api.errors import Malformed
from tui.commands.exit_codes import Exit
from tui.domain.armed_order import planned
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.market_watch import State, has_room

WORDS = "Something went wrong. Please try again later or contact support."


def at(*path: object, **more: object) -> list[dict[str, object]]:
    return [{"message": WORDS, "path": list(path), **more}]


OF_PODS: dict[str, object] = {
    "no path": [{"message": WORDS}],
    "an empty path": at(),
    "a path that is null": [{"message": WORDS, "path": None}],
    "a path that is a text": [{"message": WORDS, "path": "myself.clientBalance"}],
    "a path of nothing that can be one": at(None, {}, []),
    "the account": at("myself"),
    "the account, as some servers write it": at("data", "myself"),
    "all pods": at("myself", "pods"),
    "one of them": at("myself", "pods", 0),
    "another of them": at("myself", "pods", 7),
    "a part of one": at("myself", "pods", 1, "runtime"),
    "deep in one": at("myself", "pods", 1, "latestTelemetry", "individualGpuMetrics", 0, "percentUtilization"),
    "pods elsewhere": at("pods", 3),
    "a number where a name belongs": at(0, "pods"),
    "a text": "sorry",
    "a text in a list": ["sorry"],
    "null in a list": [None],
    "a number": 7,
    "an object": {"message": WORDS},
    "an object of nothing": {"code": 7},
    "no words": [{"path": ["myself", "pods"]}],
    "with a code of podtop's own": [{"message": WORDS, "extensions": {"code": "PARTIAL"}}],
    "after one of something else": [*at("myself", "clientBalance"), *at("myself", "pods", 0, "machine")],
    "after many of something else": [*at("myself", "clientBalance") * 150, *at("myself", "pods")],
}
OF_SOMETHING_ELSE: dict[str, object] = {
    "none": None,
    "an empty list": [],
    "false": False,
    "the balance": at("myself", "clientBalance"),
    "the balance, as some servers write it": at("data", "myself", "clientBalance"),
    "the spend": at("myself", "currentSpendPerHr", extensions={"code": "INTERNAL_SERVER_ERROR"}),
    "something that was not asked for": at("myself", "teams", 0),
    "another question": at("gpuTypes", 4, "lowestPrice"),
    "several": [*at("myself", "spendLimit"), *at("gpuTypes")],
}
BRIEFLY = ("no path", "all pods", "a part of one", "a text")


def told(errors: object) -> dict[str, Any]:
    body = account(pod(), pod(id="p2", name="eval"))
    return body if errors is None else {**body, "errors": errors}


@pytest.mark.parametrize("shape", OF_PODS)
async def test_an_error_that_may_be_about_the_pods_makes_a_reading_none(shape: str) -> None:
    snapshot = await cloud(told(OF_PODS[shape])).fleet()
    assert len(with_pods(snapshot).pods or ()) == 2
    assert doubt(snapshot)
    with pytest.raises(Malformed, match="returned the pods with an error"):
        surely_with_pods(snapshot)


@pytest.mark.parametrize("shape", OF_SOMETHING_ELSE)
async def test_an_error_about_something_else_does_not(shape: str) -> None:
    snapshot = await cloud(told(OF_SOMETHING_ELSE[shape])).fleet()
    assert doubt(snapshot) == ""
    assert surely_with_pods(snapshot) is snapshot


async def test_neither_does_what_podtop_itself_could_not_make_out_of_something_else() -> None:
    for odd in (account(pod(), clientBalance={}), account(pod(runtime={"uptimeInSeconds": 1, "ports": [{}] * 5000}))):
        snapshot = await cloud(odd).fleet()
        assert snapshot.problems
        assert surely_with_pods(snapshot) is snapshot


async def test_a_command_sends_nothing_on_it(tmp_path: Path) -> None:
    for number, shape in enumerate(OF_PODS):
        for action, pod_id in (("stop", QWEN), ("terminate", QWEN), ("resume", PREP)):
            if action != "stop" and shape not in BRIEFLY:
                continue
            # From the start, and between the question and its answer.
            stage = Stage(tmp_path / f"{action}{number}")
            stage.world.pods[PREP].free_gpus = 1
            stage.wire.beside = OF_PODS[shape]
            assert await stage.act(action, pod_id, person=Person("y")) not in (Exit.OK, Exit.REFUSED), shape
            assert "returned the pods with an error" in stage.said
            stage = Stage(tmp_path / f"{action}{number}b")
            stage.world.pods[PREP].free_gpus = 1

            def meanwhile(stage: Stage = stage, shape: str = shape) -> None:
                stage.wire.beside = OF_PODS[shape]

            person = Person("qwen-eval-sweep" if action == "terminate" else "y", meanwhile=meanwhile)
            assert await stage.act(action, pod_id, person=person) not in (Exit.OK, Exit.REFUSED), shape
            assert len(person.asked) == 1
            assert "returned the pods with an error" in stage.said
            assert stage.mutations == []
            assert stage.log() == []


async def test_a_command_sends_what_it_should_beside_an_error_of_something_else(tmp_path: Path) -> None:
    for number, shape in enumerate(("the balance", "another question", "none")):
        stage = Stage(tmp_path / str(number))
        stage.wire.beside = OF_SOMETHING_ELSE[shape]
        assert await stage.act("stop", LLAMA, person=Person("y")) is Exit.OK
        assert stage.mutations == ["stop"]


async def test_what_became_of_it_is_seen_beside_an_error(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    send = stage.wire.handle_async_request

    async def sending(request: Any) -> Any:
        if b"mutation" in await request.aread():
            stage.wire.beside = OF_PODS["a part of one"]
        return await send(request)

    stage.wire.handle_async_request = sending  # type: ignore[method-assign]
    assert await stage.act("stop", QWEN) is Exit.OK
    assert stage.mutations == ["stop"]


async def test_an_armed_watch_sends_nothing_on_it(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        waits = resumes(post)
        post.lookout.watches.put("v1", waits)
        rooms = 0
        for shape in OF_PODS:
            post.account.wire.beside = OF_PODS[shape]
            post.account.world.pods[waits.pod].free_gpus = 8
            await post.poll()
            assert post.sent() == [], shape
            pod_now = post.account.pod(waits.pod_name)
            rooms += has_room(pod_now)
        assert rooms == len(OF_PODS)
        post.account.wire.beside = OF_SOMETHING_ELSE["the balance"]
        await post.poll()
        assert post.sent() == [waits.pod]


async def test_neither_does_one_that_deploys(tmp_path: Path) -> None:
    draft = Draft({**STARTING, "gpu_type_id": "MI300X", "name": "x"})
    async with posted(tmp_path, watch(state=State.ARMED, plan=planned(draft, 5.0, 3))) as post:
        post.account.wire.beside = OF_PODS["a part of one"]
        await until_there(post)
        assert post.sent() == []
        assert "could not be checked again" in post.words()


async def test_only_what_is_sure_is_a_reason_to_act_without_being_asked(tmp_path: Path) -> None:
    held = Account(tmp_path)
    await held.poll()
    assert held.fleet.pods_told(held.now) == held.now
    held.wire.beside = OF_PODS["one of them"]
    await held.poll()
    assert held.fleet.pods_told(held.now) is None
    assert len(held.fleet.records) == 6
    held.wire.beside = OF_SOMETHING_ELSE["the balance"]
    await held.poll()
    assert held.fleet.pods_told(held.now) == held.now
