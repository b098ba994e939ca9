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
from tui.api.doubt import surely_with_pods
from tui.api.models import ANYTHING, Market, MarketQuery, Snapshot
from tui.api.orders import DeployOrder, RentOrder
from tui.api.secret import Secret
from tui.domain.armed_order import planned
from tui.domain.deploy_draft import STARTING, Draft
from tui.domain.market_watch import FORGOTTEN, PAUSE, MarketWatch, State, basis_of
from tui.domain.operations import Outcome, Status
from tui.domain.recorders import WATCHES, AccountRecorder, HeldWatch, Holdings, Progress, key_of
from tui.domain.user_message import Level, UserMessage
from tui.services.messages import Messages, to_event_log
from tui.services.other_recorders import OtherRecorders
from tui.services.runner import Does
from tui.services.watch_runner import WatchRunner
from tui.storage.json_store import StoreError
from tui.storage.watch_file import WatchFile

GPU, NAME = "AMD Instinct MI300X OAM", "MI300X"
OTHER = "NVIDIA A40"
# The simulated MI300X is sold out for twenty minutes of every 25.
DRAFT = Draft({**STARTING, "gpu_type_id": NAME, "name": "x"})


class Post:
    """A lookout on an account, whose polls and clock the test holds."""

    def __init__(self, account: Account, path: Path) -> None:
        self.account = account
        self.rung: list[str] = []
        self.notes: list[UserMessage] = []
        self.wanted: tuple[MarketQuery, ...] = ()
        self.why: str | None = None
        self.made: list[str] = []
        self.does: Does = account.performer
        self.elsewhere: list[AccountRecorder] = []
        self.others = OtherRecorders(
            [self._ask], lambda: "user_2demoPodtop", lambda note: None, lambda: account.now, began=NOON, here="here"
        )  # fmt: skip
        names = itertools.count(1)
        self.lookout = WatchRunner(
            WatchFile(path), account.fleet,
            messages=Messages(self._told, to_event_log(account.fleet.events.append)),
            want=lambda demands: setattr(self, "wanted", demands), executor=lambda: self.does,
            refresh=self._look, refusal=lambda: self.why, clock=lambda: account.now,
            name=lambda stem: f"{stem.lower()}-{next(names)}", on_deployed=self._made, others=self.others,
        )  # fmt: skip

    async def _ask(self, key: str) -> tuple[AccountRecorder, ...]:
        return tuple(self.elsewhere)

    def _told(self, message: UserMessage) -> None:
        if message.level is Level.CALL:
            self.rung.append(message.text)
        else:
            self.notes.append(message)

    async def _look(self) -> Snapshot:
        return surely_with_pods(await self.account.look())

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
        for _ in range(10_000):
            if not self.lookout._tasks:
                break
            await asyncio.sleep(0.005)

    def watch(self) -> MarketWatch:
        (vigil,) = self.lookout.watches.all().values()
        return vigil

    def words(self) -> str:
        return "\n".join(note.text for note in self.notes)

    def sent(self) -> list[str]:
        return [str(inputs.get("name") or inputs.get("podId")) for _, inputs in self.account.wire.mutations]


def watch(**more: object) -> MarketWatch:
    return MarketWatch("v1", NOON, (GPU,), (NAME,), account="user_2demoPodtop", **more)  # type: ignore[arg-type]


def armed(draft: Draft = DRAFT, cap: float = 5.0, attempts: int = 3, **more: object) -> MarketWatch:
    return watch(state=State.ARMED, plan=planned(draft, cap, attempts), **more)


@asynccontextmanager
async def posted(path: Path, waits: MarketWatch | None = None) -> AsyncIterator[Post]:
    account = Account(path)
    post = Post(account, path / "vigils.json")
    if waits is not None:
        post.lookout.watches.put(waits.id, waits)
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
        if post.watch().met_at is not None or post.watch().over:
            return
        await post.poll()
    raise AssertionError("it never came")


async def test_it_asks_for_what_is_waited_for_and_tells_once(tmp_path: Path) -> None:
    async with posted(tmp_path, watch()) as post:
        assert post.wanted == (MarketQuery(gpus=(GPU,)),)
        assert post.rung == []
        await until_there(post)
        assert len(post.rung) == 1
        assert post.rung[0].startswith("MI300X is available: $")
        for _ in range(5):
            await post.poll()
        assert len(post.rung) == 1
        assert post.sent() == []
        assert [e.kind.value for e in post.account.fleet.events if e.kind.value == "price"] == ["price"]


async def test_an_armed_one_deploys_exactly_once(tmp_path: Path) -> None:
    async with posted(tmp_path, armed()) as post:
        await until_there(post)
        assert post.sent() == ["mi300x-1"]
        assert post.watch().state is State.DONE
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
            post.account.fleet.apply_market(await post.account._cloud.market(), post.account.now)
            post.lookout.look()
            for _ in range(6_000):
                await asyncio.sleep(0.002)
                if post.sent() or not post.lookout._tasks:
                    break
        on_disk = json.loads((tmp_path / "vigils.json").read_bytes())["v1"]
        assert on_disk["state"] == "sending"
        assert on_disk["sent"] == "mi300x-1"
        # Only a poll after the lost response shows whether anything came of it.
        await post.account.told("podtop is checking")
        post.account.faults.clear()
        for _ in range(3):
            await post.poll()
        assert post.watch().state is State.DONE
        for _ in range(10):
            await post.poll(60.0)
        assert post.sent() == ["mi300x-1"]
        assert sum(pod.name == "mi300x-1" for pod in post.account.world.pods.values()) == 1


async def test_what_costs_more_than_the_cap_is_not_sent(tmp_path: Path) -> None:
    async with posted(tmp_path, armed(cap=0.5)) as post:
        await until_there(post)
        assert post.sent() == []
        assert "the cap of $0.50/h" in post.words()
        assert post.watch().state is State.ARMED


@pytest.mark.parametrize("done", [False, True])
async def test_what_a_podtop_on_another_host_has_armed_too_is_left_to_it(done: bool, tmp_path: Path) -> None:
    async with posted(tmp_path, armed()) as post:
        held = HeldWatch(post.watch().key, Progress.DONE if done else Progress.ARMED, NOON + 1)
        account = key_of("user_2demoPodtop")
        post.elsewhere = [AccountRecorder(account, "jump1", 7, NOON - 9, (WATCHES,), "", Holdings(watches=(held,)))]
        await post.others.look()
        await until_there(post)
        assert post.sent() == []
        if done:
            assert post.watch().state is State.DONE
            assert post.watch().words == "done by podtop record on jump1 (PID 7)"
        else:
            assert post.watch().state is State.ARMED
            assert "podtop record on jump1 (PID 7) has this watch too: it is left to it" in post.words()


@pytest.mark.parametrize("why", ["podtop is in read-only mode", "locked"])
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


SECRET = replace(DRAFT, env=(("HF_TOKEN", Secret("hf_secret")),))


async def test_one_whose_values_ended_with_their_podtop_is_not_armed_any_more(tmp_path: Path) -> None:
    async with posted(tmp_path, replace(armed(SECRET), holder="0123456789abcdef")) as post:
        assert post.watch().state is State.WAITING
        assert post.watch().plan is None
        assert "arm it again" in post.words()
        await until_there(post)
        assert post.sent() == []
        assert any(text.startswith("MI300X is available") for text in post.rung)
    assert "hf_secret" not in (tmp_path / "vigils.json").read_text()


async def test_values_in_memory_are_sent_by_the_podtop_that_has_them(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        other = Post(post.account, tmp_path / "vigils.json")
        ready = other.lookout.armed(watch(), SECRET, planned(SECRET, 5.0, 3), "user_2demoPodtop")
        assert other.lookout.watches.edit(None, ready)
        await until_there(post)
        assert post.sent() == []
        assert post.watch().state is State.ARMED
        await other.look()
        assert post.account.wire.mutations[0][1]["env"] == [{"key": "HF_TOKEN", "value": "hf_secret"}]
        assert post.watch().state is State.DONE
    assert "hf_secret" not in (tmp_path / "vigils.json").read_text()


@pytest.mark.wide
async def test_refusals_are_tried_again_a_capped_number_of_times_and_never_in_a_rush(tmp_path: Path) -> None:
    # Country "ZZ" is nowhere: what the market shows as there, RunPod then refuses.
    draft = Draft({**DRAFT.values, "country": "ZZ"})
    async with posted(tmp_path, armed(draft, attempts=2)) as post:
        await until_there(post)
        at = {post.watch().sent_at}
        for _ in range(60):
            await post.poll(15.0)
            at.add(post.watch().sent_at)
        assert len(post.sent()) == 2
        assert post.watch().state is State.GIVEN_UP
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
        assert post.watch().state is State.DONE


class Answers:
    """Sends nothing, and tells what it was told to tell; remembers what it was asked for."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.orders: list[DeployOrder | RentOrder] = []
        self.agreed: list[float | None] = []
        self.commands: list[object] = []

    def start(self, command: object, by: str = "keys") -> asyncio.Task[Outcome]:
        self.commands.append(command)
        return self._next()

    def deploy(
        self, order: DeployOrder | RentOrder, by: str = "keys", agreed: float | None = None
    ) -> asyncio.Task[Outcome]:
        self.orders.append(order)
        self.agreed.append(agreed)
        return self._next()

    def _next(self) -> asyncio.Task[Outcome]:
        async def told() -> Outcome:
            return self.outcomes.pop(0)

        return asyncio.get_running_loop().create_task(told())


NONE_FREE = Outcome(Status.REFUSED, "There are no instances currently available", later=True)


async def test_after_a_refusal_the_next_one_that_would_do_is_tried(tmp_path: Path) -> None:
    gpus = ("NVIDIA RTX A5000", "NVIDIA GeForce RTX 4090")
    async with posted(tmp_path) as post:
        post.does = answers = Answers(NONE_FREE, NONE_FREE, NONE_FREE, NONE_FREE, NONE_FREE)
        waits = replace(armed(cap=9.0, attempts=5), gpus=gpus, names=("RTX A5000", "RTX 4090"))
        post.lookout.watches.put("v1", waits)
        for _ in range(20):
            await post.poll(PAUSE)
        tried = [(order.gpu_type_id, order.cloud) for order in answers.orders]  # type: ignore[union-attr]
        # A GPU in both clouds, the cheaper one first, then the next GPU, before anything is tried again.
        assert tried[:3] == [(gpus[0], "COMMUNITY"), (gpus[0], "SECURE"), (gpus[1], "COMMUNITY")]
        assert len(tried) == 5
        assert set(answers.agreed) == {9.0}
        assert post.watch().state is State.GIVEN_UP


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Status.REFUSED, "Internal server error"),
        pytest.param(Outcome(Status.REFUSED, "Insufficient balance"), marks=pytest.mark.wide),
        Outcome(Status.NOT_DONE, "no response received; no pod of that name exists"),
        Outcome(Status.UNKNOWN, "RunPod has not reported on it since"),
    ],
)
async def test_only_want_of_gpus_is_a_reason_to_try_again(tmp_path: Path, outcome: Outcome) -> None:
    async with posted(tmp_path, armed()) as post:
        post.does = answers = Answers(outcome)
        await until_there(post)
        for _ in range(10):
            await post.poll(PAUSE)
        assert len(answers.orders) == 1
        assert post.watch().over


async def test_a_refused_one_that_was_made_all_the_same_is_not_made_again(tmp_path: Path) -> None:
    async with posted(tmp_path, armed()) as post:
        post.does = answers = Answers(NONE_FREE, NONE_FREE)
        await until_there(post)
        pod = next(iter(post.account.world.pods.values()))
        pod.name = post.watch().sent
        for _ in range(10):
            await post.poll(PAUSE)
        assert len(answers.orders) == 1
        assert post.watch().state is State.DONE
        assert pod.id in post.watch().words


async def test_the_cap_is_of_the_host_that_is_asked_for_and_of_its_disks(tmp_path: Path) -> None:
    demand = MarketQuery(min_memory_gb=64)
    async with posted(tmp_path, watch(demand=demand)) as post:
        post.does = answers = Answers(Outcome(Status.DONE, "made"))
        await until_there(post)
        # Such a host costs more than the cheapest one, by which the form reckons.
        post.lookout.watches.put("v1", replace(armed(cap=3.0), demand=demand))
        feed = post.account.fleet.asked[replace(demand, gpus=(GPU,))]
        assert feed.value is not None
        (only,) = feed.value.offers
        assert only.secure is not None
        plain = only.secure.on_demand
        assert plain is not None
        for price, sent in ((3.4, 0), (plain, 1)):
            dear = replace(feed.value, offers=(replace(only, secure=replace(only.secure, on_demand=price)),))
            post.account.now += PAUSE
            await post.account.poll()
            post.account.fleet.apply_market(await post.account._cloud.market(), post.account.now)
            post.account.fleet.apply_asked({replace(demand, gpus=(GPU,)): dear}, post.account.now)
            await post.look()
            assert len(answers.orders) == sent
        order = answers.orders[0]
        assert isinstance(order, DeployOrder)
        # 70 GB of disks cost a cent an hour: GPUs may cost what is left of the cap.
        assert order.deploy_cost == pytest.approx(3.0 - 70 * 0.1 / 730, abs=2e-4)


async def test_a_bid_above_the_price_that_is_waited_for_is_not_sent(tmp_path: Path) -> None:
    draft = Draft({**DRAFT.values, "way": "spot", "bid_per_gpu": "4.00"})
    async with posted(tmp_path, armed(draft, cap=9.0, spot=True, ceiling=3.0)) as post:
        await until_there(post)
        assert post.sent() == []
        assert "exceeds the agreed $3.00" in post.words()


@pytest.mark.parametrize("more", [{"compute": "CPU"}, {"way": "spot", "bid_per_gpu": "2.90"}])
async def test_a_form_for_something_else_is_not_sent(tmp_path: Path, more: dict[str, str]) -> None:
    async with posted(tmp_path, armed(Draft({**DRAFT.values, **more}))) as post:
        await until_there(post)
        assert post.sent() == []
        assert "the form does not match the watch" in post.words()


async def test_where_it_cannot_be_written_down_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with posted(tmp_path, armed()) as post:
        post.does = answers = Answers(Outcome(Status.DONE, "made"))
        real = post.lookout.watches.swap

        def full(name: str, old: MarketWatch, new: MarketWatch) -> bool:
            if new.state is State.SENDING:
                raise StoreError("cannot save the watches: No space left on device")
            return real(name, old, new)

        monkeypatch.setattr(post.lookout.watches, "swap", full)
        await until_there(post)
        for _ in range(3):
            await post.poll()
        assert answers.orders == []
        assert post.words().count("No space left on device") == 1


async def test_what_is_taken_away_while_podtop_looks_again_is_not_sent(tmp_path: Path) -> None:
    async with posted(tmp_path, armed()) as post:
        look = post.account.look

        async def slow() -> object:
            post.lookout.watches.drop("v1")
            return await look()

        post.lookout._refresh = slow
        for _ in range(60):
            if not post.lookout.watches.all():
                break
            await post.poll()
        assert post.sent() == []


async def test_an_attempt_of_a_podtop_that_died_is_found_or_given_up_and_not_repeated(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        died = replace(armed(), state=State.SENDING, sent="mi300x-9", sent_at=post.account.now, holder="gone")
        post.lookout.watches.put("v1", died)
        await post.poll()
        assert post.watch().state is State.SENDING
        for _ in range(12):
            await post.poll()
        assert post.watch().state is State.UNKNOWN
        assert "check the RunPod console" in post.watch().words
        assert post.sent() == []
        name = next(iter(post.account.world.pods.values())).name
        post.lookout.watches.put("v1", replace(died, sent=name, sent_at=post.account.now))
        await post.poll()
        assert post.watch().state is State.DONE


async def test_an_attempt_of_a_podtop_that_lives_or_of_another_account_is_left_alone(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        other = Post(post.account, tmp_path / "vigils.json")
        name = next(iter(post.account.world.pods.values())).name
        sending = replace(armed(), state=State.SENDING, sent=name, sent_at=post.account.now)
        for waits in (
            replace(sending, holder=other.lookout._holds()),
            replace(sending, holder="gone", account="user_other"),
        ):
            post.lookout.watches.put("v1", waits)
            await post.poll(FORGOTTEN)
            await post.poll()
            assert post.watch().state is State.SENDING
        other.lookout._claim.close()
        post.lookout.watches.put("v1", replace(sending, holder=other.lookout._life.token))
        await post.poll()
        assert post.watch().state is State.DONE


async def test_of_two_podtops_at_the_same_instant_one_sends(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        others = [Post(post.account, tmp_path / "vigils.json") for _ in range(3)]
        post.lookout.watches.put("v1", armed())
        for one in (post, *others):
            # All of them run before it is there: what one finds when it starts is no news.
            one.lookout.look()
        for _ in range(60):
            post.account.now += 30.0
            await post.account.poll()
            (asked,) = await post.account._cloud.markets((MarketQuery(gpus=(GPU,)),))
            assert isinstance(asked, Market)
            post.account.fleet.apply_asked({MarketQuery(gpus=(GPU,)): asked}, post.account.now)
            post.account.fleet.apply_market(await post.account._cloud.market(), post.account.now)
            for one in (post, *others):
                one.lookout.look()
            for one in (post, *others):
                await one.look()
        assert len(post.sent()) == 1
        assert post.watch().state is State.DONE
        # One rings; all show it, and how it ended.
        assert sum(text.startswith("MI300X is available") for one in (post, *others) for text in one.rung) == 1
        for one in (post, *others):
            one.lookout.look()
            assert "MI300X" in one.words()
        # Which of them is the one that sends is the scheduler's choice, and need not be the one that told.
        (sender,) = (one for one in (post, *others) if one.made)
        for one in (post, *others):
            assert ("watch done" in one.words()) is (one is not sender)


async def test_what_a_person_changes_does_not_undo_what_podtop_did(tmp_path: Path) -> None:
    async with posted(tmp_path, armed()) as post:
        opened = post.watch()
        await until_there(post)
        assert post.watch().state is State.DONE
        assert not post.lookout.watches.edit(opened, replace(opened, ceiling=9.0))
        assert post.watch().state is State.DONE
        post.lookout.watches.drop("v1")
        assert not post.lookout.watches.edit(opened, replace(opened, ceiling=9.0))
        assert post.lookout.watches.edit(None, opened)


def resumes(post: Post, **more: object) -> MarketWatch:
    down = next(r.pod for r in post.account.fleet.records.values() if r.pod and r.pod.status == "EXITED")
    return MarketWatch(
        "v1", NOON, pod=down.id, pod_name=down.name, state=State.ARMED, account="user_2demoPodtop",
        basis=basis_of(down), **{"ceiling": down.cost_per_hr, **more},  # type: ignore[arg-type]
    )  # fmt: skip


async def test_a_stopped_pod_is_resumed_once_when_its_host_has_room(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        waits = resumes(post)
        post.lookout.watches.put("v1", waits)
        for _ in range(200):
            await post.poll(60.0)
            if post.watch().over:
                break
        assert post.sent() == [waits.pod]
        assert post.watch().state is State.DONE
        # Stopped again, it stays stopped.
        await post.account._cloud.stop(waits.pod)
        for _ in range(50):
            await post.poll(60.0)
        assert post.sent() == [waits.pod, waits.pod]
        assert post.account.pod(waits.pod_name).status == "EXITED"


async def test_a_pod_that_a_person_started_and_stopped_is_not_resumed(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        waits = resumes(post)
        pod = post.account.world.pods[waits.pod]
        post.lookout.watches.put("v1", replace(waits, basis="Exited by user: an hour ago"))
        await post.poll(1.0)
        assert post.watch().state is State.GIVEN_UP
        assert "started and stopped in the meantime" in post.watch().words
        post.lookout.watches.put("v1", waits)
        pod.status = "RUNNING"
        await post.poll(5.0)
        assert post.watch().state is State.DONE
        post.lookout.watches.put("v1", waits)
        del post.account.world.pods[waits.pod]
        await post.poll(5.0)
        assert post.watch().state is State.GIVEN_UP
        assert "no longer on the account" in post.watch().words
        assert post.sent() == []


async def test_a_pod_that_became_dearer_is_not_resumed(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        post.lookout.watches.put("v1", resumes(post, ceiling=0.01))
        for _ in range(200):
            await post.poll(60.0)
            if post.watch().met_at is not None:
                break
        assert post.sent() == []
        assert "the agreed $0.01/h" in post.words()
        assert post.watch().state is State.ARMED


async def test_a_damaged_file_is_told_once_and_nothing_is_done(tmp_path: Path) -> None:
    async with posted(tmp_path) as post:
        (tmp_path / "vigils.json").write_text("{not json")
        await post.poll()
        await post.poll()
        assert post.words().count("were damaged") == 1
        assert (tmp_path / "vigils.json.damaged").exists()
