"""A watch whose input the API does not offer says so once, does nothing, and goes on when it is back."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.services.test_watch_runner import NAME, OTHER, Post, armed, posted, resumes, until_there, watch
from tui.api.enums import PodStatus
from tui.api.errors import NotOffered
from tui.api.features import Feature
from tui.api.listener import Api
from tui.api.models import MarketQuery, Snapshot
from tui.api.rest.orders import objections
from tui.domain import offered
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.market_watch import NEEDED_TO_RESUME, State

ALL = frozenset(Feature)


async def over(post: Post, lacks: frozenset[Feature], after: float = 30.0) -> None:
    """A poll whose responses say that they lack these; the values stay, so that only this keeps the watch still."""
    account = post.account
    account.now += after
    told = await account._cloud.fleet()
    account.fleet.apply(replace(told, lacks=lacks), account.now)
    answers = await account._cloud.markets((MarketQuery(), *post.wanted))
    first, *others = (replace(answer, lacks=lacks) for answer in answers)  # type: ignore[type-var]
    account.fleet.apply_market(first, account.now)
    account.fleet.apply_asked(dict(zip(post.wanted, others, strict=True)), account.now)
    await post.look()


def told(post: Post) -> list[str]:
    return [note.text for note in post.notes if "cannot be checked" in note.text]


@pytest.mark.parametrize(
    ("more", "lacks"),
    [
        ({"spot": True}, Feature.SPOT_PRICE),
        ({"demand": MarketQuery(min_memory_gb=1)}, Feature.HOST_LIMITS),
    ],
)
async def test_an_armed_watch_without_its_input_says_so_once_and_waits(
    more: dict[str, object], lacks: Feature, tmp_path: Path
) -> None:
    draft = Draft({**STARTING, "gpu_type_id": "A40", "name": "x", "way": "spot" if "spot" in more else "demand",
                   "bid_per_gpu": "9"})  # fmt: skip
    waits = replace(armed(draft, cap=20.0, **more), gpus=(OTHER,), names=("A40",))
    async with posted(tmp_path) as post:
        await over(post, frozenset({lacks}))
        post.lookout.watches.put("v1", waits)
        for _ in range(5):
            await over(post, frozenset({lacks}))
        assert len(told(post)) == 1
        assert offered.WORDS in told(post)[0]
        assert len(post.rung) == 1
        assert post.wanted == ()
        assert post.sent() == []
        assert post.watch() == waits
        # With another API it is as before.
        for _ in range(3):
            await over(post, frozenset())
        assert post.watch().met_at is not None or post.sent()
        await over(post, frozenset({lacks}))
        assert len(told(post)) == 2 or post.watch().over


@pytest.mark.parametrize("feature", NEEDED_TO_RESUME)
async def test_a_wait_for_a_host_survives_an_api_that_does_not_tell_of_it(feature: Feature, tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        waits = resumes(post)
        post.lookout.watches.put("v1", waits)
        for _ in range(20):
            account = post.account
            account.now += 60.0
            snapshot = await account._cloud.fleet()
            # No reason of the last change, as REST v2 has it; its host has room.
            pods = tuple(
                replace(pod, status_change=None, machine=replace(pod.machine, gpu_available=8) if pod.machine else None)
                for pod in snapshot.pods or ()
            )
            account.fleet.apply(Snapshot(snapshot.funds, pods, lacks=frozenset({feature})), account.now)
            await post.look()
        assert post.watch() == waits
        assert len(told(post)) == 1
        assert post.sent() == []


async def test_a_pod_that_runs_or_is_gone_ends_its_watch_over_any_api(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        waits = resumes(post)
        for status, state in ((PodStatus.STARTING, State.DONE), (PodStatus.TERMINATED, State.GIVEN_UP)):
            post.lookout.watches.put("v1", waits)
            account = post.account
            account.now += 60.0
            snapshot = await account._cloud.fleet()
            pods = tuple(replace(p, status=status) if p.id == waits.pod else p for p in snapshot.pods or ())
            account.fleet.apply(Snapshot(snapshot.funds, pods, lacks=ALL), account.now)
            await post.look()
            assert post.watch().state is state


async def test_a_query_that_the_api_does_not_take_is_said(tmp_path: Path) -> None:
    async with posted(tmp_path, watch(demand=MarketQuery(gpu_count=2))) as post:
        await post.poll()
        question = post.watch().question
        error = NotOffered("This API does not offer prices for a query.")
        for _ in range(3):
            post.account.now += 30.0
            post.account.fleet.apply_asked({question: error}, post.account.now)
            await post.look()
        assert told(post) == [f"▲ watch: 2× {NAME}: cannot be checked: {str(error).rstrip('.')}"]
        assert post.watch().state is State.WAITING


async def test_an_armed_watch_spends_nothing_without_a_balance(tmp_path: Path) -> None:
    waits = replace(armed(Draft({**STARTING, "gpu_type_id": "A40", "name": "x"})), gpus=(OTHER,), names=("A40",))
    async with posted(tmp_path) as post:
        post.lookout.watches.put("v1", waits)
        for _ in range(4):
            account = post.account
            account.now += 30.0
            lacks = frozenset({Feature.BALANCE, Feature.SPEND})

            async def bare() -> Snapshot:
                told = await post.account._cloud.fleet()
                assert told.funds is not None
                money = replace(told.funds, balance=None, spend_per_hr=None)
                snapshot = replace(told, funds=money, lacks=frozenset({Feature.BALANCE, Feature.SPEND}))
                post.account.fleet.apply(snapshot, post.account.now)
                return snapshot

            post.lookout._refresh = bare
            await bare()
            answers = await account._cloud.markets((MarketQuery(), *post.wanted))
            account.fleet.apply_market(answers[0], account.now)  # type: ignore[arg-type]
            account.fleet.apply_asked(dict(zip(post.wanted, answers[1:], strict=True)), account.now)
            await post.look()
        assert lacks == account.fleet.lacks
        assert post.sent() == []
        assert post.words().count(f"balance {offered.WORDS}") == 1
        assert post.watch().state is State.ARMED


async def test_what_a_watch_is_armed_for_and_cannot_be_ordered_any_more_is_said_at_once(tmp_path: Path) -> None:
    draft = Draft({**STARTING, "gpu_type_id": NAME, "name": "x", "country": "SE"})
    async with posted(tmp_path, armed(draft)) as post:
        assert post.notes == []
        # RunPod switches GraphQL off.
        post.lookout._objections = objections
        post.account.fleet.api = Api.REST
        for _ in range(3):
            await post.poll()
        (note,) = [note.text for note in post.notes if "cannot order" in note.text]
        assert "Country: no country can be chosen; clear it and choose a data center" in note
        assert "no country" in post.watch().words
        assert post.watch().state is State.ARMED
        await until_there(post)
        for _ in range(5):
            await post.poll()
        assert post.sent() == []


async def test_a_watch_that_can_be_ordered_over_the_other_api_is(tmp_path: Path) -> None:
    draft = Draft({**STARTING, "gpu_type_id": NAME, "name": "x", "stop_after": "8h", "lease": "yes"})
    async with posted(tmp_path, armed(draft)) as post:
        post.lookout._objections = objections
        post.account.fleet.api = Api.REST
        await until_there(post)
        assert post.sent() == ["mi300x-1"]
        (inputs,) = [inputs for _, inputs in post.account.wire.mutations]
        assert inputs.get("stopAfter") is None
        assert [note.text for note in post.notes if "cannot order" in note.text] == []
