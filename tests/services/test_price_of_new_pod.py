"""The price of a new pod is compared with the agreed one, whenever it is known: also after a restart, and once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.acting import Account
from tests.services import test_executor as graphql
from tests.services import test_executor_rest as rest
from tests.services.test_hostile_answers import costs, opened, says
from tui.api.models import Snapshot
from tui.domain.operations import Outcome
from tui.services.reconciler import PATIENCE

ORDERS = {"graphql": graphql.ORDER, "rest": rest.ORDER}
both = pytest.mark.parametrize("api", ORDERS)

DEARER, NONE_TOLD = "more than the $0.05/h you agreed to", "reports no price for it"


async def ordered(directory: Path, api: str, answers: object) -> tuple[Account, Outcome]:
    """An account, and the outcome of an order of at most $0.05/h, before any poll; the answer has this price."""
    account = await opened(directory, api, costs(answers))
    return account, await account.performer.deploy(ORDERS[api], agreed=0.05)


def lists_no_price(account: Account, price: float | None) -> list[bool]:
    """From now on the list of pods has this in place of prices, until what is returned is emptied."""
    holds, look = [True], account.look

    async def unpriced() -> Snapshot:
        seen = await look()
        if not holds:
            return seen
        seen = replace(seen, pods=tuple(replace(pod, cost_per_hr=price) for pod in seen.pods or ()))
        account.fleet.apply(seen, account.now)
        return seen

    account.look = unpriced  # type: ignore[method-assign]
    return holds


async def polls(account: Account, count: int) -> None:
    """Polls, between which what was learned is written to the action log."""
    for _ in range(count):
        await account.poll()
        await asyncio.gather(*(task for task in account.performer._tasks if task.done()))


def said(account: Account, words: str) -> int:
    return sum(words in note.text for note in account.notes)


async def settled(account: Account) -> None:
    await account.until(lambda: not account.performer._pricing)
    await account.performer.close()


async def again(account: Account, resume: bool = True) -> None:
    """podtop ends, and begins again."""
    await account.performer.close()
    account.fleet.operations.clear()
    account.notes.clear()
    account.performer = account.open()
    if resume:
        assert await account.performer.resume_looking() == []


@both
@pytest.mark.parametrize("price", [None, 0])
async def test_it_is_compared_after_a_restart(api: str, price: float | None, tmp_path: Path) -> None:
    account, outcome = await ordered(tmp_path, api, price)
    assert outcome.unpriced
    assert account.log()[-1]["unpriced"]
    await again(account)
    await account.poll()
    await account.told(DEARER)
    assert outcome.pod in account.notes[-1].text
    await settled(account)
    # Once: the next podtop has nothing to compare.
    await again(account)
    await account.poll()
    assert account.notes == []
    assert account.mutations == ["deploy"]
    await account.performer.close()


async def test_a_price_as_agreed_is_no_news_after_a_restart(tmp_path: Path) -> None:
    account = await opened(tmp_path, "rest", costs(None))
    await account.performer.deploy(rest.ORDER, agreed=50.0)
    await again(account)
    await account.poll()
    await account.until(lambda: "unpriced" not in account.log()[-1])
    assert account.notes == []
    await account.performer.close()


@both
@pytest.mark.parametrize("price", [None, 0.0])
async def test_a_list_without_its_price_is_waited_for_and_blocks_nothing(
    api: str, price: float | None, tmp_path: Path
) -> None:
    account, outcome = await ordered(tmp_path, api, None)
    holds = lists_no_price(account, price)
    await polls(account, 3)
    await account.until(lambda: not account.fleet.operations)
    assert said(account, DEARER) == said(account, NONE_TOLD) == 0
    holds.clear()
    await account.poll()
    await account.told(DEARER)
    shown = await account.performer.shown(outcome.pod)
    assert shown is None or shown.dearer
    await settled(account)
    assert said(account, DEARER) == 1


async def test_a_price_that_never_shows_is_told_once(tmp_path: Path) -> None:
    account, _ = await ordered(tmp_path, "rest", None)
    lists_no_price(account, None)
    await polls(account, 2)
    await account.until(lambda: account.performer._pricing)
    account.now += PATIENCE
    await account.poll()
    await account.told(NONE_TOLD)
    await settled(account)
    assert said(account, NONE_TOLD) == 1
    await again(account)
    await account.poll()
    assert account.notes == []
    await account.performer.close()


async def test_it_is_compared_of_a_pod_whose_response_was_lost_and_that_is_listed_without_one(tmp_path: Path) -> None:
    account = await opened(tmp_path, "rest", says(502))
    task = account.performer.deploy(rest.ORDER, agreed=0.05)
    await account.told("podtop is checking")
    holds = lists_no_price(account, 0.0)
    await account.poll()
    assert (await task).unpriced
    await again(account)
    holds.clear()
    await account.poll()
    await account.told(DEARER)
    await settled(account)


async def test_a_pod_that_is_gone_has_no_price_to_wait_for(tmp_path: Path) -> None:
    account, outcome = await ordered(tmp_path, "rest", None)
    del account.world.pods[outcome.pod]
    await again(account)
    await account.poll()
    await account.until(lambda: "unpriced" not in account.log()[-1])
    assert account.notes == []
    await account.performer.close()


async def test_the_pod_of_another_account_is_left_to_its_podtop(tmp_path: Path) -> None:
    account, outcome = await ordered(tmp_path, "graphql", None)
    await again(account, resume=False)
    lines = account.path.read_text().replace('"account":"', '"account":"another-')
    account.path.write_text(lines)
    await account.performer.resume_looking()
    await account.poll()
    assert account.notes == []
    assert account.log()[-1]["unpriced"]
    assert outcome.pod
    await account.performer.close()


async def test_an_order_of_a_kind_that_a_later_podtop_knows_is_left_to_it(tmp_path: Path) -> None:
    account, _ = await ordered(tmp_path, "rest", None)
    await again(account, resume=False)
    account.path.write_text(account.path.read_text().replace('"action":"deploy"', '"action":"lend"'))
    assert await account.performer.resume_looking() == []
    assert account.log()[-1]["unpriced"]
    await account.performer.close()
