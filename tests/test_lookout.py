"""The lookout on the simulated RunPod: it tells once, deploys at most once, whatever becomes of the answer."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.acting import NOON, Account
from tui.api.models import ANYTHING, Demand, Market
from tui.api.secret import Secret
from tui.lookout import Lookout, Vigils, planned
from tui.notes import Note
from tui.store.draft import STARTING, Draft
from tui.store.vigil import PAUSE, State, Vigil

GPU, NAME = "AMD Instinct MI300X OAM", "MI300X"
OTHER = "NVIDIA A40"
# The simulated MI300X is sold out for twenty minutes of every 25.
DRAFT = Draft({**STARTING, "gpu_type_id": NAME, "name": "x"})


class Post:
    """A lookout on an account, whose polls and clock the test holds."""

    def __init__(self, account: Account, path: Path) -> None:
        self.account = account
        self.rung: list[str] = []
        self.notes: list[Note] = []
        self.wanted: tuple[Demand, ...] = ()
        self.why: str | None = None
        self.made: list[str] = []
        names = itertools.count(1)
        self.lookout = Lookout(
            Vigils(path), account.fleet,
            want=lambda demands: setattr(self, "wanted", demands), ring=lambda title, text: self.rung.append(text),
            say=self.notes.append, happened=account.fleet.events.append, does=lambda: account.performer,
            look=account.look, may=lambda: self.why, clock=lambda: account.now,
            name=lambda stem: f"{stem.lower()}-{next(names)}", made=self._made,
        )  # fmt: skip

    async def _made(self, draft: Draft, outcome: object) -> None:
        self.made.append(draft["name"])

    async def poll(self, after: float = 30.0) -> None:
        """Time passes, pods and prices are asked for, and the lookout looks."""
        self.account.now += after
        await self.account.poll()
        cloud = self.account._cloud
        answers = await cloud.markets((ANYTHING, *self.wanted))
        assert isinstance(answers[0], Market)
        self.account.fleet.apply_market(answers[0], self.account.now)
        self.account.fleet.apply_asked(dict(zip(self.wanted, answers[1:], strict=True)), self.account.now)
        await self.look()

    async def look(self) -> None:
        self.lookout.look()
        for _ in range(400):
            if not self.lookout._tasks:
                break
            await asyncio.sleep(0.005)

    def vigil(self) -> Vigil:
        (vigil,) = self.lookout.vigils.all().values()
        return vigil

    def words(self) -> str:
        return "\n".join(note.text for note in self.notes)

    def sent(self) -> list[str]:
        return [str(inputs.get("name") or inputs.get("podId")) for _, inputs in self.account.wire.mutations]


def vigil(**more: object) -> Vigil:
    return Vigil("v1", NOON, (GPU,), (NAME,), account="user_2demoPodtop", **more)  # type: ignore[arg-type]


def armed(draft: Draft = DRAFT, cap: float = 5.0, attempts: int = 3, **more: object) -> Vigil:
    return vigil(state=State.ARMED, plan=planned(draft, cap, attempts), **more)


@asynccontextmanager
async def posted(path: Path, waits: Vigil | None = None) -> AsyncIterator[Post]:
    account = Account(path)
    post = Post(account, path / "vigils.json")
    if waits is not None:
        post.lookout.vigils.put(waits.id, waits)
    # Sold out now, and for a while.
    account.now = NOON - NOON % 1500 + 10
    await post.poll(1.0)
    try:
        yield post
    finally:
        await account.performer.close()
        await account._cloud.aclose()


async def until_there(post: Post) -> None:
    for _ in range(60):
        if post.vigil().met_at is not None or post.vigil().over:
            return
        await post.poll()
    raise AssertionError("it never came")


async def test_it_asks_for_what_is_waited_for_and_tells_once(tmp_path: Path) -> None:
    async with posted(tmp_path, vigil()) as post:
        assert post.wanted == (Demand(gpus=(GPU,)),)
        assert post.rung == []
        await until_there(post)
        assert len(post.rung) == 1
        assert post.rung[0].startswith("MI300X is there: $")
        for _ in range(5):
            await post.poll()
        assert len(post.rung) == 1
        assert post.sent() == []
        assert [e.kind.value for e in post.account.fleet.events if e.kind.value == "price"] == ["price"]


async def test_an_armed_one_deploys_exactly_once(tmp_path: Path) -> None:
    async with posted(tmp_path, armed()) as post:
        await until_there(post)
        assert post.sent() == ["mi300x-1"]
        assert post.vigil().state is State.DONE
        for _ in range(20):
            await post.poll(60.0)
        assert post.sent() == ["mi300x-1"]
        assert post.made == ["mi300x-1"]
        assert sum(pod.name == "mi300x-1" for pod in post.account.world.pods.values()) == 1


async def test_a_create_that_answers_502_and_made_the_pod_is_not_repeated(tmp_path: Path) -> None:
    async with posted(tmp_path, armed()) as post:
        post.account.faults.set("acts-502", None)
        for _ in range(60):
            if post.sent():
                break
            post.account.now += 30.0
            await post.account.poll()
            (asked,) = await post.account._cloud.markets(post.wanted)
            assert isinstance(asked, Market)
            post.account.fleet.apply_asked({post.wanted[0]: asked}, post.account.now)
            post.account.fleet.apply_market(await post.account._cloud.offers(), post.account.now)
            post.lookout.look()
            for _ in range(200):
                await asyncio.sleep(0.002)
                if post.sent():
                    break
        on_disk = json.loads((tmp_path / "vigils.json").read_bytes())["v1"]
        assert on_disk["state"] == "sending"
        assert on_disk["sent"] == "mi300x-1"
        post.account.faults.clear()
        for _ in range(3):
            await post.poll()
        assert post.vigil().state is State.DONE
        for _ in range(10):
            await post.poll(60.0)
        assert post.sent() == ["mi300x-1"]
        assert sum(pod.name == "mi300x-1" for pod in post.account.world.pods.values()) == 1


async def test_what_costs_more_than_the_cap_is_not_sent(tmp_path: Path) -> None:
    async with posted(tmp_path, armed(cap=0.5)) as post:
        await until_there(post)
        assert post.sent() == []
        assert "the cap is $0.50/h" in post.words()
        assert post.vigil().state is State.ARMED


@pytest.mark.parametrize("why", ["read-only: podtop was started so", "locked"])
async def test_who_may_not_does_not(tmp_path: Path, why: str) -> None:
    async with posted(tmp_path, armed()) as post:
        post.why = why
        await until_there(post)
        assert post.sent() == []
        assert why in post.words()


async def test_another_accounts_money_is_not_spent(tmp_path: Path) -> None:
    async with posted(tmp_path, replace(armed(), account="user_other")) as post:
        await until_there(post)
        assert post.sent() == []
        assert "armed for another account" in post.words()


async def test_values_that_were_not_kept_disarm_it(tmp_path: Path) -> None:
    draft = replace(DRAFT, env=(("HF_TOKEN", Secret("hf_secret")),))
    async with posted(tmp_path, armed(draft)) as post:
        await until_there(post)
        assert post.sent() == []
        assert post.vigil().state is State.GIVEN_UP
        assert "arm it again" in post.vigil().words
    assert "hf_secret" not in (tmp_path / "vigils.json").read_text()


async def test_values_in_memory_are_sent(tmp_path: Path) -> None:
    draft = replace(DRAFT, env=(("HF_TOKEN", Secret("hf_secret")),))
    async with posted(tmp_path, armed(draft)) as post:
        post.lookout.drafts["v1"] = draft
        await until_there(post)
        assert post.account.wire.mutations[0][1]["env"] == [{"key": "HF_TOKEN", "value": "hf_secret"}]


async def test_refusals_are_tried_again_a_capped_number_of_times_and_never_in_a_rush(tmp_path: Path) -> None:
    # Country "ZZ" is nowhere: what the market shows as there, RunPod then refuses.
    draft = Draft({**DRAFT.values, "country": "ZZ"})
    async with posted(tmp_path, armed(draft, attempts=2)) as post:
        await until_there(post)
        at = {post.vigil().sent_at}
        for _ in range(60):
            await post.poll(15.0)
            at.add(post.vigil().sent_at)
        assert len(post.sent()) == 2
        assert post.vigil().state is State.GIVEN_UP
        first, second = sorted(moment for moment in at if moment is not None)
        assert second - first >= PAUSE


async def test_a_fallback_is_taken_when_the_first_is_not_there(tmp_path: Path) -> None:
    both = replace(armed(cap=9.0), gpus=(GPU, OTHER), names=(NAME, "A40"))
    async with posted(tmp_path, both) as post:
        for _ in range(40):
            if post.sent():
                break
            await post.poll()
        assert post.account.wire.mutations[0][1]["gpuTypeId"] in (OTHER, GPU)
        assert post.vigil().state is State.DONE


async def test_an_attempt_of_a_podtop_that_died_is_found_or_given_up_and_not_repeated(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        died = replace(armed(), state=State.SENDING, sent="mi300x-9", sent_at=post.account.now)
        post.lookout.vigils.put("v1", died)
        await post.poll()
        assert post.vigil().state is State.SENDING
        for _ in range(12):
            await post.poll()
        assert post.vigil().state is State.UNKNOWN
        assert "look at RunPod's console" in post.vigil().words
        assert post.sent() == []
        name = next(iter(post.account.world.pods.values())).name
        post.lookout.vigils.put("v1", replace(died, sent=name, sent_at=post.account.now))
        await post.poll()
        assert post.vigil().state is State.DONE


async def test_of_two_podtops_one_acts(tmp_path: Path) -> None:
    async with posted(tmp_path, armed()) as post:
        other = Post(post.account, tmp_path / "vigils.json")
        assert other.lookout._right.taken()
        await until_there(post)
        assert post.sent() == []
        assert len(post.rung) == 1
        other.lookout.look()
        await other.look()
        assert len(post.sent()) == 1


async def test_a_stopped_pod_is_resumed_once_when_its_host_has_room(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        down = next(r.pod for r in post.account.fleet.records.values() if r.pod and r.pod.status == "EXITED")
        waits = Vigil("v1", NOON, pod=down.id, pod_name=down.name, state=State.ARMED, account="user_2demoPodtop")
        post.lookout.vigils.put("v1", waits)
        for _ in range(400):
            await post.poll(30.0)
            if post.vigil().over:
                break
        assert post.sent() == [down.id]
        assert post.vigil().state is State.DONE


async def test_a_damaged_file_is_told_once_and_nothing_is_done(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        (tmp_path / "vigils.json").write_text("{not json")
        await post.poll()
        await post.poll()
        assert post.words().count("were damaged") == 1
        assert (tmp_path / "vigils.json.damaged").exists()
