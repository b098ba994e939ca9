"""Answers to a change that nobody foresaw, over both APIs: sent once, told as it is, and found by reading."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from tests.acting import Account
from tests.acting_rest import RestAccount
from tests.services import test_executor as graphql
from tests.services import test_executor_rest as rest
from tests.services.test_executor import Start
from tests.variants import every
from tui.api.http.body import LARGEST_OF_CHANGE
from tui.api.orders import DeployOrder, RentOrder
from tui.domain.events import Kind
from tui.domain.operations import Outcome, Status

MIB = 1 << 20
ELSEWHERE = {"Location": "https://elsewhere.invalid/v2/pods"}

Twist = Callable[[httpx.Response, bytes], httpx.Response]
"""What comes in place of an answer, of which the second is the body."""


class Pieces(httpx.AsyncByteStream):
    """A body that comes in pieces, and may break off. `sent`: how many were taken."""

    def __init__(self, *pieces: bytes, error: Exception | None = None) -> None:
        self._pieces = pieces
        self._error = error
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.sent += 1
            yield piece
        if self._error is not None:
            raise self._error


def says(status: int, content: bytes = b"", **headers: str) -> Twist:
    return lambda answer, body: httpx.Response(status, content=content, headers=headers)


def cut(error: Exception) -> Twist:
    return lambda answer, body: httpx.Response(answer.status_code, stream=Pieces(body[: len(body) // 2], error=error))


def with_pod(edit: Callable[[dict[str, Any]], object]) -> Twist:
    """The pod in an answer changed; null where there was none."""

    def twist(answer: httpx.Response, body: bytes) -> httpx.Response:
        value = json.loads(body or b"null")
        pod = next(iter(value["data"].values())) if value and "data" in value else value
        if pod is not None:
            edit(pod)
        return httpx.Response(answer.status_code, content=json.dumps(value).encode())

    return twist


def costs(value: object) -> Twist:
    return with_pod(lambda pod: pod.update({"cost" if "cost" in pod else "costPerHr": value}))


READ: dict[str, Twist] = {
    "100 MB": lambda answer, body: httpx.Response(answer.status_code, stream=Pieces(*[b" " * MIB] * 100)),
    "half a body": lambda answer, body: httpx.Response(answer.status_code, content=b"{" + body[: len(body) // 2]),
    "cut by the network": cut(httpx.ReadError("reset")),
    "cut by the server": cut(httpx.RemoteProtocolError("peer closed connection without sending complete message")),
    "a list": says(200, b"[]"),
    "true": says(201, b"true"),
    "a text": says(200, b'"ok"'),
    "nested": says(200, b"[" * 100_000),
    "a page": says(200, b"<html>", **{"Content-Type": "text/html"}),
    "a redirect": says(307, **ELSEWHERE),
    "moved": says(301, **ELSEWHERE),
    "not modified": says(304),
    "not found, by a gateway": says(404, b"not found"),
    "refused, by whom": says(400, b"bad request"),
    "a conflict without a word": says(409),
    "a teapot": says(418, b"<html>"),
}
"""What does not show the outcome, whether it was carried out or not."""

OF_A_POD: dict[str, Twist] = {
    "nothing": says(204),
    "an empty body": says(200),
    "no id": with_pod(lambda pod: pod.pop("id")),
    "a number for an id": with_pod(lambda pod: pod.update(id=7)),
    "an empty id": with_pod(lambda pod: pod.update(id="")),
    "another pod": with_pod(lambda pod: pod.update(id="p8d2n5c1r4t6yw")),
    "a price in words": costs("0.72"),
    "a list for a price": costs([1]),
    "a list for a name": with_pod(lambda pod: pod.update(name=["x"])),
}
"""The same of changes whose answer is a pod."""

BELIEVED: dict[str, Twist] = {
    "no number": costs(float("nan")), "beyond all numbers": costs(1e308), "negative": costs(-1), "none": costs(None),
}  # fmt: skip
"""Prices that are none, in an answer that is otherwise good."""

ACCOUNTS: dict[str, tuple[type[Account], dict[str, Start]]] = {
    "graphql": (Account, {word: start for word, start in graphql.STARTS.items() if word != "bid_resume"}),
    "rest": (RestAccount, rest.STARTS),
}
CHANGES = [(api, word) for api, (_, starts) in ACCOUNTS.items() for word in starts]


class Twisting(httpx.AsyncBaseTransport):
    """Twists the answers to changes, which are carried out, or are not."""

    def __init__(self, inner: httpx.AsyncBaseTransport, twist: Twist, acts: bool = True) -> None:
        self._inner = inner
        self._twist = twist
        self._acts = acts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        is_rest = request.url.path.startswith("/v2")
        if request.method == "GET" or (not is_rest and b"mutation" not in body):
            return await self._inner.handle_async_request(request)
        if self._acts:
            answer = await self._inner.handle_async_request(request)
        else:
            answer = httpx.Response(200, json={"id": "none"})
        twisted = self._twist(answer, await answer.aread())
        twisted.request = request
        return twisted


async def opened(directory: Path, api: str, twist: Twist, acts: bool = True) -> Account:
    account = ACCOUNTS[api][0](directory)
    await account.poll(0.0)
    account.wire._inner = Twisting(account.wire._inner, twist, acts)
    return account


async def ended(account: Account, task: asyncio.Task[Outcome]) -> Outcome:
    """Poll until it is known how it ended, and shown."""
    await account.until(lambda: task.done() or any(o.lost for o in account.fleet.operations.values()))
    for _ in range(40):
        await account.poll()
        await asyncio.sleep(0)
        if task.done() and not account.fleet.operations:
            break
    return await task


def is_of_a_pod(word: str) -> bool:
    return word != "terminate"


@pytest.mark.parametrize(
    ("api", "word", "name", "acts"),
    every(
        23,
        [
            (api, word, name, acts)
            for (api, word), name, acts in product(CHANGES, READ | OF_A_POD, (True, False))
            if name in READ or (is_of_a_pod(word) and (acts or name in ("nothing", "an empty body")))
        ],
        4,
    ),
)
async def test_what_does_not_show_the_outcome_is_found_by_reading(
    api: str, word: str, name: str, acts: bool, tmp_path: Path
) -> None:
    account = await opened(tmp_path, api, (READ | OF_A_POD)[name], acts)
    outcome = await ended(account, ACCOUNTS[api][1][word](account))
    assert outcome.ending is (Status.DONE if acts else Status.NOT_DONE), outcome
    assert account.mutations == [word]
    assert account.outcomes() == ["unknown", outcome.ending.value]
    if outcome.pod:
        assert account.world.pods[outcome.pod].name == account.log()[0]["name"]
    await account.performer.close()


@pytest.mark.parametrize(("change", "name"), every(9, product(CHANGES, BELIEVED), 2))
async def test_a_price_that_is_none_hides_no_outcome(change: tuple[str, str], name: str, tmp_path: Path) -> None:
    api, word = change
    account = await opened(tmp_path, api, BELIEVED[name])
    outcome = await ended(account, ACCOUNTS[api][1][word](account))
    assert outcome.ending is Status.DONE
    assert account.mutations == [word]
    assert not any(text in outcome.text for text in ("nan", "e+308", "$-", "$0.00"))
    await account.performer.close()


async def test_of_a_huge_answer_little_is_read(tmp_path: Path) -> None:
    pieces = Pieces(*[b" " * MIB] * 100)
    account = await opened(tmp_path, "rest", lambda answer, body: httpx.Response(200, stream=pieces))
    await ended(account, rest.STARTS["stop"](account))
    assert pieces.sent == LARGEST_OF_CHANGE // MIB + 1
    await account.performer.close()


async def test_a_pod_that_is_not_locked_is_not_called_locked(tmp_path: Path) -> None:
    account = await opened(tmp_path, "rest", with_pod(lambda pod: pod.update(locked=False)))
    task = rest.STARTS["lock-pod"](account)
    await account.told("podtop is checking")
    await ended(account, task)
    assert account.outcomes() == ["unknown", "done"]
    await account.performer.close()


async def test_a_pod_that_still_runs_is_not_called_stopped_without_more(tmp_path: Path) -> None:
    account = await opened(tmp_path, "rest", with_pod(lambda pod: pod.update(status="RUNNING")), acts=True)
    outcome = await ended(account, rest.STARTS["stop"](account))
    assert "shows it running until it stops" in outcome.text
    await account.performer.close()


# What cannot be read shows nothing


class Garbling(Twisting):
    """Loses the answers to changes, and makes pods in the list unreadable."""

    def __init__(self, inner: httpx.AsyncBaseTransport, garble: Callable[[dict[str, Any]], object]) -> None:
        super().__init__(inner, says(502))
        self._garble = garble

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.method != "GET" or not request.url.path.endswith("/pods"):
            return answer
        value = json.loads(await answer.aread())
        for pod in value["pods"]:
            self._garble(pod)
        return httpx.Response(200, json=value, request=request)


async def garbled(directory: Path, garble: Callable[[dict[str, Any]], object]) -> Account:
    account = RestAccount(directory)
    await account.poll(0.0)
    account.wire._inner = Garbling(account.wire._inner, garble)
    return account


async def test_of_a_pod_that_cannot_be_read_nothing_is_said(tmp_path: Path) -> None:
    account = await garbled(tmp_path, lambda pod: pod.update(runtime="garbled"))
    outcome = await ended(account, rest.STARTS["restart"](account))
    assert outcome.ending is Status.UNKNOWN
    assert "cannot read" in outcome.text
    assert account.mutations == ["restart"]
    await account.performer.close()


@pytest.mark.parametrize("without", ["name", "id"])
async def test_a_new_pod_may_be_one_that_cannot_be_read(without: str, tmp_path: Path) -> None:
    account = await garbled(tmp_path, lambda pod: pod["name"] == rest.ORDER.name and pod.update({without: [1]}))
    task = deploys(account)
    await account.told("podtop is checking")
    for _ in range(40):
        await account.poll()
    assert not task.done(), "nothing else may be rented"
    account.wire._inner._garble = lambda pod: None  # type: ignore[attr-defined]
    await account.poll()
    outcome = await task
    assert outcome.ending is Status.DONE
    assert account.world.pods[outcome.pod].name == rest.ORDER.name
    assert account.mutations == ["deploy"]
    await account.performer.close()


def deploys(account: Account) -> asyncio.Task[Outcome]:
    return rest.STARTS["deploy"](account)


# The price


def agreed(account: Account, price: float) -> asyncio.Task[Outcome]:
    return account.performer.deploy(replace(rest.ORDER, deploy_cost=price))


@pytest.mark.parametrize("twist", [says(502), costs(None), costs(0.01)], ids=["lost", "no price", "low at first"])
async def test_the_price_is_compared_even_if_the_answer_did_not_have_it(twist: Twist, tmp_path: Path) -> None:
    account = await opened(tmp_path, "rest", twist)
    task = agreed(account, 0.05)
    await ended(account, task)
    await account.told("agreed to")
    said = [note for note in account.notes if "more than the $0.05/h you agreed to" in note.text]
    assert len(said) == 1
    assert "Stop it with S" in said[0].text
    assert account.mutations == ["deploy"]
    assert account.fleet.events[-1].kind is Kind.DONE
    await account.performer.close()


@pytest.mark.parametrize(("api", "order"), [("rest", rest.ORDER), ("graphql", graphql.ORDER), ("graphql", graphql.BID)])
async def test_the_price_is_compared_by_the_podtop_that_finds_the_pod(
    api: str, order: DeployOrder | RentOrder, tmp_path: Path
) -> None:
    account = await opened(tmp_path, api, says(502))
    task = account.performer.deploy(order, agreed=0.05)
    await account.told("podtop is checking")
    task.cancel()
    await account.performer.close()
    account.fleet.operations.clear()
    account.performer = account.open()
    (followed,) = await account.performer.resume_looking()
    outcome = await ended(account, followed.ending)
    assert outcome.dearer
    assert "more than the $0.05/h you agreed to" in outcome.text
    await account.performer.close()


async def test_a_price_as_agreed_is_no_news(tmp_path: Path) -> None:
    account = await opened(tmp_path, "rest", costs(None))
    outcome = await ended(account, agreed(account, 50.0))
    assert not outcome.dearer
    assert not any("agreed" in note.text for note in account.notes)
    await account.performer.close()
