"""The form of a deploy, from D to what is sent: checks, price, draft, the last question."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Button, Input

from tests.make import funds, market, offer, pod, snapshot
from tests.ui.conftest import NOW, OFFERS, PODS, HeldCloud, Launch, Running
from tests.ui.render.test_pod_facts import full_detail, full_pod
from tui.api.account import Template, Templates
from tui.api.errors import Faltering, Unreachable
from tui.api.models import Quote, Snapshot
from tui.api.orders import DeployOrder, Receipt, RentOrder
from tui.api.pod_detail import PodDetail
from tui.api.secret import Secret
from tui.domain.deploy_draft import Draft
from tui.storage import draft_file
from tui.storage.audit_log import AuditLog
from tui.storage.state_files import StateFiles
from tui.ui.modals.confirm import Confirm
from tui.ui.modals.deploy import DeployForm
from tui.ui.modals.question import QuestionDialog

DETAIL = full_detail(full_pod())


def written(directory: Path) -> bytes:
    """Everything that was written to the disk."""
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


async def shown(run: Running, kind: type) -> None:
    for _ in range(6_000):
        if isinstance(run.app.screen, kind):
            await run.wait(0.5)
            return
        await run.pilot.pause(0.01)
    raise AssertionError(f"{kind.__name__} was never shown:\n{run.text()}")


async def form(run: Running, gpu: str = "H100") -> None:
    """Open the form on a GPU of the market."""
    await run.press("tab", "tab", "slash", *gpu, "enter")
    await run.settle()
    await run.press("D")
    await shown(run, DeployForm)


async def put(run: Running, name: str, text: str) -> None:
    screen = run.app.screen
    if not screen.query(f"#field-{name}"):
        screen.query_one("#deploy-fold", Button).press()
        await run.settle()
    field = screen.query_one(f"#field-{name}", Input)
    field.focus()
    await run.pilot.pause()
    field.value = text
    await run.settle()


async def test_a_pod_is_deployed_from_a_row_of_the_market(launch: Launch) -> None:
    async with launch() as run:
        await form(run)
        assert "Deploy H100 SXM" in run.text()
        assert "Restored draft" not in run.text()
        assert "up to $2.99/h" in run.text()
        await run.press("backspace", "2")
        await run.settle()
        assert "up to $5.98/h" in run.text()
        await put(run, "name", "mine")
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        assert "Costs up to $5.99/h" in run.text()
        assert run.cloud.orders == []
        run.cloud.receipt = Receipt("new1", "mine", "RUNNING", None, 5.98, 2, "m")
        await run.press("y")
        await run.until("✓ mine deployed: new1")
        (order,) = run.cloud.orders
        assert isinstance(order, DeployOrder)
        assert (order.gpu_type_id, order.gpu_count, order.name) == ("NVIDIA H100 SXM", 2, "mine")
        assert order.docker_args == ""


async def test_spot_takes_a_bid_and_is_rented(launch: Launch) -> None:
    async with launch() as run:
        await form(run)
        await run.press("shift+tab", "shift+tab", "right")
        await run.settle()
        assert "Bid, $/GPU/h" in run.text()
        await put(run, "bid_per_gpu", "1.2")
        assert "below the lowest bid, $1.50" in run.text()
        assert run.app.screen.query_one("#deploy-order", Button).disabled
        await put(run, "bid_per_gpu", "1.6")
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        assert "Anyone who outbids you" in run.text()
        await run.press("y")
        await run.until("deployed")
        (order,) = run.cloud.orders
        assert isinstance(order, RentOrder)
        assert order.bid_per_gpu == 1.6


@pytest.mark.wide
async def test_what_is_wrong_is_said_beside_the_field_and_stops_the_order(launch: Launch) -> None:
    async with launch() as run:
        await form(run)
        await put(run, "gpu_count", "9")
        assert "at most 8 for H100 SXM" in run.text()
        await put(run, "name", "llama-pretrain")
        assert "a pod with this name already exists" in run.text()
        await run.press("ctrl+s")
        await run.settle()
        assert isinstance(run.app.screen, DeployForm)
        assert run.cloud.orders == []


@pytest.mark.wide
async def test_the_rest_is_folded_until_it_is_asked_for(launch: Launch) -> None:
    async with launch(size=(120, 60)) as run:
        await form(run)
        assert "Country" not in run.text()
        run.app.screen.query_one("#deploy-fold", Button).press()
        await run.settle()
        assert "Country" in run.text()
        await put(run, "country", "USA")
        assert "two letters" in run.text()


async def test_a_draft_is_kept_without_its_secrets(launch: Launch, tmp_path: Path) -> None:
    async with launch() as run:
        await form(run)
        await put(run, "image", "acme/train:7")
        name, value = list(run.app.screen.query(".variable Input").results(Input))[:2]
        name.value, value.value = "HF_TOKEN", "hf_secret"
        await run.settle()
        assert "HF_TOKEN" in run.text()
        assert "hf_secret" not in run.text()
        await run.press("escape")
        await run.settle()
    kept = written(tmp_path)
    assert b"acme/train:7" in kept
    assert b"HF_TOKEN" in kept
    assert b"hf_secret" not in kept


@pytest.mark.wide
async def test_escape_keeps_the_draft_and_a_crash_does(launch: Launch, tmp_path: Path) -> None:
    async with launch() as run:
        await form(run)
        await put(run, "docker_args", "--epochs 3")
        name, value = list(run.app.screen.query(".variable Input").results(Input))[:2]
        name.value, value.value = "HF_TOKEN", "hf_secret"
        await run.settle()
        assert "hf_secret" not in run.text()
        await run.press("escape")
        await run.settle()
        await run.press("D")
        await shown(run, DeployForm)
        assert "Restored draft" in run.text()
        draft = run.app.screen.draft  # type: ignore[attr-defined]
        assert draft["docker_args"] == "--epochs 3"
        assert draft.env == (("HF_TOKEN", Secret("hf_secret")),)
        assert "hf_secret" not in run.app.export_screenshot()
        await run.press("escape")
        await run.settle()
    kept = written(tmp_path)
    assert b"--epochs 3" in kept
    assert b"hf_secret" not in kept
    async with launch() as run:
        await form(run)
        draft = run.app.screen.draft  # type: ignore[attr-defined]
        assert draft["docker_args"] == "--epochs 3"
        assert draft.env == (("HF_TOKEN", None),)
        await run.press("ctrl+s")
        await run.settle()
        assert "not saved" in run.text()
        await run.press("ctrl+n")
        await shown(run, QuestionDialog)
        assert "Command: --epochs 3" in run.text()
        assert "Environment: HF_TOKEN" in run.text()
        await run.press("n")
        await shown(run, DeployForm)
        assert run.app.screen.draft["docker_args"] == "--epochs 3"  # type: ignore[attr-defined]
        await run.press("ctrl+n")
        await shown(run, QuestionDialog)
        await run.press("y")
        await shown(run, DeployForm)
        await run.settle()
        assert run.app.screen.draft.env == ()  # type: ignore[attr-defined]


@pytest.mark.wide
async def test_less_than_an_hours_balance_takes_the_name(launch: Launch) -> None:
    async with launch() as run:
        await run.poll(snapshot(*(PODS.pods or ()), funds=funds(1.0, 0.1)))
        await form(run)
        assert "balance covers less than 1 h" in run.text()
        await put(run, "name", "mine")
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        assert "covers less than 1 h" in run.text()
        await run.press("y")
        await run.settle()
        assert run.cloud.orders == []
        # It is a letter there: what is typed goes to the name.
        await run.press("backspace", *"mine", "enter")
        await run.until("deployed")
        assert len(run.cloud.orders) == 1


async def test_a_price_that_rose_meanwhile_is_asked_again(launch: Launch) -> None:
    async with launch() as run:
        await form(run)
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        run.cloud.market_answer = market(offer("H100 SXM", Quote(4.5, 1.75, "High"), None))
        await run.press("y")
        await run.until("Changed since you opened this")
        assert "$4.5" in run.text()
        assert run.cloud.orders == []
        run.cloud.market_answer = Unreachable("RunPod cannot be reached.")
        await run.wait(0.5)
        await run.press("y")
        await run.until("The check failed")
        assert run.cloud.orders == []
        run.cloud.market_answer = OFFERS
        await run.press("escape")
        await run.settle()
        assert run.cloud.orders == []


@pytest.mark.wide
async def test_the_same_as_a_pod(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.detail_answer = DETAIL
    async with launch(cloud=cloud) as run:
        await run.press("g", "D")
        await shown(run, DeployForm)
        draft = run.app.screen.draft  # type: ignore[attr-defined]
        assert draft["image"]
        assert [name for name, _ in draft.env] == [one.name for one in DETAIL.env]
        assert draft["name"] != DETAIL.pod.name


@pytest.mark.wide
async def test_escape_gives_up_a_form_that_is_waited_for(launch: Launch) -> None:
    cloud = HeldCloud()
    gate, answer = asyncio.Event(), cloud.pod

    async def slow(pod_id: str) -> PodDetail | None:
        await answer(pod_id)
        await gate.wait()
        return DETAIL

    cloud.pod = slow  # type: ignore[method-assign]
    async with launch(cloud=cloud) as run:
        await run.press("g", "D")
        await run.until("loading the configuration")
        await run.press("escape")
        await run.until("canceled; nothing was sent")
        # Of two that are asked for the later one counts.
        await run.press("j", "D")
        await run.press("k", "D")
        run.app.clear_notifications()
        gate.set()
        await shown(run, DeployForm)
        assert [len(cloud.looked_at), "deploy" in run.toasts()] == [3, False]


@pytest.mark.wide
async def test_a_template_fills_the_form(launch: Launch) -> None:
    cloud = HeldCloud()
    template = Template(
        "tpl1", "sd-webui", "a1111:latest", None, "3000/http", (), 30, 40, "/data", None,
        False, False, False, False, False, None, None,
    )  # fmt: skip
    cloud.templates_answer = Templates((template,))
    async with launch(cloud=cloud) as run:
        await form(run)
        await put(run, "template_id", "")
        await run.until("Your templates: sd-webui")
        await run.press(*"sd-webui", "enter")
        await run.settle()
        assert "a1111:latest" in run.text()
        cloud.templates_answer = Faltering("server error")


@pytest.mark.wide
async def test_templates_that_do_not_come_are_told(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.templates_answer = Faltering("RunPod answered with a server error (HTTP 502).")
    async with launch(cloud=cloud) as run:
        await form(run)
        await put(run, "template_id", "")
        await run.until("no templates: RunPod answered")


async def test_a_deploy_whose_answer_is_lost_keeps_the_draft_and_blocks_the_next(launch: Launch) -> None:
    async with launch() as run:
        await form(run)
        await put(run, "name", "mine")
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        run.cloud.receipt = Faltering("RunPod answered with a server error (HTTP 502).")
        await run.press("y")
        await run.until("podtop is checking and will not resend it")
        assert len(run.cloud.orders) == 1
        await run.press("D")
        await run.settle()
        await run.until("already deploying mine")
        assert not isinstance(run.app.screen, DeployForm)
        made = list(PODS.pods or ())
        run.cloud.now += 5
        await run.poll(snapshot(*made, replace(made[0], id="new9", name="mine")))
        await run.until("it was created: new9")
        assert len(run.cloud.orders) == 1


@pytest.mark.wide
async def test_a_price_that_is_not_known_takes_the_name(launch: Launch) -> None:
    async with launch() as run:
        await form(run, "B200")
        await put(run, "name", "mine")
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        assert "Cost unknown" in run.text()
        await run.press("y")
        await run.settle()
        assert run.cloud.orders == []
        # It is a letter there: what is typed goes to the name.
        await run.press("backspace", *"mine", "enter")
        await run.until("deployed")
        assert len(run.cloud.orders) == 1


async def test_leaving_the_last_question_while_it_looks_again_orders_nothing(launch: Launch) -> None:
    cloud = HeldCloud()
    gate = asyncio.Event()
    gate.set()
    answer = cloud.fleet

    async def slow() -> Snapshot:
        await gate.wait()
        return await answer()

    cloud.fleet = slow  # type: ignore[method-assign]
    async with launch(cloud=cloud) as run:
        await form(run)
        await put(run, "name", "mine")
        await run.press("ctrl+s")
        await shown(run, QuestionDialog)
        gate.clear()
        await run.press("y")
        await run.until("checking prices and pods again")
        await run.press("escape")
        gate.set()
        await run.settle()
        assert not isinstance(run.app.screen, QuestionDialog)
        assert cloud.orders == []


@pytest.mark.parametrize("away", [0.0, pytest.param(9 * 3600.0, marks=pytest.mark.wide)])
async def test_a_deploy_that_a_crash_left_open_gets_the_lease_it_was_to_have(
    away: float, launch: Launch, tmp_path: Path
) -> None:
    state = StateFiles(lambda: tmp_path, "test", "https://test.invalid")
    draft = Draft({"name": "mine", "lease": "yes", "stop_after": "8h", "image": "x", "gpu_type_id": "H100 SXM"})
    draft_file.save(state.draft(), draft)
    AuditLog(tmp_path / "actions.jsonl", origin="test", wall=lambda: NOW - away).intent("deploy", "", "mine", {})
    cloud = HeldCloud()
    made = list(PODS.pods or ())
    cloud.fleet_answer = snapshot(*made, replace(made[0], id="new9", name="mine"))
    async with launch(cloud=cloud) as run:
        cloud.now += 5
        await run.poll()
        await run.until("it was created: new9")
        await run.until("podtop will stop mine")
        cloud.now += 5
        await run.poll()
        if away:
            await run.until("1 timer due")
        else:
            await run.until("■ 7h 59m")
        assert cloud.sent == []
        assert not state.draft().exists()


@pytest.mark.wide
async def test_a_form_that_is_only_looked_at_takes_no_drafts_place(launch: Launch) -> None:
    cloud = HeldCloud()
    cloud.detail_answer = DETAIL
    async with launch(cloud=cloud) as run:
        await form(run)
        await put(run, "docker_args", "--epochs 3")
        await run.press("escape")
        await run.settle()
        await run.press("escape", "shift+tab", "shift+tab", "g", "D")
        await shown(run, DeployForm)
        assert run.app.screen.draft["docker_args"] != "--epochs 3"  # type: ignore[attr-defined]
        await run.press("escape")
        await run.settle()
        await form(run)
        assert run.app.screen.draft["docker_args"] == "--epochs 3"  # type: ignore[attr-defined]


class Dearer(HeldCloud):
    """Rents at a price of its own."""

    price = 2.99

    async def deploy(self, order: DeployOrder) -> Receipt:
        self.receipt = Receipt("new1", order.name, "RUNNING", None, self.price, 1, "m")
        self.fleet_answer = snapshot(*(PODS.pods or ()), pod("new1", name=order.name, cost=self.price))
        return await super().deploy(order)


async def deployed_at(run: Running, price: float) -> None:
    assert isinstance(run.cloud, Dearer)
    run.cloud.price = price
    await form(run)
    await put(run, "name", "mine")
    await run.press("ctrl+s")
    await shown(run, QuestionDialog)
    await run.press("y")


async def test_a_pod_that_costs_more_than_agreed_is_told_and_can_be_stopped_with_one_key(launch: Launch) -> None:
    async with launch(cloud=Dearer()) as run:
        await deployed_at(run, 4.5)
        await run.until_so(lambda: "it costs $4.50/h, more than the $3.00/h you agreed to" in run.toasts())
        run.cloud.now += 5
        await run.poll()
        await shown(run, Confirm)
        assert "Stop mine" in run.text()
        await run.press("y")
        await run.until_so(lambda: ("stop", "new1") in run.cloud.sent)


@pytest.mark.wide
async def test_a_pod_that_costs_what_was_agreed_raises_no_question(launch: Launch) -> None:
    async with launch(cloud=Dearer()) as run:
        await deployed_at(run, 2.99)
        await run.until("✓ mine deployed: new1")
        run.cloud.now += 5
        await run.poll()
        await run.wait(0.5)
        assert not run.app.screen.is_modal
