"""The reading before sending: an answer that does not tell of the pod is none, whatever its shape. Nothing is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from textual.widgets import Static

from tests.api.make import account, cloud, pod
from tests.make import market, snapshot
from tests.make import pod as made
from tests.services.test_lease_runner import Watcher, leased
from tests.ui.conftest import OFFERS, PODS, HeldCloud, Launch, Running
from tests.ui.test_acting import EVAL, LLAMA, SPOT, alone, opened, sent
from tests.ui.test_deploy import form, put, shown
from tui.api.errors import CloudError
from tui.api.models import Snapshot, Unreadable
from tui.store.fleet import Fleet
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.question import QuestionDialog

ME = account()["data"]["myself"]
ERROR = {"message": "Something went wrong. Please try again later or contact support."}
OTHER = pod(id=EVAL, name="eval-sweep")


def at(*path: str | int) -> list[dict[str, Any]]:
    return [{**ERROR, "path": list(path), "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]


def told(pods: object, errors: object = None) -> dict[str, Any]:
    body = {"data": {"myself": {**ME, "pods": pods}}}
    return body if errors is None else {**body, "errors": errors}


UNREAD, CHANGED = "The check failed; nothing was sent.", "Changed since you opened this"

SHAPES: dict[str, tuple[object, str]] = {
    "no pods": (told(None), UNREAD),
    "no pods, and an error of them": (told(None, at("myself", "pods")), UNREAD),
    "no pods, and an error of nothing": (told(None, [ERROR]), UNREAD),
    "no pods, and an error that is none": (told(None, "sorry"), UNREAD),
    "the field is not there": ({"data": {"myself": ME | {"pods": None}}}, UNREAD),
    "no money either": ({"data": {"myself": {"pods": None}}}, UNREAD),
    "nothing of the account": ({"data": {"myself": {}}}, UNREAD),
    "nobody": ({"data": {"myself": None}}, UNREAD),
    "nobody, and an error": ({"data": {"myself": None}, "errors": at("myself")}, UNREAD),
    "no data": ({"data": None}, UNREAD),
    "empty data": ({"data": {}}, UNREAD),
    "no data, and an error": ({"data": None, "errors": [ERROR]}, UNREAD),
    "errors only": ({"errors": [ERROR]}, UNREAD),
    "no errors, and nothing else": ({"errors": []}, UNREAD),
    "an empty object": ({}, UNREAD),
    "a list": ([], UNREAD),
    "null": (None, UNREAD),
    "pods that are a text": (told("none"), UNREAD),
    "pods that are an object": (told({}), UNREAD),
    "pods that are a number": (told(0), UNREAD),
    "an account that is a list": ({"data": {"myself": []}}, UNREAD),
    "an empty list beside an error of it": (told([], at("myself", "pods")), UNREAD),
    "an empty list beside an error of nothing": (told([], [ERROR]), UNREAD),
    "an empty list beside an error of one of them": (told([], at("myself", "pods", 0)), UNREAD),
    "the pod is null": (told([OTHER, None], at("myself", "pods", 1)), UNREAD),
    "all are null": (told([None, None]), UNREAD),
    "the pod has no id": (told([OTHER, {k: v for k, v in pod(id=LLAMA).items() if k != "id"}]), UNREAD),
    "the pod's id is a number": (told([OTHER, pod(id=5)]), UNREAD),
    "the pod has no status": (told([OTHER, pod(id=LLAMA, desiredStatus=None)]), UNREAD),
    "the pod's GPUs are words": (told([OTHER, pod(id=LLAMA, gpuCount="four")]), UNREAD),
    "the pod is a text": (told([OTHER, LLAMA]), UNREAD),
    "all of them, beside an error of nothing": (told([OTHER, pod(id=LLAMA)], [ERROR]), UNREAD),
    "all of them, beside an error of them": (told([OTHER, pod(id=LLAMA)], at("myself", "pods")), UNREAD),
    "all of them, beside an error in one": (told([OTHER, pod(id=LLAMA)], at("myself", "pods", 0, "runtime")), UNREAD),
    "all of them, beside an error that is none": (told([OTHER, pod(id=LLAMA)], "sorry"), UNREAD),
    "it is not there any more": (told([OTHER]), CHANGED),
}


class Shaped(HeldCloud):
    """Answers with a body, read as RunPod's, when it is given one."""

    body: object = ...

    async def fleet(self) -> Snapshot:
        if self.body is ...:
            return await super().fleet()
        real = cloud(httpx.Response(200, content=json.dumps(self.body).encode()))
        try:
            return await real.fleet()
        finally:
            await real.aclose()


async def refused(run: Running, keys: tuple[str, ...], words: str) -> None:
    """These keys lead to these words below the question, and to nothing sent."""
    note = run.app.screen.query_one("#confirm-note", Static)
    note.update("")
    for key in keys:
        await run.pilot.press(key)
    for _ in range(400):
        if words.lower() in str(note.content).lower() or run.cloud.sent:
            break
        await run.pilot.pause(0.005)
    assert run.cloud.sent == [], keys
    assert words.lower() in str(note.content).lower(), (str(note.content), run.text())


async def test_a_stop_is_sent_after_no_useless_answer(launch: Launch) -> None:
    held = Shaped()
    async with launch(cloud=held) as run:
        await alone(run, "llama")
        await opened(run, "S")
        for name, (body, words) in SHAPES.items():
            held.body = body
            try:
                await refused(run, ("y",), words)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from None
            assert isinstance(run.app.screen, Confirm), name
        held.body = ...
        await run.wait(0.5)
        await run.press("escape")
        await run.wait(0.5)
        await run.poll()
        await opened(run, "S")
        await run.press("y")
        assert await sent(run) == [("stop", LLAMA)], run.text()


@pytest.mark.wide
@pytest.mark.parametrize("shape", ["all of them, beside an error in one"])
async def test_neither_is_anything_else(launch: Launch, shape: str) -> None:
    held, (body, _) = Shaped(), SHAPES[shape]
    async with launch(cloud=held) as run:
        await run.poll(snapshot(SPOT, *(PODS.pods or ())))
        for name, key, keys in (
            ("llama", "T", ("left", *"llama-pretrain", "enter")),
            ("dataset", "R", ("y",)),
            ("student", "B", ("left", "enter", "enter")),
        ):
            await alone(run, name)
            await opened(run, key)
            held.body = body
            await refused(run, keys, "The check failed")
            held.body = ...
            await run.press("escape")
            await run.wait(0.5)
            await run.poll()
            await run.press("escape")
        # The watch that resumes a pod by itself, and the last question of a deploy.
        await alone(run, "dataset")
        await run.press("w")
        await run.wait(0.5)
        assert isinstance(run.app.screen, QuestionDialog)
        held.body = body
        await refused(run, ("y",), "The check failed")
        held.body = ...
        await run.press("escape")
        await run.wait(0.5)
        await run.poll()
        await form(run)
        await put(run, "name", "mine")
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        if shape != "the pod is null":
            # What is asked here is about no pod there is.
            held.body = body
            await refused(run, ("y",), "The check failed")
            await run.wait(0.5)
        held.body = ...
        held.market_answer = market()
        await refused(run, ("y",), "The check failed")
        held.market_answer = OFFERS
        held.fleet_answer = replace(PODS, funds=None)
        await run.wait(0.5)
        await refused(run, ("y",), "Changed since you opened this")
        assert held.orders == []


async def test_a_lease_waits_while_the_pods_are_not_known_and_says_so(tmp_path: Path) -> None:
    train = made("a", name="train")
    for useless in (
        replace(snapshot(), pods=None),
        replace(snapshot(), unreadable=(Unreadable(None, None, "RunPod returned no data for it"),)),
    ):
        watcher = Watcher(tmp_path / f"{useless.pods}.json")
        leased(watcher, 0.1)
        await watcher.poll(train)
        watcher.now = 400 + watcher.now
        for _ in range(40):
            # Far longer than it takes to believe that a pod is gone.
            watcher.now += 5
            watcher.fleet.apply(useless, watcher.now)
            await watcher.look()
        assert watcher.sent == []
        assert list(watcher.leases.all()) == ["a"]
        if useless.pods is None:
            assert watcher.words().count("but pods are unavailable; podtop waits") == 1
        await watcher.poll(train)
        assert [action for _, action, _ in watcher.sent] == ["stop"]


def test_a_pod_is_not_gone_while_an_entry_without_an_id_may_be_it() -> None:
    fleet = Fleet(5.0, 30.0)
    fleet.apply(snapshot(made("a", name="train"), made("b", name="eval")), 0.0)
    nameless = Unreadable(None, None, "RunPod returned no data for it")
    happened = fleet.apply(Snapshot(None, (made("b", name="eval"),), (nameless,)), 5.0)
    assert happened == ()
    assert {key: record.pod is None for key, record in fleet.records.items()} == {"a": True, "b": False}
    assert fleet.records["a"].name == "train"
    fleet.apply(Snapshot(None, (made("b", name="eval"),), (nameless, nameless)), 10.0)
    assert sorted(fleet.records) == ["a", "b", "unreadable-1"]
    fleet.apply(snapshot(made("b", name="eval")), 15.0)
    assert list(fleet.records) == ["b"]


def test_an_answer_without_pods_is_no_reason_though_the_last_is_young() -> None:
    fleet = Fleet(5.0, 30.0)
    fleet.apply(snapshot(made("a")), 0.0)
    assert fleet.pods_told(1.0) == 0.0
    fleet.apply(replace(snapshot(), pods=None), 2.0)
    assert fleet.pods_told(2.0) is None
    fleet.apply(snapshot(made("a")), 4.0)
    fleet.fail(CloudError("no route"), 5.0)
    assert fleet.pods_told(5.0) is None
    fleet.apply(snapshot(made("a")), 6.0)
    assert fleet.pods_told(60.0) is None
