"""What changes a pod in place: restart, lock, unlock, rename; and what RunPod says it will refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace
from textual.widgets import Button, Input

from tests.make import runtime, snapshot
from tests.ui.conftest import PODS, HeldCloud, Launch, Running
from tests.ui.test_acting import EVAL, LLAMA, on, opened, sent
from tests.variants import every
from tui.api.errors import CloudError, Faltering
from tui.api.models import Pod, PodVerb
from tui.api.orders import Receipt
from tui.ui.modals.confirm import Confirm

EVERY = frozenset(PodVerb)


class Whole(HeldCloud):
    """A RunPod that offers all of it. `legal`: what it accepts, by pod; or why that cannot be read."""

    def __init__(self) -> None:
        super().__init__()
        self.legal: Mapping[str, frozenset[PodVerb]] | CloudError = {}

    async def restart(self, pod_id: str) -> Receipt:
        return self._answer("restart", pod_id)

    async def set_locked(self, pod_id: str, locked: bool) -> Receipt:
        return self._answer("lock" if locked else "unlock", pod_id)

    async def rename(self, pod_id: str, name: str) -> Receipt:
        return self._answer("rename", pod_id, name)

    async def legal_verbs(self, pod_ids: Sequence[str]) -> Mapping[str, frozenset[PodVerb]]:
        if isinstance(self.legal, CloudError):
            raise self.legal
        return {key: self.legal[key] for key in pod_ids if key in self.legal}


def with_(key: str, **changes: object) -> tuple[Pod, ...]:
    return tuple(replace(one, **changes) if one.id == key else one for one in PODS.pods or ())


def words(run: Running) -> str:
    """The screen in one line, without the frames."""
    return " ".join(run.text().replace("│", " ").split())


async def test_a_pod_is_restarted_locked_and_unlocked_with_two_keys_each(launch: Launch) -> None:
    held = Whole()
    held.receipt = Receipt(LLAMA, None, None, None, None, 4, None)
    async with launch(cloud=held) as run:
        await on(run, "llama")
        await opened(run, "E")
        assert "Restart llama-pretrain" in run.text()
        assert "container disk is wiped" in run.text()
        await run.press("y")
        assert await sent(run) == [("restart", LLAMA)]
        await run.settle()
        held.sent.clear()
        held.now += 30
        await run.poll(snapshot(*with_(LLAMA, runtime=runtime((50.0,) * 4, uptime=5))))
        await opened(run, "K")
        assert "RunPod refuses to stop or terminate it until unlocked" in run.text()
        await run.press("y")
        assert await sent(run) == [("lock", LLAMA)]
        held.sent.clear()
        held.now += 5
        await run.poll(snapshot(*with_(LLAMA, locked=True)))
        await run.press("K")
        assert "already locked on RunPod" in run.toasts()
        await opened(run, "U")
        assert "can be stopped and terminated again" in run.text()
        await run.press("y")
        assert await sent(run) == [("unlock", LLAMA)]


@pytest.mark.wide
async def test_a_name_is_typed_and_letters_are_no_keys_in_it(launch: Launch) -> None:
    held = Whole()
    async with launch(cloud=held) as run:
        await on(run, "llama")
        await opened(run, "f2")
        assert "Rename llama-pretrain" in run.text()
        assert run.app.screen.query_one("#do", Button).disabled, "the same name is no new name"
        await run.press("enter")
        assert isinstance(run.app.screen, Confirm)
        field = run.app.screen.query_one("#confirm-name", Input)
        await run.press("end", "ctrl+u", *"llama-ynq")
        assert field.value == "llama-ynq"
        await run.press("enter")
        assert await sent(run) == [("rename", LLAMA, "llama-ynq")]
        await run.settle()
        held.now += 5
        await run.poll(snapshot(*with_(LLAMA, name="llama-ynq")))
        assert "renaming" not in run.text()
        assert "llama-ynq" in run.text()


async def test_a_name_is_for_one_pod(launch: Launch) -> None:
    async with launch(cloud=Whole()) as run:
        await run.press("g", "space", "space", "f2")
        assert "rename: one pod at a time" in run.toasts()
        assert run.cloud.sent == []


@pytest.mark.parametrize(
    ("key", "what"), every(3, [("E", "restarting pods"), ("K", "locking pods"), ("f2", "renaming pods")], 2)
)
async def test_where_the_api_does_not_offer_it_it_says_so(launch: Launch, key: str, what: str) -> None:
    async with launch() as run:
        await on(run, "llama")
        await run.press(key)
        await run.settle()
        assert f"This API does not offer {what}" in run.toasts()
        assert not isinstance(run.app.screen, Confirm)


async def test_a_dialog_says_what_runpod_will_refuse(launch: Launch) -> None:
    held = Whole()
    held.fleet_answer = snapshot(*with_(LLAMA, verbs=EVERY - {PodVerb.STOP}))
    async with launch(cloud=held) as run:
        await on(run, "llama")
        await opened(run, "S")
        assert "RunPod will refuse: it does not accept this while the pod is running" in words(run)
        assert "act.stop" not in run.app.screen_stack[-2]._possible()  # type: ignore[attr-defined]
    held = Whole()
    held.fleet_answer = snapshot(*with_(LLAMA, verbs=EVERY, locked=True))
    async with launch(cloud=held) as run:
        await on(run, "llama")
        await opened(run, "S")
        assert "RunPod will refuse: it is locked there" in words(run)
        assert "may refuse" not in words(run)


async def test_what_the_other_api_accepts_is_read_right_before_sending(launch: Launch) -> None:
    held = Whole()
    held.legal = {LLAMA: EVERY - {PodVerb.STOP}}
    async with launch(cloud=held) as run:
        await on(run, "llama")
        await opened(run, "S")
        assert "RunPod will refuse" not in run.text()
        await run.press("y")
        await run.until("RunPod will refuse")
        text = words(run)
        assert "nothing was sent" in text
        assert held.sent == []
        await run.wait(0.5)
        await run.press("y")
        assert await sent(run) == [("stop", LLAMA)], "whoever insists may ask RunPod itself"


async def test_a_hint_that_cannot_be_read_stops_nothing(launch: Launch) -> None:
    held = Whole()
    held.legal = Faltering("502")
    async with launch(cloud=held) as run:
        await on(run, "eval")
        await opened(run, "S")
        await run.press("y")
        assert await sent(run) == [("stop", EVAL)]


@pytest.mark.wide
async def test_the_palette_says_that_a_lock_is_worth_it(launch: Launch) -> None:
    async with launch(cloud=Whole(), size=(120, 40)) as run:
        await run.poll(fleet=snapshot(*with_(LLAMA, volume_gb=300.0)))
        await on(run, "llama")
        await run.press("colon", *"lock pod")
        await run.until("worth it: 300 GB volume")
